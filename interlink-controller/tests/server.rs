//! The controller as a process, asked over sockets: every endpoint, every kind of error, hostile input, kills.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

#[path = "server/access.rs"]
mod access;
#[path = "server/client.rs"]
mod client;
#[path = "server/desk.rs"]
mod desk;
#[path = "server/endpoints.rs"]
mod endpoints;
#[path = "server/errors.rs"]
mod errors;
#[path = "server/events.rs"]
mod events;
#[path = "server/hostile.rs"]
mod hostile;
#[path = "server/kills.rs"]
mod kills;
#[path = "server/lists.rs"]
mod lists;
#[path = "server/many.rs"]
mod many;
#[path = "server/process.rs"]
mod process;
