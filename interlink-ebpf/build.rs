//! Tells the linker, which generates the program's code, that the kernel's machine reads words at any address.
//!
//! Without it each word of a packet is put together from its bytes: nothing in a packet is known to be aligned. Where
//! the machine can't, the kernel's verifier refuses such reads, so only machines known to are listed.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |variable: &str, values: &[&str]| env::var(variable).is_ok_and(|value| values.contains(&value.as_str()));
    if is("CARGO_CFG_TARGET_ARCH", &["bpf"]) && is("CARGO_CFG_BPF_TARGET_ARCH", &["x86_64", "aarch64"]) {
        println!("cargo::rustc-link-arg-bins=--cpu-features=+allows-misaligned-mem-access");
    }
}
