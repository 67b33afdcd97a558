use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::bgp::session::FamilySession;
use crate::config::Config;
use crate::machine::{Input, Machine};
use crate::report::{Counters, report};

const TEXT: &str = r#"
[agent]
role = "provider"
[[vpc]]
name = "prod"
table = 100
[[routing_policy]]
name = "v4"
prefix_filter_in  = ["10.20.0.0/16"]
prefix_filter_out = ["172.16.4.0/22", "192.0.2.0/24"]
[[link]]
name = "paris"
interface = "eth1"
vlan = 2386
vpc = "prod"
routing_policy_v4 = "v4"
enable_route_propagation = true
scw_bgp_config  = { ipv4 = "169.254.0.100/31" }
peer_bgp_config = { ipv4 = "169.254.0.101/31" }
"#;

#[test]
fn every_reason_of_every_family_has_a_series_from_the_start() {
    let text = scraped(&[]);
    for family in ["v4", "v6", "other"] {
        for reason in Reason::ALL {
            let verdict = if reason.verdict() == Verdict::Pass {
                "pass"
            } else {
                "drop"
            };
            let series = format!(
                "interlink_packets_total{{nic=\"eth1\",link=\"paris\",family=\"{family}\",reason=\"{}\",\
                 verdict=\"{verdict}\"}} 0\n",
                reason.name()
            );
            assert!(text.contains(&series), "no {series}");
        }
    }
}

#[test]
fn a_gate_tells_each_condition_and_what_its_policy_has() {
    let text = scraped(&[]);
    for line in [
        "interlink_gate_open{link=\"paris\",family=\"v4\"} 1",
        "interlink_gate_open{link=\"paris\",family=\"v6\"} 0",
        "interlink_gate_enforced{link=\"paris\",family=\"v4\"} 0",
        "interlink_gate_condition_met{link=\"paris\",family=\"v4\",condition=\"routing_policy\"} 1",
        "interlink_gate_condition_met{link=\"paris\",family=\"v6\",condition=\"routing_policy\"} 0",
        "interlink_policy_prefixes{link=\"paris\",family=\"v4\",side=\"remote\"} 1",
        "interlink_policy_prefixes{link=\"paris\",family=\"v4\",side=\"local\"} 2",
        "interlink_link_info{link=\"paris\",nic=\"eth1\",vlan=\"2386\",vpc=\"prod\",status=\"active\"} 1",
        "interlink_build_info{version=\"1.2.3\"} 1",
        "interlink_source_age_seconds 7.5",
        "interlink_agent_state{state=\"syncing\"} 1",
        "interlink_agent_state{state=\"enforcing\"} 0",
    ] {
        assert_eq!(text.lines().filter(|shown| *shown == line).count(), 1, "{line}\n{text}");
    }
}

#[test]
fn a_session_tells_its_state_and_why_prefixes_are_not_used() {
    let text = scraped(&[session()]);
    for line in [
        "interlink_bgp_session_state{link=\"paris\",transport=\"v4\",state=\"established\"} 1",
        "interlink_bgp_session_state{link=\"paris\",transport=\"v4\",state=\"idle\"} 0",
        "interlink_bgp_session_establishments_total{link=\"paris\",transport=\"v4\"} 3",
        "interlink_bgp_received_prefixes{link=\"paris\",transport=\"v4\",family=\"v4\"} 5",
        "interlink_bgp_rejected_prefixes{link=\"paris\",transport=\"v4\",family=\"v4\",reason=\"not_whitelisted\"} 2",
        "interlink_bgp_rejected_prefixes{link=\"paris\",transport=\"v4\",family=\"v4\",reason=\"own_as\"} 0",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
    }
}

#[test]
fn all_samples_of_a_metric_stand_together_behind_its_help_and_type() {
    let text = scraped(&[session()]);
    let mut seen = BTreeSet::new();
    let mut current = "";
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            current = rest.split(' ').next().unwrap();
            assert!(seen.insert(current), "{current} is told twice");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            assert_eq!(rest.split(' ').next(), Some(current));
        } else {
            assert_eq!(line.split(['{', ' ']).next(), Some(current), "{line}");
        }
    }
    let all: BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();
    assert_eq!(seen, all, "everything is told when there is all of it");
}

#[test]
fn names_follow_the_conventions() {
    for Metric { name, kind, help } in ALL {
        assert_eq!(*kind == Kind::Counter, name.ends_with("_total"), "{name}");
        assert!(name.starts_with("interlink_") || name.starts_with("process_"), "{name}");
        assert!(help.ends_with('.'), "{name}: {help}");
    }
}

#[test]
fn what_a_label_may_not_hold_is_escaped() {
    let mut text = Text::default();
    text.value(TROUBLES, &[("link", "a\"b\\c\nd")], 1);
    assert!(text.finish().ends_with("{link=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

fn scraped(sessions: &[SessionReport]) -> String {
    let mut machine = Machine::new(1);
    let intent = Config::parse(TEXT).unwrap().intent();
    let at = Time(Duration::from_secs(1));
    machine.handle(
        Input::Intent {
            intent,
            confirm_within: None,
        },
        at,
    );
    let mut report = report(&machine, "file", &Counters::new(), "1.2.3", at);
    // Nothing is observed yet; a NIC without anything of ours.
    report.nics.push(NicReport {
        interface: "eth1".to_owned(),
        attached: None,
        other_vlans: "drop".to_owned(),
        lldp: false,
        lacp: false,
        links: 0,
        counters: Vec::new(),
    });
    render(&Scrape {
        report: &report,
        sessions,
        tally: machine.tally(),
        memory: &[TableMemory {
            nic: "eth1".to_owned(),
            table: "LINKS",
            bytes: 4096,
        }],
        process: Some(Process::default()),
        now: Time(Duration::from_millis(8500)),
    })
}

fn session() -> SessionReport {
    SessionReport {
        link: "paris".to_owned(),
        transport: "v4".to_owned(),
        state: "established".to_owned(),
        seconds: 60,
        established: 3,
        stopped: None,
        last_error: None,
        not_listening: None,
        local_address: "169.254.0.100".to_owned(),
        peer_address: "169.254.0.101".to_owned(),
        local_as: 12876,
        peer_as: 65010,
        local_identifier: "169.254.0.100".to_owned(),
        peer_identifier: None,
        hold_time: Some(90),
        capabilities: Vec::new(),
        families: vec![FamilySession {
            family: "v4".to_owned(),
            status: "up".to_owned(),
            kept_seconds: None,
            received: 5,
            accepted: 3,
            stale: 0,
            refused: 0,
            rejected: [("not_whitelisted".to_owned(), 2)].into(),
            announced: 1,
            not_announced: None,
        }],
    }
}
