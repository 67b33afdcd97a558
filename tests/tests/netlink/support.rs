//! A gateway with two links to one peer, and its routes in words.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use interlink_agent::netlink::{Changes, Netlink};
use interlink_core::name::InterfaceName;
use interlink_core::plan::{OpError, RefusedRoute};
use interlink_core::state::mirror::Mirrored;
use interlink_core::state::{Interface, NextHop, Path, Route, RouteKey, Routes, TableNumber};
use interlink_tests::netns::NetNs;
use serde_json::Value;

pub(crate) type Interfaces = BTreeMap<InterfaceName, Interface>;

/// `wan0` has 10.0.0.1/24 and 2001:db8::1/64, `wan1` has 10.0.1.1/24 and 2001:db8:1::1/64.
pub(crate) struct Gateway {
    pub ns: NetNs,
    pub peer: NetNs,
}

impl Gateway {
    pub(crate) fn new() -> Self {
        let gateway = Self {
            ns: NetNs::new(),
            peer: NetNs::new(),
        };
        gateway.link("wan0", &["10.0.0.1/24", "2001:db8::1/64"]);
        gateway.link("wan1", &["10.0.1.1/24", "2001:db8:1::1/64"]);
        gateway
    }

    pub(crate) fn link(&self, name: &str, addresses: &[&str]) {
        self.ns.veth(name, &self.peer, &format!("peer-{name}"));
        for address in addresses {
            self.ns.address(name, address);
        }
    }

    /// Runs a closure with netlink opened in the gateway.
    pub(crate) fn with<T: Send>(&self, body: impl AsyncFnOnce(&Netlink, &mut Changes) -> T + Send) -> T {
        self.ns.block_on(async || {
            let (netlink, mut changes) = Netlink::open().unwrap();
            body(&netlink, &mut changes).await
        })
    }

    pub(crate) fn add(&self, routes: &[Route]) -> Result<(), OpError> {
        self.with(async |netlink, _| {
            netlink
                .add_routes(&by_key(routes), &netlink.interfaces().await.unwrap())
                .await
        })
    }

    pub(crate) fn remove(&self, routes: &[Route]) -> Result<(), OpError> {
        self.with(async |netlink, _| {
            netlink
                .remove_routes(&by_key(routes), &netlink.interfaces().await.unwrap())
                .await
        })
    }

    pub(crate) fn read(&self, tables: &[u32]) -> Mirrored {
        let tables: BTreeSet<_> = tables.iter().copied().map(TableNumber).collect();
        self.with(async |netlink, _| {
            netlink
                .routes(&netlink.interfaces().await.unwrap(), &tables)
                .await
                .unwrap()
        })
    }

    /// What `ip` shows of a table, both families: `PREFIX [TYPE] [via GATEWAY dev DEVICE [onlink]]… proto N metric N`.
    pub(crate) fn shown(&self, table: u32) -> Vec<String> {
        let rows = ["-4", "-6"].into_iter().flat_map(|family| {
            let output = self.ns.try_ip(&format!("{family} -j -d -N route show table {table}"));
            // There is no table before its first route.
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                assert!(said.contains("FIB table does not exist"), "{said}");
            }
            serde_json::from_slice::<Vec<Value>>(&output.stdout).unwrap_or_default()
        });
        rows.map(|row| in_words(&row)).collect()
    }
}

fn in_words(row: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let mut words = vec![text(&row["dst"])];
    // RTN_UNICAST
    if text(&row["type"]) != "1" && text(&row["type"]) != "unicast" {
        words.push(text(&row["type"]));
    }
    let hops = row["nexthops"].as_array().cloned().unwrap_or_else(|| vec![row.clone()]);
    for hop in &hops {
        let gateway = if hop["via"].is_null() {
            &hop["gateway"]
        } else {
            &hop["via"]["host"]
        };
        if !gateway.is_null() {
            words.push(format!("via {}", text(gateway)));
        }
        words.push(format!("dev {}", hop["dev"].as_str().unwrap_or("none")));
        words.extend(hop["flags"].as_array().unwrap().iter().map(text));
        if hop["weight"].as_u64().is_some_and(|weight| weight != 1) {
            words.push(format!("weight {}", hop["weight"]));
        }
    }
    let metric = row["metric"].as_u64().unwrap_or(0);
    words.push(format!("proto {} metric {metric}", text(&row["protocol"])));
    words.join(" ")
}

/// A route with hops written `GATEWAY@DEVICE`; none stand for a form that we never write.
pub(crate) fn route(table: u32, prefix: &str, metric: u32, hops: &[&str]) -> Route {
    let key = RouteKey {
        table: TableNumber(table),
        prefix: prefix.parse().unwrap(),
        metric,
    };
    let next_hops = hops.iter().map(|hop| {
        let (gateway, interface) = hop.split_once('@').unwrap();
        NextHop {
            interface: name(interface),
            gateway: gateway.parse().unwrap(),
        }
    });
    Route {
        key,
        path: Path::via(next_hops.collect()).unwrap_or(Path::Other),
    }
}

pub(crate) fn name(interface: &str) -> InterfaceName {
    InterfaceName::new(interface).unwrap()
}

/// The routes as they are read: by key.
pub(crate) fn by_key(routes: &[Route]) -> Arc<Routes> {
    Arc::new(routes.iter().cloned().collect())
}

/// The refused routes of an error that is of refused routes.
pub(crate) fn refused(outcome: Result<(), OpError>) -> Vec<RefusedRoute> {
    match outcome {
        Err(OpError::Routes { refused }) => refused,
        other => panic!("some routes should have been refused, but: {other:?}"),
    }
}

/// Polls a future some times and then drops it, done or not.
pub(crate) async fn give_up_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Poll::Ready(output) = poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}
