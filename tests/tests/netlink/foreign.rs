//! Routes of others, beside ours.

use crate::support::{Gateway, by_key, refused, route};

#[test]
fn others_routes_of_the_same_prefix_stay_through_all_that_happens_to_ours() {
    let gateway = Gateway::new();
    for row in [
        "-4 route add 192.0.2.0/24 via 10.0.0.9 table 100 metric 90 proto static",
        "-4 route add 192.0.2.0/24 via 10.0.0.9 table 100 metric 110 proto 73",
        "-4 route add unreachable default table 100",
        "-4 route add 192.0.2.0/24 via 10.0.0.9 metric 100 proto bgp",
        "-6 route add 2001:db8:a::/48 via 2001:db8::9 table 100 metric 90 proto static",
        "-6 route add 2001:db8:a::/48 via 2001:db8::9 table 100 metric 110 proto 73",
        "-6 route add unreachable default table 100",
        "-6 route add 2001:db8:a::/48 via 2001:db8::9 metric 100 proto bgp",
    ] {
        gateway.ns.ip(row);
    }
    let (before, main) = (gateway.shown(100), gateway.shown(254));
    let old = [
        route(100, "192.0.2.0/24", 100, &["10.0.0.2@wan0"]),
        route(100, "2001:db8:a::/48", 100, &["2001:db8::2@wan0"]),
    ];
    let new = [
        route(100, "192.0.2.0/24", 100, &["10.0.0.2@wan0", "10.0.1.2@wan1"]),
        route(100, "2001:db8:a::/48", 100, &["2001:db8::2@wan0", "2001:db8:1::2@wan1"]),
    ];
    for routes in [&old, &new, &old] {
        gateway.add(routes).unwrap();
        let mut others = gateway.shown(100);
        others.retain(|row| !row.ends_with("metric 100"));
        assert_eq!(others, before);
    }
    gateway.remove(&old).unwrap();
    assert_eq!(gateway.shown(100), before);
    assert_eq!(gateway.shown(254), main);
}

#[test]
fn a_prefix_and_metric_that_another_holds_is_refused_and_the_other_stays() {
    let gateway = Gateway::new();
    gateway
        .ns
        .ip("-4 route add 192.0.2.0/24 via 10.0.0.9 table 100 metric 100 proto static");
    gateway
        .ns
        .ip("-6 route add 2001:db8:a::/48 via 2001:db8::9 table 100 metric 100 proto static");
    gateway
        .ns
        .ip("-6 route add unreachable 2001:db8:b::/48 table 100 metric 100 proto static");
    let before = gateway.shown(100);
    let routes = [
        route(100, "192.0.2.0/24", 100, &["10.0.0.2@wan0"]),
        route(100, "198.51.100.0/24", 100, &["10.0.0.2@wan0"]),
        route(100, "2001:db8:a::/48", 100, &["2001:db8::2@wan0"]),
        route(100, "2001:db8:b::/48", 100, &["2001:db8::2@wan0"]),
    ];
    let no = refused(gateway.add(&routes));
    assert_eq!(
        no.iter().map(|it| &it.route).collect::<Vec<_>>(),
        [&routes[0], &routes[2], &routes[3]]
    );
    for it in &no {
        assert_eq!(it.errno.0, libc::EEXIST);
        assert!(it.detail.contains("another protocol"), "{}", it.detail);
    }
    assert_eq!(gateway.read(&[]).ours, by_key(&routes[1..2]));
    gateway.remove(&routes).unwrap();
    assert_eq!(gateway.shown(100), before);
}

#[test]
fn an_ipv4_route_of_another_with_our_key_stays_when_ours_is_replaced_and_removed() {
    for how in ["append", "prepend"] {
        let gateway = Gateway::new();
        let ours = route(100, "192.0.2.0/24", 100, &["10.0.0.2@wan0"]);
        gateway.add(&[ours]).unwrap();
        gateway.ns.ip(&format!(
            "route {how} 192.0.2.0/24 via 10.0.0.9 table 100 metric 100 proto static"
        ));
        let other = "192.0.2.0/24 via 10.0.0.9 dev wan0 proto 4 metric 100".to_owned();

        let ours = route(100, "192.0.2.0/24", 100, &["10.0.1.2@wan1"]);
        gateway.add(std::slice::from_ref(&ours)).unwrap();
        let shown = gateway.shown(100);
        assert!(shown.len() == 2 && shown.contains(&other), "{how}: {shown:?}");
        assert_eq!(gateway.read(&[]).ours, by_key(std::slice::from_ref(&ours)), "{how}");

        gateway.remove(&[ours]).unwrap();
        assert_eq!(gateway.shown(100), [other], "{how}");
    }
}

#[test]
fn an_ipv6_hop_of_another_beside_ours_stays_when_ours_is_removed() {
    let gateway = Gateway::new();
    let ours = route(100, "2001:db8:a::/48", 100, &["2001:db8::2@wan0"]);
    gateway.add(std::slice::from_ref(&ours)).unwrap();
    gateway
        .ns
        .ip("-6 route append 2001:db8:a::/48 via 2001:db8::9 table 100 metric 100 proto static");
    let read = gateway.read(&[]).ours;
    assert_eq!(
        read,
        by_key(&[route(
            100,
            "2001:db8:a::/48",
            100,
            &["2001:db8::2@wan0", "2001:db8::9@wan0"]
        )])
    );
    gateway.remove(&read.to_vec()).unwrap();
    assert_eq!(
        gateway.shown(100),
        ["2001:db8:a::/48 via 2001:db8::9 dev wan0 proto 4 metric 100"]
    );
}

#[test]
fn others_routes_are_counted_in_the_tables_that_were_asked_about() {
    let gateway = Gateway::new();
    gateway
        .add(&[route(100, "192.0.2.0/24", 100, &["10.0.0.2@wan0"])])
        .unwrap();
    assert_eq!(gateway.read(&[100, 7, 100_000]).others.len(), 0);
    gateway
        .ns
        .ip("-4 route add 198.51.100.0/24 via 10.0.0.2 table 100 proto bird");
    gateway.ns.ip("-4 route add blackhole 198.51.101.0/24 table 100");
    gateway
        .ns
        .ip("-6 route add 2001:db8:b::/48 via 2001:db8::2 table 100000");
    gateway
        .ns
        .ip("-6 route append 2001:db8:b::/48 via 2001:db8::3 table 100000");
    assert_eq!(gateway.read(&[]).others.len(), 0);
    assert_eq!(gateway.read(&[100]).others.len(), 2);
    assert_eq!(gateway.read(&[100, 100_000]).others.len(), 3);
    // Those that only differ in their interface count as one.
    let shown = gateway.shown(254);
    let keys = shown.iter().map(|row| (row.split(' ').next(), row.rsplit(' ').next()));
    assert_eq!(
        gateway.read(&[254]).others.len(),
        keys.collect::<std::collections::BTreeSet<_>>().len()
    );
}
