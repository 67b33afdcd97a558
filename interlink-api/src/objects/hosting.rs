//! What links are made on.

use serde::{Deserialize, Serialize};

use crate::id::{ConnectionId, OrganizationId, PartnerId, PopId, ProjectId};
use crate::value::{DedicatedConnectionStatus, Extra, Nullable, null_as_default};

/// A physical port of a customer at a PoP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DedicatedConnection {
    /// Its id.
    pub id: ConnectionId,
    /// Whose it is.
    #[serde(default)]
    pub project_id: ProjectId,
    /// Whose that is.
    #[serde(default)]
    pub organization_id: OrganizationId,
    /// How far it is.
    #[serde(default)]
    pub status: DedicatedConnectionStatus,
    /// 1 to 255 characters.
    #[serde(default)]
    pub name: String,
    /// Free words.
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<String>,
    /// Where it is.
    #[serde(default)]
    pub pop_id: PopId,
    /// Megabits a second.
    #[serde(default)]
    pub bandwidth_mbps: u64,
    /// What a link on it may have, in megabits a second.
    #[serde(default, deserialize_with = "null_as_default")]
    pub available_link_bandwidths: Vec<u64>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub created_at: Nullable<String>,
    /// When it last changed.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub updated_at: Nullable<String>,
    /// Which port, in words.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub demarcation_info: Nullable<String>,
    /// Which VLAN ids its links may have.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub vlan_range: Nullable<VlanRange>,
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

/// VLAN ids from `start` to `end`, both included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VlanRange {
    /// The first.
    #[serde(default)]
    pub start: u32,
    /// The last.
    #[serde(default)]
    pub end: u32,
    /// What this version doesn't know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Who hosts links.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partner {
    /// Its id.
    pub id: PartnerId,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Whom to write to.
    #[serde(default)]
    pub contact_email: String,
    /// A picture.
    #[serde(default)]
    pub logo_url: String,
    /// Where its customers go.
    #[serde(default)]
    pub portal_url: String,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub created_at: Nullable<String>,
    /// When it last changed.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub updated_at: Nullable<String>,
    /// Whether its routers speak BGP.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub l3_connectivity: Nullable<bool>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub region: Nullable<String>,
    /// Its name among everything.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub srn: Nullable<String>,
    /// What this version doesn't know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A point of presence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pop {
    /// Its id.
    pub id: PopId,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Whose building it is.
    #[serde(default)]
    pub hosting_provider_name: String,
    /// Where that is.
    #[serde(default)]
    pub address: String,
    /// In which city.
    #[serde(default)]
    pub city: String,
    /// A picture.
    #[serde(default)]
    pub logo_url: String,
    /// What a link may have here, in megabits a second.
    #[serde(default, deserialize_with = "null_as_default")]
    pub available_link_bandwidths_mbps: Vec<u64>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub display_name: Nullable<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub region: Nullable<String>,
    /// Its name among everything.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub srn: Nullable<String>,
    /// What this version doesn't know.
    #[serde(flatten)]
    pub extra: Extra,
}
