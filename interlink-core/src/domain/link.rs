//! Links and what they are attached to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;

use serde::{Serialize, Serializer};

use super::{Interconnect, LinkStatus, Role, RoutingPolicy, SessionSettings, Whitelist};
use crate::family::{Family, PerFamily};
use crate::name::{InterfaceName, Name};
use crate::state::{AttachMode, Interface, NicSettings, TableNumber};

/// The 802.1Q id that selects a link on its NIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vlan(u16);

/// A number that is no VLAN id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no VLAN id: they go from 1 to 4094")]
pub struct VlanError(pub i64);

impl Vlan {
    /// Frames without a tag.
    pub const UNTAGGED: Self = Self(0);

    /// The tag's id.
    pub fn tagged(id: i64) -> Result<Self, VlanError> {
        match u16::try_from(id) {
            Ok(id @ 1..=4094) => Ok(Self(id)),
            Ok(_) | Err(_) => Err(VlanError(id)),
        }
    }

    /// What the XDP program finds it by: 0 to 4094.
    pub fn from_index(index: u32) -> Option<Self> {
        u16::try_from(index).ok().filter(|index| *index <= 4094).map(Self)
    }

    /// What the XDP program finds it by.
    pub fn index(self) -> u32 {
        self.0.into()
    }

    /// The tag's id, if there is a tag.
    pub const fn id(self) -> Option<u16> {
        match self.0 {
            0 => None,
            id => Some(id),
        }
    }
}

impl fmt::Display for Vlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id() {
            Some(id) => write!(f, "VLAN {id}"),
            None => f.write_str("untagged"),
        }
    }
}

impl Serialize for Vlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.id().serialize(serializer)
    }
}

/// An autonomous system's number, never the reserved 0 (RFC 7607).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asn(pub NonZeroU32);

/// The two ends of a link's BGP sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bgp {
    /// Ours.
    pub local_as: Asn,
    /// The peer's.
    pub peer_as: Asn,
    /// Which of the two ends is ours.
    pub role: Role,
}

/// The place of a link: no two share one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct LinkKey {
    /// The dedicated NIC.
    pub interface: InterfaceName,
    /// The id on it.
    pub vlan: Vlan,
}

impl fmt::Display for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.interface, self.vlan)
    }
}

/// What the links of a NIC share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nic {
    /// Where it runs the program.
    pub mode: AttachMode,
    /// What it lets pass beside its links.
    pub settings: NicSettings,
}

/// A VPC, or what stands for it on this side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vpc {
    /// Its name.
    pub name: Name,
    /// Where the routes across its links go.
    pub table: VpcTable,
}

/// The routing table of a VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VpcTable {
    /// A table by its number.
    Plain {
        /// The number.
        number: TableNumber,
        /// The interfaces whose packets look it up: the agent makes their rules, and ends the table in `unreachable
        /// default`, so that nothing goes on to the main table.
        iif: BTreeSet<InterfaceName>,
        /// The priority of these rules.
        rule_priority: u32,
    },
    /// That of a VRF, whose number the kernel knows.
    Vrf(InterfaceName),
}

impl VpcTable {
    /// Its number; nothing where there is no such VRF.
    pub fn number(&self, interfaces: &BTreeMap<InterfaceName, Interface>) -> Option<TableNumber> {
        match self {
            Self::Plain { number, .. } => Some(*number),
            Self::Vrf(name) => interfaces.get(name)?.vrf,
        }
    }
}

/// An InterLink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its name.
    pub name: Name,
    /// Its place.
    pub key: LinkKey,
    /// What the API says of it.
    pub status: LinkStatus,
    /// The VPC that is attached.
    pub vpc: Option<Name>,
    /// The routing policies that are attached.
    pub policies: PerFamily<Option<Name>>,
    /// Whether route propagation is enabled.
    pub enable_route_propagation: bool,
    /// The IPv4 interconnect.
    pub interconnect_v4: Option<Interconnect<Ipv4Addr>>,
    /// The IPv6 interconnect.
    pub interconnect_v6: Option<Interconnect<Ipv6Addr>>,
    /// The BGP sessions; a link without is static, and routes what its policy whitelists.
    pub bgp: Option<Bgp>,
    /// Whether the agent makes its interface and gives it its addresses.
    pub manage_interface: bool,
    /// What else there is to know for them.
    pub session: SessionSettings,
}

