//! What the XDP program decides about one frame, as a library that knows neither the kernel nor a map.
//!
//! [`decide`](decide::decide) reads a frame through [`Packet`](packet::Packet) and the policy through
//! [`Tables`](decide::Tables). The program in `main.rs` gives it the kernel's views of both; on the host any slice is
//! a packet, so the same code has ordinary tests.
//!
//! Addresses are in network byte order throughout, as the packet and the maps hold them; every other number is in the
//! machine's order once it has left [`parse`].

#![no_std]
#![expect(
    clippy::inline_always,
    reason = "the verifier loses a packet's bounds where a pointer crosses a call"
)]

pub mod decide;
pub mod packet;
pub mod parse;
