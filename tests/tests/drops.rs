//! Watching dropped packets: real ones on the lab's link, and floods through `BPF_PROG_TEST_RUN`.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

#[path = "drops/bounds.rs"]
mod bounds;
#[path = "drops/lines.rs"]
mod lines;
#[path = "drops/support.rs"]
mod support;
