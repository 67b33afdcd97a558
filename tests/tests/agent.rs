//! The daemon as a process: what it refuses and how it says so, and what the kernel holds whatever becomes of it.
//! Needs root.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

#[path = "agent/life.rs"]
mod life;
#[path = "agent/refusals.rs"]
mod refusals;
#[path = "agent/support.rs"]
mod support;
#[path = "agent/trial.rs"]
mod trial;
