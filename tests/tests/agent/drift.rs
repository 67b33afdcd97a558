//! What somebody takes away or changes of ours is put back, within about a second, and told once.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use interlink_common::{Reason, map};
use interlink_tests::agent;
use interlink_tests::datagram::arrives;
use interlink_tests::lab::{LINK, Lab, ON_PREMISES, VPC_HOST};
use interlink_tests::maps::Maps;

use crate::kernel::{attachment, bpftool, program, routes};
use crate::support::{CONFIG, ROUTES, closed, enforcing, enforcing_this, eventually, settled, with};

#[test]
fn a_route_that_is_deleted_comes_back_and_is_told_once() {
    let (lab, _agent) = enforcing();
    lab.gateway.ip("route del 10.20.0.0/16 table 100");
    eventually("the route to come back", || routes(&lab) == ROUTES);
    settled(&lab);
    lab.gateway.ip("-6 route flush table 100");
    eventually("the route to come back", || routes(&lab) == ROUTES);
    settled(&lab);
    assert_eq!(
        drifts(&lab),
        [
            "add 1 route (10.20.0.0/16 via 169.254.0.101 dev link0 table 100 metric 100)",
            "add 1 route (2001:db8:20::/48 via fd00::1 dev link0 table 100 metric 100)",
        ]
    );
}

#[test]
fn traffic_goes_on_within_a_second_when_somebody_deletes_its_route() {
    let (lab, _agent) = enforcing();
    for (family, from, to, prefix) in [
        ("-4", ON_PREMISES.v4, VPC_HOST.v4, "10.20.0.0/16"),
        ("-6", ON_PREMISES.v6, VPC_HOST.v6, "2001:db8:20::/48"),
    ] {
        let mut ping = lab.on_premises.command("ping");
        // Three seconds, at fifty echo requests a second.
        let ping = ping.args([family, "-i", "0.02", "-c", "150", "-W", "1", "-I", from, to]);
        let ping = ping.stdout(Stdio::piped()).spawn().unwrap();
        thread::sleep(Duration::from_secs(1));
        lab.gateway.ip(&format!("{family} route del {prefix} table 100"));
        let said = ping.wait_with_output().unwrap().stdout;
        let said = String::from_utf8(said).unwrap();
        let answers = said.lines().filter(|line| line.contains("icmp_seq=")).count();
        assert!(
            answers >= 100,
            "a second is fifty of 150, and {answers} were answered: {said}"
        );
        assert!(said.contains("icmp_seq=150 "), "{said}");
    }
    assert_eq!(drifts(&lab).len(), 2);
}

#[test]
fn a_route_of_ours_that_is_changed_is_put_right() {
    let (lab, _agent) = enforcing();
    lab.gateway
        .ip("route replace 10.20.0.0/16 via 172.16.4.10 dev vpc0 table 100 metric 100 proto 73");
    eventually("the route to be put right", || routes(&lab) == ROUTES);
    assert_eq!(drifts(&lab).len(), 1);
}

#[test]
fn a_link_that_is_taken_out_of_the_tables_comes_back() {
    let (lab, _agent) = enforcing();
    let maps = Maps::of(&lab, LINK);
    assert_ne!(maps.slot(0), 0);
    maps.overwrite(map::VLANS, 0, &[0; 4]);
    eventually("the link to come back", || maps.slot(0) != 0);
    settled(&lab);
    assert!(arrives(&lab, ON_PREMISES.v4, VPC_HOST.v4));
    assert_eq!(drifts(&lab), ["set the link on link0 (untagged): IPv4 open, IPv6 open"]);
}

