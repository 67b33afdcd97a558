//! What the kernel should hold, and what it does: two values of the same shape.

mod desired;
mod edit;
mod interface;
mod learned;
pub mod mirror;
mod nic;
mod observed;
mod priority;
mod route;
pub mod routes;
mod rule;

pub use desired::{Derived, Desired, Facts, derive, route_interface};
pub use edit::{Edit, List};
pub use interface::{Interface, Managed, OUR_ALIAS, TagStripping, VlanOf};
pub use learned::{Learned, LearnedFamily, LearnedRoute, LearnedRoutes, Router};
pub use nic::{
    AttachMode, Attachment, FamilyState, ForeignProgram, LinkState, NicSettings, NicState, ObservedNic, OtherVlans,
};
pub use observed::Observed;
pub use priority::{HIGH_PRIORITY_METRIC, LOW_PRIORITY_METRIC, Priority};
pub use route::{NextHop, Path, Protocol, ROUTE_METRIC, ROUTE_PROTOCOL, Route, RouteKey, TableNumber};
pub use routes::Routes;
pub use rule::{Rule, TABLE_END_METRIC};

#[cfg(test)]
mod tests;
