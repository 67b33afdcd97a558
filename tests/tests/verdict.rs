//! The verdicts of the loaded program, frame by frame, in this machine's kernel (`BPF_PROG_TEST_RUN`). Needs root.

#[path = "verdict/differential.rs"]
mod differential;
#[path = "verdict/exceptions.rs"]
mod exceptions;
#[path = "verdict/gates.rs"]
mod gates;
#[path = "verdict/headers.rs"]
mod headers;
#[path = "verdict/prefixes.rs"]
mod prefixes;
#[path = "verdict/reasons.rs"]
mod reasons;
#[path = "verdict/selftest.rs"]
mod selftest;
#[path = "verdict/support.rs"]
mod support;
