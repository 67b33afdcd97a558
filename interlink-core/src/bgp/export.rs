//! What we announce: our own networks within the policy, and nothing that was learned.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::prefix::{Address, Prefix, PrefixSet};

/// What may be announced of one family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportPolicy<A> {
    /// The addresses on our side; without a routing policy, none (RFC 8212).
    pub local: Option<Arc<PrefixSet<A>>>,
    /// The networks that this machine is connected to, and those that are configured.
    pub networks: BTreeSet<Prefix<A>>,
    /// The most that the peer is told.
    pub most: usize,
}

/// More would be announced than may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{wanted} prefixes would be announced and {most} may be, so nothing is changed: raise `max_announced_prefixes`, or \
     announce fewer"
)]
pub struct TooMany {
    /// How many would be.
    pub wanted: usize,
    /// How many may be.
    pub most: usize,
}

impl<A: Address> ExportPolicy<A> {
    /// What is announced.
    pub fn announced(&self) -> Result<BTreeSet<Prefix<A>>, TooMany> {
        let Some(local) = &self.local else {
            return Ok(BTreeSet::new());
        };
        let networks = self.networks.iter().copied();
        let announced: BTreeSet<_> = networks.filter(|network| local.covers(*network)).collect();
        if announced.len() > self.most {
            return Err(TooMany {
                wanted: announced.len(),
                most: self.most,
            });
        }
        Ok(announced)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::testing::prefix;

    #[test]
    fn only_networks_within_the_policy_are_announced() {
        let policy = ExportPolicy {
            most: 2,
            ..policy(&["10.20.0.0/16", "10.20.3.0/24", "10.0.0.0/8", "10.21.0.0/24"])
        };
        let announced = policy.announced().unwrap();
        assert_eq!(
            Vec::from_iter(announced),
            [prefix("10.20.0.0/16"), prefix("10.20.3.0/24")]
        );
    }

    #[test]
    fn without_a_routing_policy_nothing_is_announced() {
        let policy = ExportPolicy {
            local: None,
            ..policy(&["10.20.0.0/16"])
        };
        assert_eq!(policy.announced(), Ok(BTreeSet::new()));
    }

    #[test]
    fn more_than_may_be_announced_changes_nothing() {
        let policy = ExportPolicy {
            most: 1,
            ..policy(&["10.20.0.0/16", "10.20.3.0/24"])
        };
        let told = policy.announced().unwrap_err();
        assert_eq!((told.wanted, told.most), (2, 1));
    }

    fn policy(networks: &[&str]) -> ExportPolicy<Ipv4Addr> {
        ExportPolicy {
            local: Some(Arc::new([prefix("10.20.0.0/16")].into_iter().collect())),
            networks: networks.iter().map(|network| prefix(network)).collect(),
            most: 100,
        }
    }
}
