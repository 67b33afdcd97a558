//! The XDP program: the frame and the maps in, one counter and one action out.
//!
//! On the host this is an empty program, so that `cargo build` of the workspace needs no BPF toolchain.

#![cfg_attr(target_arch = "bpf", no_std, no_main)]

#[cfg(target_arch = "bpf")]
mod maps;
#[cfg(target_arch = "bpf")]
mod program;
#[cfg(target_arch = "bpf")]
mod sample;
#[cfg(target_arch = "bpf")]
mod selftest;

#[cfg(not(target_arch = "bpf"))]
fn main() {}
