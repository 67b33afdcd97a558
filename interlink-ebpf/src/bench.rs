//! The object that look-ups are measured with: each run puts the next source address into the frame, so that no table
//! stays in the cache because of one address. What is compared does the same and drops. It also has what sends such
//! frames out on a wire.

#![cfg_attr(target_arch = "bpf", no_std, no_main)]

#[cfg(target_arch = "bpf")]
mod live;
#[cfg(target_arch = "bpf")]
mod maps;
#[cfg(target_arch = "bpf")]
mod program;
#[cfg(target_arch = "bpf")]
mod rotate;
#[cfg(target_arch = "bpf")]
mod sample;

#[cfg(not(target_arch = "bpf"))]
fn main() {}
