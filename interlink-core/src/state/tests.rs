//! From an intent to what the kernel should hold.

mod interfaces;
mod learned;

use std::collections::BTreeMap;
use std::sync::Arc;

use interlink_common::Reason;

use super::*;
use crate::config::Config;
use crate::domain::{Intent, LinkStatus, Vlan};
use crate::family::PerFamily;
use crate::gate::Session;
use crate::prefix::Address;
use crate::testing::{OPEN_LINK, intent_of_open_link, interface, name, prefix};

#[test]
fn an_open_gate_routes_what_lives_across_the_link_to_the_peer_and_nothing_else() {
    let derived = with_sessions(&intent_of_open_link(), Session::Up, Session::Up);
    assert!(derived.gates[&name("paris")].v4.is_open() && derived.gates[&name("paris")].v6.is_open());
    assert_eq!(
        routes(&derived),
        [
            "172.16.4.0/22 via 169.254.0.100 dev eth1.2386 table 100 metric 100",
            "192.0.2.0/24 via 169.254.0.100 dev eth1.2386 table 100 metric 100",
            "2001:db8:4::/48 via fd00:: dev eth1.2386 table 100 metric 100",
        ]
    );
}

#[test]
fn two_settings_of_a_nic_let_pass_together_what_each_lets_pass() {
    let all: Vec<_> = (0..8_u8)
        .map(|bits| NicSettings {
            other_vlans: if bits & 1 == 0 {
                OtherVlans::Drop
            } else {
                OtherVlans::Pass
            },
            lldp: bits & 2 != 0,
            lacp: bits & 4 != 0,
        })
        .collect();
    for (one, settings) in all.iter().enumerate() {
        for (other, more) in all.iter().enumerate() {
            assert_eq!(settings.and(*more), all[one & other], "{settings} and {more}");
        }
    }
}

#[test]
fn each_family_is_routed_by_its_own_gate() {
    let both = with_sessions(&intent_of_open_link(), Session::Up, Session::Up);
    for (v4, v6, kept) in [
        (Session::Up, Session::Down, &routes(&both)[..2]),
        (Session::Down, Session::Up, &routes(&both)[2..]),
        (Session::Down, Session::Down, &[]),
    ] {
        let derived = with_sessions(&intent_of_open_link(), v4, v6);
        assert_eq!(routes(&derived), kept);
        let gate = |session| {
            if session == Session::Up {
                Reason::Allowed
            } else {
                Reason::BgpDown
            }
        };
        let state = only_link(&derived);
        assert_eq!((state.v4.gate, state.v6.gate), (gate(v4), gate(v6)));
        let gates = &derived.gates[&name("paris")];
        assert_eq!((gates.v4.reason(), gates.v6.reason()), (gate(v4), gate(v6)));
    }
}

#[test]
fn a_closed_gate_keeps_its_prefixes_and_addresses_in_the_tables() {
    let open = with_sessions(&intent_of_open_link(), Session::Up, Session::Up);
    let closed = derive_text(&OPEN_LINK.replace("propagation = true", "propagation = false"));
    let (open, closed) = (only_link(&open), only_link(&closed));
    assert_eq!(
        closed.v4,
        FamilyState {
            gate: Reason::PropagationDisabled,
            ..open.v4.clone()
        }
    );
    assert_eq!(
        closed.v6,
        FamilyState {
            gate: Reason::PropagationDisabled,
            ..open.v6.clone()
        }
    );
    assert!(open.is_open() && !closed.is_open());
}

#[test]
fn the_tables_hold_the_lists_as_the_role_turns_them() {
    let derived = with_sessions(&intent_of_open_link(), Session::Up, Session::Up);
    let state = only_link(&derived);
    let (across, ours) = ("172.16.5.1".parse().unwrap(), "10.20.0.1".parse().unwrap());
    assert!(state.v4.allows(across, ours));
    assert!(!state.v4.allows(ours, across));
    assert_eq!(state.v4.interconnect.unwrap().ours().to_string(), "169.254.0.101");
    assert!(state.v6.remote.covers(prefix("2001:db8:4::/48")) && state.v6.local.covers(prefix("2001:db8:20::/48")));
    assert_eq!(state.v6.interconnect.unwrap().peer().to_string(), "fd00::");
}

