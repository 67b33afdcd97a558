//! The explanation, held against the sets that the tables are made of.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::config::Config;
use crate::family::PerFamily;
use crate::gate::Session;
use crate::state::{FamilyState, Learned, LearnedRoute, LinkState, Priority, Router, TableNumber, derive};
use crate::table::{Arena, Flat, compile};
use crate::testing::{cases, prefix};

const TEXT: &str = r#"
[agent]
role = "customer"
[[vpc]]
name = "prod"
table = 100
[[routing_policy]]
name = "v4"
prefix_filter_in  = ["10.20.0.0/16", "10.20.7.0/24"]
prefix_filter_out = ["172.16.4.0/22", "192.0.2.0/24"]
[[routing_policy]]
name = "v6"
is_ipv6 = true
prefix_filter_in  = []
prefix_filter_out = ["2001:db8:4::/48"]
[[link]]
name = "paris"
interface = "eth1"
vpc = "prod"
routing_policy_v4 = "v4"
routing_policy_v6 = "v6"
enable_route_propagation = true
scw_bgp_config  = { ipv4 = "169.254.0.100/31", ipv6 = "fd00::/127" }
peer_bgp_config = { ipv4 = "169.254.0.101/31", ipv6 = "fd00::1/127" }
"#;

#[test]
fn a_packet_that_passes_names_the_most_specific_prefixes_and_the_way_back() {
    let explanation = ask(TEXT, "172.16.5.1", "10.20.7.9").unwrap();
    assert_eq!(explanation.reason, Reason::Allowed);
    assert_eq!(explanation.source, Match::Within("172.16.4.0/22".parse().unwrap()));
    assert_eq!(explanation.destination, Match::Within("10.20.7.0/24".parse().unwrap()));
    let route = explanation.route_back.unwrap().to_string();
    assert_eq!(route, "172.16.4.0/22 via 169.254.0.100 dev eth1 table 100 metric 100");
}

#[test]
fn a_packet_that_is_dropped_names_the_nearest_prefixes() {
    let explanation = ask(TEXT, "172.16.8.0", "10.21.0.1").unwrap();
    assert_eq!(explanation.reason, Reason::SourceNotAllowed);
    assert_eq!(explanation.source, Match::Nearest("172.16.4.0/22".parse().unwrap()));
    assert_eq!(explanation.destination, Match::Nearest("10.20.0.0/16".parse().unwrap()));
    assert_eq!(explanation.route_back, None);

    let explanation = ask(TEXT, "192.0.2.255", "10.21.0.1").unwrap();
    assert_eq!(explanation.reason, Reason::DestinationNotAllowed);
}

#[test]
fn the_nearest_prefix_shares_the_most_bits_and_is_the_widest_of_those() {
    let list = |prefixes: &[&str]| -> Vec<Prefix<Ipv4Addr>> {
        let parsed = prefixes.iter().map(|text| prefix(text));
        parsed.collect()
    };
    let nearest = |prefixes: &[&str], address: &str| match match_in(&list(prefixes), address.parse().unwrap()) {
        Match::Nearest(prefix) => prefix.to_string(),
        other => panic!("{other:?}"),
    };
    let far_and_wide_or_near_and_narrow = ["192.0.0.0/8", "10.20.128.0/24", "10.20.0.0/30", "10.20.0.4/32"];
    for (address, prefix) in [
        ("10.20.0.5", "10.20.0.4/32"),
        ("10.20.0.8", "10.20.0.0/30"),
        ("10.20.129.0", "10.20.128.0/24"),
        ("11.0.0.0", "10.20.128.0/24"),
        ("193.0.0.0", "192.0.0.0/8"),
    ] {
        assert_eq!(nearest(&far_and_wide_or_near_and_narrow, address), prefix, "{address}");
    }
    assert_eq!(
        nearest(&["10.0.0.0/24", "10.0.0.0/16", "10.0.0.0/20"], "11.0.0.0"),
        "10.0.0.0/16"
    );
}

