//! The InterLink control plane: the product's API, served from one machine.
//!
//! [`rules`] decides, and has no IO. [`controller`] has one command after the other decided, kept by [`store`], taken
//! in, and told. The rest reads requests and writes answers.

pub mod cli;
pub mod controller;
pub mod desk;
mod ending;
mod http;
pub mod inventory;
pub mod rules;
pub mod store;
