//! Routes that the kernel doesn't take.

use interlink_core::state::Route;

use crate::support::{Gateway, by_key, refused, route};

#[test]
fn the_refused_routes_are_named_with_the_kernels_words_and_the_others_installed() {
    let gateway = Gateway::new();
    gateway.link("off", &["10.0.9.1/24"]);
    gateway.ns.ip("link set off down");
    let good = [
        route(100, "192.0.2.0/24", 100, &["10.0.0.2@wan0"]),
        route(100, "192.0.3.0/24", 100, &["10.0.0.2@wan0", "10.0.1.2@wan1"]),
        route(100, "2001:db8:a::/48", 100, &["2001:db8::2@wan0"]),
    ];
    let bad: [(Route, i32, &str); 7] = [
        (
            route(100, "192.0.4.0/24", 100, &["10.0.0.255@wan0"]),
            libc::EINVAL,
            "invalid gateway",
        ),
        (
            route(100, "192.0.5.0/24", 100, &["10.0.0.2@gone"]),
            libc::ENODEV,
            "interface gone doesn't exist",
        ),
        (
            route(100, "192.0.6.0/24", 100, &["10.0.0.2@wan0", "10.0.1.255@wan1"]),
            libc::EINVAL,
            "invalid gateway",
        ),
        (
            route(100, "192.0.7.0/24", 100, &["10.9.9.2@off"]),
            libc::ENETDOWN,
            "not up",
        ),
        (route(100, "192.0.8.0/24", 100, &[]), libc::EINVAL, "no next hop"),
        (
            route(100, "2001:db8:b::/48", 100, &["2001:db8::1@wan0"]),
            libc::EINVAL,
            "local address",
        ),
        (
            route(100, "2001:db8:c::/48", 100, &["2001:db8::2@wan0", "10.0.0.2@wan0"]),
            libc::EINVAL,
            "RTA_GATEWAY",
        ),
    ];
    let mixed = [
        &bad[0].0, &good[0], &bad[1].0, &bad[2].0, &good[1], &bad[3].0, &bad[4].0, &bad[5].0, &good[2], &bad[6].0,
    ];
    let no = refused(gateway.add(&mixed.map(Clone::clone)));
    assert_eq!(no.len(), bad.len(), "{no:#?}");
    for (it, (route, errno, words)) in no.iter().zip(&bad) {
        assert_eq!(it.route, *route);
        println!("{it}");
        assert_eq!(it.errno.0, *errno, "{it}");
        assert!(it.detail.contains(words), "{it}");
    }
    assert_eq!(gateway.shown(100).len(), good.len(), "{:?}", gateway.shown(100));
    assert_eq!(gateway.read(&[]).ours, by_key(&good));
}

#[test]
fn a_refused_replacement_leaves_the_old_route() {
    let gateway = Gateway::new();
    let (v4, v6) = ("192.0.2.0/24", "2001:db8:a::/48");
    let old = [
        route(100, v4, 100, &["10.0.0.2@wan0"]),
        route(100, v6, 100, &["2001:db8::2@wan0"]),
        route(100, v4, 101, &["10.0.0.2@wan0", "10.0.1.2@wan1"]),
        route(100, v6, 101, &["2001:db8::2@wan0", "2001:db8:1::2@wan1"]),
    ];
    gateway.add(&old).unwrap();
    for metric in [100, 101] {
        let new = [
            route(100, v4, metric, &["10.0.0.255@wan0"]),
            route(100, v6, metric, &["2001:db8::1@wan0"]),
            route(100, v4, metric, &["10.0.0.3@wan0", "10.0.1.255@wan1"]),
            route(100, v6, metric, &["2001:db8::3@wan0", "2001:db8:1::1@wan1"]),
            route(100, v4, metric, &["10.0.0.3@wan0", "10.0.1.3@gone"]),
            route(100, v6, metric, &["2001:db8::3@wan0", "2001:db8:1::3@gone"]),
        ];
        for new in new {
            assert_eq!(refused(gateway.add(&[new])).len(), 1);
        }
        assert_eq!(gateway.read(&[]).ours, by_key(&old), "metric {metric}");
    }
}

#[test]
fn every_one_of_many_refusals_is_heard() {
    let gateway = Gateway::new();
    let routes: Vec<_> = (0..20_000_u32)
        .map(|number| {
            let prefix = format!("20.{}.{}.0/24", number >> 8, number & 255);
            // Every tenth is good.
            let hop = if number % 10 == 0 {
                "10.0.0.2@wan0"
            } else {
                "10.0.0.255@wan0"
            };
            route(100, &prefix, 100, &[hop])
        })
        .collect();
    let no = refused(gateway.add(&routes));
    assert_eq!(no.len(), 18_000);
    assert!(
        no.iter().all(|it| it.detail.contains("Nexthop has invalid gateway")),
        "{}",
        no[0]
    );
    assert_eq!(gateway.shown(100).len(), 2_000);
}

#[test]
fn more_next_hops_than_a_message_holds_are_refused_before_the_kernel_sees_them() {
    let gateway = Gateway::new();
    let hops: Vec<_> = (0..5_000)
        .map(|number| format!("10.9.{}.{}@wan0", number >> 8, number & 255))
        .collect();
    let too_many = route(
        100,
        "192.0.2.0/24",
        100,
        &hops.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let no = refused(gateway.add(&[too_many]));
    assert_eq!(no[0].errno.0, libc::EMSGSIZE, "{}", no[0].detail);
    assert!(gateway.shown(100).is_empty());

    let many = route(
        100,
        "192.0.2.0/24",
        100,
        &hops[..200].iter().map(String::as_str).collect::<Vec<_>>(),
    );
    gateway.add(std::slice::from_ref(&many)).unwrap();
    assert_eq!(gateway.read(&[]).ours, by_key(&[many]));
}
