//! Routes and interfaces of a real kernel, read back with `ip -j` and never with our own code. Needs root.

#![expect(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking, and a bulk test how long it took by printing"
)]

#[path = "netlink/bulk.rs"]
mod bulk;
#[path = "netlink/changes.rs"]
mod changes;
#[path = "netlink/foreign.rs"]
mod foreign;
#[path = "netlink/interfaces.rs"]
mod interfaces;
#[path = "netlink/mirror.rs"]
mod mirror;
#[path = "netlink/refusals.rs"]
mod refusals;
#[path = "netlink/replace.rs"]
mod replace;
#[path = "netlink/routes.rs"]
mod routes;
#[path = "netlink/strays.rs"]
mod strays;
#[path = "netlink/support.rs"]
mod support;
