//! Routes, in iproute2's words.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use super::TABLE_END_METRIC;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TableNumber(pub u32);

impl fmt::Display for TableNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What makes two routes the same one to the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RouteKey {
    /// The table.
    pub table: TableNumber,
    /// The destination, without host bits.
    pub prefix: IpNet,
    /// The metric; never 0, which IPv6 would replace by 1024.
    pub metric: u32,
}

impl RouteKey {
    /// The route that ends a table for a family.
    pub const fn end_of(table: TableNumber, family: Family) -> Self {
        Self {
            table,
            prefix: match family {
                Family::V4 => IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0)),
                Family::V6 => IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0)),
            },
            metric: TABLE_END_METRIC,
        }
    }

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
    /// They are refused, and who sent them is told: the end of a table.
    Unreachable,
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
            Self::Unreachable | Self::Other => None,
        }
        .into_iter()
        .flatten()
    }

    /// Through the next hops of both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Via(one), Self::Via(more)) => Self::Via(one.union(more).cloned().collect()),
            (Self::Unreachable, Self::Unreachable) => Self::Unreachable,
            (Self::Via(_) | Self::Unreachable | Self::Other, _) => Self::Other,
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
        if *path == Path::Unreachable {
            f.write_str("unreachable ")?;
        }
        write!(f, "{prefix}")?;
        match path {
            Path::Via(next_hops) => {
                for NextHop { interface, gateway } in next_hops {
                    let nexthop = if next_hops.len() > 1 { " nexthop" } else { "" };
                    write!(f, "{nexthop} via {gateway} dev {interface}")?;
                }
            }
            Path::Unreachable => {}
            Path::Other => f.write_str(" of a form that isn't ours")?,
        }
        write!(f, " table {table} metric {metric}")
    }
}
