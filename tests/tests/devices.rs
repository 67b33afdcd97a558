//! The agent on interfaces that not every kernel and not every machine has: VLANs, bonds, virtio-net. What is lacking is
//! said, and the machines of `cargo xtask test vm` lack nothing. Needs root.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

#[path = "devices/bonds.rs"]
mod bonds;
#[path = "devices/support.rs"]
mod support;
#[path = "devices/virtio.rs"]
mod virtio;
#[path = "devices/vlans.rs"]
mod vlans;
