//! A configuration that has passed every check.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use interlink_api::{LinkId, VpcId};

use crate::domain::{
    Asn, Bgp, Filters, Intent, Interconnect, Link, LinkKey, LinkStatus, Nic, Role, RoutingPolicy, SessionSettings,
    Vlan, Vpc, VpcTable,
};
use crate::family::{Family, PerFamily};
use crate::name::{InterfaceName, Name};
use crate::prefix::Address;
use crate::state::{AttachMode, NicSettings, OtherVlans};

/// What a key stands for when it is left out.
pub mod default {
    use crate::domain::{Community, Enforce, LinkStatus, OverLimit, PriorityCommunities, SessionSettings, Transport};
    use crate::state::{AttachMode, OtherVlans};

    /// `vpc.rule_priority`: behind the rules of most, before those of the kernel's own tables.
    pub const RULE_PRIORITY: u32 = 7300;
    /// `nic.xdp_mode`.
    pub const XDP_MODE: AttachMode = AttachMode::Native;
    /// `nic.other_vlans`: a NIC is the links' own.
    pub const OTHER_VLANS: OtherVlans = OtherVlans::Drop;
    /// `nic.lldp`.
    pub const LLDP: bool = false;
    /// `nic.lacp`.
    pub const LACP: bool = false;
    /// `link.status`: a gateway that no API tells otherwise stands at a link that is there.
    pub const STATUS: LinkStatus = LinkStatus::Active;
    /// `link.enable_route_propagation`: nothing passes unless it is asked for.
    pub const ENABLE_ROUTE_PROPAGATION: bool = false;
    /// `link.manage_interface`: interfaces are somebody else's, unless it is asked for.
    pub const MANAGE_INTERFACE: bool = false;
    /// `routing_policy.is_ipv6`.
    pub const IS_IPV6: bool = false;
    /// `source.api_url`: the product's.
    pub const API_URL: &str = interlink_api::DEFAULT_API_URL;
    /// `source.state_file`.
    pub const STATE_FILE: &str = "/var/lib/interlink/state.json";
    /// `source.poll_interval`, in seconds.
    pub const POLL_INTERVAL: u32 = 15;
    /// `source.configuring_poll_interval`, in seconds: while a link is `configuring`.
    pub const CONFIGURING_POLL_INTERVAL: u32 = 2;
    /// `link.session.hold_time`, in seconds (RFC 4271 §10).
    pub const HOLD_TIME: u16 = 90;
    /// `link.session.max_prefixes`, for each family.
    pub const MAX_PREFIXES: u32 = 1000;
    /// `link.session.idle_time`, in seconds.
    pub const IDLE_TIME: u32 = 300;
    /// `link.session.graceful_restart_time`, in seconds.
    pub const GRACEFUL_RESTART_TIME: u16 = 120;
    /// What the provider of InterLink documents.
    pub const COMMUNITIES: PriorityCommunities = PriorityCommunities {
        low: Community::new(12876, 42050),
        medium: Community::new(12876, 42100),
        high: Community::new(12876, 42200),
    };

    /// `link.session`.
    pub const fn session() -> SessionSettings {
        SessionSettings {
            hold_time: HOLD_TIME,
            max_prefixes: MAX_PREFIXES,
            max_accepted_prefixes: None,
            on_max_prefixes: OverLimit::Refuse,
            idle_time: IDLE_TIME,
            max_announced_prefixes: MAX_PREFIXES,
            enforce: Enforce::Policy,
            networks: Vec::new(),
            announce_connected: true,
            transport: Transport::Each,
            router_id: None,
            passive: false,
            md5_key_file: None,
            ttl_security: false,
            keep_when_disabled: false,
            graceful_restart_time: GRACEFUL_RESTART_TIME,
            communities: COMMUNITIES,
            priority: None,
            graceful_shutdown: false,
            announce_role: false,
        }
    }
}

