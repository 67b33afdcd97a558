//! The objects of the API.
//!
//! An object without its `id` is none. Every other field has a default, because fields came over time; moments are
//! RFC 3339 and prefixes CIDR, both as they came.

mod hosting;
mod link;
mod policy;

pub use hosting::{DedicatedConnection, Partner, Pop, VlanRange};
pub use link::{BgpConfig, Link, PartnerHost, SelfHost};
pub use policy::RoutingPolicy;
