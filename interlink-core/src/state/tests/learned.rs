//! What sessions teach, as routes.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::*;
use super::{routes, static_text};
use crate::config::Config;
use crate::family::PerFamily;
use crate::gate::Session;
use crate::prefix::{Address, Prefix};
use crate::testing::{OPEN_LINK, cases, intent_of_open_link, name, prefix};

/// A second link of the same VPC, with sessions of its own.
const LYON: &str = r#"
[[link]]
name = "lyon"
interface = "eth2"
vpc = "prod"
routing_policy_v4 = "prod-v4"
enable_route_propagation = true
scw_bgp_config = { asn = 12876, ipv4 = "169.254.0.102/31" }
peer_bgp_config = { asn = 65010, ipv4 = "169.254.0.103/31" }
"#;

#[test]
fn what_a_session_taught_is_routed_in_place_of_the_policys_list() {
    let facts = facts(Session::Up, &[("paris", learned())]);
    assert_eq!(
        routes(&derive(&intent_of_open_link(), &facts, &BTreeMap::new())),
        [
            "172.16.4.0/24 via 169.254.0.100 dev eth1.2386 table 100 metric 50",
            "192.0.2.0/24 via fe80::9 dev eth1.2386 table 100 metric 100",
            "2001:db8:4::/52 via fd00:: dev eth1.2386 table 100 metric 200",
            "2001:db8:4:8000::/52 via fd00::9 dev eth1.2386 table 100 metric 100",
        ]
    );
}

#[test]
fn what_was_learned_is_routed_behind_an_open_gate_only() {
    let facts = facts(Session::Down, &[("paris", learned())]);
    assert_eq!(
        routes(&derive(&intent_of_open_link(), &facts, &BTreeMap::new())),
        [""; 0]
    );
}

#[test]
fn a_static_link_routes_its_policy_whatever_a_session_once_taught() {
    let intent = Config::parse(&static_text()).unwrap().intent();
    let facts = facts(Session::Up, &[("paris", learned())]);
    let taught = derive(&intent, &facts, &BTreeMap::new());
    assert_eq!(taught, derive(&intent, &Facts::default(), &BTreeMap::new()));
}

#[test]
fn of_two_links_that_learn_the_same_prefix_each_priority_has_a_route_and_equals_share_one() {
    let intent = Config::parse(&(OPEN_LINK.to_owned() + LYON)).unwrap().intent();
    let of = |priority| Learned {
        v4: Arc::new([route("172.16.4.0/24", priority, Router::Peer)].into_iter().collect()),
        v6: Arc::default(),
    };
    let derived = |paris, lyon| {
        let facts = facts(Session::Up, &[("paris", of(paris)), ("lyon", of(lyon))]);
        routes(&derive(&intent, &facts, &BTreeMap::new()))
    };
    assert_eq!(
        derived(Priority::Low, Priority::High),
        [
            "172.16.4.0/24 via 169.254.0.102 dev eth2 table 100 metric 50",
            "172.16.4.0/24 via 169.254.0.100 dev eth1.2386 table 100 metric 200",
        ]
    );
    assert_eq!(
        derived(Priority::Low, Priority::Low),
        [
            "172.16.4.0/24 nexthop via 169.254.0.100 dev eth1.2386 nexthop via 169.254.0.102 dev eth2 table 100 metric 200"
        ]
    );
}