/// Why it isn't known which link is meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoLink {
    /// There is none.
    #[error("no link is configured")]
    None,
    /// There are others.
    #[error("there is no link {name:?}: the links are {links}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        links: LinkNames,
    },
    /// No name was said, and there is more than one.
    #[error("say which link the packet comes from with --link: {links}")]
    Several {
        /// What there is.
        links: LinkNames,
    },
}

/// Names of links, in the order of the alphabet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkNames(pub Vec<Name>);

impl fmt::Display for LinkNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(names) = self;
        let quoted: Vec<_> = names.iter().map(|name| format!("{:?}", name.as_str())).collect();
        f.write_str(&quoted.join(", "))
    }
}

/// Everything that the operator, or the API, wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intent {
    /// By name.
    pub vpcs: BTreeMap<Name, Vpc>,
    /// By name.
    pub policies: BTreeMap<Name, RoutingPolicy>,
    /// Those that differ from the default.
    pub nics: BTreeMap<InterfaceName, Nic>,
    /// By name.
    pub links: BTreeMap<Name, Link>,
}

impl Intent {
    /// The NICs that links are on.
    pub fn nics_of_links(&self) -> BTreeSet<&InterfaceName> {
        self.links.values().map(|link| &link.key.interface).collect()
    }

    /// The routing tables of the VPCs, each once; none of a VRF that isn't there.
    pub fn tables(&self, interfaces: &BTreeMap<InterfaceName, Interface>) -> BTreeSet<TableNumber> {
        self.vpcs
            .values()
            .filter_map(|vpc| vpc.table.number(interfaces))
            .collect()
    }

    /// The link with a name, or, if none is asked for, the only one.
    pub fn link(&self, name: Option<&str>) -> Result<&Link, NoLink> {
        let links = || LinkNames(self.links.keys().cloned().collect());
        let mut all = self.links.values();
        match (name, all.next(), all.next()) {
            (Some(_) | None, None, _) => Err(NoLink::None),
            (Some(name), Some(_), _) => {
                let named = self.links.values().find(|link| link.name.as_str() == name);
                named.ok_or_else(|| NoLink::Unknown {
                    name: name.to_owned(),
                    links: links(),
                })
            }
            (None, Some(only), None) => Ok(only),
            (None, Some(_), Some(_)) => Err(NoLink::Several { links: links() }),
        }
    }

    /// The VPC of a link.
    pub fn vpc(&self, link: &Link) -> Option<&Vpc> {
        self.vpcs.get(link.vpc.as_ref()?)
    }

    /// What a link's IPv4 policy allows.
    pub fn whitelist_v4(&self, link: &Link) -> Option<&Whitelist<Ipv4Addr>> {
        match self.policies.get(link.policies.v4.as_ref()?)? {
            RoutingPolicy::V4 { whitelist, .. } => Some(whitelist),
            RoutingPolicy::V6 { .. } => None,
        }
    }

    /// What a link's IPv6 policy allows.
    pub fn whitelist_v6(&self, link: &Link) -> Option<&Whitelist<Ipv6Addr>> {
        match self.policies.get(link.policies.v6.as_ref()?)? {
            RoutingPolicy::V6 { whitelist, .. } => Some(whitelist),
            RoutingPolicy::V4 { .. } => None,
        }
    }

    /// Whether a link has a policy of a family.
    pub fn has_policy(&self, link: &Link, family: Family) -> bool {
        match family {
            Family::V4 => self.whitelist_v4(link).is_some(),
            Family::V6 => self.whitelist_v6(link).is_some(),
        }
    }
}
