//! What `status` shows, in both its forms.

use std::collections::BTreeSet;
use std::process::Stdio;

use interlink_common::{Reason, Traffic};
use interlink_tests::agent;
use interlink_tests::datagram::arrives;
use interlink_tests::lab::{LINK, ON_PREMISES, SPOOFED, VPC_HOST};
use serde_json::Value;

use crate::kernel::{counted, routes};
use crate::support::{closed, enforcing, enforcing_this, path, succeeds};

#[test]
fn the_json_has_exactly_the_documented_fields() {
    let (lab, _agent) = enforcing_this(&closed());
    let status = agent::status(&lab).unwrap();
    for (object, fields) in [
        (
            &status,
            "version state troubles source metrics nics links foreign_routes foreign_routes_named foreign_rules",
        ),
        (&status["source"], "file error api confirm_within_seconds"),
        (
            &status["nics"][0],
            "interface attached other_vlans lldp lacp links counters",
        ),
        (
            &status["links"][0],
            "name interface vlan status vpc table is_static counters families",
        ),
        (
            &status["links"][0]["families"][0],
            "family open enforced conditions bgp_status routing_policy remote_prefixes local_prefixes routes counters",
        ),
        (
            &status["links"][0]["families"][0]["conditions"][3],
            "condition met why next_step",
        ),
        (&status["links"][0]["families"][0]["routes"], "wanted installed refused"),
    ] {
        let found: BTreeSet<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(found, fields.split(' ').collect());
    }
    assert_eq!(status["source"]["file"], path(&lab.config()));
    assert_eq!(status["nics"][0]["interface"], LINK);
    let condition = &status["links"][0]["families"][0]["conditions"][3];
    assert_eq!(condition["condition"], "route_propagation");
    assert_eq!(condition["next_step"], "enable route propagation");
}

#[test]
fn its_routes_and_counters_are_those_that_the_kernel_has() {
    let (lab, _agent) = enforcing();
    for (from, to) in [(ON_PREMISES, VPC_HOST), (SPOOFED, VPC_HOST)] {
        arrives(&lab, from.v4, to.v4);
        arrives(&lab, from.v6, to.v6);
    }
    let status = agent::status(&lab).unwrap();
    assert_eq!(routes(&lab).len(), 2);
    for (family, traffic) in [(0, Traffic::V4), (1, Traffic::V6)] {
        let family = &status["links"][0]["families"][family];
        assert_eq!(
            (&family["routes"]["wanted"], &family["routes"]["installed"]),
            (&1.into(), &1.into())
        );
        for (reason, verdict) in [(Reason::Allowed, "pass"), (Reason::SourceNotAllowed, "drop")] {
            let counters = family["counters"].as_array().unwrap();
            let counter = counters
                .iter()
                .find(|counter| counter["reason"] == reason.name())
                .unwrap();
            let packets = counted(&lab, traffic, reason);
            assert!(packets > 0, "{}", reason.name());
            assert_eq!(
                (&counter["packets"], &counter["verdict"]),
                (&packets.into(), &verdict.into())
            );
        }
    }
}

#[test]
fn the_text_says_what_is_missing_and_what_to_do() {
    let (lab, _agent) = enforcing_this(&closed());
    let text = succeeds(&lab, &["status"]);
    let family = "  IPv4 closed, policy prod-v4 (1 remote and 1 local prefixes)
    link_status yes, vpc yes, routing_policy yes, route_propagation NO, interconnect yes, bgp yes
    waiting: route propagation is disabled: enable route propagation
";
    assert!(text.contains(family), "{text}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let (lab, _agent) = enforcing();
    for arguments in [&["status"][..], &["status", "--json"], &["plan"], &["--help"]] {
        let mut command = agent::command(&lab, arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn what_is_asked_right_after_the_start_is_answered() {
    let lab = interlink_tests::lab::Lab::new();
    lab.write_config(crate::support::CONFIG);
    let _agent = agent::Agent::start(&lab);
    crate::support::eventually("the socket", || lab.socket().exists());
    let status: Value = serde_json::from_str(&succeeds(&lab, &["status", "--json"])).unwrap();
    assert_eq!(status["links"][0]["name"], "paris");
}
