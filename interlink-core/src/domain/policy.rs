//! Routing policies.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use crate::family::Family;
use crate::name::Name;
use crate::prefix::{Address, Prefix, PrefixSet};

/// Prefixes as they were written, order and overlaps kept, and the set that they make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrefixList<A> {
    prefixes: Vec<Prefix<A>>,
    set: Arc<PrefixSet<A>>,
}

impl<A: Address> PrefixList<A> {
    /// The list of these prefixes.
    pub fn new(prefixes: Vec<Prefix<A>>) -> Self {
        let set = Arc::new(prefixes.iter().copied().collect());
        Self { prefixes, set }
    }

    /// As written.
    pub fn prefixes(&self) -> &[Prefix<A>] {
        &self.prefixes
    }

    /// The addresses that they contain.
    pub const fn set(&self) -> &Arc<PrefixSet<A>> {
        &self.set
    }
}

/// What one family of a link may carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whitelist<A> {
    /// Prefixes that live across the link.
    pub remote: PrefixList<A>,
    /// Prefixes on our side.
    pub local: PrefixList<A>,
}

/// A routing policy, which is of one family for its whole life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoutingPolicy {
    /// Of IPv4.
    V4 {
        /// Its name.
        name: Name,
        /// What it allows.
        whitelist: Whitelist<Ipv4Addr>,
    },
    /// Of IPv6.
    V6 {
        /// Its name.
        name: Name,
        /// What it allows.
        whitelist: Whitelist<Ipv6Addr>,
    },
}

impl RoutingPolicy {
    /// Its name.
    pub const fn name(&self) -> &Name {
        match self {
            Self::V4 { name, .. } | Self::V6 { name, .. } => name,
        }
    }

    /// Its family.
    pub const fn family(&self) -> Family {
        match self {
            Self::V4 { .. } => Family::V4,
            Self::V6 { .. } => Family::V6,
        }
    }
}
