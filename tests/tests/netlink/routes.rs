//! Adding, reading and removing.

use interlink_core::state::Route;

use crate::support::{Gateway, by_key, route};

fn four(table: u32) -> Vec<Route> {
    vec![
        route(table, "192.0.2.0/24", 100, &["10.0.0.2@wan0"]),
        route(table, "198.51.100.7/32", 50, &["10.0.0.2@wan0", "10.0.1.2@wan1"]),
        route(table, "2001:db8:a::/48", 100, &["2001:db8::2@wan0"]),
        route(
            table,
            "2001:db8:b::1/128",
            50,
            &["2001:db8::2@wan0", "2001:db8:1::2@wan1"],
        ),
    ]
}

const FOUR: [&str; 4] = [
    "192.0.2.0/24 via 10.0.0.2 dev wan0 proto 73 metric 100",
    "198.51.100.7 via 10.0.0.2 dev wan0 via 10.0.1.2 dev wan1 proto 73 metric 50",
    "2001:db8:a::/48 via 2001:db8::2 dev wan0 proto 73 metric 100",
    "2001:db8:b::1 via 2001:db8::2 dev wan0 via 2001:db8:1::2 dev wan1 proto 73 metric 50",
];

#[test]
fn routes_of_both_families_go_into_the_table_and_out_of_it() {
    for table in [1, 100, 256, 100_000, u32::MAX] {
        let gateway = Gateway::new();
        gateway.add(&four(table)).unwrap();
        assert_eq!(gateway.shown(table), FOUR, "table {table}");
        assert_eq!(gateway.read(&[]).ours, by_key(&four(table)), "table {table}");

        gateway.remove(&four(table)[..2]).unwrap();
        assert_eq!(gateway.shown(table), FOUR[2..], "table {table}");
        gateway.remove(&four(table)[2..]).unwrap();
        assert!(
            gateway.shown(table).is_empty(),
            "table {table}: {:?}",
            gateway.shown(table)
        );
        assert!(gateway.read(&[]).ours.is_empty(), "table {table}");
    }
}

#[test]
fn routes_are_read_from_all_tables_at_once() {
    let gateway = Gateway::new();
    let routes = [four(100), four(7), four(100_000)].concat();
    gateway.add(&routes).unwrap();
    assert_eq!(gateway.read(&[100]).ours, by_key(&routes));
}

#[test]
fn default_routes_can_be_ours() {
    let gateway = Gateway::new();
    let routes = [
        route(100, "0.0.0.0/0", 1, &["10.0.0.2@wan0"]),
        route(100, "::/0", 1, &["2001:db8::2@wan0"]),
    ];
    gateway.add(&routes).unwrap();
    assert_eq!(
        gateway.shown(100),
        [
            "default via 10.0.0.2 dev wan0 proto 73 metric 1",
            "default via 2001:db8::2 dev wan0 proto 73 metric 1"
        ]
    );
    assert_eq!(gateway.read(&[]).ours, by_key(&routes));
    gateway.remove(&routes).unwrap();
    assert!(gateway.shown(100).is_empty());
}

#[test]
fn a_route_that_is_there_already_is_left_as_it_is() {
    let gateway = Gateway::new();
    gateway.add(&four(100)).unwrap();
    let monitor = gateway
        .ns
        .command("ip")
        .args(["monitor", "route"])
        .stdout(std::process::Stdio::piped())
        .spawn();
    let mut monitor = monitor.unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    gateway.add(&four(100)).unwrap();
    assert_eq!(gateway.shown(100), FOUR);
    monitor.kill().unwrap();
    let output = monitor.wait_with_output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "",
        "what `ip monitor` saw of the second addition"
    );
}

#[test]
fn removing_what_is_not_there_is_fine() {
    let gateway = Gateway::new();
    gateway.remove(&four(100)).unwrap();
    gateway.add(&four(100)).unwrap();
    gateway.remove(&four(100)).unwrap();
    gateway.remove(&four(100)).unwrap();
    gateway
        .remove(&[route(4711, "192.0.2.0/24", 100, &["10.0.0.2@gone"])])
        .unwrap();
    gateway
        .remove(&[route(4711, "2001:db8:a::/48", 100, &["2001:db8::2@gone"])])
        .unwrap();
    assert!(gateway.shown(100).is_empty());
}

#[test]
fn a_gateway_outside_of_the_interfaces_subnets_is_onlink() {
    let gateway = Gateway::new();
    gateway.link("bare", &[]);
    gateway.link("ptp", &["10.0.2.1/32"]);
    gateway.link("half", &["169.254.0.101/31", "2001:db8:2::1/127"]);
    let routes = [
        route(100, "192.0.2.0/24", 1, &["169.254.9.9@bare"]),
        route(100, "192.0.2.0/24", 2, &["10.0.2.2@ptp", "10.0.0.2@wan0"]),
        route(100, "192.0.2.0/24", 3, &["169.254.0.100@half"]),
        route(100, "2001:db8:a::/48", 1, &["2001:db8:9::9@bare"]),
        route(100, "2001:db8:a::/48", 2, &["2001:db8:9::9@ptp", "2001:db8::2@wan0"]),
        route(100, "2001:db8:a::/48", 3, &["2001:db8:2::@half"]),
        route(100, "2001:db8:a::/48", 4, &["fe80::2@bare"]),
    ];
    gateway.add(&routes).unwrap();
    assert_eq!(
        gateway.shown(100),
        [
            "192.0.2.0/24 via 169.254.9.9 dev bare onlink proto 73 metric 1",
            "192.0.2.0/24 via 10.0.2.2 dev ptp onlink via 10.0.0.2 dev wan0 proto 73 metric 2",
            "192.0.2.0/24 via 169.254.0.100 dev half proto 73 metric 3",
            "2001:db8:a::/48 via 2001:db8:9::9 dev bare onlink proto 73 metric 1",
            "2001:db8:a::/48 via 2001:db8:9::9 dev ptp onlink via 2001:db8::2 dev wan0 proto 73 metric 2",
            "2001:db8:a::/48 via 2001:db8:2:: dev half proto 73 metric 3",
            "2001:db8:a::/48 via fe80::2 dev bare proto 73 metric 4",
        ]
    );
    assert_eq!(gateway.read(&[]).ours, by_key(&routes));
}

#[test]
fn an_ipv4_route_can_lead_through_an_ipv6_router() {
    let gateway = Gateway::new();
    let routes = [
        route(100, "192.0.2.0/24", 100, &["fe80::2@wan0"]),
        route(100, "198.51.100.0/24", 100, &["fe80::2@wan0", "10.0.1.2@wan1"]),
    ];
    gateway.add(&routes).unwrap();
    assert_eq!(gateway.read(&[]).ours, by_key(&routes));
    let shown = gateway.shown(100);
    assert_eq!(shown[0], "192.0.2.0/24 via fe80::2 dev wan0 proto 73 metric 100");
    gateway.remove(&routes).unwrap();
    assert!(gateway.shown(100).is_empty());
}

#[test]
fn of_two_hops_with_one_link_local_gateway_the_right_one_goes() {
    let gateway = Gateway::new();
    gateway
        .add(&[route(100, "2001:db8:a::/48", 100, &["fe80::2@wan0", "fe80::2@wan1"])])
        .unwrap();
    gateway
        .remove(&[route(100, "2001:db8:a::/48", 100, &["fe80::2@wan1"])])
        .unwrap();
    assert_eq!(
        gateway.shown(100),
        ["2001:db8:a::/48 via fe80::2 dev wan0 proto 73 metric 100"]
    );
}