#[test]
fn a_gate_that_somebody_opens_is_closed_again() {
    let (lab, _agent) = enforcing_this(&closed());
    let maps = Maps::of(&lab, LINK);
    let slot = maps.slot(0);
    let mut entry = maps.value(map::LINKS, slot);
    assert_eq!(entry[..4], Reason::PropagationDisabled.code().to_ne_bytes());
    entry[..4].copy_from_slice(&Reason::Allowed.code().to_ne_bytes());
    maps.overwrite(map::LINKS, slot, &entry);
    let gate = || maps.word(map::LINKS, maps.slot(0), 0);
    eventually("the gate to close", || gate() == Reason::PropagationDisabled.code());
    settled(&lab);
    assert!(!arrives(&lab, ON_PREMISES.v4, VPC_HOST.v4));
    assert_eq!(
        drifts(&lab),
        ["set the link on link0 (untagged): IPv4 propagation_disabled, IPv6 propagation_disabled"]
    );
}

#[test]
fn prefixes_that_are_wiped_out_come_back() {
    // More than stand in a link's entry.
    let listed = "\"10.20.0.0/16\", \"10.30.0.0/16\", \"10.40.0.0/16\", \"10.50.0.0/16\", \"10.60.0.0/16\"";
    let (lab, agent) = enforcing_this(&with(CONFIG, "\"10.20.0.0/16\"", listed));
    agent.signal("STOP");
    Maps::of(&lab, LINK).wipe_out_tables();
    assert!(!arrives(&lab, ON_PREMISES.v4, VPC_HOST.v4), "nothing was wiped out");
    agent.signal("CONT");
    eventually("the prefixes to come back", || {
        arrives(&lab, ON_PREMISES.v4, VPC_HOST.v4)
    });
    settled(&lab);
    assert!(arrives(&lab, ON_PREMISES.v6, VPC_HOST.v6));
    assert_eq!(drifts(&lab), ["set the link on link0 (untagged): IPv4 open, IPv6 open"]);
}

#[test]
fn the_program_is_not_taken_off_by_the_usual_command() {
    let (lab, _agent) = enforcing();
    let before = (program(&lab, LINK), attachment(&lab));
    let refused = lab.gateway.try_ip("link set dev link0 xdp off");
    assert!(!refused.status.success());
    assert_eq!((program(&lab, LINK), attachment(&lab)), before);
    assert_eq!(drifts(&lab), [""; 0]);
}

#[test]
fn a_program_that_is_detached_is_attached_again() {
    for detach in [detach_the_link, remove_the_pin] {
        let (lab, agent) = enforcing();
        let before = program(&lab, LINK);
        agent.signal("STOP");
        detach(&lab);
        assert_eq!(program(&lab, LINK), None);
        agent.signal("CONT");
        eventually("the program to be attached", || program(&lab, LINK) == before);
        settled(&lab);
        assert_eq!(drifts(&lab), ["attach the program to link0 in native mode"]);
    }
}

fn detach_the_link(lab: &Lab) {
    bpftool(&["link", "detach"], &Maps::of(lab, LINK).pins.join("link"), &[]);
}

fn remove_the_pin(lab: &Lab) {
    fs::remove_file(Maps::of(lab, LINK).pins.join("link")).unwrap();
}

#[test]
fn everything_that_is_pinned_comes_back() {
    let (lab, _agent) = enforcing();
    fs::remove_dir_all(lab.bpffs().join("interlink")).unwrap();
    // The kernel takes the old program off a moment after its pins are gone.
    eventually("the program to be pinned anew", || {
        Maps::of(&lab, LINK).pins.join("link").exists()
    });
    settled(&lab);
    assert!(program(&lab, LINK).is_some());
    assert!(arrives(&lab, ON_PREMISES.v4, VPC_HOST.v4));
    assert_eq!(drifts(&lab).len(), 1, "{:?}", drifts(&lab));
}

/// What the agent logged of what it put back, one for each time.
fn drifts(lab: &Lab) -> Vec<String> {
    const WORDS: &str = "the kernel doesn't hold what was put into it; putting it back: ";
    let log = agent::log(lab);
    let lines = log.lines().filter_map(|line| line.split_once(WORDS));
    lines.map(|(_, steps)| steps.to_owned()).collect()
}
