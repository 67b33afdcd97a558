//! The agent comes and goes; what is enforced stays.

use interlink_common::{Reason, Traffic};
use interlink_tests::datagram::{Stream, arrives};
use interlink_tests::lab::{LINK, Lab, ON_PREMISES, SPOOFED, VPC_HOST};
use interlink_tests::traffic::{Outcome, Ping};

use crate::kernel::{assert_untouched, attachment, counted, program, routes};
use crate::support::{CONFIG, ROUTES, ask, closed, enforcing, fails, path, run, start, succeeds, with};

#[test]
fn signals_end_the_agent_with_0_and_leave_what_is_enforced() {
    for signal in ["TERM", "INT"] {
        let (lab, agent) = enforcing();
        let before = (program(&lab, LINK), attachment(&lab));
        agent.signal(signal);
        assert_eq!(agent.wait(), Some(0), "SIG{signal}");
        assert!(!lab.socket().exists());
        assert_eq!((program(&lab, LINK), attachment(&lab)), before);
        assert_eq!(routes(&lab), ROUTES);
        filters(&lab);
    }
}

#[test]
fn a_kill_under_traffic_is_seen_by_no_packet_nor_is_the_next_agents_start() {
    let (lab, agent) = enforcing();
    let streams = [
        (ON_PREMISES.v4, VPC_HOST.v4),
        (ON_PREMISES.v6, VPC_HOST.v6),
        (SPOOFED.v4, VPC_HOST.v4),
        (SPOOFED.v6, VPC_HOST.v6),
    ]
    .map(|(from, to)| Stream::start(&lab, from, to));
    std::thread::sleep(std::time::Duration::from_millis(200));
    agent.signal("KILL");
    assert_eq!(agent.wait(), None);
    filters(&lab);
    let agent = start(&lab);
    let [v4, v6, spoofed_v4, spoofed_v6] = streams.map(Stream::finish);
    for allowed in [v4, v6] {
        assert!(allowed.sent.len() > 100, "{} datagrams", allowed.sent.len());
        assert_eq!(allowed.arrived.len(), allowed.sent.len());
    }
    for spoofed in [spoofed_v4, spoofed_v6] {
        assert!(spoofed.sent.len() > 100, "{} datagrams", spoofed.sent.len());
        assert_eq!(spoofed.arrived, [0; 0]);
    }
    drop(agent);
}

#[test]
fn the_next_agent_goes_on_with_the_program_and_its_counters() {
    let (lab, agent) = enforcing();
    filters(&lab);
    agent.signal("KILL");
    agent.wait();
    let before = (program(&lab, LINK), attachment(&lab));
    let [allowed, dropped] = counts(&lab);
    assert!(allowed > 0 && dropped > 0);

    let _agent = start(&lab);
    assert_eq!((program(&lab, LINK), attachment(&lab)), before);
    assert_eq!(succeeds(&lab, &["plan"]), "nothing to do\n");
    assert_eq!(counts(&lab), [allowed, dropped]);
    filters(&lab);
    let [more_allowed, more_dropped] = counts(&lab);
    assert!(more_allowed > allowed && more_dropped > dropped);
}

#[test]
fn the_next_agent_brings_what_changed_in_between() {
    let (lab, agent) = enforcing();
    agent.signal("KILL");
    agent.wait();
    let before = (program(&lab, LINK), attachment(&lab));
    lab.write_config(&closed());
    let _agent = start(&lab);
    assert_eq!(routes(&lab), [""; 0]);
    assert!(!arrives(&lab, ON_PREMISES.v4, VPC_HOST.v4));
    assert_eq!((program(&lab, LINK), attachment(&lab)), before);
}

#[test]
fn an_agent_that_refuses_its_file_leaves_what_the_last_one_enforced() {
    let (lab, agent) = enforcing();
    agent.signal("KILL");
    agent.wait();
    lab.write_config(&with(CONFIG, "role = \"provider\"", "role = \"neither\""));
    let words = format!(
        "{}:2:8: agent: role: found \"neither\", expected \"customer\" (the on-premises end) or \"provider\" (the VPC's \
         end)",
        path(&lab.config())
    );
    assert_eq!(run(&lab), fails(3, &words));
    assert_eq!(routes(&lab), ROUTES);
    filters(&lab);
}

#[test]
fn an_agent_without_links_changes_nothing_and_leaves_nothing() {
    let lab = Lab::new();
    lab.write_config("[agent]\nrole = \"provider\"\n");
    let agent = start(&lab);
    assert_eq!(succeeds(&lab, &["plan"]), "nothing to do\n");
    let said = ask(&lab, &["explain", "192.0.2.1", "192.0.2.2"]);
    assert_eq!(said, fails(2, "no link is configured"));
    agent.signal("TERM");
    assert_eq!(agent.wait(), Some(0));
    assert_untouched(&lab);
}

/// What the policy lists gets an answer, what it doesn't is dropped.
#[track_caller]
fn filters(lab: &Lab) {
    let pings = [ON_PREMISES, SPOOFED].map(|from| Ping::start(lab, from.v4, VPC_HOST.v4));
    assert_eq!(pings.map(Ping::finish), [Outcome::Flows, Outcome::Blocked]);
}

fn counts(lab: &Lab) -> [u64; 2] {
    [Reason::Allowed, Reason::SourceNotAllowed].map(|reason| counted(lab, Traffic::V4, reason))
}
