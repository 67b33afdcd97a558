//! Notifications.

use std::env;
use std::process::Command;
use std::time::Duration;

use interlink_agent::netlink::{Change, Changes};
use interlink_core::state::TableNumber;
use interlink_core::time::Time;
use tokio::time::timeout;

use crate::support::{Gateway, by_key, route};

const LONG: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(300);

async fn next(changes: &mut Changes) -> Option<Change> {
    timeout(LONG, changes.next()).await.ok().map(Result::unwrap)
}

/// Everything that is said until nothing more is.
async fn drain(changes: &mut Changes) -> Vec<Change> {
    let mut seen = Vec::new();
    while let Ok(change) = timeout(SHORT, changes.next()).await {
        seen.push(change.unwrap());
    }
    seen
}

#[test]
fn what_others_do_to_interfaces_and_addresses_is_told() {
    let gateway = Gateway::new();
    gateway.with(async |_, changes| {
        drain(changes).await;
        for command in [
            "link set wan0 down",
            "link set wan0 up",
            "address add 10.0.7.1/24 dev wan0",
            "address del 10.0.7.1/24 dev wan0",
            "address add 2001:db8:7::1/64 dev wan0 nodad",
            "link set wan0 mtu 1400",
            "link del wan1",
        ] {
            gateway.ns.ip(command);
            let mut seen = vec![
                next(changes)
                    .await
                    .unwrap_or_else(|| panic!("nothing is told of `ip {command}`")),
            ];
            seen.extend(drain(changes).await);
            assert!(seen.contains(&Change::Interfaces), "`ip {command}`: {seen:?}");
        }
    });
}

#[test]
fn what_others_do_to_our_routes_is_told() {
    let gateway = Gateway::new();
    let routes = [
        route(100_000, "192.0.2.0/24", 100, &["10.0.0.2@wan0"]),
        route(100_000, "2001:db8:a::/48", 100, &["2001:db8::2@wan0"]),
    ];
    gateway.with(async |netlink, changes| {
        let interfaces = netlink.interfaces().await.unwrap();
        changes
            .add_routes(netlink, &by_key(&routes), &interfaces)
            .await
            .unwrap();
        changes
            .routes(netlink, &interfaces, &[].into(), Time::default)
            .await
            .unwrap();
        drain(changes).await;
        for command in [
            "-4 route del 192.0.2.0/24 table 100000",
            "-6 route del 2001:db8:a::/48 table 100000",
            "-4 route add 198.51.100.0/24 via 10.0.0.2 table 7 proto 73",
            "-4 route add 192.0.2.0/24 via 10.0.0.9 table 100000 metric 100 proto static",
        ] {
            gateway.ns.ip(command);
            assert_eq!(next(changes).await, Some(Change::Routes), "`ip {command}`");
        }
    });
}

#[test]
fn neither_our_own_changes_nor_others_routes_in_other_tables_are_told() {
    let gateway = Gateway::new();
    let routes = [
        route(100, "192.0.2.0/24", 100, &["10.0.0.2@wan0"]),
        route(100, "2001:db8:a::/48", 100, &["2001:db8::2@wan0", "2001:db8:1::2@wan1"]),
    ];
    gateway.with(async |netlink, changes| {
        let interfaces = netlink.interfaces().await.unwrap();
        drain(changes).await;
        gateway.ns.ip("route add 203.0.113.0/24 via 10.0.0.9 table 101");
        assert_eq!(
            next(changes).await,
            Some(Change::Routes),
            "before the first dump every route may matter"
        );
        changes
            .routes(netlink, &interfaces, &[TableNumber(100)].into(), Time::default)
            .await
            .unwrap();
        drain(changes).await;
        netlink.add_routes(&by_key(&routes), &interfaces).await.unwrap();
        netlink.remove_routes(&by_key(&routes), &interfaces).await.unwrap();
        gateway.ns.ip("route add 198.51.100.0/24 via 10.0.0.9");
        gateway.ns.ip("route add 198.51.100.0/24 via 10.0.0.9 table 100000");
        assert_eq!(drain(changes).await, []);
        gateway.ns.ip("route add 198.51.100.0/24 via 10.0.0.9 table 100");
        assert_eq!(next(changes).await, Some(Change::Routes));
    });
}

#[test]
fn a_flood_that_nobody_reads_takes_no_memory_and_is_told_as_an_overrun() {
    if !alone("changes::a_flood_that_nobody_reads_takes_no_memory_and_is_told_as_an_overrun") {
        return;
    }
    let gateway = Gateway::new();
    let line = |verb: &str, number: u32| {
        let (high, low) = (number >> 8, number & 255);
        format!("route {verb} 20.{high}.{low}.0/24 via 10.0.0.2 table 100 proto 73")
    };
    let lines = ["add", "del"].map(|verb| {
        (0..50_000)
            .map(|number| line(verb, number))
            .collect::<Vec<_>>()
            .join("\n")
    });
    gateway.with(async |_, changes| {
        drain(changes).await;
        let before = resident();
        gateway.ns.ip_batch(&lines.join("\n"));
        // Whatever wants to run in the background may.
        tokio::time::sleep(SHORT).await;
        let grown = resident().saturating_sub(before);
        println!("100 000 notifications unread: {grown} KiB more resident memory");
        assert!(grown < 8 * 1024, "{grown} KiB");
        assert_eq!(next(changes).await, Some(Change::Overrun));
        drain(changes).await;
        gateway.ns.ip("route add 192.0.2.0/24 via 10.0.0.2 table 100");
        assert_eq!(next(changes).await, Some(Change::Routes), "after the overrun");
    });
}

/// Whether this process runs no other test, whose memory would be counted with this one's. If not, one that does is
/// run to its end.
fn alone(test: &str) -> bool {
    const ALONE: &str = "INTERLINK_TEST_ALONE";
    if env::var_os(ALONE).is_some() {
        return true;
    }
    let mut command = Command::new(env::current_exe().unwrap());
    let status = command
        .args([test, "--exact", "--nocapture"])
        .env(ALONE, "1")
        .status()
        .unwrap();
    assert!(status.success(), "alone in its process: {status}");
    false
}

/// In KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
