//! Many routes. `INTERLINK_ROUTES=1000000` makes them a million.

use std::env;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use interlink_core::state::{NextHop, Path, Route, RouteKey, Routes, TableNumber};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::support::{Gateway, give_up_after, name};

fn many(count: u32, prefix: impl Fn(u32) -> IpNet, gateway: &str) -> Arc<Routes> {
    let hop = NextHop {
        interface: name("wan0"),
        gateway: gateway.parse().unwrap(),
    };
    let key = |number| RouteKey {
        table: TableNumber(100),
        prefix: prefix(number),
        metric: 100,
    };
    let routes = (0..count).map(|number| Route {
        key: key(number),
        path: Path::Via([hop.clone()].into()),
    });
    Arc::new(routes.collect())
}

fn v4(number: u32) -> IpNet {
    Ipv4Net::new(Ipv4Addr::from((20 << 24) + (number << 8)), 24)
        .unwrap()
        .into()
}

fn v6(number: u32) -> IpNet {
    let bits = (0x2001_0db9_u128 << 96) + (u128::from(number) << 64);
    Ipv6Net::new(Ipv6Addr::from(bits), 64).unwrap().into()
}

fn bulk(what: &str, old: &Arc<Routes>, new: &Arc<Routes>) {
    let count = old.len();
    let rate = |took: Duration| count as f64 / took.as_secs_f64() / 1000.0;
    let gateway = Gateway::new();
    gateway.with(async |netlink, _| {
        let interfaces = netlink.interfaces().await.unwrap();
        let say = |done: &str, start: Instant| {
            let took = start.elapsed();
            println!(
                "{count} {what} routes {done} in {:.2} s, {:.0} k/s",
                took.as_secs_f64(),
                rate(took)
            );
        };
        let start = Instant::now();
        netlink.add_routes(old, &interfaces).await.unwrap();
        say("added", start);
        let shown = gateway.ns.ip(&format!(
            "-{} route show table 100 proto 73",
            if what == "IPv4" { 4 } else { 6 }
        ));
        assert_eq!(shown.lines().count(), count);

        let start = Instant::now();
        let read = netlink.routes(&interfaces, &[].into()).await.unwrap();
        say("dumped", start);
        assert!(read.ours == *old, "the {what} dump differs from what was added");

        let start = Instant::now();
        let read = netlink.routes(&interfaces, &[TableNumber(100)].into()).await.unwrap();
        say("dumped and others' counted", start);
        assert!(read.others.is_empty());

        let start = Instant::now();
        netlink.add_routes(old, &interfaces).await.unwrap();
        say("added again", start);

        let start = Instant::now();
        netlink.add_routes(new, &interfaces).await.unwrap();
        say("replaced", start);
        let read = netlink.routes(&interfaces, &[].into()).await.unwrap();
        assert!(
            read.ours == *new,
            "the {what} dump differs from what was put in its place"
        );

        let start = Instant::now();
        netlink.remove_routes(new, &interfaces).await.unwrap();
        say("removed", start);
        assert_eq!(gateway.shown(100), [""; 0]);
    });
}

#[test]
fn many_routes_of_both_families_are_added_dumped_replaced_and_removed() {
    let count = env::var("INTERLINK_ROUTES").map_or(100_000, |text| text.parse().unwrap());
    bulk("IPv4", &many(count, v4, "10.0.0.2"), &many(count, v4, "10.0.0.3"));
    bulk("IPv6", &many(count, v6, "2001:db8::2"), &many(count, v6, "2001:db8::3"));
}

#[test]
fn what_is_dropped_half_way_does_not_disturb_what_follows() {
    let gateway = Gateway::new();
    let routes = many(20_000, v4, "10.0.0.2");
    gateway.with(async |netlink, _| {
        let (interfaces, none) = (netlink.interfaces().await.unwrap(), [].into());
        for polls in 1..5 {
            assert!(
                give_up_after(polls, netlink.add_routes(&routes, &interfaces))
                    .await
                    .is_none()
            );
        }
        netlink.add_routes(&routes, &interfaces).await.unwrap();
        for polls in 1..5 {
            assert!(give_up_after(polls, netlink.routes(&interfaces, &none)).await.is_none());
        }
        let read = netlink.routes(&interfaces, &none).await.unwrap();
        assert!(read.ours == routes);
        assert!(
            give_up_after(5, netlink.remove_routes(&routes, &interfaces))
                .await
                .is_none()
        );
        netlink.remove_routes(&routes, &interfaces).await.unwrap();
    });
    assert_eq!(gateway.shown(100), [""; 0]);
}

#[test]
fn dumps_and_changes_at_once_wait_for_each_other() {
    let gateway = Gateway::new();
    let (one, two) = (many(5_000, v4, "10.0.0.2"), many(5_000, v6, "2001:db8::2"));
    gateway.with(async |netlink, _| {
        let interfaces = netlink.interfaces().await.unwrap();
        let tables = [TableNumber(100)].into();
        let (added_one, added_two, dump, same_dump, interfaces_then, same_interfaces) = tokio::join!(
            netlink.add_routes(&one, &interfaces),
            netlink.add_routes(&two, &interfaces),
            netlink.routes(&interfaces, &tables),
            netlink.routes(&interfaces, &tables),
            netlink.interfaces(),
            netlink.interfaces(),
        );
        added_one.unwrap();
        added_two.unwrap();
        for dump in [dump, same_dump] {
            assert!(dump.unwrap().others.is_empty());
        }
        assert_eq!(interfaces_then.unwrap(), same_interfaces.unwrap());
        assert_eq!(netlink.routes(&interfaces, &tables).await.unwrap().ours.len(), 10_000);
    });
}
