use std::time::Duration;

use super::*;
use crate::config::Config;
use crate::machine::{Effect, Input, Machine};
use crate::testing::kernel::Kernel;
use crate::time::Time;
use interlink_common::{Reason, Traffic};

const TEXT: &str = r#"
[agent]
role = "customer"
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
vpc = "prod"
routing_policy_v4 = "v4"
enable_route_propagation = true
scw_bgp_config  = { ipv4 = "169.254.0.100/31" }
peer_bgp_config = { ipv4 = "169.254.0.101/31" }
"#;

#[test]
fn an_open_family_and_a_closed_one_are_told_apart_with_the_next_step() {
    let report = report_of(TEXT, &[]);
    let link = &report.links[0];
    let [v4, v6] = &link.families[..] else {
        panic!("two families")
    };
    assert!(v4.open && v4.enforced);
    assert!(
        v4.conditions
            .iter()
            .all(|condition| condition.met && condition.next_step.is_none())
    );
    assert_eq!((v4.remote_prefixes, v4.local_prefixes), (2, 1));
    assert_eq!((v4.routes.wanted, v4.routes.installed), (2, 2));
    assert!(!v6.open && v6.enforced);
    let unmet: Vec<_> = v6.conditions.iter().filter(|condition| !condition.met).collect();
    let names: Vec<_> = unmet.iter().map(|condition| condition.condition.as_str()).collect();
    assert_eq!(names, ["routing_policy", "interconnect"]);
    assert_eq!(
        unmet[0].next_step.as_deref(),
        Some("attach a routing policy of this family")
    );
    assert_eq!((link.table, link.is_static, link.vlan), (Some(100), true, None));
    assert_eq!(report.nics[0].attached.as_deref(), Some("native"));
}

#[test]
fn counters_are_sorted_to_link_family_and_reason() {
    let row = |vlan, traffic, reason, packets| CounterRow {
        vlan,
        traffic,
        reason,
        packets,
        bytes: packets * 64,
    };
    let untagged = Some(crate::domain::Vlan::UNTAGGED);
    let report = report_of(
        TEXT,
        &[
            row(None, Traffic::Other, Reason::UnknownVlan, 1),
            row(None, Traffic::V4, Reason::UnknownVlan, 2),
            row(untagged, Traffic::Other, Reason::Arp, 3),
            row(untagged, Traffic::V4, Reason::Allowed, 4),
            row(untagged, Traffic::V6, Reason::NoRoutingPolicy, 5),
            row(crate::domain::Vlan::from_index(7), Traffic::V4, Reason::Allowed, 6),
        ],
    );
    let link = &report.links[0];
    let shown = |counters: &[CounterReport]| -> Vec<(String, String, u64, u64)> {
        counters
            .iter()
            .map(|counter| {
                (
                    counter.reason.clone(),
                    counter.verdict.clone(),
                    counter.packets,
                    counter.bytes,
                )
            })
            .collect()
    };
    let expected =
        |reason: &str, verdict: &str, packets| vec![(reason.to_owned(), verdict.to_owned(), packets, packets * 64)];
    assert_eq!(
        shown(&report.nics[0].counters),
        expected("unknown_vlan", "drop", 3),
        "kinds of traffic add up"
    );
    assert_eq!(shown(&link.counters), expected("arp", "pass", 3));
    assert_eq!(
        shown(&link.families[0].counters),
        expected("allowed", "pass", 4),
        "another link's are not ours"
    );
    assert_eq!(
        shown(&link.families[1].counters),
        expected("no_routing_policy", "drop", 5)
    );
}

#[test]
fn routes_are_those_of_the_family_and_of_the_link_that_they_lead_through() {
    let mut kernel = Kernel::with_interfaces(&["eth1", "eth2"]);
    kernel.refusing = vec!["192.0.2.0/24".parse().unwrap(), "2001:db8:5::/48".parse().unwrap()];
    let report = report(
        &at_rest(&two_links(), kernel),
        "f",
        &Counters::new(),
        "0",
        Time::default(),
    );
    let shown: Vec<_> = report
        .links
        .iter()
        .flat_map(|link| &link.families)
        .map(|FamilyReport { routes, .. }| (routes.wanted, routes.installed, routes.refused.len()))
        .collect();
    assert_eq!(shown, [(1, 1, 0), (2, 1, 1), (2, 1, 1), (0, 0, 0)]);
    assert_eq!(
        report.links[1].families[0].routes.refused,
        ["192.0.2.0/24 via 169.254.0.100 dev eth1 table 100 metric 100: Invalid argument"]
    );
}

