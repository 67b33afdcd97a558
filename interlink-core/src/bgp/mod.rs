//! The BGP speaker, without its sockets (RFC 4271).
//!
//! # The contract
//!
//! * [`Speaker::follow`] takes what is wanted; [`Speaker::handle`] takes one fact.
//! * [`Speaker::poll_effect`] gives the next thing to do. Drain it after every call of the others.
//! * [`Speaker::poll_timeout`] tells when [`Speaker::handle_timeout`] wants to be called.
//!
//! Of each [`Effect::Send`] it is told when the kernel took it, and sends no routes before; so a peer that reads
//! nothing fills no memory of ours. The same inputs at the same times with the same seed give the same effects.
//!
//! [`Speaker::follow`]: speaker::Speaker::follow
//! [`Speaker::handle`]: speaker::Speaker::handle
//! [`Speaker::handle_timeout`]: speaker::Speaker::handle_timeout
//! [`Speaker::poll_effect`]: speaker::Speaker::poll_effect
//! [`Speaker::poll_timeout`]: speaker::Speaker::poll_timeout
//! [`Effect::Send`]: effect::Effect::Send

pub mod codec;
pub mod effect;
pub mod export;
pub mod import;
pub mod rib;
pub mod session;
pub mod speaker;

#[cfg(test)]
mod testing;
