//! Routing policies.

use serde::{Deserialize, Serialize};

use crate::id::{OrganizationId, ProjectId, RoutingPolicyId};
use crate::value::{Extra, Nullable, null_as_default};

/// A whitelist of prefixes for both directions, of one family.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingPolicy {
    /// Its id.
    pub id: RoutingPolicyId,
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
    /// What the provider accepts from the peer.
    #[serde(default, deserialize_with = "null_as_default")]
    pub prefix_filter_in: Vec<String>,
    /// What the provider announces to the peer.
    #[serde(default, deserialize_with = "null_as_default")]
    pub prefix_filter_out: Vec<String>,
    /// Its family, for its whole life.
    #[serde(default)]
    pub is_ipv6: bool,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub created_at: Nullable<String>,
    /// When it last changed.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub updated_at: Nullable<String>,
    /// Where it is.
    #[serde(default)]
    pub region: String,
    /// Its name among everything.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub srn: Nullable<String>,
    /// What this version doesn't know.
    #[serde(flatten)]
    pub extra: Extra,
}