#[test]
fn before_the_kernel_was_seen_nothing_is_said_to_be_enforced() {
    let mut machine = Machine::new(1);
    let intent = Config::parse(TEXT).unwrap().intent();
    machine.handle(
        Input::Intent {
            intent,
            confirm_within: None,
        },
        Time::default(),
    );
    let report = report(&machine, "f", &Counters::new(), "0", Time::default());
    assert!(report.links[0].families.iter().all(|family| !family.enforced));
    assert_eq!(report.links[0].families[0].routes.installed, 0);
    assert!(report.nics.is_empty());
}

#[test]
fn the_second_of_a_trial_that_has_begun_is_counted() {
    let intent = Config::parse(TEXT).unwrap().intent();
    let mut machine = Machine::new(1);
    for confirm_within in [None, Some(Duration::from_secs(2))] {
        let intent = intent.clone();
        machine.handle(Input::Intent { intent, confirm_within }, Time::default());
    }
    for (milliseconds, left) in [(0, 2), (1, 2), (1000, 1), (1999, 1), (2000, 0)] {
        let now = Time(Duration::from_millis(milliseconds));
        let report = report(&machine, "f", &Counters::new(), "0", now);
        assert_eq!(
            report.source.confirm_within_seconds,
            Some(left),
            "after {milliseconds} ms"
        );
    }
}

/// The report of a machine that has come to rest with this configuration.
fn report_of(text: &str, rows: &[CounterRow]) -> Report {
    let machine = at_rest(text, Kernel::with_interfaces(&["eth1"]));
    let counters = [(crate::name::InterfaceName::new("eth1").unwrap(), rows.to_vec())].into();
    report(
        &machine,
        "/etc/interlink/interlink.toml",
        &counters,
        "0.1.0",
        Time::default(),
    )
}

/// A machine that has come to rest with this configuration.
fn at_rest(text: &str, mut kernel: Kernel) -> Machine {
    let mut machine = Machine::new(1);
    let intent = Config::parse(text).unwrap().intent();
    machine.handle(
        Input::Intent {
            intent,
            confirm_within: None,
        },
        Time::default(),
    );
    while let Some(effect) = machine.poll_effect() {
        match effect {
            Effect::Observe => machine.handle(Input::Observed(Ok(kernel.state.clone())), Time::default()),
            Effect::Apply(step) => {
                let result = kernel.apply(&step.op);
                machine.handle(Input::Done(result), Time::default());
            }
            Effect::Tell(_) | Effect::GiveUp { .. } => {}
        }
    }
    machine
}