#[test]
fn by_what_is_announced_nothing_else_of_the_policy_may_send() {
    let remote = |enforce: &str, session, learned| {
        let text = OPEN_LINK.to_owned() + "[link.session]\nenforce = \"" + enforce + "\"\n";
        let intent = Config::parse(&text).unwrap().intent();
        let derived = derive(&intent, &facts(session, &[("paris", learned)]), &BTreeMap::new());
        let nic = derived.desired.nics.into_values().next().unwrap();
        let link = nic.links.into_values().next().unwrap();
        let v4 = link.v4.remote.prefixes().map(|prefix| prefix.to_string());
        let v6 = link.v6.remote.prefixes().map(|prefix| prefix.to_string());
        v4.chain(v6).collect::<Vec<_>>()
    };
    let whole = ["172.16.4.0/22", "192.0.2.0/24", "2001:db8:4::/48"];
    assert_eq!(remote("policy", Session::Up, learned()), whole);
    assert_eq!(
        remote("announced", Session::Up, learned()),
        [
            "172.16.4.0/24",
            "192.0.2.0/24",
            "2001:db8:4::/52",
            "2001:db8:4:8000::/52"
        ]
    );
    // What a wider policy accepted a moment ago.
    let wider = Learned {
        v4: Arc::new(
            [route("172.16.0.0/12", Priority::Medium, Router::Peer)]
                .into_iter()
                .collect(),
        ),
        v6: Arc::default(),
    };
    assert_eq!(remote("announced", Session::Up, wider), ["172.16.4.0/22"]);
    assert_eq!(remote("announced", Session::Up, Learned::default()), [""; 0]);
    assert_eq!(remote("announced", Session::Down, Learned::default()), [""; 0]);
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn who_may_send_by_what_is_announced_is_in_the_policy_and_in_a_route(
        taught in vec((0xac10_0000..0xac18_0000_u32, 8..=32_u8), 0..24),
        asked in 0xac10_0000..0xac18_0000_u32,
    ) {
        let taught: LearnedRoutes<Ipv4Addr> = taught
            .into_iter()
            .map(|(number, length)| LearnedRoute {
                prefix: Prefix::containing(Ipv4Addr::from_bits(number), length),
                priority: Priority::Medium,
                router: Router::Peer,
            })
            .collect();
        let asked = Ipv4Addr::from_bits(asked);
        let is_routed = taught.iter().any(|route| route.prefix.contains(asked));
        prop_assert_eq!(taught.covering(asked).is_some(), is_routed);
        if let Some(covering) = taught.covering(asked) {
            let more_specific = taught.iter().filter(|route| route.prefix.length() > covering.prefix.length());
            prop_assert!(!more_specific.into_iter().any(|route| route.prefix.contains(asked)));
        }
        let text = OPEN_LINK.to_owned() + "[link.session]\nenforce = \"announced\"\n";
        let intent = Config::parse(&text).unwrap().intent();
        let learned = Learned { v4: Arc::new(taught), v6: Arc::default() };
        let derived = derive(&intent, &facts(Session::Up, &[("paris", learned)]), &BTreeMap::new());
        let link = derived.desired.nics.into_values().next().unwrap().links.into_values().next().unwrap();
        let policy = intent.links.values().find_map(|link| intent.whitelist_v4(link)).unwrap();
        prop_assert_eq!(link.v4.remote.contains(asked), is_routed && policy.remote.set().contains(asked));
    }
}

fn facts(session: Session, learned: &[(&str, Learned)]) -> Facts {
    let names = || learned.iter().map(|(link, _)| name(link));
    let sessions = PerFamily {
        v4: session,
        v6: session,
    };
    Facts {
        settled: BTreeMap::new(),
        sessions: names().map(|link| (link, sessions)).collect(),
        learned: names()
            .zip(learned.iter().map(|(_, learned)| learned.clone()))
            .collect(),
    }
}

fn learned() -> Learned {
    let address = |text: &str| Router::Address(text.parse().unwrap());
    let v4: LearnedRoutes<Ipv4Addr> = [
        route("172.16.4.0/24", Priority::High, Router::Peer),
        route("192.0.2.0/24", Priority::Medium, address("fe80::9")),
    ]
    .into_iter()
    .collect();
    let v6: LearnedRoutes<Ipv6Addr> = [
        route("2001:db8:4::/52", Priority::Low, Router::Peer),
        route("2001:db8:4:8000::/52", Priority::Medium, address("fd00::9")),
    ]
    .into_iter()
    .collect();
    Learned {
        v4: Arc::new(v4),
        v6: Arc::new(v6),
    }
}

fn route<A: Address>(text: &str, priority: Priority, router: Router) -> LearnedRoute<A> {
    LearnedRoute {
        prefix: prefix(text),
        priority,
        router,
    }
}