#[test]
fn of_several_routes_the_way_back_is_the_longest_prefix_and_of_these_the_lowest_metric() {
    let intent = Config::parse(TEXT).unwrap().intent();
    let link = intent.links.values().next().unwrap();
    let mut routes = Vec::new();
    for (table, prefix, metric) in [
        (100, "172.16.0.0/16", 1),
        (100, "172.16.5.0/24", 200),
        (100, "172.16.5.0/24", 100),
        (100, "172.16.5.0/24", 300),
        (100, "172.16.4.0/25", 1),
        (101, "172.16.5.1/32", 1),
    ] {
        let mut route = derive(&intent, &Facts::default(), &BTreeMap::new())
            .desired
            .routes
            .to_vec()
            .remove(0);
        route.key.table = TableNumber(table);
        route.key.prefix = prefix.parse().unwrap();
        route.key.metric = metric;
        routes.push(route);
    }
    let observed = Observed {
        routes: std::sync::Arc::new(routes.into_iter().collect()),
        ..Observed::default()
    };
    let packet = ("172.16.5.1".parse().unwrap(), "10.20.7.9".parse().unwrap());
    let explanation = explain(&intent, &Facts::default(), &observed, link, packet, None).unwrap();
    let key = explanation.route_back.unwrap().key;
    assert_eq!((key.prefix.to_string().as_str(), key.metric), ("172.16.5.0/24", 100));
}

#[test]
fn an_empty_list_and_a_closed_gate_are_said() {
    let explanation = ask(TEXT, "2001:db8:4::1", "2001:db8:20::1").unwrap();
    assert_eq!(explanation.reason, Reason::DestinationNotAllowed);
    assert_eq!(explanation.destination, Match::EmptyList);

    let closed = TEXT.replace("enable_route_propagation = true", "enable_route_propagation = false");
    let explanation = ask(&closed, "172.16.5.1", "10.20.7.9").unwrap();
    assert_eq!(explanation.reason, Reason::PropagationDisabled);
    assert_eq!(explanation.source, Match::Within("172.16.4.0/22".parse().unwrap()));
}

#[test]
fn a_packet_of_two_families_is_refused() {
    let error = ask(TEXT, "172.16.5.1", "2001:db8::1").unwrap_err();
    assert_eq!(
        error.to_string(),
        "172.16.5.1 is IPv4, 2001:db8::1 is IPv6: a packet has both of one family"
    );
}

#[test]
fn what_passes_is_said_with_all_that_it_rests_on() {
    assert_eq!(
        lines(TEXT, "172.16.5.1", "10.20.7.9"),
        [
            "172.16.5.1 -> 10.20.7.9 from link \"paris\" on eth1 (untagged) would pass",
            "  reason       allowed: the source is a remote prefix and the destination a local one",
            "  gate         IPv4 is open",
            "  source       172.16.5.1 is in the remote prefix 172.16.4.0/22",
            "  destination  10.20.7.9 is in the local prefix 10.20.7.0/24",
            "  way back     172.16.4.0/22 via 169.254.0.100 dev eth1 table 100 metric 100",
        ]
    );
}

#[test]
fn what_is_dropped_is_said_with_what_to_do_about_it() {
    assert_eq!(
        lines(TEXT, "172.16.8.0", "10.21.0.1"),
        [
            "172.16.8.0 -> 10.21.0.1 from link \"paris\" on eth1 (untagged) would be dropped",
            "  reason       source_not_allowed: the source is in no remote prefix of the routing policy",
            "  gate         IPv4 is open",
            "  source       172.16.8.0 is in no remote prefix; the nearest is 172.16.4.0/22",
            "  destination  10.21.0.1 is in no local prefix; the nearest is 10.20.0.0/16",
            "  way back     no route of ours leads to the source",
            "  next         if it should pass, add its prefix to the filter of the far side's routes",
        ]
    );
    let closed = TEXT.replace("propagation = true", "propagation = false");
    let closed = closed.replace("vpc = \"prod\"\n", "");
    assert_eq!(
        lines(&closed, "2001:db8:4::1", "2001:db8:20::1"),
        [
            "2001:db8:4::1 -> 2001:db8:20::1 from link \"paris\" on eth1 (untagged) would be dropped",
            "  reason       no_vpc: no VPC is attached to the link",
            "  gate         IPv6 is closed: no VPC is attached to the link; route propagation is disabled",
            "  source       2001:db8:4::1 is in the remote prefix 2001:db8:4::/48",
            "  destination  2001:db8:20::1 is in no local prefix, because there is none",
            "  way back     no route of ours leads to the source",
            "  next         attach a VPC",
        ]
    );
}

