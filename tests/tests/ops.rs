//! What an operator builds on: metrics, the service unit, its rights, and the files that are shipped for them.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

#[path = "ops/files.rs"]
mod files;
#[path = "ops/metrics.rs"]
mod metrics;
#[path = "ops/rights.rs"]
mod rights;
#[path = "ops/service.rs"]
mod service;
#[path = "ops/support.rs"]
mod support;
