//! The daemon as a process: what it refuses and how it says so, what it does with files, signals and commands, and what
//! the kernel holds whatever becomes of it. Needs root.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

#[path = "agent/api.rs"]
mod api;
#[path = "agent/codes.rs"]
mod codes;
#[path = "agent/control.rs"]
mod control;
#[path = "agent/drift.rs"]
mod drift;
#[path = "agent/explain.rs"]
mod explain;
#[path = "agent/following.rs"]
mod following;
#[path = "agent/foreign.rs"]
mod foreign;
#[path = "agent/gates.rs"]
mod gates;
#[path = "agent/interfaces.rs"]
mod interfaces;
#[path = "agent/kernel.rs"]
mod kernel;
#[path = "agent/kills.rs"]
mod kills;
#[path = "agent/life.rs"]
mod life;
#[path = "agent/managed.rs"]
mod managed;
#[path = "agent/mistakes.rs"]
mod mistakes;
#[path = "agent/multipath.rs"]
mod multipath;
#[path = "agent/nics.rs"]
mod nics;
#[path = "agent/order.rs"]
mod order;
#[path = "agent/status.rs"]
mod status;
#[path = "agent/support.rs"]
mod support;
#[path = "agent/system.rs"]
mod system;
#[path = "agent/trial.rs"]
mod trial;
#[path = "agent/unload.rs"]
mod unload;
