//! What the tests of the speaker share.

use std::fmt::Debug;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;

use super::codec::{Attributes, Negotiated, Offer, Origin};
use super::import::ImportPolicy;
use crate::config::default;
use crate::domain::{Asn, Interconnect};
use crate::family::PerFamily;
use crate::prefix::{Address, Prefix};
use crate::testing::prefix;

pub(crate) fn asn(number: u32) -> Asn {
    Asn(NonZeroU32::new(number).unwrap())
}

pub(crate) fn offer(local: u32, peer: u32) -> Offer {
    Offer {
        local_as: asn(local),
        peer_as: asn(peer),
        identifier: Ipv4Addr::from_bits(local),
        hold_time: 90,
        families: PerFamily { v4: true, v6: true },
        role: None,
        restart: None,
    }
}

pub(crate) fn agreed() -> Negotiated {
    Negotiated {
        identifier: Ipv4Addr::new(10, 0, 0, 1),
        hold_time: 90,
        families: PerFamily { v4: true, v6: true },
        four_octet: true,
        refresh: true,
        enhanced_refresh: true,
        extended: false,
        roles: false,
        restart: None,
        notification_restart: false,
    }
}

/// A customer's policy for what its provider announces.
pub(crate) fn policy(remote: &[&str]) -> ImportPolicy<Ipv4Addr> {
    policy_of(remote, ("169.254.0.101", "169.254.0.100"), 31)
}

pub(crate) fn policy_v6(remote: &[&str]) -> ImportPolicy<Ipv6Addr> {
    policy_of(remote, ("fd00::1", "fd00::"), 127)
}

fn policy_of<A: Address + FromStr<Err: Debug>>(remote: &[&str], routers: (&str, &str), length: u8) -> ImportPolicy<A> {
    let (ours, peer) = (routers.0.parse().unwrap(), routers.1.parse().unwrap());
    let remote: Vec<Prefix<A>> = remote.iter().map(|text| prefix(text)).collect();
    ImportPolicy {
        lists_default: remote.iter().any(|prefix| prefix.length() == 0),
        remote: Some(Arc::new(remote.into_iter().collect())),
        interconnect: Interconnect::new((ours, length), (peer, length)).unwrap(),
        local_as: asn(65010),
        peer_as: asn(12876),
        role: None,
        communities: default::COMMUNITIES,
        graceful_shutdown: false,
    }
}

/// What that provider says of its routes.
pub(crate) fn attributes() -> Attributes {
    Attributes {
        as_path: [12876].into(),
        next_hop: "169.254.0.100".parse().unwrap(),
        link_local: None,
        origin: Origin::Igp,
        med: None,
        communities: Box::default(),
        large_communities: Box::default(),
        only_to_customer: None,
    }
}
