//! Packed routes against a map that holds the same.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::state::NextHop;
use crate::testing::{any_prefix, cases, interface, route_map};

#[test]
fn a_route_takes_no_more_bytes_than_it_says() {
    assert_eq!(size_of::<Entry<Ipv4Addr>>(), 16);
    assert_eq!(size_of::<Entry<Ipv6Addr>>(), 28);
}

#[test]
fn routes_are_in_the_order_of_table_family_prefix_and_metric() {
    let order = [
        "10.0.0.0/8 via 192.0.2.1 dev eth1 table 7 metric 50",
        "10.0.0.0/8 via 192.0.2.2 dev eth1 table 7 metric 100",
        "10.0.0.0/9 via 192.0.2.1 dev eth1 table 7 metric 50",
        "10.1.0.0/16 via 192.0.2.1 dev eth1 table 7 metric 50",
        "::/0 via fe80::1 dev eth1 table 7 metric 50",
        "9.0.0.0/8 via 192.0.2.1 dev eth1 table 8 metric 50",
    ];
    let given = [
        route(8, "9.0.0.0/8", 50, 1),
        route(7, "::/0", 50, 1),
        route(7, "10.0.0.0/9", 50, 1),
        route(7, "10.0.0.0/8", 100, 2),
        route(7, "10.1.0.0/16", 50, 1),
        route(7, "10.0.0.0/8", 50, 1),
    ];
    let routes: Routes = given.into_iter().collect();
    assert_eq!(in_words(&routes), order);
    let shown = format!("{routes:?}");
    assert!(shown.starts_with("{\"10.0.0.0/8 table 7 metric 50\": Via("), "{shown}");
    assert_eq!(routes.tables().collect::<Vec<_>>(), [TableNumber(7), TableNumber(8)]);
    assert_eq!((routes.len(), routes.is_empty()), (6, false));
    assert!(Routes::<Path>::default().is_empty());
}

#[test]
fn routes_of_one_key_share_their_next_hops_and_a_strange_one_spoils_it() {
    let strange = Route {
        path: Path::Other,
        ..route(7, "10.0.0.0/8", 50, 3)
    };
    let two = [
        route(7, "10.0.0.0/8", 50, 1),
        route(7, "10.0.0.0/8", 50, 2),
        route(7, "10.0.0.0/8", 50, 1),
    ];
    let routes: Routes = two.clone().into_iter().collect();
    assert_eq!(
        in_words(&routes),
        ["10.0.0.0/8 nexthop via 192.0.2.1 dev eth1 nexthop via 192.0.2.2 dev eth1 table 7 metric 50"]
    );
    assert_eq!(
        routes.paths().len(),
        1,
        "what no route leads along any more is forgotten"
    );
    let spoilt: Routes = two.into_iter().chain([strange]).collect();
    assert_eq!(
        in_words(&spoilt),
        ["10.0.0.0/8 of a form that isn't ours table 7 metric 50"]
    );
}

#[test]
fn a_path_leads_through_the_next_hops_of_both_or_is_strange() {
    let (one, two) = (path("10.0.0.0/8", 1), path("10.0.0.0/8", 2));
    assert_eq!(one.and(&two), two.and(&one));
    assert_eq!(one.and(&two).next_hops().count(), 2);
    assert_eq!(one.and(&one), one);
    assert_eq!(one.and(&Path::Other), Path::Other);
    assert_eq!(Path::Other.and(&one), Path::Other);
    assert_eq!(Path::Other.next_hops().count(), 0);
    assert_eq!(Path::via([].into()), None);
    assert_eq!(Path::via(one.next_hops().cloned().collect()), Some(one));
}

