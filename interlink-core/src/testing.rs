//! What the tests of several modules share.

mod config;
pub(crate) mod kernel;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::config::Config;
use crate::domain::{Intent, LinkStatus};
use crate::name::{InterfaceName, Name};
use crate::prefix::{Address, Prefix};
use crate::state::{Route, RouteKey, Routes};

pub(crate) use config::any_config;

/// Runs a property on the same cases everywhere and always. `PROPTEST_CASES` and `PROPTEST_RNG_SEED` ask for others.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0x1f7e_0311),
        ..ProptestConfig::default()
    }
}

/// A link with BGP on a VLAN, with all that an open gate takes in both families.
pub(crate) const OPEN_LINK: &str = r#"
[agent]
role = "customer"

[[vpc]]
name = "prod"
table = 100

[[routing_policy]]
name = "prod-v4"
prefix_filter_in = ["10.20.0.0/16"]
prefix_filter_out = ["172.16.4.0/22", "192.0.2.0/24"]

[[routing_policy]]
name = "prod-v6"
is_ipv6 = true
prefix_filter_in = ["2001:db8:20::/48"]
prefix_filter_out = ["2001:db8:4::/48"]

[[link]]
name = "paris"
interface = "eth1"
vlan = 2386
vpc = "prod"
routing_policy_v4 = "prod-v4"
routing_policy_v6 = "prod-v6"
enable_route_propagation = true
scw_bgp_config = { asn = 12876, ipv4 = "169.254.0.100/31", ipv6 = "fd00::/127" }
peer_bgp_config = { asn = 65010, ipv4 = "169.254.0.101/31", ipv6 = "fd00::1/127" }
"#;

/// What [`OPEN_LINK`] asks for.
pub(crate) fn intent_of_open_link() -> Intent {
    static INTENT: LazyLock<Intent> = LazyLock::new(|| Config::parse(OPEN_LINK).unwrap().intent());
    INTENT.clone()
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(crate) fn interface(text: &str) -> InterfaceName {
    InterfaceName::new(text).unwrap()
}

pub(crate) fn prefix<A: Address>(text: &str) -> Prefix<A> {
    Prefix::try_from_net(text.parse().unwrap()).unwrap()
}

/// Changes routes as a map.
pub(crate) fn change_routes(routes: &mut Arc<Routes>, change: impl FnOnce(&mut BTreeMap<RouteKey, Route>)) {
    let mut map = route_map(routes);
    change(&mut map);
    *routes = Arc::new(map.into_values().collect());
}

/// Routes as a map.
pub(crate) fn route_map(routes: &Routes) -> BTreeMap<RouteKey, Route> {
    routes.to_vec().into_iter().map(|route| (route.key, route)).collect()
}

/// Every status that the API documents, and one that it doesn't.
pub(crate) fn statuses() -> Vec<LinkStatus> {
    let mut statuses = LinkStatus::KNOWN.to_vec();
    statuses.push(LinkStatus::from("paused"));
    statuses
}

/// Prefixes of every length around a few addresses, so that many contain, touch or repeat each other.
pub(crate) fn any_prefix<A: Address>() -> impl Strategy<Value = Prefix<A>> {
    let bits = u32::from(A::WIDTH);
    let anchor = prop_oneof![
        Just(0),
        Just(A::last().number()),
        Just(Ipv4Addr::new(10, 0, 0, 255).number()),
        Just(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, u16::MAX, u16::MAX, u16::MAX, u16::MAX).number()),
    ];
    (anchor, 0..bits, any::<bool>(), 0..=A::WIDTH).prop_map(|(anchor, bit, flip, length)| {
        let flipped = if flip { 1_u128 << bit } else { 0 };
        Prefix::containing(A::from_number(anchor ^ flipped), length)
    })
}
