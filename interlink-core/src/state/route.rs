//! Routes, in iproute2's words.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;

use crate::name::InterfaceName;

/// The `rtm_protocol` of our routes: no route with another is ever touched. (The ASCII code of `I`; iproute2's
/// `rt_protos` leaves it free.)
pub const ROUTE_PROTOCOL: u8 = 73;

/// The metric of a route that no community gave a priority.
pub const ROUTE_METRIC: u32 = 100;

/// The number of a routing table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct TableNumber(pub u32);

impl fmt::Display for TableNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What makes two routes the same one to the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RouteKey {
    /// The table.
    pub table: TableNumber,
    /// The destination, without host bits.
    pub prefix: IpNet,
    /// The metric; never 0, which IPv6 would replace by 1024.
    pub metric: u32,
}

/// Where a route leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct NextHop {
    /// The interface, by name: an index doesn't survive its re-creation.
    pub interface: InterfaceName,
    /// The router on it.
    pub gateway: IpAddr,
}

/// A route of ours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Route {
    /// Its identity.
    pub key: RouteKey,
    /// One next hop, or several of the same weight.
    pub next_hops: BTreeSet<NextHop>,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            key: RouteKey { table, prefix, metric },
            next_hops,
        } = self;
        write!(f, "{prefix}")?;
        for NextHop { interface, gateway } in next_hops {
            let nexthop = if next_hops.len() > 1 { " nexthop" } else { "" };
            write!(f, "{nexthop} via {gateway} dev {interface}")?;
        }
        write!(f, " table {table} metric {metric}")
    }
}
