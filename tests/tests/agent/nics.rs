//! NICs that can't be protected, or not as they should.

use interlink_tests::agent::{self, Agent};
use interlink_tests::datagram::arrives;
use interlink_tests::lab::{LINK, Lab, ON_PREMISES, SPOOFED, VPC_HOST};

use crate::kernel::{STRANGER, assert_untouched, attach_a_strangers, detach_a_strangers, mode, program, routes};
use crate::support::{CONFIG, ROUTES, enforcing_this, eventually, fails, run, second_link, settled, start, with};

#[test]
fn a_nic_that_doesnt_exist_is_named_and_nothing_is_changed() {
    let lab = Lab::new();
    lab.write_config(&with(CONFIG, "link0", "link9"));
    assert_eq!(run(&lab), fails(7, "interface link9 doesn't exist"));
    assert_untouched(&lab);
}

#[test]
fn a_nic_without_native_xdp_is_told_with_the_way_out_and_nothing_is_changed() {
    let lab = Lab::new();
    lab.gateway.ip("link add bridge0 type bridge");
    for interface in ["lo", "bridge0"] {
        lab.write_config(&with(CONFIG, "link0", interface));
        let words = format!(
            "{interface} can't run XDP natively (Underlying driver does not support XDP in native mode (Operation not \
             supported (os error 95))): use a NIC whose driver can, or ask for the slower generic mode with `xdp_mode \
             = \"generic\"` in its `[[nic]]`"
        );
        assert_eq!(run(&lab), fails(7, &words));
        assert_untouched(&lab);
    }
}

#[test]
fn a_nic_without_native_xdp_is_protected_in_generic_mode_on_request() {
    let lab = Lab::new();
    lab.gateway.ip("link add bridge0 type bridge");
    lab.gateway.ip("link set bridge0 up");
    lab.gateway.ip("address add fd00::/127 dev bridge0");
    lab.gateway.ip("address add 169.254.0.100/31 dev bridge0");
    lab.write_config(&in_generic_mode("bridge0"));
    let _agent = start(&lab);
    let status = agent::status(&lab).unwrap();
    assert_eq!(status["nics"][0]["interface"], "bridge0");
    assert_eq!(status["nics"][0]["attached"], "generic");
    assert_eq!(mode(&lab, "bridge0"), Some("generic"));
}

#[test]
fn generic_mode_filters_as_native_mode_does() {
    let (lab, _agent) = enforcing_this(&in_generic_mode(LINK));
    assert_eq!(mode(&lab, LINK), Some("generic"));
    for (from, spoofed, to) in [
        (ON_PREMISES.v4, SPOOFED.v4, VPC_HOST.v4),
        (ON_PREMISES.v6, SPOOFED.v6, VPC_HOST.v6),
    ] {
        assert!(arrives(&lab, from, to));
        assert!(!arrives(&lab, spoofed, to));
    }
}

#[test]
fn another_mode_is_refused_while_the_nic_stays_protected_in_its_own() {
    let (lab, _agent) = enforcing_this(CONFIG);
    let before = program(&lab, LINK);
    lab.write_config(&in_generic_mode(LINK));
    let status = agent::wait_for(&lab, "the refusal", |status| status["state"] == "degraded");
    assert_eq!(
        status["troubles"][0],
        "link0 is attached in native mode and should be in generic mode: run `interlink-agent unload`, which leaves it \
         open until the agent attaches it again"
    );
    assert_eq!((program(&lab, LINK), mode(&lab, LINK)), (before, Some("native")));
    lab.write_config(CONFIG);
    settled(&lab);
}

#[test]
fn somebody_elses_program_is_named_and_left_alone() {
    let lab = Lab::new();
    let theirs = attach_a_strangers(&lab, LINK);
    lab.write_config(CONFIG);
    let words = format!(
        "link0 runs an XDP program that isn't ours, program {theirs} ({STRANGER}): detach it first (`ip link set dev \
         link0 xdp off`, or stop what attached it)"
    );
    assert_eq!(run(&lab), fails(7, &words));
    assert_eq!(program(&lab, LINK), Some(theirs));
    detach_a_strangers(&lab, LINK);
    assert_untouched(&lab);
}

#[test]
fn a_missing_nic_is_told_while_the_other_is_protected_and_taken_when_it_appears() {
    let (lab, _agent) = degraded(&(CONFIG.to_owned() + &second_link("link1")));
    let status = agent::status(&lab).unwrap();
    assert_eq!(status["troubles"][0], "interface link1 doesn't exist");
    assert_eq!(status["nics"][1]["attached"], serde_json::Value::Null);
    assert_eq!(routes(&lab), ROUTES);
    assert!(arrives(&lab, ON_PREMISES.v4, VPC_HOST.v4));

    lab.gateway.veth("link1", &lab.on_premises, "eth1");
    eventually("the NIC to be protected", || program(&lab, "link1").is_some());
    let status = settled(&lab);
    assert_eq!(status["nics"][1]["attached"], "native");
}

#[test]
fn a_nic_with_somebody_elses_program_is_told_while_the_other_is_protected_and_taken_when_it_is_free() {
    let lab = Lab::new();
    lab.gateway.veth("link1", &lab.on_premises, "eth1");
    let theirs = attach_a_strangers(&lab, "link1");
    lab.write_config(&(CONFIG.to_owned() + &second_link("link1")));
    let _agent = Agent::start(&lab);
    let status = agent::wait_for(&lab, "the trouble", |status| status["state"] == "degraded");
    let trouble = status["troubles"][0].as_str().unwrap();
    assert!(trouble.contains(&format!("program {theirs} ({STRANGER})")), "{trouble}");
    assert_eq!(program(&lab, "link1"), Some(theirs));
    assert!(program(&lab, LINK).is_some());

    detach_a_strangers(&lab, "link1");
    eventually("the NIC to be protected", || program(&lab, "link1").is_some());
    settled(&lab);
}

fn in_generic_mode(interface: &str) -> String {
    with(CONFIG, "link0", interface) + &format!("\n[[nic]]\ninterface = \"{interface}\"\nxdp_mode = \"generic\"\n")
}

fn degraded(config: &str) -> (Lab, Agent) {
    let lab = Lab::new();
    lab.write_config(config);
    let agent = Agent::start(&lab);
    agent::wait_for(&lab, "the trouble", |status| status["state"] == "degraded");
    (lab, agent)
}
