//! BGP messages, to and from bytes (RFC 4271, 4760, 6793, 7606).
//!
//! The only place that names the crates which know the wire format, so that either can be replaced here and nowhere
//! else. Bytes are hostile: what can't be read is an [`Alarm`] that says how the session ends, and what RFC 7606 lets
//! a session survive never gets that far.

mod frame;
mod notification;
mod open;
mod others;
mod update;
mod write;

pub use frame::{Frames, Received};
pub use notification::{Alarm, Notification};
pub use open::{Negotiated, Offer, PeerOpen, PeerRestart, RestartOffer};
pub use update::{Announced, Attributes, Origin, Prefixes, Update};
pub use write::{Announcement, announce, end_of_rib, keepalive, open, refresh, withdraw};

use rustbgpd_wire::{Afi, RouteRefreshSubtype};

use crate::family::Family;

/// What a ROUTE-REFRESH means (RFC 2918, RFC 7313).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// Announce everything again.
    Ask,
    /// What follows is everything.
    Begin,
    /// That was everything.
    End,
}

impl Refresh {
    const fn to_wire(self) -> RouteRefreshSubtype {
        match self {
            Self::Ask => RouteRefreshSubtype::Normal,
            Self::Begin => RouteRefreshSubtype::BoRR,
            Self::End => RouteRefreshSubtype::EoRR,
        }
    }

    /// A subtype that nobody has assigned means nothing (RFC 7313 §5).
    const fn from_wire(subtype: RouteRefreshSubtype) -> Option<Self> {
        match subtype {
            RouteRefreshSubtype::Normal => Some(Self::Ask),
            RouteRefreshSubtype::BoRR => Some(Self::Begin),
            RouteRefreshSubtype::EoRR => Some(Self::End),
            _ => None,
        }
    }
}

const fn afi(family: Family) -> Afi {
    match family {
        Family::V4 => Afi::Ipv4,
        Family::V6 => Afi::Ipv6,
    }
}

const fn family(afi: Afi) -> Option<Family> {
    match afi {
        Afi::Ipv4 => Some(Family::V4),
        Afi::Ipv6 => Some(Family::V6),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
