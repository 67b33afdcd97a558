//! Every decision of Interlink, as a pure library.

pub mod backoff;
pub mod bgp;
pub mod budget;
pub mod commit;
pub mod config;
pub mod dissect;
pub mod domain;
pub mod explain;
pub mod family;
pub mod follow;
pub mod gate;
pub mod lifecycle;
pub mod machine;
pub mod metrics;
pub mod name;
pub mod plan;
pub mod prefix;
pub mod report;
pub mod state;
pub mod table;
pub mod time;
pub mod utc;

#[cfg(test)]
mod testing;