#[test]
fn a_table_is_looked_up_as_the_kernel_does_it() {
    let routes: Routes = [
        route(7, "0.0.0.0/0", 50, 1),
        route(7, "10.0.0.0/8", 100, 1),
        route(7, "10.0.0.0/8", 50, 2),
        route(7, "10.0.0.1/32", 200, 3),
        route(8, "10.0.0.2/32", 50, 4),
        route(7, "2001:db8::/32", 50, 5),
    ]
    .into_iter()
    .collect();
    let found = |table, address: &str| {
        let route = routes.look_up(TableNumber(table), address.parse().unwrap());
        route.map(|Route { key, .. }| format!("{} metric {}", key.prefix, key.metric))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(found(7, "10.0.0.1"), some("10.0.0.1/32 metric 200"));
    assert_eq!(found(7, "10.0.0.2"), some("10.0.0.0/8 metric 50"));
    assert_eq!(found(7, "11.0.0.0"), some("0.0.0.0/0 metric 50"));
    assert_eq!(found(8, "11.0.0.0"), None);
    assert_eq!(found(9, "10.0.0.2"), None);
    assert_eq!(found(7, "2001:db8:ffff::"), some("2001:db8::/32 metric 50"));
    assert_eq!(found(7, "2001:db9::"), None);
}

#[test]
fn batches_are_full_but_for_the_last_and_share_the_paths() {
    let routes: Routes = (0..10_u8)
        .map(|number| route(7, &format!("10.{number}.0.0/16"), 50, 1))
        .collect();
    for (longest, lengths) in [(4, &[4, 4, 2][..]), (5, &[5, 5]), (10, &[10]), (11, &[10])] {
        let mut paths = Paths::default();
        let number = paths.number(&routes.paths()[0]);
        let mut batches = Batches::of(longest);
        for (key, _) in routes.iter() {
            batches.push(key, number);
        }
        let batches: Vec<_> = batches.finish(&paths.into()).collect();
        assert_eq!(batches.iter().map(Routes::len).collect::<Vec<_>>(), lengths);
        let all: Vec<_> = batches.iter().flat_map(Routes::to_vec).collect();
        assert_eq!(all, routes.to_vec());
    }
    assert_eq!(Batches::of(3).finish(&Paths::<Path>::default().into()).count(), 0);
}

#[test]
fn paths_have_a_number_each() {
    let mut paths = Paths::default();
    let (one, two) = (path("10.0.0.0/8", 1), path("10.0.0.0/8", 2));
    let numbers = [&one, &two, &one, &two, &two].map(|path| paths.number(path));
    assert_eq!(numbers.map(|PathId(number)| number), [0, 1, 0, 1, 1]);
    assert_eq!(paths.get(numbers[1]), Some(&two));
    assert_eq!(paths.get(PathId(2)), None);
    let routes: Routes = [route(7, "10.0.0.0/8", 50, 1)].into_iter().collect();
    let doubled = routes.by_path(|path| path.next_hops().count());
    assert_eq!((doubled.get(PathId(0)), doubled.get(PathId(1))), (Some(&1), None));
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn they_are_a_map_from_key_to_path(given in any_routes()) {
        let mut model = BTreeMap::<RouteKey, Route>::new();
        for route in &given {
            let path = model.get(&route.key).map_or_else(|| route.path.clone(), |known| known.path.and(&route.path));
            model.insert(route.key, Route { key: route.key, path });
        }
        let routes: Routes = given.iter().cloned().collect();
        prop_assert_eq!(routes.len(), model.len());
        prop_assert_eq!(route_map(&routes), model.clone());
        for key in given.iter().map(|route| route.key) {
            prop_assert_eq!(routes.get(&key), Some(&model[&key].path));
            let other = RouteKey { metric: key.metric + 1000, ..key };
            prop_assert_eq!(routes.get(&other), None);
        }
        // The order in which they came, and with it the numbers of their paths, don't matter.
        let backwards: Routes = given.into_iter().rev().collect();
        prop_assert_eq!(&backwards, &routes);
        let used: std::collections::BTreeSet<_> = routes.numbered().map(|(_, path)| path).collect();
        prop_assert_eq!(used.len(), routes.paths().len());
    }

    #[test]
    fn two_lists_are_merged_as_two_maps(one in any_routes(), other in any_routes()) {
        let (one, other): (Routes, Routes) = (one.into_iter().collect(), other.into_iter().collect());
        let (left, right) = (route_map(&one), route_map(&other));
        let keys: std::collections::BTreeSet<_> = left.keys().chain(right.keys()).collect();
        let pairs: Vec<_> = merge(&one, &other).collect();
        prop_assert_eq!(pairs.iter().map(|pair| &pair.key).collect::<Vec<_>>(), keys.into_iter().collect::<Vec<_>>());
        for pair in &pairs {
            prop_assert_eq!(pair.left.map(|(_, path)| path), left.get(&pair.key).map(|route| &route.path));
            prop_assert_eq!(pair.right.map(|(_, path)| path), right.get(&pair.key).map(|route| &route.path));
            prop_assert_eq!(pair.are_equal(), left.get(&pair.key) == right.get(&pair.key));
        }
        prop_assert_eq!(one == other, left == right);
    }
}

fn any_routes() -> impl Strategy<Value = Vec<Route>> {
    let prefix = prop_oneof![
        any_prefix::<Ipv4Addr>().prop_map(Prefix::net),
        any_prefix::<Ipv6Addr>().prop_map(Prefix::net),
    ];
    let table = select(&[7, 8][..]);
    let metric = select(&[50, 100][..]);
    let one = (table, prefix, metric, 0..5_u8, prop::bool::weighted(0.1));
    let one = one.prop_map(|(table, prefix, metric, hop, is_strange)| {
        let route = route(table, &prefix.to_string(), metric, hop);
        let path = if is_strange { Path::Other } else { route.path };
        Route { path, ..route }
    });
    vec(one, 0..24)
}

fn in_words(routes: &Routes) -> Vec<String> {
    routes.to_vec().iter().map(ToString::to_string).collect()
}

fn route(table: u32, prefix: &str, metric: u32, hop: u8) -> Route {
    Route {
        key: RouteKey {
            table: TableNumber(table),
            prefix: prefix.parse().unwrap(),
            metric,
        },
        path: path(prefix, hop),
    }
}

fn path(prefix: &str, hop: u8) -> Path {
    let gateway = if prefix.contains(':') {
        format!("fe80::{hop}")
    } else {
        format!("192.0.2.{hop}")
    };
    let hop = NextHop {
        interface: interface("eth1"),
        gateway: gateway.parse().unwrap(),
    };
    Path::Via([hop].into())
}