#[test]
fn routes_are_listed_in_pages_with_how_they_stand() {
    let mut machine = at_rest(TEXT, Kernel::with_interfaces(&["eth1"]));
    let all = routes(&machine, &RouteFilter::default(), 10);
    let shown = |page: &RoutePage| -> Vec<String> {
        let rows = page.routes.iter();
        rows.map(|row| format!("{} {} {:?}", row.state.name(), row.route, row.why))
            .collect()
    };
    assert_eq!(
        shown(&all),
        [
            "installed 172.16.4.0/22 via 169.254.0.100 dev eth1 table 100 metric 100 None",
            "installed 192.0.2.0/24 via 169.254.0.100 dev eth1 table 100 metric 100 None",
        ]
    );
    assert_eq!(all.more_after, None);
    let first = routes(&machine, &RouteFilter::default(), 1);
    assert_eq!(first.routes, all.routes[..1]);
    let after = first.more_after;
    assert!(after.is_some());
    let second = routes(
        &machine,
        &RouteFilter {
            after,
            ..RouteFilter::default()
        },
        1,
    );
    assert_eq!((second.routes, second.more_after), (all.routes[1..].to_vec(), None));

    let intent = machine.intent_in_force().unwrap().clone();
    let link = intent.links.values().next();
    let count = |filter| routes(&machine, &filter, 10).routes.len();
    assert_eq!(
        count(RouteFilter {
            link,
            ..RouteFilter::default()
        }),
        2
    );
    let elsewhere = crate::domain::Link {
        key: crate::domain::LinkKey {
            interface: crate::testing::interface("eth2"),
            vlan: crate::domain::Vlan::UNTAGGED,
        },
        ..link.unwrap().clone()
    };
    assert_eq!(
        count(RouteFilter {
            link: Some(&elsewhere),
            ..RouteFilter::default()
        }),
        0
    );
    for (table, rows) in [(100, 2), (101, 0)] {
        let table = Some(crate::state::TableNumber(table));
        assert_eq!(
            count(RouteFilter {
                table,
                ..RouteFilter::default()
            }),
            rows
        );
    }

    // The kernel has another in place of one, and lost the other.
    let mut observed = machine.last_observed().unwrap().clone();
    crate::testing::change_routes(&mut observed.routes, |routes| {
        let mut first = routes.pop_first().unwrap().1;
        first.key.metric = 7;
        routes.clear();
        routes.insert(first.key, first);
    });
    machine.handle(Input::Changed, Time::default());
    machine.handle_timeout(Time(Duration::from_millis(20)));
    machine.handle(Input::Observed(Ok(observed)), Time(Duration::from_millis(20)));
    let states: Vec<_> = routes(&machine, &RouteFilter::default(), 10)
        .routes
        .iter()
        .map(|row| row.state)
        .collect();
    assert_eq!(
        states,
        [RouteStanding::Unwanted, RouteStanding::Wanted, RouteStanding::Wanted]
    );
}

#[test]
fn a_route_that_the_kernel_refused_is_rejected_with_its_words() {
    let mut machine = Machine::new(1);
    let mut kernel = Kernel::with_interfaces(&["eth1"]);
    machine.handle(
        Input::Intent {
            intent: Config::parse(TEXT).unwrap().intent(),
            confirm_within: None,
        },
        Time::default(),
    );
    while let Some(effect) = machine.poll_effect() {
        match effect {
            Effect::Observe => machine.handle(Input::Observed(Ok(kernel.state.clone())), Time::default()),
            Effect::Apply(step) => {
                let result = match &step.op {
                    crate::plan::Op::AddRoutes(routes) => {
                        let refused = routes.to_vec().into_iter().map(|route| crate::plan::RefusedRoute {
                            route,
                            errno: crate::plan::Errno(22),
                            detail: "Invalid argument".to_owned(),
                        });
                        Err(crate::plan::OpError::Routes {
                            refused: refused.collect(),
                        })
                    }
                    op => kernel.apply(op),
                };
                machine.handle(Input::Done(result), Time::default());
            }
            Effect::Tell(_) | Effect::GiveUp { .. } => {}
        }
    }
    let page = routes(&machine, &RouteFilter::default(), 10);
    assert_eq!(page.routes.len(), 2);
    for row in page.routes {
        assert_eq!(
            (row.state, row.why.as_deref()),
            (RouteStanding::Rejected, Some("Invalid argument"))
        );
    }
}

/// A second link on a second NIC, with lists of both families.
fn two_links() -> String {
    let policy = r#"
[[routing_policy]]
name = "v6"
is_ipv6 = true
prefix_filter_in  = ["2001:db8:20::/48"]
prefix_filter_out = ["2001:db8:4::/48", "2001:db8:5::/48"]
[[routing_policy]]
name = "lyon-v4"
prefix_filter_in  = ["10.20.0.0/16"]
prefix_filter_out = ["198.51.100.0/24"]
[[link]]
name = "lyon"
interface = "eth2"
vpc = "prod"
routing_policy_v4 = "lyon-v4"
routing_policy_v6 = "v6"
enable_route_propagation = true
scw_bgp_config  = { ipv4 = "169.254.0.102/31", ipv6 = "fd00::/127" }
peer_bgp_config = { ipv4 = "169.254.0.103/31", ipv6 = "fd00::1/127" }
"#;
    format!("{TEXT}{policy}")
}
