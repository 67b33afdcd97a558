//! The data plane against the kernel: pins, attachments, tables, and what is left when the agent dies. The kernel's
//! side is looked at with bpftool.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

#[path = "dataplane/adoption.rs"]
mod adoption;
#[path = "dataplane/attaching.rs"]
mod attaching;
#[path = "dataplane/bench.rs"]
mod bench;
#[path = "dataplane/edits.rs"]
mod edits;
#[path = "dataplane/flat.rs"]
mod flat;
#[path = "dataplane/growing.rs"]
mod growing;
#[path = "dataplane/nic.rs"]
mod nic;
#[path = "dataplane/opening.rs"]
mod opening;
#[path = "dataplane/switching.rs"]
mod switching;
#[path = "dataplane/tags.rs"]
mod tags;
