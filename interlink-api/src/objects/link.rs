//! Links.

use serde::{Deserialize, Serialize};

use crate::id::{ConnectionId, LinkId, OrganizationId, PartnerId, PopId, ProjectId, RoutingPolicyId, VpcId};
use crate::value::{BgpStatus, Extra, LinkStatus, Nullable, Secret, null_as_default};

/// An InterLink.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// Whose it is.
    #[serde(default)]
    pub project_id: ProjectId,
    /// Whose that is.
    #[serde(default)]
    pub organization_id: OrganizationId,
    /// 1 to 255 characters.
    #[serde(default)]
    pub name: String,
    /// Free words.
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<String>,
    /// Where it ends.
    #[serde(default)]
    pub pop_id: PopId,
    /// Megabits a second.
    #[serde(default)]
    pub bandwidth_mbps: u64,
    /// How far it is. A link without it is none.
    pub status: LinkStatus,
    /// The IPv4 session.
    #[serde(default)]
    pub bgp_v4_status: BgpStatus,
    /// The IPv6 session.
    #[serde(default)]
    pub bgp_v6_status: BgpStatus,
    /// The VPC that is attached.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub vpc_id: Nullable<VpcId>,
    /// Of the time before policies had a family.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub routing_policy_id: Nullable<RoutingPolicyId>,
    /// The IPv4 policy that is attached.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub routing_policy_v4_id: Nullable<RoutingPolicyId>,
    /// The IPv6 policy that is attached.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub routing_policy_v6_id: Nullable<RoutingPolicyId>,
    /// Whether routes propagate, as far as this switch is concerned.
    #[serde(default)]
    pub enable_route_propagation: bool,
    /// The partner, of a hosted link.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub partner: Nullable<PartnerHost>,
    /// The dedicated connection, of a self-hosted one.
    #[serde(default, rename = "self", skip_serializing_if = "Nullable::is_absent")]
    pub self_host: Nullable<SelfHost>,
    /// The 802.1Q id.
    #[serde(default)]
    pub vlan: u32,
    /// The provider's router.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub scw_bgp_config: Nullable<BgpConfig>,
    /// The router at the other end.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub peer_bgp_config: Nullable<BgpConfig>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub created_at: Nullable<String>,
    /// When it last changed. A change of its policy is none of its own.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub updated_at: Nullable<String>,
    /// Where it is.
    #[serde(default)]
    pub region: String,
    /// Its name among everything: `srn://interlink.DOMAIN/regions/REGION/links/ID`.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub srn: Nullable<String>,
    /// What this version doesn't know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Link {
    /// The link as it may be shown: without its pairing key.
    #[must_use]
    pub fn without_secrets(mut self) -> Self {
        if let Nullable::Value(partner) = &mut self.partner {
            partner.pairing_key = Nullable::Absent;
        }
        self
    }
}

/// The partner's side of a hosted link.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerHost {
    /// Which partner.
    #[serde(default)]
    pub partner_id: PartnerId,
    /// What the customer gives to the partner, and to nobody else.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub pairing_key: Nullable<Secret>,
    /// Why the partner refused; empty where it didn't.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub disapproved_reason: Nullable<String>,
    /// Whether the partner's router speaks BGP.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub l3_connectivity: Nullable<bool>,
    /// What this version doesn't know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The customer's side of a self-hosted link.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfHost {
    /// Which dedicated connection.
    #[serde(default)]
    pub connection_id: ConnectionId,
    /// What this version doesn't know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One router's end of the sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BgpConfig {
    /// Its autonomous system.
    #[serde(default)]
    pub asn: u32,
    /// Its address and the interconnect's length, as `169.254.0.100/31`; empty where there is none.
    #[serde(default, deserialize_with = "null_as_default")]
    pub ipv4: String,
    /// The same for IPv6.
    #[serde(default, deserialize_with = "null_as_default")]
    pub ipv6: String,
    /// What this version doesn't know.
    #[serde(flatten)]
    pub extra: Extra,
}
