//! The daemon's BGP sessions against the routers of others: what both sides believe, and what the kernel holds. Needs
//! root, BIRD and FRR.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

#[path = "bgp/agents.rs"]
mod agents;
#[path = "bgp/announced.rs"]
mod announced;
#[path = "bgp/endings.rs"]
mod endings;
#[path = "bgp/frr.rs"]
mod frr;
#[path = "bgp/policy.rs"]
mod policy;
#[path = "bgp/priorities.rs"]
mod priorities;
#[path = "bgp/restarts.rs"]
mod restarts;
#[path = "bgp/security.rs"]
mod security;
#[path = "bgp/sessions.rs"]
mod sessions;
#[path = "bgp/support.rs"]
mod support;