/// A whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `[agent]`.
    pub agent: AgentSection,
    /// `[metrics]`.
    pub metrics: MetricsSection,
    /// `[[vpc]]`, in the order of the file, as all lists here.
    pub vpcs: Vec<VpcSection>,
    /// `[[routing_policy]]`.
    pub policies: Vec<PolicySection>,
    /// `[[nic]]`.
    pub nics: Vec<NicSection>,
    /// `[[link]]`; none where they come from elsewhere, nor policies.
    pub links: Vec<LinkSection>,
    /// `[source]`: where else they come from.
    pub source: Option<SourceSection>,
}

/// `[agent]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentSection {
    /// `role`.
    pub role: Role,
}

/// `[metrics]`: what Prometheus is told, and where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetricsSection {
    /// `listen`: left out, there is no HTTP server.
    pub listen: Option<SocketAddr>,
}

/// `[[vpc]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcSection {
    /// `name`.
    pub name: Name,
    /// `table` with `iif` and `rule_priority`, or `vrf`.
    pub table: VpcTable,
}

/// `[[routing_policy]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicySection {
    /// `is_ipv6 = false`.
    V4 {
        /// `name`.
        name: Name,
        /// The two lists.
        filters: Filters<Ipv4Addr>,
    },
    /// `is_ipv6 = true`.
    V6 {
        /// `name`.
        name: Name,
        /// The two lists.
        filters: Filters<Ipv6Addr>,
    },
}

/// `[[nic]]`: what the links of a NIC share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NicSection {
    /// `interface`.
    pub interface: InterfaceName,
    /// `xdp_mode`.
    pub xdp_mode: AttachMode,
    /// `other_vlans`.
    pub other_vlans: OtherVlans,
    /// `lldp`.
    pub lldp: bool,
    /// `lacp`.
    pub lacp: bool,
}

/// `[[link]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkSection {
    /// `name`.
    pub name: Name,
    /// `interface`.
    pub interface: InterfaceName,
    /// `vlan`; left out for untagged.
    pub vlan: Vlan,
    /// `status`.
    pub status: LinkStatus,
    /// `vpc`.
    pub vpc: Option<Name>,
    /// `routing_policy_v4`.
    pub routing_policy_v4: Option<Name>,
    /// `routing_policy_v6`.
    pub routing_policy_v6: Option<Name>,
    /// `enable_route_propagation`.
    pub enable_route_propagation: bool,
    /// `manage_interface`.
    pub manage_interface: bool,
    /// `scw_bgp_config`: the provider's router.
    pub scw_bgp_config: BgpConfig,
    /// `peer_bgp_config`: the customer's router.
    pub peer_bgp_config: BgpConfig,
    /// `session`.
    pub session: SessionSettings,
}

/// `[source]` of the kind `scaleway`: links and policies come from an API, and what it doesn't carry from the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSection {
    /// `api_url`.
    pub api_url: String,
    /// `region`.
    pub region: String,
    /// `token_file`; left out, the token is where the provider's own tools have it.
    pub token_file: Option<String>,
    /// `ca_file`: certificates that are trusted beside the system's.
    pub ca_file: Option<String>,
    /// `state_file`: what the API said last.
    pub state_file: String,
    /// `poll_interval`, in seconds.
    pub poll_interval: u32,
    /// `configuring_poll_interval`, in seconds.
    pub configuring_poll_interval: u32,
    /// Which VPC of the API each `[[vpc]]` stands for; one without an id stands for all others.
    pub vpcs: Vec<(Option<VpcId>, Name)>,
    /// `[[link]]`.
    pub links: Vec<FollowedLink>,
}

/// `[[link]]` where its rest comes from the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowedLink {
    /// `name`.
    pub name: Name,
    /// `id` or `tags`.
    pub select: Select,
    /// `interface`.
    pub interface: InterfaceName,
    /// `manage_interface`.
    pub manage_interface: bool,
    /// `session`.
    pub session: SessionSettings,
}

/// Which links of the API are meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Select {
    /// The one with this id.
    Id(LinkId),
    /// Those with all of these tags.
    Tags(BTreeSet<String>),
}

