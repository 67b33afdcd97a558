//! Routes that are known from notifications, compared with what is dumped anew and with what `ip` shows.

use std::collections::BTreeSet;

use interlink_agent::netlink::{Changes, Netlink};
use interlink_core::state::TableNumber;
use interlink_core::state::mirror::Mirrored;
use interlink_core::time::Time;

use crate::support::{Gateway, Interfaces, by_key, route};

/// What a test looks at.
struct Watched<'a> {
    netlink: &'a Netlink,
    changes: &'a mut Changes,
}

impl Watched<'_> {
    async fn interfaces(&self) -> Interfaces {
        self.netlink.interfaces().await.unwrap()
    }

    /// What is known, which a dump has to confirm.
    async fn known(&mut self, what: &str) -> Mirrored {
        let tables = BTreeSet::from([TableNumber(100)]);
        let interfaces = self.interfaces().await;
        let known = self
            .changes
            .routes(self.netlink, &interfaces, &tables, Time::default)
            .await
            .unwrap();
        let dumped = self.netlink.routes(&interfaces, &tables).await.unwrap();
        assert!(
            known == dumped,
            "{what}: {} known, {} there",
            known.ours.len(),
            dumped.ours.len()
        );
        known
    }
}

#[test]
fn whatever_others_do_is_known_as_a_dump_would_have_it() {
    let gateway = Gateway::new();
    gateway.with(async |netlink, changes| {
        let mut watched = Watched { netlink, changes };
        assert_eq!(watched.known("at first").await, Mirrored::default());
        for command in [
            "-4 route add 192.0.2.0/24 via 10.0.0.2 table 100 metric 100 proto 73",
            "-6 route add 2001:db8:a::/48 via 2001:db8::2 table 100 metric 100 proto 73",
            "-4 route add 192.0.2.0/24 via 10.0.0.9 table 100 metric 200 proto static",
            "-6 route add 2001:db8:a::/48 via 2001:db8::9 table 100 metric 200 proto static",
            "-4 route replace 192.0.2.0/24 via 10.0.1.2 table 100 metric 100 proto 73",
            "-6 route replace 2001:db8:a::/48 via 2001:db8:1::2 table 100 metric 100 proto 73",
            "-4 route append 192.0.2.0/24 via 10.0.0.2 table 100 metric 100 proto 73",
            "-6 route append 2001:db8:a::/48 via 2001:db8::2 table 100 metric 100 proto 73",
            "-4 route del 192.0.2.0/24 via 10.0.1.2 table 100 metric 100",
            "-6 route del 2001:db8:a::/48 via 2001:db8:1::2 table 100 metric 100",
            "-4 route add 198.51.100.0/24 table 7 metric 100 proto 73 nexthop via 10.0.0.2 nexthop via 10.0.1.2",
            "-4 route add blackhole 203.0.113.0/24 table 100 metric 100 proto 73",
            "-4 route replace 192.0.2.0/24 via 10.0.0.3 table 100 metric 100 proto static",
            "-4 route add 203.0.113.0/24 via 10.0.0.2 table 254 proto static",
            "-6 route append 2001:db8:a::/48 via 2001:db8::8 table 100 metric 100 proto static",
            "-4 route del blackhole 203.0.113.0/24 table 100 metric 100",
            "-4 route flush table 7",
            "-6 route flush table 100",
            "-4 route flush table 100",
        ] {
            // What is to be flushed may be gone already.
            let done = gateway.ns.try_ip(command);
            assert!(
                done.status.success() || command.contains("flush"),
                "{command}: {done:?}"
            );
            watched.known(command).await;
        }
    });
}

#[test]
fn routes_that_go_with_their_interface_or_its_address_are_known_to_be_gone() {
    let routes = [
        route(100, "192.0.2.0/24", 100, &["10.0.0.2@wan0"]),
        route(100, "198.51.100.0/24", 100, &["10.0.0.2@wan0", "10.0.1.2@wan1"]),
        route(100, "2001:db8:a::/48", 100, &["2001:db8::2@wan0"]),
        route(100, "2001:db8:b::/48", 100, &["2001:db8::2@wan0", "2001:db8:1::2@wan1"]),
    ];
    for commands in [
        &["link set wan0 down"][..],
        &["link set wan0 down", "link set wan0 up"],
        &["address del 10.0.0.1/24 dev wan0"],
        &["address flush dev wan0"],
        &["link del wan0"],
        &["link set wan0 down", "link set wan0 name wan9", "link set wan9 up"],
        &["link set wan0 name wan9"],
        &["link set wan0 mtu 1300"],
    ] {
        let gateway = Gateway::new();
        gateway.with(async |netlink, changes| {
            let mut watched = Watched { netlink, changes };
            watched.known("at first").await;
            let interfaces = watched.interfaces().await;
            let added = watched.changes.add_routes(netlink, &by_key(&routes), &interfaces).await;
            added.unwrap();
            assert_eq!(watched.known("added").await.ours, by_key(&routes));
            for command in commands {
                gateway.ns.try_ip(command);
            }
            watched.known(&format!("{commands:?}")).await;
        });
    }
}

#[test]
fn what_is_lost_is_read_again() {
    let gateway = Gateway::new();
    let lines: Vec<_> = (0..50_000)
        .map(|number| {
            format!(
                "route add 20.{}.{}.0/24 via 10.0.0.2 table 100 metric 100 proto 73",
                number >> 8,
                number & 255
            )
        })
        .collect();
    gateway.with(async |netlink, changes| {
        let mut watched = Watched { netlink, changes };
        watched.known("at first").await;
        gateway.ns.ip_batch(&lines.join("\n"));
        assert_eq!(watched.known("after a flood").await.ours.len(), 50_000);
        gateway.ns.ip("route del 20.0.7.0/24 table 100 metric 100");
        assert_eq!(watched.known("afterwards").await.ours.len(), 49_999);
    });
}

#[test]
fn our_own_routes_are_known_by_the_kernels_answers_without_a_word_of_notification() {
    let gateway = Gateway::new();
    let routes: Vec<_> = (0..50_000)
        .map(|number| {
            route(
                100,
                &format!("20.{}.{}.0/24", number >> 8, number & 255),
                100,
                &["10.0.0.2@wan0"],
            )
        })
        .collect();
    let bad = route(100, "192.0.2.0/24", 100, &["10.0.0.255@wan0"]);
    gateway.with(async |netlink, changes| {
        let mut watched = Watched { netlink, changes };
        watched.known("at first").await;
        let interfaces = watched.interfaces().await;
        for batch in routes.chunks(8192) {
            let added = watched.changes.add_routes(netlink, &by_key(batch), &interfaces).await;
            added.unwrap();
        }
        let refused = watched.changes.add_routes(netlink, &by_key(&[bad]), &interfaces).await;
        assert!(refused.is_err());
        assert_eq!(watched.known("added").await.ours, by_key(&routes));
        let removed = watched
            .changes
            .remove_routes(netlink, &by_key(&routes[..10_000]), &interfaces)
            .await;
        removed.unwrap();
        assert_eq!(watched.known("removed").await.ours, by_key(&routes[10_000..]));
        let moved: Vec<_> = routes[10_000..11_000]
            .iter()
            .map(|it| route(100, &it.key.prefix.to_string(), 100, &["10.0.1.2@wan1"]))
            .collect();
        let replaced = watched.changes.add_routes(netlink, &by_key(&moved), &interfaces).await;
        replaced.unwrap();
        let known = watched.known("replaced").await.ours;
        assert_eq!(known.get(&moved[7].key), Some(&moved[7].path));
    });
    assert_eq!(gateway.shown(100).len(), 40_000);
}
