//! A route in the place of another of ours.

use std::io::Read;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use crate::support::{Gateway, by_key, route};

const V4: [&str; 3] = ["10.0.0.2@wan0", "10.0.1.2@wan1", "10.0.0.3@wan0"];
const V6: [&str; 3] = ["2001:db8::2@wan0", "2001:db8:1::2@wan1", "2001:db8::3@wan0"];

#[test]
fn any_set_of_next_hops_gives_way_to_any_other_and_exactly_that_is_left() {
    let gateway = Gateway::new();
    let sets: Vec<Vec<usize>> = (1..8_usize)
        .map(|bits| (0..3).filter(|hop| bits >> hop & 1 == 1).collect())
        .collect();
    for (prefix, hops) in [("192.0.2.0/24", V4), ("2001:db8:a::/48", V6)] {
        let of = |set: &[usize]| route(100, prefix, 100, &set.iter().map(|hop| hops[*hop]).collect::<Vec<_>>());
        for old in &sets {
            for new in &sets {
                gateway.add(&[of(old)]).unwrap();
                gateway.add(&[of(new)]).unwrap();
                let shown = gateway.shown(100);
                assert_eq!(shown.len(), 1, "{old:?} to {new:?}: {shown:?}");
                for (number, hop) in hops.iter().enumerate() {
                    let (via, dev) = hop.split_once('@').unwrap();
                    let there = shown[0].contains(&format!("via {via} dev {dev} "));
                    assert_eq!(there, new.contains(&number), "{old:?} to {new:?}: {shown:?}");
                }
                assert_eq!(gateway.read(&[]).ours, by_key(&[of(new)]), "{old:?} to {new:?}");
                gateway.remove(&[of(new)]).unwrap();
                assert!(
                    gateway.shown(100).is_empty(),
                    "{old:?} to {new:?}, removed: {:?}",
                    gateway.shown(100)
                );
            }
        }
    }
}

#[test]
fn the_neighbours_of_a_replaced_route_stay() {
    let gateway = Gateway::new();
    let old = [
        route(100, "192.0.2.0/24", 99, &[V4[0]]),
        route(100, "192.0.2.0/24", 100, &[V4[0]]),
        route(100, "192.0.2.0/24", 101, &[V4[0]]),
        route(100, "192.0.2.0/25", 100, &[V4[0]]),
        route(101, "192.0.2.0/24", 100, &[V4[0]]),
        route(100, "2001:db8:a::/48", 99, &[V6[0], V6[1]]),
        route(100, "2001:db8:a::/48", 100, &[V6[0], V6[1]]),
        route(100, "2001:db8:a::/48", 101, &[V6[0], V6[1]]),
        route(100, "2001:db8:a::/49", 100, &[V6[0], V6[1]]),
        route(101, "2001:db8:a::/48", 100, &[V6[0], V6[1]]),
    ];
    gateway.add(&old).unwrap();
    let mut new = old.clone();
    new[1] = route(100, "192.0.2.0/24", 100, &[V4[2]]);
    new[6] = route(100, "2001:db8:a::/48", 100, &[V6[2]]);
    gateway.add(&[new[1].clone(), new[6].clone()]).unwrap();
    assert_eq!(gateway.read(&[]).ours, by_key(&new));
    assert_eq!(gateway.shown(101).len(), 2);
    assert_eq!(
        gateway.shown(100),
        [
            "192.0.2.0/25 via 10.0.0.2 dev wan0 proto 73 metric 100",
            "192.0.2.0/24 via 10.0.0.2 dev wan0 proto 73 metric 99",
            "192.0.2.0/24 via 10.0.0.3 dev wan0 proto 73 metric 100",
            "192.0.2.0/24 via 10.0.0.2 dev wan0 proto 73 metric 101",
            "2001:db8:a::/49 via 2001:db8::2 dev wan0 via 2001:db8:1::2 dev wan1 proto 73 metric 100",
            "2001:db8:a::/48 via 2001:db8::2 dev wan0 via 2001:db8:1::2 dev wan1 proto 73 metric 99",
            "2001:db8:a::/48 via 2001:db8::3 dev wan0 proto 73 metric 100",
            "2001:db8:a::/48 via 2001:db8::2 dev wan0 via 2001:db8:1::2 dev wan1 proto 73 metric 101",
        ]
    );
}

#[test]
fn the_new_route_is_there_before_the_old_one_goes() {
    let gateway = Gateway::new();
    for (prefix, hops) in [("192.0.2.0/24", V4), ("2001:db8:a::/48", V6)] {
        gateway.add(&[route(100, prefix, 100, &[hops[0]])]).unwrap();
        let mut monitor = gateway
            .ns
            .command("ip")
            .args(["monitor", "route"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(300));
        gateway.add(&[route(100, prefix, 100, &[hops[1]])]).unwrap();
        thread::sleep(Duration::from_millis(100));
        monitor.kill().unwrap();
        let mut seen = String::new();
        monitor.stdout.take().unwrap().read_to_string(&mut seen).unwrap();
        monitor.wait().unwrap();
        let (gateway, _) = hops[1].split_once('@').unwrap();
        let first = seen
            .lines()
            .next()
            .unwrap_or_else(|| panic!("`ip monitor` saw nothing of {prefix}"));
        assert!(
            !first.starts_with("Deleted") && first.contains(gateway),
            "{prefix}: {seen}"
        );
    }
}
