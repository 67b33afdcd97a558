//! The gateway's daemon and its command line: every socket, file, clock, netlink and BPF call of Interlink.
//!
//! Nothing here decides what a protocol or a policy means; that is `interlink-core`. [`driver`] is the loop between
//! the two.

pub mod api;
mod bgp;
pub mod cli;
mod clock;
pub mod control;
pub mod dataplane;
pub mod driver;
pub mod exit;
pub mod follow;
mod log;
mod metrics;
pub mod netlink;
pub mod out;
mod process;
pub mod source;
mod supervisor;
