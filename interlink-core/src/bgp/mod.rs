//! The BGP speaker, without its sockets (RFC 4271).

pub mod codec;
pub mod export;
pub mod import;
pub mod rib;

#[cfg(test)]
mod testing;
