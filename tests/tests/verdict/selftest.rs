//! The program that checks the maps at load.

use interlink_common::{ABI_VERSION, Meta};
use interlink_tests::{
    kernel::{Kernel, SELFTEST},
    packet::Frame,
};

const XDP_ABORTED: u32 = 0;
const XDP_PASS: u32 = 2;

#[test]
fn maps_of_this_abi_are_taken() {
    let mut kernel = Kernel::load();
    kernel.set_meta(Meta::new([7; 16]));
    assert_eq!(run(&kernel), XDP_PASS);
}

#[test]
fn maps_of_another_abi_or_of_none_are_refused() {
    let mut kernel = Kernel::load();
    assert_eq!(run(&kernel), XDP_ABORTED);
    for abi in [ABI_VERSION - 1, ABI_VERSION + 1, ABI_VERSION.swap_bytes()] {
        kernel.set_meta(Meta {
            abi,
            ..Meta::new([7; 16])
        });
        assert_eq!(run(&kernel), XDP_ABORTED, "ABI version {abi}");
    }
}

fn run(kernel: &Kernel) -> u32 {
    kernel.action(SELFTEST, &Frame::ethernet().carrying(0, &[]), 1).0
}
