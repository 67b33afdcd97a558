//! Values that fields are made of.

mod names;
mod nullable;
mod secret;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

pub use names::{
    BgpStatus, ConnectionOrder, DedicatedConnectionStatus, LinkKind, LinkOrder, LinkStatus, NameOrder, NexthopType,
    RouteOrder, RouteType, RoutingPolicyOrder,
};
pub use nullable::Nullable;
pub use secret::Secret;

/// Fields that this version doesn't know, as they came.
pub type Extra = BTreeMap<String, serde_json::Value>;

/// Takes `null` for the type's default: the product's Go SDK writes it for an empty list.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