/// A link that goes by what the peer announces, whose peer announces one prefix, and another that isn't accepted.
#[test]
fn a_source_that_the_peer_does_not_announce_is_told_from_one_that_the_policy_does_not_list() {
    let text = TEXT.replace(
        "scw_bgp_config  = {",
        "session.enforce = \"announced\"\nscw_bgp_config = { asn = 1,",
    );
    let intent = Config::parse(&text.replace("peer_bgp_config = {", "peer_bgp_config = { asn = 2,"));
    let intent = intent.unwrap().intent();
    let link = intent.links.values().next().unwrap();
    let accepted = LearnedRoute {
        prefix: prefix("172.16.5.0/24"),
        priority: Priority::Medium,
        router: Router::Peer,
    };
    let learned = Learned {
        v4: std::sync::Arc::new([accepted].into_iter().collect()),
        v6: std::sync::Arc::default(),
    };
    let sessions = PerFamily {
        v4: Session::Up,
        v6: Session::Down,
    };
    let facts = Facts {
        settled: BTreeMap::new(),
        sessions: [(link.name.clone(), sessions)].into(),
        learned: [(link.name.clone(), learned)].into(),
    };
    let heard = |covering: Option<(&str, Option<Rejection>)>| Heard {
        state: "established".to_owned(),
        why: None,
        covering: covering.map(|(prefix, rejection)| (prefix.parse().unwrap(), rejection)),
    };
    let said = |source: &str, heard| {
        let explanation = ask_with(&intent, &facts, Some(heard), source, "10.20.7.9").unwrap();
        let lines = explanation.lines(link, (source.parse().unwrap(), "10.20.7.9".parse().unwrap()));
        (explanation.reason, explanation.source, lines)
    };
    let (reason, _, lines) = said("172.16.5.1", heard(Some(("172.16.5.0/24", None))));
    assert_eq!(reason, Reason::Allowed);
    assert_eq!(
        lines.last_chunk::<2>().unwrap(),
        &[
            "  session      BGP for IPv4 is established",
            "  announced    172.16.5.0/24 by the peer, and accepted",
        ]
    );
    let (reason, source, lines) = said("172.16.6.1", heard(None));
    assert_eq!(reason, Reason::SourceNotAllowed);
    assert_eq!(source, Match::NotAnnounced("172.16.4.0/22".parse().unwrap()));
    assert_eq!(
        lines,
        [
            "172.16.6.1 -> 10.20.7.9 from link \"paris\" on eth1 (untagged) would be dropped",
            "  reason       source_not_allowed: the peer doesn't announce the source",
            "  gate         IPv4 is open",
            "  source       172.16.6.1 is in the remote prefix 172.16.4.0/22, but in none that the peer announces",
            "  destination  10.20.7.9 is in the local prefix 10.20.7.0/24",
            "  way back     no route of ours leads to the source",
            "  session      BGP for IPv4 is established",
            "  announced    no prefix with 172.16.6.1",
            "  next         if it should pass, have the peer announce its prefix, or go by the policy alone with `enforce`",
        ]
    );
    let rejected = heard(Some(("172.16.0.0/16", Some(Rejection::NotWhitelisted))));
    let (_, source, lines) = said("172.16.8.1", rejected);
    assert_eq!(source, Match::Nearest("172.16.4.0/22".parse().unwrap()));
    let announced = "  announced    172.16.0.0/16 by the peer, and rejected: the routing policy doesn't whitelist it";
    assert!(lines.iter().any(|line| line == announced), "{lines:?}");
    let down = Heard {
        state: "active".to_owned(),
        why: Some("no route to host".to_owned()),
        covering: None,
    };
    let (_, _, lines) = said("172.16.8.1", down);
    let session = "  session      BGP for IPv4 is active: no route to host";
    assert!(lines.iter().any(|line| line == session), "{lines:?}");
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn the_explanation_agrees_with_the_sets_and_their_tables(
        source in near(0xac10_0400 << 96),
        destination in near(0x0a14_0000 << 96),
        source_v6 in near(0x2001_0db8_0004 << 80),
        destination_v6 in near(0x2001_0db8_0020 << 80),
    ) {
        let [source, destination] = [source, destination].map(|bits| Ipv4Addr::from_bits(u32::try_from(bits >> 96).unwrap()));
        let passes = ask(&both(), &source.to_string(), &destination.to_string()).unwrap().reason == Reason::Allowed;
        prop_assert_eq!(passes, TABLES.state.v4.allows(source, destination));
        prop_assert_eq!(passes, TABLES.v4.allow(source, destination));

        let [source, destination] = [source_v6, destination_v6].map(Ipv6Addr::from_bits);
        let passes = ask(&both(), &source.to_string(), &destination.to_string()).unwrap().reason == Reason::Allowed;
        prop_assert_eq!(passes, TABLES.state.v6.allows(source, destination));
        prop_assert_eq!(passes, TABLES.v6.allow(source, destination));
    }
}

