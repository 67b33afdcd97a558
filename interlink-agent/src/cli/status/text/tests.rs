//! The screen, as it is read.

use super::*;
use interlink_core::lifecycle::Lifecycle;

#[test]
fn a_healthy_link_with_one_family() {
    assert_eq!(
        render(&report()),
        "interlink-agent 0.1.0: enforcing
configuration /etc/interlink/interlink.toml

NIC enp1s0f0: protected in native mode, 1 links
  drop unknown_vlan: 3 packets, 192 bytes

link paris on enp1s0f0 (VLAN 2386): active, VPC prod (table 100), static routes
  pass arp: 2 packets, 84 bytes
  IPv4 open, policy prod-v4 (1 remote and 2 local prefixes)
    link_status yes, routing_policy yes
    routes 1 of 1 installed, 0 refused
    pass allowed: 10 packets, 980 bytes
  IPv6 closed
    link_status yes, routing_policy NO
    waiting: no routing policy of this IP family is attached to the link: attach a routing policy of this family
"
    );
}

#[test]
fn what_a_nic_lets_pass_and_where_metrics_are_is_said() {
    let mut report = report();
    report.nics[0].other_vlans = "pass".to_owned();
    report.nics[0].lldp = true;
    report.metrics = Some(MetricsReport {
        listen: "127.0.0.1:9473".to_owned(),
        error: None,
    });
    let text = render(&report);
    assert!(text.contains("\nmetrics on http://127.0.0.1:9473/metrics\n"), "{text}");
    assert!(
        text.contains("\n  lets pass beside its links: frames of no link, LLDP\n"),
        "{text}"
    );
    report.metrics = Some(MetricsReport {
        listen: "127.0.0.1:9473".to_owned(),
        error: Some("Address already in use (os error 98)".to_owned()),
    });
    let text = render(&report);
    let line = "\n  ! no metrics: can't listen on 127.0.0.1:9473, trying on: Address already in use (os error 98)\n";
    assert!(text.contains(line), "{text}");
}

#[test]
fn trouble_is_said_where_it_is() {
    let mut report = report();
    report.state = Lifecycle::Degraded;
    report.troubles = vec!["interface enp1s0f0 doesn't exist".to_owned()];
    report.source.error = Some("interlink.toml:3:1: there is no key `x`".to_owned());
    report.source.confirm_within_seconds = Some(42);
    report.nics[0].attached = None;
    report.nics[0].counters.clear();
    report.links[0].counters.clear();
    report.links[0].vpc = None;
    report.links[0].families.truncate(1);
    report.links[0].families[0].enforced = false;
    report.links[0].families[0].routes.refused = vec!["10.0.0.0/8: Invalid argument".to_owned()];
    report.links[0].families[0].counters.clear();
    report.foreign_routes = 7;
    report.foreign_routes_named = (0..7)
        .map(|number| format!("10.{number}.0.0/16 table 100 proto static metric 0"))
        .collect();
    report.foreign_rules = vec!["IPv4 9: from all iif vpc0 lookup 100 proto boot".to_owned()];
    assert_eq!(
        render(&report),
        "interlink-agent 0.1.0: degraded
  ! interface enp1s0f0 doesn't exist
configuration /etc/interlink/interlink.toml
  ! on trial: undone in 42 s unless you run `interlink-agent confirm`
  ! not in force: interlink.toml:3:1: there is no key `x`

NIC enp1s0f0: NOT PROTECTED, our program doesn't run there

link paris on enp1s0f0 (VLAN 2386): active, no VPC, static routes
  IPv4 open (the kernel doesn't hold that yet), policy prod-v4 (1 remote and 2 local prefixes)
    link_status yes, routing_policy yes
    routes 1 of 1 installed, 1 refused
      ! 10.0.0.0/8: Invalid argument

7 routes of others are in the tables of the VPCs; they are left alone
  10.0.0.0/16 table 100 proto static metric 0
  10.1.0.0/16 table 100 proto static metric 0
  10.2.0.0/16 table 100 proto static metric 0
  10.3.0.0/16 table 100 proto static metric 0
  10.4.0.0/16 table 100 proto static metric 0
  and 2 more

rules of others look up the tables of the VPCs; they are left alone
  IPv4 9: from all iif vpc0 lookup 100 proto boot
"
    );
}

fn report() -> Report {
    let counter = |reason: &str, verdict: &str, packets, bytes| CounterReport {
        reason: reason.to_owned(),
        verdict: verdict.to_owned(),
        packets,
        bytes,
    };
    let condition = |name: &str, unmet: Option<(&str, &str)>| ConditionReport {
        condition: name.to_owned(),
        met: unmet.is_none(),
        why: unmet.map(|(why, _)| why.to_owned()),
        next_step: unmet.map(|(_, next_step)| next_step.to_owned()),
    };
    let no_policy = (
        "no routing policy of this IP family is attached to the link",
        "attach a routing policy of this family",
    );
    let v4 = FamilyReport {
        family: "v4".to_owned(),
        open: true,
        enforced: true,
        conditions: vec![condition("link_status", None), condition("routing_policy", None)],
        bgp_status: None,
        routing_policy: Some("prod-v4".to_owned()),
        remote_prefixes: 1,
        local_prefixes: 2,
        routes: RouteReport {
            wanted: 1,
            installed: 1,
            refused: Vec::new(),
        },
        counters: vec![counter("allowed", "pass", 10, 980)],
    };
    let v6 = FamilyReport {
        family: "v6".to_owned(),
        open: false,
        conditions: vec![
            condition("link_status", None),
            condition("routing_policy", Some(no_policy)),
        ],
        bgp_status: None,
        routing_policy: None,
        routes: RouteReport {
            wanted: 0,
            installed: 0,
            refused: Vec::new(),
        },
        counters: Vec::new(),
        ..v4.clone()
    };
    Report {
        version: "0.1.0".to_owned(),
        state: Lifecycle::Enforcing,
        troubles: Vec::new(),
        source: SourceReport {
            api: None,
            file: "/etc/interlink/interlink.toml".to_owned(),
            error: None,
            confirm_within_seconds: None,
        },
        metrics: None,
        nics: vec![NicReport {
            other_vlans: "drop".to_owned(),
            lldp: false,
            lacp: false,
            interface: "enp1s0f0".to_owned(),
            attached: Some("native".to_owned()),
            links: 1,
            counters: vec![counter("unknown_vlan", "drop", 3, 192)],
        }],
        links: vec![LinkReport {
            name: "paris".to_owned(),
            interface: "enp1s0f0".to_owned(),
            vlan: Some(2386),
            status: "active".to_owned(),
            vpc: Some("prod".to_owned()),
            table: Some(100),
            is_static: true,
            counters: vec![counter("arp", "pass", 2, 84)],
            families: vec![v4, v6],
        }],
        foreign_routes: 0,
        foreign_routes_named: Vec::new(),
        foreign_rules: Vec::new(),
    }
}
