//! What the tests of Interlink share: frames, the reference model, and the loaded program.

#![expect(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

pub mod agent;
pub mod datagram;
pub mod demo;
pub mod dfz;
pub mod fib;
pub mod frames;
pub mod kernel;
pub mod lab;
pub mod lookup;
pub mod maps;
pub mod model;
pub mod netns;
pub mod packet;
pub mod random;
pub mod report;
pub mod traffic;
