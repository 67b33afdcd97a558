//! Which end of the link this gateway is.

use serde::Serialize;

use super::{PrefixList, Whitelist};
use crate::prefix::{Address, Prefix};

/// The end of the link that this gateway stands at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The VPC's side: the one that the API's `in` and `out` are seen from.
    Provider,
    /// The on-premises side.
    Customer,
}

/// The two lists of a routing policy, in the API's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filters<A> {
    /// `prefix_filter_in`: what the provider accepts from the customer.
    pub prefix_filter_in: Vec<Prefix<A>>,
    /// `prefix_filter_out`: what the provider announces to the customer.
    pub prefix_filter_out: Vec<Prefix<A>>,
}

impl Role {
    /// Both roles.
    pub const ALL: [Self; 2] = [Self::Provider, Self::Customer];

    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Customer => "customer",
        }
    }

    /// Turns the API's directions into ours. Nothing behind this call knows of `in` and `out`.
    pub fn whitelist<A: Address>(self, filters: Filters<A>) -> Whitelist<A> {
        let Filters {
            prefix_filter_in,
            prefix_filter_out,
        } = filters;
        let (prefix_filter_in, prefix_filter_out) =
            (PrefixList::new(prefix_filter_in), PrefixList::new(prefix_filter_out));
        match self {
            Self::Provider => Whitelist {
                remote: prefix_filter_in,
                local: prefix_filter_out,
            },
            Self::Customer => Whitelist {
                remote: prefix_filter_out,
                local: prefix_filter_in,
            },
        }
    }

    /// Tells which of the API's two router configurations is ours and which the peer's.
    pub fn ours_and_peer<T>(self, scw: T, peer: T) -> (T, T) {
        match self {
            Self::Provider => (scw, peer),
            Self::Customer => (peer, scw),
        }
    }
}
