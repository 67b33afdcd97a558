//! The verdicts of the loaded program, frame by frame, in this machine's kernel (`BPF_PROG_TEST_RUN`). Needs root.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

#[path = "verdict/differential.rs"]
mod differential;
#[path = "verdict/errors.rs"]
mod errors;
#[path = "verdict/gates.rs"]
mod gates;
#[path = "verdict/headers.rs"]
mod headers;
#[path = "verdict/layer2.rs"]
mod layer2;
#[path = "verdict/limits.rs"]
mod limits;
#[path = "verdict/martians.rs"]
mod martians;
#[path = "verdict/neighbours.rs"]
mod neighbours;
#[path = "verdict/prefixes.rs"]
mod prefixes;
#[path = "verdict/reasons.rs"]
mod reasons;
#[path = "verdict/routers.rs"]
mod routers;
#[path = "verdict/selftest.rs"]
mod selftest;
#[path = "verdict/session.rs"]
mod session;
#[path = "verdict/shared.rs"]
mod shared;
#[path = "verdict/support.rs"]
mod support;
#[path = "verdict/tables.rs"]
mod tables;
#[path = "verdict/verifier.rs"]
mod verifier;