/// A link that is open in both families, with prefixes of both on both sides.
fn both() -> String {
    TEXT.replace("= []", "= [\"2001:db8:20::/48\"]")
}

/// What that link is compiled to.
static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let state = state(&both());
    Tables {
        v4: FamilyTables::of(&state.v4),
        v6: FamilyTables::of(&state.v6),
        state,
    }
});

struct Tables {
    state: LinkState,
    v4: FamilyTables,
    v6: FamilyTables,
}

struct FamilyTables {
    arena: Arena,
    remote: u32,
    local: u32,
}

impl FamilyTables {
    fn of<A: Flat>(state: &FamilyState<A>) -> Self {
        let mut arena = Arena::default();
        let (Ok(remote), Ok(local)) = (compile(&mut arena, &state.remote), compile(&mut arena, &state.local));
        Self { arena, remote, local }
    }

    fn allow<A: Flat>(&self, source: A, destination: A) -> bool {
        source.is_in(&self.arena, self.remote) && destination.is_in(&self.arena, self.local)
    }
}

/// Addresses that share from none to all of their bits with a given one.
fn near(address: u128) -> impl Strategy<Value = u128> {
    (any::<u128>(), 0_u32..129).prop_map(move |(random, keep)| address ^ random.checked_shr(keep).unwrap_or(0))
}

fn state(text: &str) -> LinkState {
    let intent = Config::parse(text).unwrap().intent();
    let desired = derive(&intent, &Facts::default(), &BTreeMap::new()).desired;
    desired
        .nics
        .into_values()
        .next()
        .unwrap()
        .links
        .into_values()
        .next()
        .unwrap()
}

fn lines(text: &str, source: &str, destination: &str) -> Vec<String> {
    let intent = Config::parse(text).unwrap().intent();
    let link = intent.links.values().next().unwrap();
    let explanation = ask(text, source, destination).unwrap();
    explanation.lines(link, (source.parse().unwrap(), destination.parse().unwrap()))
}

fn ask(text: &str, source: &str, destination: &str) -> Result<Explanation, MixedFamilies> {
    let intent = Config::parse(text).unwrap().intent();
    ask_with(&intent, &Facts::default(), None, source, destination)
}

fn ask_with(
    intent: &Intent,
    facts: &Facts,
    heard: Option<Heard>,
    source: &str,
    destination: &str,
) -> Result<Explanation, MixedFamilies> {
    let observed = Observed {
        routes: derive(intent, facts, &BTreeMap::new()).desired.routes,
        ..Observed::default()
    };
    let link = intent.links.values().next().unwrap();
    let packet = (source.parse().unwrap(), destination.parse().unwrap());
    explain(intent, facts, &observed, link, packet, heard)
}
