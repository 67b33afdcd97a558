//! What `explain` says of a packet is what becomes of it.

use interlink_common::{Reason, Traffic, Verdict};
use interlink_tests::agent::Agent;
use interlink_tests::datagram::arrives;
use interlink_tests::lab::{Lab, ON_PREMISES, OUTSIDE, SPOOFED, VPC_HOST};
use serde_json::Value;

use crate::kernel::counted;
use crate::support::{CONFIG, Said, apply, ask, closed, enforcing, with};

#[test]
fn an_open_gate_lets_the_whitelisted_pass_and_says_which_prefix_decided() {
    let (lab, _agent) = enforcing();
    agrees(&lab, ON_PREMISES.v4, VPC_HOST.v4, Reason::Allowed);
    agrees(&lab, ON_PREMISES.v6, VPC_HOST.v6, Reason::Allowed);
    for (from, to) in [(SPOOFED.v4, VPC_HOST.v4), (SPOOFED.v6, VPC_HOST.v6)] {
        agrees(&lab, from, to, Reason::SourceNotAllowed);
    }
    for (from, to) in [(ON_PREMISES.v4, OUTSIDE.v4), (ON_PREMISES.v6, OUTSIDE.v6)] {
        agrees(&lab, from, to, Reason::DestinationNotAllowed);
    }
    agrees(&lab, SPOOFED.v4, OUTSIDE.v4, Reason::SourceNotAllowed);
    assert_eq!(
        ask(&lab, &["explain", SPOOFED.v4, VPC_HOST.v4]).stdout,
        "10.99.0.1 -> 172.16.4.10 from link \"paris\" on link0 (untagged) would be dropped
  reason       source_not_allowed: the source is in no remote prefix of the routing policy
  gate         IPv4 is open
  source       10.99.0.1 is in no remote prefix; the nearest is 10.20.0.0/16
  destination  172.16.4.10 is in the local prefix 172.16.4.0/22
  way back     no route of ours leads to the source
  next         if it should pass, add its prefix to the filter of the far side's routes
"
    );
}

#[test]
fn a_closed_gate_drops_for_the_first_condition_that_isnt_met() {
    let (lab, _agent): (Lab, Agent) = enforcing();
    let [scw, peer] = ["169.254.0.100/31", "169.254.0.101/31"];
    let without_policy = with(CONFIG, "routing_policy_v4 = \"prod-v4\"\n", "");
    let bgp = with(
        CONFIG,
        &format!("{{ ipv4 = \"{scw}"),
        &format!("{{ asn = 12876, ipv4 = \"{scw}"),
    );
    let bgp = with(
        &bgp,
        &format!("{{ ipv4 = \"{peer}"),
        &format!("{{ asn = 65010, ipv4 = \"{peer}"),
    );
    for (config, reason) in [
        (with(CONFIG, "\"active\"", "\"locked\""), Reason::LinkStatus),
        (with(CONFIG, "vpc = \"prod\"\n", ""), Reason::NoVpc),
        (without_policy.clone(), Reason::NoRoutingPolicy),
        (closed(), Reason::PropagationDisabled),
        (bgp, Reason::BgpDown),
        (with(&without_policy, "\"active\"", "\"requested\""), Reason::LinkStatus),
    ] {
        apply(&lab, &config);
        agrees(&lab, ON_PREMISES.v4, VPC_HOST.v4, reason);
    }
    apply(&lab, CONFIG);
    agrees(&lab, ON_PREMISES.v4, VPC_HOST.v4, Reason::Allowed);
}

#[test]
fn a_family_without_an_interconnect_is_closed_and_the_other_is_not() {
    let (lab, _agent) = enforcing();
    let config = with(CONFIG, ", ipv6 = \"fd00::/127\"", "");
    apply(&lab, &with(&config, ", ipv6 = \"fd00::1/127\"", ""));
    let said = explain(&lab, ON_PREMISES.v6, VPC_HOST.v6);
    assert_eq!((said.0, said.1["reason"].as_str()), (Some(8), Some("no_interconnect")));
    // Without our address the peer finds no neighbour to send to, so the packet itself can't tell more.
    assert!(!arrives(&lab, ON_PREMISES.v6, VPC_HOST.v6));
    agrees(&lab, ON_PREMISES.v4, VPC_HOST.v4, Reason::Allowed);
}

/// `explain`, in words and as JSON, a packet and the program's counter agree on what becomes of it and why.
#[track_caller]
fn agrees(lab: &Lab, from: &str, to: &str, reason: Reason) {
    let passes = reason.verdict() == Verdict::Pass;
    let (code, explained) = explain(lab, from, to);
    assert_eq!(code, Some(if passes { 0 } else { 8 }), "{from} to {to}");
    assert_eq!(explained["reason"], reason.name(), "{from} to {to}");
    assert_eq!(explained["passes"], passes);
    assert_eq!(explained["link"], "paris");

    let traffic = if from.contains(':') { Traffic::V6 } else { Traffic::V4 };
    let before = counted(lab, traffic, reason);
    assert_eq!(arrives(lab, from, to), passes, "{from} to {to}, {}", reason.name());
    let after = counted(lab, traffic, reason);
    assert!(after > before, "{from} to {to} isn't counted as {}", reason.name());
}

/// The exit code, and the JSON, which says the same as the text. A session may take a step between the two questions, so
/// they are asked a few times.
#[track_caller]
fn explain(lab: &Lab, from: &str, to: &str) -> (Option<i32>, Value) {
    let (mut text, mut told) = (String::new(), Vec::new());
    for _ in 0..10 {
        let words = ask(lab, &["explain", from, to]);
        let Said { code, stdout, .. } = ask(lab, &["explain", from, to, "--json"]);
        assert_eq!(words.code, code);
        let explained: Value = serde_json::from_str(&stdout).unwrap();
        let lines = explained["lines"].as_array().unwrap().iter();
        told = lines.map(|line| line.as_str().unwrap().to_owned()).collect();
        text = words.stdout;
        if text.lines().eq(told.iter()) {
            return (code, explained);
        }
    }
    panic!("the words are\n{text}and the JSON's are\n{}", told.join("\n"));
}
