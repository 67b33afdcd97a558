//! What the import policy says of a route: a pure function of the route and the policy.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use super::codec::Attributes;
use crate::domain::{Asn, Interconnect, PriorityCommunities, Role};
use crate::family::Family;
use crate::prefix::{Address, Prefix, PrefixSet};
use crate::state::{Priority, Router};

/// The policy for one family of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportPolicy<A> {
    /// The addresses across the link; without a routing policy, none (RFC 8212).
    pub remote: Option<Arc<PrefixSet<A>>>,
    /// Whether the routing policy lists the default route itself.
    pub lists_default: bool,
    /// The two routers' addresses on the link.
    pub interconnect: Interconnect<A>,
    /// Our AS.
    pub local_as: Asn,
    /// The peer's.
    pub peer_as: Asn,
    /// Our role, if both said theirs (RFC 9234).
    pub role: Option<Role>,
    /// What the peer's communities ask for.
    pub communities: PriorityCommunities,
    /// Whether the link is about to go (RFC 8326).
    pub graceful_shutdown: bool,
}

/// Why a route isn't used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Rejection {
    /// There is no routing policy of the family (RFC 8212).
    NoPolicy,
    /// The policy doesn't whitelist it.
    NotWhitelisted,
    /// The default route, which the policy would have to list.
    Default,
    /// Addresses that no router may route.
    Martian,
    /// Our own AS is on its way: a loop (RFC 4271 §9.1.2).
    OwnAs,
    /// The first AS on its way isn't the peer's (RFC 4271 §6.3).
    FirstAs,
    /// It leads to no other router on the link.
    NextHop,
    /// It leads to an IPv4 address in the clothes of IPv6.
    MappedNextHop,
    /// It went from a provider to a customer, and back up (RFC 9234 §5).
    Leak,
    /// The most that may be accepted are.
    Limit,
}

impl Rejection {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::NoPolicy,
        Self::NotWhitelisted,
        Self::Default,
        Self::Martian,
        Self::OwnAs,
        Self::FirstAs,
        Self::NextHop,
        Self::MappedNextHop,
        Self::Leak,
        Self::Limit,
    ];

    /// Its name in `session --json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoPolicy => "no_policy",
            Self::NotWhitelisted => "not_whitelisted",
            Self::Default => "default_not_listed",
            Self::Martian => "martian",
            Self::OwnAs => "own_as",
            Self::FirstAs => "first_as",
            Self::NextHop => "next_hop",
            Self::MappedNextHop => "mapped_next_hop",
            Self::Leak => "route_leak",
            Self::Limit => "limit",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NoPolicy => "there is no routing policy of its family",
            Self::NotWhitelisted => "the routing policy doesn't whitelist it",
            Self::Default => "the routing policy doesn't list the default route itself",
            Self::Martian => "no router may route these addresses",
            Self::OwnAs => "our own AS is on its way",
            Self::FirstAs => "the first AS on its way isn't the peer's",
            Self::NextHop => "it leads to no other router on the link",
            Self::MappedNextHop => "its next hop is an IPv4 address written as one of IPv6",
            Self::Leak => "it comes back up from a customer",
            Self::Limit => "as many as may be accepted are",
        })
    }
}

/// What is said of all routes with the same attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// They may be used, as far as their attributes go.
    Usable(Priority, Router),
    /// They may not.
    Rejected(Rejection),
}

impl<A: Address> ImportPolicy<A> {
    /// What the attributes allow.
    pub fn judge_attributes(&self, attributes: &Attributes) -> Said {
        if attributes.as_path.first() != Some(&self.peer_as.0.get()) {
            return Said::Rejected(Rejection::FirstAs);
        }
        if attributes.as_path.contains(&self.local_as.0.get()) {
            return Said::Rejected(Rejection::OwnAs);
        }
        if self.role == Some(Role::Provider) && attributes.only_to_customer.is_some() {
            return Said::Rejected(Rejection::Leak);
        }
        let router = match self.router(attributes.next_hop) {
            Ok(router) => router,
            Err(rejection) => return Said::Rejected(rejection),
        };
        let priority = if self.graceful_shutdown {
            Priority::Low
        } else {
            self.communities.priority(&attributes.communities)
        };
        Said::Usable(priority, router)
    }

    /// What the prefix allows.
    pub fn judge_prefix(&self, prefix: Prefix<A>) -> Result<(), Rejection> {
        let Some(remote) = &self.remote else {
            return Err(Rejection::NoPolicy);
        };
        if prefix.length() == 0 {
            return if self.lists_default {
                Ok(())
            } else {
                Err(Rejection::Default)
            };
        }
        if is_martian(prefix) {
            return Err(Rejection::Martian);
        }
        if remote.covers(prefix) {
            Ok(())
        } else {
            Err(Rejection::NotWhitelisted)
        }
    }

    fn router(&self, next_hop: IpAddr) -> Result<Router, Rejection> {
        if let IpAddr::V6(address) = next_hop
            && address.to_ipv4_mapped().is_some()
        {
            return Err(Rejection::MappedNextHop);
        }
        let next_hop = A::from_ip(next_hop).ok_or(Rejection::NextHop)?;
        if next_hop == self.interconnect.peer() {
            return Ok(Router::Peer);
        }
        let others = self.interconnect.subnet();
        let is_router = others.contains(next_hop)
            && next_hop != self.interconnect.ours()
            && (next_hop != others.network() || others.length().saturating_add(1) >= A::WIDTH)
            && (A::FAMILY == Family::V6 || next_hop != others.last() || others.length().saturating_add(1) >= A::WIDTH);
        if is_router {
            Ok(Router::Address(next_hop.into()))
        } else {
            Err(Rejection::NextHop)
        }
    }
}

/// Networks that have a meaning of their own, or none: `this network`, loopback, link-local, multicast and reserved
/// addresses (RFC 6890).
fn is_martian<A: Address>(prefix: Prefix<A>) -> bool {
    let within = |network: u128, length: u8| Prefix::<A>::containing(A::from_number(network), length);
    let martians: &[(u128, u8)] = match A::FAMILY {
        Family::V4 => &[
            (0, 8),
            (0x7f00_0000, 8),
            (0xa9fe_0000, 16),
            (0xe000_0000, 4),
            (0xf000_0000, 4),
        ],
        Family::V6 => &[(0, 8), (0xfe80 << 112, 10), (0xff00 << 112, 8)],
    };
    martians.iter().any(|(network, length)| {
        let martian = within(*network, *length);
        martian.contains(prefix.network()) && prefix.length() >= martian.length()
    })
}

#[cfg(test)]
mod tests;
