use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::testing::{any_prefix, cases, prefix};

#[test]
fn what_was_learned_is_found_by_its_prefix_and_listed_in_order() {
    let one = learned("10.1.0.0/16", Priority::Low, Router::Peer);
    let two = learned("10.1.0.0/24", Priority::High, other());
    let routes: LearnedRoutes<Ipv4Addr> = [two, one].into_iter().collect();
    assert_eq!(routes.iter().collect::<Vec<_>>(), [one, two]);
    assert_eq!((routes.len(), routes.is_empty()), (2, false));
    assert_eq!(routes.get(prefix("10.1.0.0/16")), Some(one));
    assert_eq!(routes.get(prefix("10.1.0.0/24")), Some(two));
    assert_eq!(routes.get(prefix("10.1.0.0/25")), None);
    assert_eq!(routes.get(prefix("10.0.0.0/16")), None);
}

#[test]
fn nothing_was_learned_at_first() {
    let routes = LearnedRoutes::<Ipv4Addr>::default();
    assert_eq!((routes.len(), routes.is_empty()), (0, true));
    assert_eq!(routes.iter().count(), 0);
}

#[test]
fn of_two_routes_to_one_prefix_the_last_counts() {
    let first = learned("10.1.0.0/16", Priority::Low, Router::Peer);
    let last = learned("10.1.0.0/16", Priority::High, other());
    let routes: LearnedRoutes<Ipv4Addr> = [first, last].into_iter().collect();
    assert_eq!(routes.iter().collect::<Vec<_>>(), [last]);
}

#[test]
fn a_route_takes_no_more_bytes_than_it_says() {
    assert_eq!(size_of::<Entry<Ipv4Addr>>(), 12);
    assert_eq!(size_of::<Entry<Ipv6Addr>>(), 24);
}

#[test]
fn one_family_is_put_in_the_place_of_what_was_known_of_it_and_the_other_stays() {
    let routes: LearnedRoutes<Ipv4Addr> = [learned("10.1.0.0/16", Priority::Low, Router::Peer)]
        .into_iter()
        .collect();
    let v4 = Arc::new(routes);
    let mut all = Learned::default();
    all.put(LearnedFamily::V4(Arc::clone(&v4)));
    assert_eq!((&all.v4, all.v6.len()), (&v4, 0));
    let route = LearnedRoute {
        prefix: prefix::<Ipv6Addr>("2001:db8::/32"),
        priority: Priority::Medium,
        router: Router::Peer,
    };
    all.put(LearnedFamily::V6(Arc::new([route].into_iter().collect())));
    assert_eq!((&all.v4, all.v6.len()), (&v4, 1));
}

#[test]
fn a_better_priority_has_a_lower_metric() {
    let metrics = Priority::ALL.map(Priority::metric);
    assert!(metrics.is_sorted_by(|better, worse| better < worse), "{metrics:?}");
    assert_eq!(metrics, [50, 100, 200]);
    assert_eq!(Priority::default().metric(), crate::state::ROUTE_METRIC);
    assert_eq!(
        Priority::ALL.map(|priority| priority.to_string()),
        ["high", "medium", "low"]
    );
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn they_are_a_map_from_prefix_to_route(
        routes in vec((any_prefix::<Ipv6Addr>(), select(&Priority::ALL[..]), any::<bool>()), 0..40)
    ) {
        let routes: Vec<_> = routes
            .into_iter()
            .map(|(prefix, priority, is_peer)| {
                let router = if is_peer { Router::Peer } else { other() };
                LearnedRoute { prefix, priority, router }
            })
            .collect();
        let model: BTreeMap<_, _> = routes.iter().map(|route| (route.prefix, *route)).collect();
        let learned: LearnedRoutes<Ipv6Addr> = routes.iter().copied().collect();
        prop_assert_eq!(learned.iter().collect::<Vec<_>>(), model.values().copied().collect::<Vec<_>>());
        for route in &routes {
            prop_assert_eq!(learned.get(route.prefix), model.get(&route.prefix).copied());
        }
    }
}

fn learned(text: &str, priority: Priority, router: Router) -> LearnedRoute<Ipv4Addr> {
    LearnedRoute {
        prefix: prefix(text),
        priority,
        router,
    }
}

fn other() -> Router {
    Router::Address("192.0.2.9".parse().unwrap())
}