/// `scw_bgp_config` and `peer_bgp_config`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BgpConfig {
    /// `asn`; left out of both for a static link.
    pub asn: Option<Asn>,
    /// `ipv4`: address and the length of its subnet.
    pub ipv4: Option<(Ipv4Addr, u8)>,
    /// `ipv6`.
    pub ipv6: Option<(Ipv6Addr, u8)>,
}

impl PolicySection {
    /// `name`.
    pub const fn name(&self) -> &Name {
        match self {
            Self::V4 { name, .. } | Self::V6 { name, .. } => name,
        }
    }

    /// What `is_ipv6` says.
    pub const fn family(&self) -> Family {
        match self {
            Self::V4 { .. } => Family::V4,
            Self::V6 { .. } => Family::V6,
        }
    }
}

impl LinkSection {
    /// The IPv4 interconnect, seen from a role.
    pub(super) fn interconnect_v4(&self, role: Role) -> Option<Interconnect<Ipv4Addr>> {
        interconnect(role, self.scw_bgp_config.ipv4, self.peer_bgp_config.ipv4)
    }

    /// The IPv6 interconnect, seen from a role.
    pub(super) fn interconnect_v6(&self, role: Role) -> Option<Interconnect<Ipv6Addr>> {
        interconnect(role, self.scw_bgp_config.ipv6, self.peer_bgp_config.ipv6)
    }

    fn bgp(&self, role: Role) -> Option<Bgp> {
        let (ours, peer) = role.ours_and_peer(self.scw_bgp_config.asn, self.peer_bgp_config.asn);
        Some(Bgp {
            local_as: ours?,
            peer_as: peer?,
            role,
        })
    }
}

impl Config {
    /// What the file alone asks for, with its directions resolved by its role.
    pub fn intent(&self) -> Intent {
        let Self {
            agent: AgentSection { role },
            metrics: _,
            vpcs,
            policies,
            nics,
            links,
            source: _,
        } = self;
        Intent {
            vpcs: vpcs
                .iter()
                .map(|VpcSection { name, table }| {
                    (
                        name.clone(),
                        Vpc {
                            name: name.clone(),
                            table: table.clone(),
                        },
                    )
                })
                .collect(),
            policies: policies
                .iter()
                .map(|policy| (policy.name().clone(), resolve(policy, *role)))
                .collect(),
            nics: nics
                .iter()
                .map(|section| (section.interface.clone(), nic(section)))
                .collect(),
            links: links
                .iter()
                .map(|section| (section.name.clone(), link(section, *role)))
                .collect(),
        }
    }
}

pub(crate) fn resolve(policy: &PolicySection, role: Role) -> RoutingPolicy {
    match policy.clone() {
        PolicySection::V4 { name, filters } => RoutingPolicy::V4 {
            name,
            whitelist: role.whitelist(filters),
        },
        PolicySection::V6 { name, filters } => RoutingPolicy::V6 {
            name,
            whitelist: role.whitelist(filters),
        },
    }
}

const fn nic(section: &NicSection) -> Nic {
    Nic {
        mode: section.xdp_mode,
        settings: NicSettings {
            other_vlans: section.other_vlans,
            lldp: section.lldp,
            lacp: section.lacp,
        },
    }
}

pub(crate) fn link(section: &LinkSection, role: Role) -> Link {
    Link {
        name: section.name.clone(),
        key: LinkKey {
            interface: section.interface.clone(),
            vlan: section.vlan,
        },
        status: section.status.clone(),
        vpc: section.vpc.clone(),
        policies: PerFamily {
            v4: section.routing_policy_v4.clone(),
            v6: section.routing_policy_v6.clone(),
        },
        enable_route_propagation: section.enable_route_propagation,
        interconnect_v4: section.interconnect_v4(role),
        interconnect_v6: section.interconnect_v6(role),
        bgp: section.bgp(role),
        manage_interface: section.manage_interface,
        session: section.session.clone(),
    }
}

fn interconnect<A: Address>(role: Role, scw: Option<(A, u8)>, peer: Option<(A, u8)>) -> Option<Interconnect<A>> {
    let (ours, peer) = role.ours_and_peer(scw, peer);
    Interconnect::new(ours?, peer?).ok()
}
