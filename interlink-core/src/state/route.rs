//! Routes, in iproute2's words.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;

use crate::family::Family;
use crate::name::InterfaceName;

/// The `rtm_protocol` of our routes: no route with another is ever touched. (The ASCII code of `I`; iproute2's
/// `rt_protos` leaves it free.)
pub const ROUTE_PROTOCOL: u8 = 73;

/// The metric of a route that no community gave a priority.
pub const ROUTE_METRIC: u32 = 100;

/// A `rtm_protocol`: who made a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Protocol(pub u8);

/// iproute2's name, as far as it comes with one, and the number otherwise.
impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.0 {
            ROUTE_PROTOCOL => "interlink",
            0 => "unspec",
            1 => "redirect",
            2 => "kernel",
            3 => "boot",
            4 => "static",
            8 => "gated",
            9 => "ra",
            10 => "mrt",
            11 => "zebra",
            12 => "bird",
            13 => "dnrouted",
            14 => "xorp",
            15 => "ntk",
            16 => "dhcp",
            17 => "mrouted",
            18 => "keepalived",
            42 => "babel",
            84 => "ovn",
            99 => "openr",
            186 => "bgp",
            187 => "isis",
            188 => "ospf",
            189 => "rip",
            192 => "eigrp",
            other => return other.fmt(f),
        };
        f.pad(name)
    }
}

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

impl RouteKey {
    /// The family of its destination.
    pub const fn family(&self) -> Family {
        Family::of_net(self.prefix)
    }
}

/// Where a route leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct NextHop {
    /// The interface, by name: an index doesn't survive its re-creation.
    pub interface: InterfaceName,
    /// The router on it.
    pub gateway: IpAddr,
}

/// What becomes of the packets of a route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Path {
    /// They go to one next hop, or to several of the same weight. There is always one.
    Via(BTreeSet<NextHop>),
    /// Something that we never write: it equals no route that anyone wants.
    Other,
}

impl Path {
    /// Through these next hops, if there are any.
    pub fn via(next_hops: BTreeSet<NextHop>) -> Option<Self> {
        (!next_hops.is_empty()).then_some(Self::Via(next_hops))
    }

    /// Its next hops, if it has any.
    pub fn next_hops(&self) -> impl Iterator<Item = &NextHop> {
        match self {
            Self::Via(next_hops) => Some(next_hops),
            Self::Other => None,
        }
        .into_iter()
        .flatten()
    }

    /// Through the next hops of both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Via(one), Self::Via(more)) => Self::Via(one.union(more).cloned().collect()),
            (Self::Other, _) | (_, Self::Other) => Self::Other,
        }
    }
}

/// A route of ours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Route {
    /// Its identity.
    pub key: RouteKey,
    /// Where it leads.
    pub path: Path,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            key: RouteKey { table, prefix, metric },
            path,
        } = self;
        write!(f, "{prefix}")?;
        match path {
            Path::Via(next_hops) => {
                for NextHop { interface, gateway } in next_hops {
                    let nexthop = if next_hops.len() > 1 { " nexthop" } else { "" };
                    write!(f, "{nexthop} via {gateway} dev {interface}")?;
                }
            }
            Path::Other => f.write_str(" of a form that isn't ours")?,
        }
        write!(f, " table {table} metric {metric}")
    }
}
