//! What the API doesn't say of a link's BGP sessions.

use std::fmt;
use std::net::Ipv4Addr;

use ipnet::IpNet;

use crate::prefix::{Address, Prefix};
use crate::state::Priority;

/// A community (RFC 1997).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Community(pub u32);

impl Community {
    /// Not to be announced to another AS (RFC 1997).
    pub const NO_EXPORT: Self = Self::new(0xffff, 0xff01);
    /// Not to be announced to anybody (RFC 1997).
    pub const NO_ADVERTISE: Self = Self::new(0xffff, 0xff02);
    /// About to go, so anything else is better (RFC 8326).
    pub const GRACEFUL_SHUTDOWN: Self = Self::new(0xffff, 0);

    /// The community that is written as two numbers.
    pub const fn new(high: u16, low: u16) -> Self {
        Self(((high as u32) << 16) | low as u32)
    }
}

impl fmt::Display for Community {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0 >> 16, self.0 & 0xffff)
    }
}

/// What happens when a peer announces more prefixes than are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverLimit {
    /// They are taken, and the operator is told.
    Warn,
    /// Those beyond are not taken.
    Refuse,
    /// The session ends, for a while.
    Idle,
}

impl OverLimit {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Warn, Self::Refuse, Self::Idle];

    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Refuse => "refuse",
            Self::Idle => "idle",
        }
    }
}

/// What the sessions of a link run over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A session for each family, over that family.
    Each,
    /// One session for both families, over IPv4.
    V4,
    /// One session for both families, over IPv6.
    V6,
}

impl Transport {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Each, Self::V4, Self::V6];

    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Each => "each",
            Self::V4 => "ipv4",
            Self::V6 => "ipv6",
        }
    }

    /// Whether routers with addresses of these families can be its ends.
    pub const fn is_carried_by(self, has_v4: bool, has_v6: bool) -> bool {
        match self {
            Self::Each => true,
            Self::V4 => has_v4,
            Self::V6 => has_v6,
        }
    }
}

/// What decides which sources pass from a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforce {
    /// The routing policy: all that it lists across the link.
    Policy,
    /// What the peer announced and the policy accepts (strict source validation).
    Announced,
}

impl Enforce {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Policy, Self::Announced];

    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Announced => "announced",
        }
    }
}

/// The communities that say which of several links a prefix goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriorityCommunities {
    /// Behind all others.
    pub low: Community,
    /// As without a community.
    pub medium: Community,
    /// Before all others.
    pub high: Community,
}

impl PriorityCommunities {
    /// That of a priority.
    pub const fn of(self, priority: Priority) -> Community {
        match priority {
            Priority::Low => self.low,
            Priority::Medium => self.medium,
            Priority::High => self.high,
        }
    }

    /// What a route's communities ask for: the highest, if they ask for several.
    pub fn priority(self, communities: &[Community]) -> Priority {
        // Asked to go anywhere else first (RFC 8326 §4.1).
        if communities.contains(&Community::GRACEFUL_SHUTDOWN) {
            return Priority::Low;
        }
        let asked = |priority: &Priority| communities.contains(&self.of(*priority));
        Priority::ALL.into_iter().find(asked).unwrap_or_default()
    }
}

/// `[link.session]`: what the API doesn't carry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub struct SessionSettings {
    /// `hold_time`, in seconds; 0 is none.
    pub hold_time: u16,
    /// `max_prefixes`, received for each family.
    pub max_prefixes: u32,
    /// `max_accepted_prefixes`, for each family.
    pub max_accepted_prefixes: Option<u32>,
    /// `on_max_prefixes`.
    pub on_max_prefixes: OverLimit,
    /// `idle_time`, in seconds; 0 is until somebody resets the session.
    pub idle_time: u32,
    /// `max_announced_prefixes`, for each family.
    pub max_announced_prefixes: u32,
    /// `enforce`.
    pub enforce: Enforce,
    /// `networks`: announced whether they are connected or not.
    pub networks: Vec<IpNet>,
    /// `announce_connected`.
    pub announce_connected: bool,
    /// `transport`.
    pub transport: Transport,
    /// `router_id`: the BGP identifier.
    pub router_id: Option<Ipv4Addr>,
    /// `passive`: whether we wait for the peer to connect.
    pub passive: bool,
    /// `md5_key_file`: the name of a file (RFC 2385).
    pub md5_key_file: Option<String>,
    /// `ttl_security`: whether both are one hop apart, and say so (RFC 5082).
    pub ttl_security: bool,
    /// `keep_when_disabled`: whether the session stays up without route propagation.
    pub keep_when_disabled: bool,
    /// `graceful_restart_time`, in seconds; 0 is none (RFC 4724).
    pub graceful_restart_time: u16,
    /// `low_community`, `medium_community` and `high_community`.
    pub communities: PriorityCommunities,
    /// `priority` that we ask the peer for.
    pub priority: Option<Priority>,
    /// `graceful_shutdown`: whether the link is about to go (RFC 8326).
    pub graceful_shutdown: bool,
    /// `announce_role`: whether the peer is told ours (RFC 9234).
    pub announce_role: bool,
}

impl SessionSettings {
    /// The `networks` of a family.
    pub fn networks_of<A: Address>(&self) -> impl Iterator<Item = Prefix<A>> {
        self.networks.iter().filter_map(|net| Prefix::try_from_net(*net).ok())
    }
}
