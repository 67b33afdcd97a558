//! The gate: whether a family of a link carries traffic, and if not, for which reasons.
//!
//! The flags of a link are intent. The API accepts propagation without a VPC and without a policy, so no flag is
//! trusted on its own: a gate is open exactly when each of its conditions is met.

use std::fmt;

use interlink_common::Reason;

use crate::domain::{Intent, Link, LinkStatus, Stance};
use crate::family::Family;

/// One thing that has to be so before traffic flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// The link is provisioned.
    LinkStatus,
    /// A VPC is attached.
    Vpc,
    /// A routing policy of the family is attached.
    RoutingPolicy,
    /// Route propagation is enabled.
    RoutePropagation,
    /// Both routers have an address of the family.
    Interconnect,
    /// The BGP session of the family is up, or the link is static.
    Bgp,
}

impl Condition {
    /// Every condition, in the order in which an operator would go through them.
    pub const ALL: [Self; 6] = [
        Self::LinkStatus,
        Self::Vpc,
        Self::RoutingPolicy,
        Self::RoutePropagation,
        Self::Interconnect,
        Self::Bgp,
    ];

    /// Its name in `status --json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LinkStatus => "link_status",
            Self::Vpc => "vpc",
            Self::RoutingPolicy => "routing_policy",
            Self::RoutePropagation => "route_propagation",
            Self::Interconnect => "interconnect",
            Self::Bgp => "bgp",
        }
    }
}

/// Why a condition isn't met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The status lets nothing flow.
    LinkStatus(LinkStatus),
    /// No VPC.
    NoVpc,
    /// No routing policy of the family.
    NoRoutingPolicy,
    /// Not enabled.
    PropagationDisabled,
    /// A router has no address of the family.
    NoInterconnect,
    /// Not established.
    BgpDown,
}

impl Closed {
    /// The reason that packets are dropped for.
    pub const fn reason(&self) -> Reason {
        match self {
            Self::LinkStatus(_) => Reason::LinkStatus,
            Self::NoVpc => Reason::NoVpc,
            Self::NoRoutingPolicy => Reason::NoRoutingPolicy,
            Self::PropagationDisabled => Reason::PropagationDisabled,
            Self::NoInterconnect => Reason::NoInterconnect,
            Self::BgpDown => Reason::BgpDown,
        }
    }

    /// What to do about it.
    pub const fn next_step(&self) -> &'static str {
        match self {
            Self::LinkStatus(status) => status.advice(),
            Self::NoVpc | Self::NoRoutingPolicy | Self::PropagationDisabled | Self::NoInterconnect | Self::BgpDown => {
                self.reason().next_step()
            }
        }
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LinkStatus(status) => write!(f, "the link's status is {status}"),
            Self::NoVpc | Self::NoRoutingPolicy | Self::PropagationDisabled | Self::NoInterconnect | Self::BgpDown => {
                f.write_str(self.reason().summary())
            }
        }
    }
}

/// How a family's BGP session stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Session {
    /// Established.
    Up,
    /// Not established.
    #[default]
    Down,
}

/// The gate of one family of one link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    conditions: [(Condition, Option<Closed>); 6],
}

impl Gate {
    /// Weighs a link. `settled` is the last status that was not on its way to another ([`settle`]).
    pub fn new(intent: &Intent, link: &Link, family: Family, settled: &LinkStatus, session: Session) -> Self {
        let interconnect = match family {
            Family::V4 => link.interconnect_v4.is_some(),
            Family::V6 => link.interconnect_v6.is_some(),
        };
        let unmet = |condition| match condition {
            Condition::LinkStatus => (settled.stance() != Stance::Enforce).then(|| Closed::LinkStatus(settled.clone())),
            Condition::Vpc => intent.vpc(link).is_none().then_some(Closed::NoVpc),
            Condition::RoutingPolicy => (!intent.has_policy(link, family)).then_some(Closed::NoRoutingPolicy),
            Condition::RoutePropagation => (!link.enable_route_propagation).then_some(Closed::PropagationDisabled),
            Condition::Interconnect => (!interconnect).then_some(Closed::NoInterconnect),
            Condition::Bgp => (link.bgp.is_some() && session == Session::Down).then_some(Closed::BgpDown),
        };
        Self {
            conditions: Condition::ALL.map(|condition| (condition, unmet(condition))),
        }
    }

    /// Each condition, and why it isn't met if it isn't.
    pub fn conditions(&self) -> impl Iterator<Item = (Condition, Option<&Closed>)> {
        self.conditions
            .iter()
            .map(|(condition, closed)| (*condition, closed.as_ref()))
    }

    /// The first condition that isn't met: the one to do something about.
    pub fn first_unmet(&self) -> Option<&Closed> {
        self.conditions.iter().find_map(|(_, closed)| closed.as_ref())
    }

    /// Whether traffic flows.
    pub fn is_open(&self) -> bool {
        self.first_unmet().is_none()
    }

    /// What the program does with packets of the whitelist: [`Reason::Allowed`], or what it drops them for.
    pub fn reason(&self) -> Reason {
        self.first_unmet().map_or(Reason::Allowed, Closed::reason)
    }
}

/// The status that counts: while a change is being applied, or the value is unknown, that is the last one that was
/// neither. Everything else of the link counts as it is, so that closing a gate never waits.
pub fn settle(previous: Option<&LinkStatus>, current: &LinkStatus) -> LinkStatus {
    match (current.stance(), previous) {
        (Stance::Hold, Some(previous)) => previous.clone(),
        (Stance::Hold, None) | (Stance::Wait | Stance::Connect | Stance::Enforce | Stance::Block, Some(_) | None) => {
            current.clone()
        }
    }
}

#[cfg(test)]
mod tests;
