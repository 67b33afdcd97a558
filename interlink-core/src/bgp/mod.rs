//! The BGP speaker, without its sockets (RFC 4271).

pub mod codec;

#[cfg(test)]
mod testing;
