//! What `cargo xtask bench` measures, and what it is measured against.

pub mod ask;
pub mod generator;
pub mod mrt;
pub mod rivals;
pub mod shape;
pub mod throughput;
pub mod wire;
