//! The explanation, held against the sets that the tables are made of.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::config::Config;
use crate::state::{LinkState, derive};

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

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn the_explanation_agrees_with_the_sets(source in near(0xac10_0400), destination in near(0x0a14_0000)) {
        let (source, destination) = (std::net::Ipv4Addr::from(source), std::net::Ipv4Addr::from(destination));
        let explanation = ask(TEXT, &source.to_string(), &destination.to_string()).unwrap();
        prop_assert_eq!(explanation.reason == Reason::Allowed, state(TEXT).v4.allows(source, destination));
    }
}

/// Addresses that share from none to all of their bits with a given one.
fn near(address: u32) -> impl Strategy<Value = u32> {
    (any::<u32>(), 0_u32..33).prop_map(move |(random, keep)| address ^ random.checked_shr(keep).unwrap_or(0))
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

fn ask(text: &str, source: &str, destination: &str) -> Result<Explanation, MixedFamilies> {
    let intent = Config::parse(text).unwrap().intent();
    let facts = Facts::default();
    let routes = derive(&intent, &facts, &BTreeMap::new()).desired.routes;
    let link = intent.links.values().next().unwrap();
    explain(
        &intent,
        &facts,
        &routes,
        link,
        (source.parse().unwrap(), destination.parse().unwrap()),
    )
}