#[test]
fn only_an_open_gate_lets_a_whitelisted_pair_pass() {
    let derived = with_sessions(&intent_of_open_link(), Session::Up, Session::Down);
    let state = only_link(&derived);
    assert!(
        state
            .v4
            .allows("192.0.2.1".parse().unwrap(), "10.20.0.1".parse().unwrap())
    );
    assert!(
        !state
            .v4
            .allows("192.0.3.1".parse().unwrap(), "10.20.0.1".parse().unwrap())
    );
    assert!(
        !state
            .v4
            .allows("192.0.2.1".parse().unwrap(), "10.21.0.1".parse().unwrap())
    );
    let (across, ours) = ("2001:db8:4::1".parse().unwrap(), "2001:db8:20::1".parse().unwrap());
    assert!(!state.v6.allows(across, ours));
    // One open family is an open link, whichever it is.
    assert!(state.is_open());
    assert!(only_link(&with_sessions(&intent_of_open_link(), Session::Down, Session::Up)).is_open());
}

#[test]
fn a_family_without_a_policy_has_empty_tables_and_no_routes() {
    let derived = derive_text(&OPEN_LINK.replace("routing_policy_v4 = \"prod-v4\"\n", ""));
    let state = only_link(&derived);
    assert_eq!(state.v4.gate, Reason::NoRoutingPolicy);
    assert!(state.v4.remote.is_empty() && state.v4.local.is_empty());
    assert!(state.v4.interconnect.is_some());
}

#[test]
fn a_static_link_needs_no_session() {
    let text = OPEN_LINK.replace("asn = 12876, ", "").replace("asn = 65010, ", "");
    assert_eq!(routes(&derive_text(&text)).len(), 3);
    assert_eq!(routes(&derive_text(OPEN_LINK)).len(), 0);
}

#[test]
fn the_status_that_counts_is_the_settled_one_where_it_is_known() {
    let settled = |status| Facts {
        settled: BTreeMap::from([(name("paris"), status)]),
        sessions: BTreeMap::from([(
            name("paris"),
            PerFamily {
                v4: Session::Up,
                v6: Session::Up,
            },
        )]),
        learned: BTreeMap::new(),
    };
    let mut intent = intent_of_open_link();
    assert_eq!(
        only_link(&derive(&intent, &settled(LinkStatus::Locked), &BTreeMap::new()))
            .v4
            .gate,
        Reason::LinkStatus
    );
    intent.links.get_mut(&name("paris")).unwrap().status = LinkStatus::Configuring;
    assert!(only_link(&derive(&intent, &settled(LinkStatus::Active), &BTreeMap::new())).is_open());
}

#[test]
fn links_that_list_the_same_prefix_share_one_route_of_several_next_hops() {
    let text = static_text() + SECOND_LINK;
    assert_eq!(
        routes(&derive_text(&text)),
        [
            "172.16.4.0/22 nexthop via 169.254.0.100 dev eth1.2386 nexthop via 169.254.0.102 dev eth2 table 100 metric 100",
            "192.0.2.0/24 nexthop via 169.254.0.100 dev eth1.2386 nexthop via 169.254.0.102 dev eth2 table 100 metric 100",
            "2001:db8:4::/48 via fd00:: dev eth1.2386 table 100 metric 100",
        ]
    );
}

#[test]
fn links_of_two_vpcs_have_routes_of_their_own() {
    let vpc = "[[vpc]]\nname = \"test\"\ntable = 200\n";
    let text = static_text() + vpc + &SECOND_LINK.replace("prod\"", "test\"");
    let routes = routes(&derive_text(&text));
    assert_eq!(routes.len(), 5);
    assert_eq!(
        routes[3],
        "172.16.4.0/22 via 169.254.0.102 dev eth2 table 200 metric 100"
    );
    assert_eq!(
        routes[4],
        "192.0.2.0/24 via 169.254.0.102 dev eth2 table 200 metric 100"
    );
}

