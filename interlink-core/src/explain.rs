//! Would this packet pass, and why?
//!
//! Answered from the policy as it is written, not from the tables that were made of it: what the two disagree about
//! is a bug in the tables, and a test looks for it.

mod words;

use std::net::IpAddr;

use interlink_common::Reason;

use crate::bgp::import::Rejection;
use crate::domain::{Enforce, Intent, Link, Whitelist};
use crate::family::Family;
use crate::gate::Gate;
use crate::prefix::{Address, Prefix};
use crate::state::{Facts, Observed, Route};

/// Why two addresses make no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{source_address} is {}, {destination} is {}: a packet has both of one family", Family::of(*source_address), Family::of(*destination))]
pub struct MixedFamilies {
    /// The source.
    pub source_address: IpAddr,
    /// The destination.
    pub destination: IpAddr,
}

/// What happens to a packet that comes in from a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The family of the packet.
    pub family: Family,
    /// What becomes of it.
    pub reason: Reason,
    /// The gate of that family.
    pub gate: Gate,
    /// How the source stands to the prefixes across the link.
    pub source: Match,
    /// What the BGP session of that family has to do with it; nothing on a static link.
    pub heard: Option<Heard>,
    /// How the destination stands to the prefixes on our side.
    pub destination: Match,
    /// The route that an answer would take.
    pub route_back: Option<Route>,
}

/// How an address stands to a list of prefixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// This prefix of the list, the most specific, contains it.
    Within(ipnet::IpNet),
    /// This prefix of the list contains it, but the link goes by what the peer announces, and that is no prefix that
    /// contains it.
    NotAnnounced(ipnet::IpNet),
    /// No prefix contains it; this one, the widest of them, begins with the most of the same bits.
    Nearest(ipnet::IpNet),
    /// There is no prefix.
    EmptyList,
}

impl Match {
    /// Its name in `explain --json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Within(_) => "within",
            Self::NotAnnounced(_) => "not_announced",
            Self::Nearest(_) => "nearest",
            Self::EmptyList => "no_prefix",
        }
    }
}

/// What a peer has said about an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The session's state, as RFC 4271 calls it.
    pub state: String,
    /// Why it isn't established, if that is known.
    pub why: Option<String>,
    /// The most specific announced prefix that contains the address and is accepted; where none is, the most specific
    /// of those that are not, and why it isn't.
    pub covering: Option<(ipnet::IpNet, Option<Rejection>)>,
}

/// Explains a packet of a link. Its own traffic (ARP, neighbour discovery, BGP) depends on more than addresses: a
/// packet between the two interconnect addresses is explained as if it were none of these. `observed` has the
/// routes that the kernel holds, `heard` what the peer said of the source.
pub fn explain(
    intent: &Intent,
    facts: &Facts,
    observed: &Observed,
    link: &Link,
    packet: (IpAddr, IpAddr),
    heard: Option<Heard>,
) -> Result<Explanation, MixedFamilies> {
    let (family, reasoned) = match packet {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            (Family::V4, look_up(intent.whitelist_v4(link), source, destination))
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            (Family::V6, look_up(intent.whitelist_v6(link), source, destination))
        }
        (source, destination) => {
            return Err(MixedFamilies {
                source_address: source,
                destination,
            });
        }
    };
    let (source, destination) = reasoned;
    let source = match source {
        Match::Within(prefix) if is_unannounced(facts, link, packet.0) => Match::NotAnnounced(prefix),
        Match::Within(_) | Match::NotAnnounced(_) | Match::Nearest(_) | Match::EmptyList => source,
    };
    let gate = facts.gate(intent, link, family);
    let reason = match (gate.reason(), source, destination) {
        (Reason::Allowed, Match::Within(_), Match::Within(_)) => Reason::Allowed,
        (Reason::Allowed, Match::Within(_), Match::NotAnnounced(_) | Match::Nearest(_) | Match::EmptyList) => {
            Reason::DestinationNotAllowed
        }
        (Reason::Allowed, Match::NotAnnounced(_) | Match::Nearest(_) | Match::EmptyList, _) => Reason::SourceNotAllowed,
        (closed, _, _) => closed,
    };
    let vpc = intent.vpc(link);
    let table = vpc.and_then(|vpc| vpc.table.number(&observed.interfaces));
    let route_back = table.and_then(|table| observed.routes.look_up(table, packet.0));
    Ok(Explanation {
        family,
        reason,
        gate,
        source,
        heard,
        destination,
        route_back,
    })
}

/// Whether the link goes by what is announced, and no accepted route contains the address.
fn is_unannounced(facts: &Facts, link: &Link, address: IpAddr) -> bool {
    let goes_by_announcements = link.session.enforce == Enforce::Announced;
    let learned = facts.learned.get(&link.name).filter(|_| link.bgp.is_some());
    let is_announced = match address {
        IpAddr::V4(address) => learned.is_some_and(|learned| learned.v4.covering(address).is_some()),
        IpAddr::V6(address) => learned.is_some_and(|learned| learned.v6.covering(address).is_some()),
    };
    goes_by_announcements && !is_announced
}

fn look_up<A: Address>(whitelist: Option<&Whitelist<A>>, source: A, destination: A) -> (Match, Match) {
    whitelist.map_or((Match::EmptyList, Match::EmptyList), |Whitelist { remote, local }| {
        (
            match_in(remote.prefixes(), source),
            match_in(local.prefixes(), destination),
        )
    })
}

fn match_in<A: Address>(prefixes: &[Prefix<A>], address: A) -> Match {
    let containing = prefixes
        .iter()
        .filter(|prefix| prefix.contains(address))
        .max_by_key(|prefix| prefix.length());
    if let Some(prefix) = containing {
        return Match::Within(prefix.net());
    }
    let nearest = prefixes.iter().max_by_key(|prefix| {
        (
            common_bits(prefix.network(), address),
            std::cmp::Reverse(prefix.length()),
        )
    });
    nearest.map_or(Match::EmptyList, |prefix| Match::Nearest(prefix.net()))
}

/// More for two addresses that share more leading bits, counted from the same bit for all of a family.
fn common_bits<A: Address>(one: A, other: A) -> u32 {
    (one.number() ^ other.number()).leading_zeros()
}

#[cfg(test)]
mod tests;
