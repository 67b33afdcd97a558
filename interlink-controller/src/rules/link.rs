//! A link, as it is kept.

use std::net::{Ipv4Addr, Ipv6Addr};

use interlink_core::domain::{BgpStatus, LinkStatus};
use interlink_core::family::{Family, PerFamily};
use interlink_core::name::Name;
use serde::{Deserialize, Serialize};

use super::id::{ConnectionId, LinkId, PairingKey, PartnerId, PolicyId, PopId, ProjectId, VpcId};
use super::lifecycle::Phase;
use super::moment::Moment;
use super::number::{Asn, Bandwidth, Vlan};
use super::place::Region;

/// An InterLink.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// Where it is.
    pub region: Region,
    /// Whose it is.
    pub project: ProjectId,
    /// What its user calls it.
    pub name: Name,
    /// Its user's words.
    pub tags: Vec<String>,
    /// Where it is joined.
    pub pop: PopId,
    /// How much it carries.
    pub bandwidth: Bandwidth,
    /// What carries it.
    pub host: Host,
    /// Its 802.1Q id.
    pub vlan: Vlan,
    /// Its ends' addresses.
    pub interconnect: Interconnect,
    /// The peer's AS.
    pub peer_asn: Asn,
    /// How far it has come.
    pub phase: Phase,
    /// Locked, on top of whatever it is.
    pub locked: bool,
    /// The VPC behind it.
    pub vpc: Option<VpcId>,
    /// The routing policies, and what became of their sessions.
    pub policies: PerFamily<Option<Attached>>,
    /// Whether route propagation is enabled.
    pub propagation: bool,
    /// When it was ordered.
    pub created_at: Moment,
    /// When its user last changed it, or its phase did.
    pub updated_at: Moment,
}

/// What carries a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Host {
    /// A partner's shared connection.
    Partner {
        /// Which partner.
        partner: PartnerId,
        /// What the user tells the partner. A secret.
        pairing_key: PairingKey,
    },
    /// The user's own connection.
    Dedicated {
        /// Which.
        connection: ConnectionId,
    },
}

/// A routing policy on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// Which.
    pub policy: PolicyId,
    /// Whether the session of its family is up, as last reported.
    pub up: bool,
}

/// The addresses of a link's ends: of each pair the even one is the provider's, the odd one the peer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interconnect {
    /// The provider's end of the /31.
    pub v4: Ipv4Addr,
    /// The provider's end of the /127.
    pub v6: Ipv6Addr,
}

/// What the VLAN ids of links have to differ on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Port {
    /// A user's connection.
    Dedicated(ConnectionId),
    /// A partner's connection to a PoP.
    Partner(PopId, PartnerId),
}

impl Link {
    /// Its status in the API's words, from its phase and its sessions.
    pub fn status(&self) -> LinkStatus {
        if self.locked {
            return LinkStatus::Locked;
        }
        match self.phase {
            Phase::Requested => LinkStatus::Requested,
            Phase::Refused { .. } => LinkStatus::Refused,
            Phase::Expired => LinkStatus::Expired,
            Phase::Provisioning => LinkStatus::Provisioning,
            Phase::Ready => LinkStatus::Ready,
            Phase::Provisioned => self.connectivity(),
            Phase::Deprovisioning { .. } => LinkStatus::Deprovisioning,
            Phase::Deleted => LinkStatus::Deleted,
        }
    }

    /// The status of the session of a family.
    pub fn bgp_status(&self, family: Family) -> BgpStatus {
        match self.policies.get(family) {
            None => BgpStatus::Disabled,
            Some(Attached { up: true, .. }) => BgpStatus::Up,
            Some(Attached { up: false, .. }) => BgpStatus::Down,
        }
    }

    /// Whether it may carry the routes of a family into its VPC.
    pub fn carries(&self, family: Family) -> bool {
        self.phase == Phase::Provisioned
            && !self.locked
            && self.vpc.is_some()
            && self.propagation
            && self.policies.get(family).is_some_and(|attached| attached.up)
    }

    /// Whether a policy is attached to it.
    pub fn uses(&self, policy: PolicyId) -> bool {
        Family::ALL.iter().any(|family| {
            self.policies
                .get(*family)
                .is_some_and(|attached| attached.policy == policy)
        })
    }

    /// What its VLAN id has to differ on.
    pub const fn port(&self) -> Port {
        match self.host {
            Host::Partner { partner, .. } => Port::Partner(self.pop, partner),
            Host::Dedicated { connection } => Port::Dedicated(connection),
        }
    }

    /// Only sessions that a policy asks for are missed. Without any there is none that is down.
    fn connectivity(&self) -> LinkStatus {
        let sessions: Vec<bool> = Family::ALL
            .iter()
            .filter_map(|family| Some(self.policies.get(*family).as_ref()?.up))
            .collect();
        let up = sessions.iter().filter(|up| **up).count();
        if up == sessions.len() {
            LinkStatus::Active
        } else if up > 0 {
            LinkStatus::LimitedConnectivity
        } else {
            LinkStatus::AllDown
        }
    }
}

impl Interconnect {
    /// The peer's end of the /31.
    pub fn peer_v4(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.v4.to_bits() | 1)
    }

    /// The peer's end of the /127.
    pub fn peer_v6(self) -> Ipv6Addr {
        Ipv6Addr::from_bits(self.v6.to_bits() | 1)
    }
}
