//! Routing policies: which prefixes may be announced, each way.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use interlink_core::family::Family;
use interlink_core::name::Name;
use interlink_core::prefix::{Prefix, PrefixError};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::id::{PolicyId, ProjectId};
use super::moment::Moment;
use super::place::Region;

/// A routing policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Its id.
    pub id: PolicyId,
    /// Where it may be used.
    pub region: Region,
    /// Whose it is.
    pub project: ProjectId,
    /// What its user calls it.
    pub name: Name,
    /// Its user's words.
    pub tags: Vec<String>,
    /// Of which family all its prefixes are.
    pub family: Family,
    /// What the provider accepts from the peer.
    pub filter_in: Filter,
    /// What the provider announces to the peer.
    pub filter_out: Filter,
    /// When it was made.
    pub created_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}

/// Prefixes of one family, in the order in which they were given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<IpNet>", into = "Vec<IpNet>")]
pub struct Filter {
    given: Arc<[IpNet]>,
    /// The same, to be searched.
    sorted: Arc<[IpNet]>,
}

impl Filter {
    /// Checks that every prefix is of the family and has no host bits; else says which is the first that isn't.
    pub fn new(family: Family, prefixes: Vec<IpNet>) -> Result<Self, PrefixError> {
        for prefix in &prefixes {
            match family {
                Family::V4 => Prefix::<Ipv4Addr>::try_from_net(*prefix).map(drop)?,
                Family::V6 => Prefix::<Ipv6Addr>::try_from_net(*prefix).map(drop)?,
            }
        }
        Ok(prefixes.into())
    }

    /// The prefixes.
    pub fn prefixes(&self) -> &[IpNet] {
        &self.given
    }

    /// Whether an announcement of this prefix passes: one of ours is it, or holds all of it.
    pub fn passes(&self, announced: &IpNet) -> bool {
        let lengths = 0..=announced.prefix_len();
        lengths
            .filter_map(|length| IpNet::new(announced.addr(), length).ok())
            .any(|wider| self.sorted.binary_search(&wider.trunc()).is_ok())
    }
}

impl From<Vec<IpNet>> for Filter {
    fn from(prefixes: Vec<IpNet>) -> Self {
        let given: Arc<[IpNet]> = prefixes.into();
        let sorted = if given.is_sorted() {
            Arc::clone(&given)
        } else {
            let mut sorted = given.to_vec();
            sorted.sort_unstable();
            sorted.into()
        };
        Self { given, sorted }
    }
}

impl From<Filter> for Vec<IpNet> {
    fn from(filter: Filter) -> Self {
        filter.given.to_vec()
    }
}
