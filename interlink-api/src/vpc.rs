//! The VPC API's route table, which is where routes across an InterLink are read back: `/vpc/v2/regions/REGION`.

use serde::{Deserialize, Serialize};

use crate::id::{RouteId, VpcId};
use crate::value::{Extra, NexthopType, Nullable, RouteType, null_as_default};

/// A route, and what it leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteWithNexthop {
    /// The route.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub route: Nullable<Route>,
    /// The address of what it leads to.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub nexthop_ip: Nullable<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub nexthop_name: Nullable<String>,
    /// What it is.
    #[serde(default)]
    pub nexthop_resource_type: NexthopType,
    /// What this version doesn't know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A route of a VPC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Its id.
    pub id: RouteId,
    /// In words.
    #[serde(default)]
    pub description: String,
    /// Free words.
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<String>,
    /// In which VPC.
    #[serde(default)]
    pub vpc_id: VpcId,
    /// Its prefix.
    #[serde(default)]
    pub destination: String,
    /// The id of what it leads to.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub nexthop_resource_id: Nullable<String>,
    /// In which Private Network that is.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub nexthop_private_network_id: Nullable<String>,
    /// Or behind which connector.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub nexthop_vpc_connector_id: Nullable<String>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub created_at: Nullable<String>,
    /// When it last changed.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub updated_at: Nullable<String>,
    /// Whether it changes by itself alone.
    #[serde(default)]
    pub is_read_only: bool,
    /// Where it comes from.
    #[serde(default, rename = "type")]
    pub route_type: RouteType,
    /// Where it is.
    #[serde(default)]
    pub region: String,
    /// What this version doesn't know.
    #[serde(flatten)]
    pub extra: Extra,
}
