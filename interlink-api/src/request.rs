//! Bodies of requests. In them `null` says the same as absence: nothing.

use serde::{Deserialize, Serialize};

use crate::id::{ConnectionId, PartnerId, PopId, ProjectId, RoutingPolicyId, VpcId};
use crate::value::null_as_default;

/// `POST links`. Exactly one of `connection_id` and `partner_id` is to be set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateLink {
    /// Whose it is to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// 1 to 255 characters.
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    /// Free words.
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<String>,
    /// Where it is to end.
    #[serde(default, deserialize_with = "null_as_default")]
    pub pop_id: PopId,
    /// Megabits a second, one of those that the PoP or the connection has.
    #[serde(default, deserialize_with = "null_as_default")]
    pub bandwidth_mbps: u64,
    /// Self-hosted: the dedicated connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<ConnectionId>,
    /// Hosted: the partner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner_id: Option<PartnerId>,
    /// The autonomous system of the router at the other end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_asn: Option<u32>,
    /// Self-hosted: the 802.1Q id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlan: Option<u32>,
    /// The IPv4 policy to begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing_policy_v4_id: Option<RoutingPolicyId>,
    /// The IPv6 policy to begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing_policy_v6_id: Option<RoutingPolicyId>,
}

/// `PATCH links/ID`: what isn't said stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateLink {
    /// Another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Other tags, in place of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Another autonomous system of the router at the other end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_asn: Option<u32>,
}

/// `POST links/ID/attach-vpc`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachVpc {
    /// Which VPC.
    #[serde(default, deserialize_with = "null_as_default")]
    pub vpc_id: VpcId,
}

/// `POST links/ID/attach-routing-policy`, `detach-routing-policy` and `set-routing-policy`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameRoutingPolicy {
    /// Which policy; its family says which of the link's two places is meant.
    #[serde(default, deserialize_with = "null_as_default")]
    pub routing_policy_id: RoutingPolicyId,
}

/// `POST routing-policies`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateRoutingPolicy {
    /// Whose it is to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// 1 to 255 characters.
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    /// Free words.
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<String>,
    /// What the provider is to accept from the peer.
    #[serde(default, deserialize_with = "null_as_default")]
    pub prefix_filter_in: Vec<String>,
    /// What the provider is to announce to the peer.
    #[serde(default, deserialize_with = "null_as_default")]
    pub prefix_filter_out: Vec<String>,
    /// Its family, for its whole life.
    #[serde(default, deserialize_with = "null_as_default")]
    pub is_ipv6: bool,
}

/// `PATCH routing-policies/ID`: what isn't said stays, and each list is replaced whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateRoutingPolicy {
    /// Another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Other tags, in place of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// What the provider is to accept from the peer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix_filter_in: Option<Vec<String>>,
    /// What the provider is to announce to the peer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix_filter_out: Option<Vec<String>>,
}

/// The body of an action that takes nothing: `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}
