//! What the kernel should hold, and what it does: two values of the same shape.

mod desired;
mod interface;
mod nic;
mod observed;
mod route;

pub use desired::{Derived, Desired, Facts, derive, route_interface};
pub use interface::{Interface, TagStripping, VlanOf};
pub use nic::{
    AttachMode, Attachment, FamilyState, ForeignProgram, LinkState, NicSettings, NicState, ObservedNic, OtherVlans,
};
pub use observed::Observed;
pub use route::{NextHop, ROUTE_METRIC, ROUTE_PROTOCOL, Route, RouteKey, TableNumber};

#[cfg(test)]
mod tests;
