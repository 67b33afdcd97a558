//! Regions, and what stands in them before anybody orders a link. All of it comes from the inventory file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;

use interlink_core::name::Name;
use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use super::id::{ConnectionId, OrganizationId, PartnerId, PopId, ProjectId, VpcId};
use super::number::{Asn, Bandwidth, Vlan};

/// Everything that the inventory file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// Whose everything is.
    pub organization: OrganizationId,
    /// The Project of what is made without one.
    pub default_project: ProjectId,
    /// The provider's AS.
    pub asn: Asn,
    /// What peers get that bring no AS of their own.
    pub peer_asns: RangeInclusive<Asn>,
    /// The VLAN ids that there are.
    pub vlans: RangeInclusive<Vlan>,
    /// What the /31 of each link is taken from.
    pub interconnect_v4: Ipv4Net,
    /// What the /127 of each link is taken from.
    pub interconnect_v6: Ipv6Net,
    /// How much there may be of what is made.
    pub quotas: Quotas,
    /// The PoPs.
    pub pops: BTreeMap<PopId, Pop>,
    /// The partners.
    pub partners: BTreeMap<PartnerId, Partner>,
    /// The dedicated connections.
    pub connections: BTreeMap<ConnectionId, Connection>,
    /// The VPCs.
    pub vpcs: BTreeMap<VpcId, Vpc>,
}

/// How much there may be of what is made, in all Projects together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Links.
    pub links: Option<u64>,
    /// Routing policies.
    pub routing_policies: Option<u64>,
}

/// The name of a region, such as `fr-par`. The default is nowhere: that is where time passes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Region(String);

/// A place where links are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pop {
    /// Its region.
    pub region: Region,
    /// Its name.
    pub name: Name,
    /// Its name for people.
    pub display_name: String,
    /// Whose building it is.
    pub hosting_provider_name: String,
    /// Where the building is.
    pub address: String,
    /// Where the address is.
    pub city: String,
    /// Its picture.
    pub logo_url: String,
    /// What a hosted link here may carry.
    pub bandwidths: BTreeSet<Bandwidth>,
}

/// Who carries hosted links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partner {
    /// Its region.
    pub region: Region,
    /// Its name.
    pub name: Name,
    /// Whom to write to.
    pub contact_email: String,
    /// Its picture.
    pub logo_url: String,
    /// Where to order.
    pub portal_url: String,
    /// Whether its own router speaks BGP for its customers.
    pub l3_connectivity: bool,
    /// The AS of that router, if it has one of its own.
    pub asn: Option<Asn>,
    /// Where it is connected.
    pub pops: BTreeSet<PopId>,
}

/// A user's own connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its region, which is its PoP's.
    pub region: Region,
    /// Whose it is.
    pub project: ProjectId,
    /// Its name.
    pub name: Name,
    /// Words.
    pub tags: Vec<String>,
    /// Where it ends.
    pub pop: PopId,
    /// How far it has come.
    pub status: ConnectionStatus,
    /// What its port carries.
    pub bandwidth: Bandwidth,
    /// What a link on it may carry.
    pub bandwidths: BTreeSet<Bandwidth>,
    /// The VLAN ids on it.
    pub vlans: RangeInclusive<Vlan>,
    /// Where in the building it ends.
    pub demarcation_info: Option<String>,
}

/// How far a dedicated connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConnectionStatus {
    /// Ordered.
    Created,
    /// Being patched.
    Configuring,
    /// It did not work.
    Failed,
    /// Links may be made on it.
    Active,
    /// Switched off.
    Disabled,
    /// Taken out of use by the provider.
    Locked,
}

/// What links lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vpc {
    /// Its region.
    pub region: Region,
    /// Whose it is.
    pub project: ProjectId,
    /// Its name.
    pub name: Name,
    /// Words.
    pub tags: Vec<String>,
}

/// A text that names no region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a region is written in lower-case letters, digits and hyphens, such as fr-par")]
pub struct NoRegion;

impl Region {
    /// Checks a name.
    pub fn new(name: &str) -> Result<Self, NoRegion> {
        const LONGEST: usize = 32;
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > LONGEST || !name.chars().all(fits) {
            return Err(NoRegion);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl ConnectionStatus {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Created,
        Self::Configuring,
        Self::Failed,
        Self::Active,
        Self::Disabled,
        Self::Locked,
    ];

    /// As the API spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Configuring => "configuring",
            Self::Failed => "failed",
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Locked => "locked",
        }
    }
}

impl Inventory {
    /// Whether anything is there.
    pub fn has_region(&self, region: &Region) -> bool {
        self.pops.values().any(|pop| pop.region == *region) || self.vpcs.values().any(|vpc| vpc.region == *region)
    }
}
