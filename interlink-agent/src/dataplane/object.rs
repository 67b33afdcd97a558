//! The eBPF object as `build.rs` made it.

/// The ELF file that is loaded into the kernel.
pub const OBJECT: &[u8] = aya::include_bytes_aligned!(env!("INTERLINK_OBJECT"));

/// The same program behind a rotation of source addresses, for measurements.
#[cfg(feature = "bench-object")]
pub const BENCH_OBJECT: &[u8] = aya::include_bytes_aligned!(env!("INTERLINK_BENCH_OBJECT"));

/// Tells one build of the object from another: equal sources and an equal toolchain give an equal digest.
pub const DIGEST: [u8; 16] = match u128::from_str_radix(env!("INTERLINK_OBJECT_DIGEST"), 16) {
    Ok(digest) => digest.to_be_bytes(),
    Err(_) => panic!("build.rs sets 32 hex digits"),
};
