//! The InterLink API, version v1beta1, as it is on the wire.
//!
//! The types take what the API sends today and what it may send tomorrow: a field or a value that this version
//! doesn't know is kept and written again as it came. What is absent stays absent, and differs from `null`.

#[cfg(feature = "client")]
pub mod client;
pub mod error;
pub mod extension;
pub mod id;
pub mod list;
pub mod objects;
pub mod query;
pub mod request;
pub mod value;
pub mod vpc;

pub use error::{ApiError, ErrorKind};
pub use id::{ConnectionId, LinkId, OrganizationId, PartnerId, PopId, ProjectId, RouteId, RoutingPolicyId, VpcId};
pub use objects::{
    BgpConfig, DedicatedConnection, Link, Partner, PartnerHost, Pop, RoutingPolicy, SelfHost, VlanRange,
};
pub use value::{BgpStatus, DedicatedConnectionStatus, Extra, LinkKind, LinkStatus, Nullable, Secret};

/// The product's own API.
pub const DEFAULT_API_URL: &str = "https://api.scaleway.com";

/// The version that the paths begin with.
pub const VERSION: &str = "v1beta1";

/// The most items that one page of a list has.
pub const MAX_PAGE_SIZE: u32 = 1000;

#[cfg(test)]
mod tests;
