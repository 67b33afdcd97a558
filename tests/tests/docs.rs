//! The documents against the code: their tables, their configurations, the places that they name, and every command
//! in them.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

#[path = "docs/commands.rs"]
mod commands;
#[path = "docs/gateway.rs"]
mod gateway;
#[path = "docs/hosts.rs"]
mod hosts;
#[path = "docs/markdown.rs"]
mod markdown;
#[path = "docs/places.rs"]
mod places;
#[path = "docs/tables.rs"]
mod tables;
