//! What a session is to be.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::super::codec::{Announcement, Offer};
use super::super::effect::Endpoint;
use super::super::export::ExportPolicy;
use super::super::import::ImportPolicy;
use crate::domain::OverLimit;
use crate::family::{Family, PerFamily};

/// What a session is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Whether it is to run, or why not.
    pub will: Will,
    /// Between which addresses.
    pub endpoint: Endpoint,
    /// What we offer the peer; restarts are filled in when it is sent.
    pub offer: Offer,
    /// Whether the peer has to connect.
    pub passive: bool,
    /// How long the peer keeps our routes, in seconds; 0 is not at all.
    pub restart_time: u16,
    /// Limits.
    pub limits: Limits,
    /// What is carried of IPv4.
    pub v4: Option<Carried<Ipv4Addr>>,
    /// What is carried of IPv6.
    pub v6: Option<Carried<Ipv6Addr>>,
}

/// Whether a session is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Will {
    /// It is.
    Run,
    /// Its interface has no carrier.
    NoCarrier,
    /// It isn't, and its operator is told why.
    Stay(&'static str),
}

/// How much is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most prefixes that are kept, for each family.
    pub most: u32,
    /// The most that are accepted of them.
    pub most_accepted: Option<u32>,
    /// What becomes of more.
    pub action: OverLimit,
    /// How long a session that ended for it stays down; for ever without.
    pub idle: Option<Duration>,
    /// The most that the attributes of all of them may take up, in bytes.
    pub most_bytes: usize,
}

/// What is carried of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried<A> {
    /// What is accepted.
    pub import: ImportPolicy<A>,
    /// What is announced.
    pub export: ExportPolicy<A>,
    /// What is said of it.
    pub said: Announcement,
    /// Whether routes are propagated: else nothing is announced, and nothing learned.
    pub propagate: bool,
}

impl Wanted {
    /// Whether another can take its place without the session ending.
    pub fn is_same_session(&self, other: &Self) -> bool {
        let Self {
            will: _,
            endpoint,
            offer,
            passive: _,
            restart_time,
            limits: _,
            v4: _,
            v6: _,
        } = self;
        *endpoint == other.endpoint && *offer == other.offer && *restart_time == other.restart_time
    }

    /// What is to be carried.
    pub const fn families(&self) -> PerFamily<bool> {
        PerFamily {
            v4: self.v4.is_some(),
            v6: self.v6.is_some(),
        }
    }

    /// Whether a family is to be.
    pub const fn carries(&self, family: Family) -> bool {
        match family {
            Family::V4 => self.v4.is_some(),
            Family::V6 => self.v6.is_some(),
        }
    }
}

impl Limits {
    /// The most routes that any session may have, whatever its configuration says: memory isn't the peer's to fill.
    pub const MOST: usize = 8_000_000;

    /// The most that their attributes may take up, in bytes.
    pub const MOST_BYTES: usize = 1 << 30;

    /// How many are kept at most.
    pub fn kept(self) -> usize {
        match self.action {
            OverLimit::Warn => Self::MOST,
            OverLimit::Refuse => to_usize(self.most).min(Self::MOST),
            // One more is kept, to know that there are too many.
            OverLimit::Idle => to_usize(self.most).saturating_add(1).min(Self::MOST),
        }
    }

    /// How many are accepted at most.
    pub fn accepted(self) -> usize {
        match (self.action, self.most_accepted) {
            (OverLimit::Refuse, Some(most)) => to_usize(most),
            (OverLimit::Idle, Some(most)) => to_usize(most).saturating_add(1),
            (OverLimit::Warn, Some(_)) | (OverLimit::Warn | OverLimit::Refuse | OverLimit::Idle, None) => usize::MAX,
        }
    }

    /// The limit that is passed, if one is.
    pub fn passed(self, received: usize, refused: u64, accepted: usize) -> Option<u32> {
        if received > to_usize(self.most) || refused > 0 {
            return Some(self.most);
        }
        self.most_accepted.filter(|most| accepted > to_usize(*most))
    }
}

fn to_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
