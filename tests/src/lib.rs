//! What the tests of Interlink share: frames, the reference model, and the loaded program.

#![expect(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

use std::io::{self, Write as _};

pub mod agent;
pub mod bgp;
pub mod customer;
pub mod datagram;
pub mod demo;
pub mod dfz;
pub mod fib;
pub mod figures;
pub mod frames;
pub mod kernel;
pub mod lab;
pub mod lookup;
pub mod maps;
pub mod model;
pub mod netns;
pub mod packet;
pub mod peer;
pub mod policy;
pub mod random;
pub mod traffic;

/// Says that a test doesn't run here, past the capture of a passing test's output. The layer `vm` fails by it.
pub fn skip(why: &str) {
    io::stderr().write_all(format!("SKIPPED: {why}\n").as_bytes()).unwrap();
}
