//! Rows of our protocol that we would never write: seen, replaced and removed.

use crate::support::{Gateway, by_key, route};

const V4: &str = "192.0.2.0/24";
const V6: &str = "2001:db8:a::/48";

/// Each makes one key of ours something else than a route with its hops.
const STRAYS: [(&str, &[&str]); 12] = [
    (
        V4,
        &["-4 route add blackhole 192.0.2.0/24 table 100 metric 100 proto 73"],
    ),
    (
        V4,
        &["-4 route add 192.0.2.0/24 dev wan0 table 100 metric 100 proto 73"],
    ),
    (
        V4,
        &["-4 route add 192.0.2.0/24 via 10.0.0.2 mtu 1400 table 100 metric 100 proto 73"],
    ),
    (
        V4,
        &["-4 route add 192.0.2.0/24 via 10.0.0.2 src 10.0.1.1 table 100 metric 100 proto 73"],
    ),
    (
        V4,
        &["-4 route add 192.0.2.0/24 via 10.0.0.2 tos 0x10 table 100 metric 100 proto 73"],
    ),
    (
        V4,
        &[
            "-4 route add 192.0.2.0/24 table 100 metric 100 proto 73 nexthop via 10.0.0.2 dev wan0 weight 5 nexthop via 10.0.1.2 dev wan1",
        ],
    ),
    (
        V4,
        &[
            "-4 route add 192.0.2.0/24 via 10.0.0.7 table 100 metric 100 proto 73",
            "-4 route append 192.0.2.0/24 via 10.0.0.2 table 100 metric 100 proto 73",
            "-4 route append 192.0.2.0/24 via 10.0.0.8 table 100 metric 100 proto 73",
        ],
    ),
    (
        V4,
        &[
            "-4 route add 192.0.2.0/24 via 10.0.0.2 table 100 metric 100 proto 73",
            "-4 route append blackhole 192.0.2.0/24 table 100 metric 100 proto 73",
        ],
    ),
    (
        V6,
        &["-6 route add prohibit 2001:db8:a::/48 table 100 metric 100 proto 73"],
    ),
    (
        V6,
        &["-6 route add 2001:db8:a::/48 dev wan0 table 100 metric 100 proto 73"],
    ),
    (
        V6,
        &["-6 route add 2001:db8:a::/48 via 2001:db8::2 mtu 1400 table 100 metric 100 proto 73"],
    ),
    (
        V6,
        &[
            "-6 route add 2001:db8:a::/48 via 2001:db8::2 table 100 metric 100 proto 73",
            "-6 route append 2001:db8:a::/48 dev wan0 table 100 metric 100 proto 73",
        ],
    ),
];

fn wanted(prefix: &str) -> interlink_core::state::Route {
    route(
        100,
        prefix,
        100,
        &[if prefix == V4 {
            "10.0.0.2@wan0"
        } else {
            "2001:db8::2@wan0"
        }],
    )
}

#[test]
fn a_stray_equals_no_route_that_is_wanted_and_can_be_removed() {
    for (prefix, makes) in STRAYS {
        let gateway = Gateway::new();
        for row in makes {
            gateway.ns.ip(row);
        }
        let read = gateway.read(&[]).ours;
        assert_eq!(read, by_key(&[route(100, prefix, 100, &[])]), "{makes:?}");
        gateway.remove(&read.to_vec()).unwrap();
        assert!(gateway.shown(100).is_empty(), "{makes:?}: {:?}", gateway.shown(100));
    }
}

#[test]
fn a_stray_gives_way_to_the_wanted_route_in_at_most_two_rounds() {
    for (prefix, makes) in STRAYS {
        let gateway = Gateway::new();
        for row in makes {
            gateway.ns.ip(row);
        }
        let wanted = by_key(&[wanted(prefix)]);
        let mut rounds = 0;
        while gateway.read(&[]).ours != wanted {
            assert!(rounds < 2, "{makes:?}: {:?}", gateway.shown(100));
            gateway.add(&wanted.to_vec()).unwrap();
            rounds += 1;
        }
        assert_eq!(gateway.shown(100).len(), 1, "{makes:?}: {:?}", gateway.shown(100));
    }
}

#[test]
fn a_route_of_another_beside_a_stray_stays() {
    let gateway = Gateway::new();
    gateway
        .ns
        .ip("-4 route add blackhole 192.0.2.0/24 table 100 metric 100 proto 73");
    gateway
        .ns
        .ip("-4 route append 192.0.2.0/24 via 10.0.0.9 table 100 metric 100 proto static");
    gateway
        .ns
        .ip("-6 route add unreachable 2001:db8:a::/48 table 100 metric 100 proto 73");
    gateway
        .ns
        .ip("-6 route append 2001:db8:a::/48 via 2001:db8::9 table 100 metric 100 proto static");
    let read = gateway.read(&[]).ours;
    assert_eq!(read.len(), 2);
    gateway.remove(&read.to_vec()).unwrap();
    assert_eq!(
        gateway.shown(100),
        [
            "192.0.2.0/24 via 10.0.0.9 dev wan0 proto 4 metric 100",
            "2001:db8:a::/48 via 2001:db8::9 dev wan0 proto 4 metric 100"
        ]
    );
}

#[test]
fn a_route_over_an_interface_that_is_not_in_the_map_is_a_stray() {
    let gateway = Gateway::new();
    let routes = [
        route(100, V4, 100, &["10.0.0.2@wan0", "10.0.1.2@wan1"]),
        route(100, V6, 100, &["2001:db8:1::2@wan1"]),
    ];
    gateway.add(&routes).unwrap();
    let read = gateway.with(async |netlink, _| {
        let mut interfaces = netlink.interfaces().await.unwrap();
        interfaces.remove(&crate::support::name("wan1"));
        netlink.routes(&interfaces, &[].into()).await.unwrap().ours
    });
    assert_eq!(read, by_key(&[route(100, V4, 100, &[]), route(100, V6, 100, &[])]));
}