#[test]
fn prefixes_are_routed_as_written_and_once() {
    let text = static_text().replace(
        "\"192.0.2.0/24\"",
        "\"172.16.4.0/22\", \"172.16.4.0/23\", \"172.16.6.0/23\"",
    );
    let destinations: Vec<_> = derive_text(&text)
        .desired
        .routes
        .iter()
        .map(|(key, _)| key.prefix.to_string())
        .collect();
    assert_eq!(
        destinations,
        ["172.16.4.0/22", "172.16.4.0/23", "172.16.6.0/23", "2001:db8:4::/48"]
    );
}

#[test]
fn every_link_is_on_its_nic_at_its_vlan_in_its_mode() {
    let mut text = static_text() + SECOND_LINK;
    text += &SECOND_LINK.replace("lyon", "nice").replace("eth2", "eth1");
    text += "[[nic]]\ninterface = \"eth2\"\nxdp_mode = \"generic\"\nlldp = true\n";
    let nics = derive_text(&text).desired.nics;
    let vlans = |nic: &str| nics[&interface(nic)].links.keys().copied().collect::<Vec<_>>();
    assert_eq!(vlans("eth1"), [Vlan::UNTAGGED, Vlan::tagged(2386).unwrap()]);
    assert_eq!(vlans("eth2"), [Vlan::UNTAGGED]);
    assert_eq!(nics[&interface("eth1")].mode, AttachMode::Native);
    assert_eq!(nics[&interface("eth1")].settings, NicSettings::default());
    assert_eq!(nics[&interface("eth2")].mode, AttachMode::Generic);
    assert!(nics[&interface("eth2")].settings.lldp);
}

#[test]
fn nothing_is_desired_of_nothing() {
    assert_eq!(
        derive(&Intent::default(), &Facts::default(), &BTreeMap::new()),
        Derived::default()
    );
}

/// A static link of the same VPC and policy on another NIC, without a tag, IPv4 alone.
const SECOND_LINK: &str = r#"
[[link]]
name = "lyon"
interface = "eth2"
vpc = "prod"
routing_policy_v4 = "prod-v4"
enable_route_propagation = true
scw_bgp_config = { ipv4 = "169.254.0.102/31" }
peer_bgp_config = { ipv4 = "169.254.0.103/31" }
"#;

/// [`OPEN_LINK`] without its sessions: open at once.
fn static_text() -> String {
    OPEN_LINK.replace("asn = 12876, ", "").replace("asn = 65010, ", "")
}

fn derive_text(text: &str) -> Derived {
    derive(
        &Config::parse(text).unwrap().intent(),
        &Facts::default(),
        &BTreeMap::new(),
    )
}

/// The sessions teach what the policies allow.
fn with_sessions(intent: &Intent, v4: Session, v6: Session) -> Derived {
    let facts = Facts {
        settled: BTreeMap::new(),
        sessions: BTreeMap::from([(name("paris"), PerFamily { v4, v6 })]),
        learned: BTreeMap::from([(
            name("paris"),
            Learned {
                v4: Arc::new(taught(&["172.16.4.0/22", "192.0.2.0/24"])),
                v6: Arc::new(taught(&["2001:db8:4::/48"])),
            },
        )]),
    };
    derive(intent, &facts, &BTreeMap::new())
}

fn taught<A: Address>(prefixes: &[&str]) -> LearnedRoutes<A> {
    let routes = prefixes.iter().map(|text| LearnedRoute {
        prefix: prefix(text),
        priority: Priority::default(),
        router: Router::Peer,
    });
    routes.collect()
}

fn only_link(derived: &Derived) -> &LinkState {
    let links = &derived.desired.nics[&interface("eth1")].links;
    assert_eq!(links.len(), 1);
    &links[&Vlan::tagged(2386).unwrap()]
}

fn routes(derived: &Derived) -> Vec<String> {
    derived
        .desired
        .routes
        .to_vec()
        .iter()
        .map(ToString::to_string)
        .collect()
}
