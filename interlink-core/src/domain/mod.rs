//! The InterLink: links, routing policies and VPCs, in the words of its API, with directions already resolved.

mod interconnect;
mod link;
mod policy;
mod role;
mod session;
mod status;

pub use interconnect::{Interconnect, InterconnectError};
pub use link::{Asn, Bgp, Intent, Link, LinkKey, LinkNames, Nic, NoLink, Vlan, VlanError, Vpc, VpcTable};
pub use policy::{PrefixList, RoutingPolicy, Whitelist};
pub use role::{Filters, Role};
pub use session::{Community, Enforce, OverLimit, PriorityCommunities, SessionSettings, Transport};
pub use status::{BgpStatus, LinkStatus, Stance};

#[cfg(test)]
mod tests;
