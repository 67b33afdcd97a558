//! Frames that go out on a wire, each written anew: whoever got the last one in these bytes may have changed them.

#![expect(unsafe_code, reason = "the frame is written, at addresses that the kernel gives")]

use aya_ebpf::{
    bindings::xdp_action,
    helpers::bpf_redirect,
    macros::{map, xdp},
    maps::Array,
    programs::XdpContext,
};
use interlink_common::bench::TEMPLATE_WORDS;

use crate::rotate::next;

/// Where the checksum of an untagged IPv4 header begins, and its source address.
const CHECKSUM: usize = 14 + 10;
const SOURCE: usize = 14 + 12;

/// How each frame begins, but for its source address and the header's checksum, which stand together in `ADDRESSES`.
#[map]
static TEMPLATE: Array<[u64; TEMPLATE_WORDS]> = Array::with_max_entries(1, 0);

/// The interface that frames leave through.
#[map]
static EXIT: Array<u32> = Array::with_max_entries(1, 0);

/// Sends the frame out, from the next source address.
#[xdp]
pub(crate) fn live_v4(ctx: XdpContext) -> u32 {
    let start = ctx.data();
    let (Some(source), Some(template), Some(exit)) = (next(), TEMPLATE.get_ptr(0), EXIT.get(0)) else {
        return xdp_action::XDP_ABORTED;
    };
    if start + TEMPLATE_WORDS * size_of::<u64>() > ctx.data_end() {
        return xdp_action::XDP_ABORTED;
    }
    let (words, template) = (start as *mut u64, template.cast::<u64>());
    for index in 0..TEMPLATE_WORDS {
        // SAFETY: the element has so many words.
        let word = unsafe { *template.add(index) };
        // SAFETY: the frame's first buffer has so many, and nobody else touches it yet.
        unsafe { words.add(index).write_unaligned(word) };
    }
    // SAFETY: the element is a whole one, and holds the address, then the checksum.
    let (address, checksum) = unsafe { (*source.cast::<u32>(), *source.cast::<u16>().add(2)) };
    // SAFETY: both lie within the words above.
    unsafe { ((start + CHECKSUM) as *mut u16).write_unaligned(checksum) };
    // SAFETY: as above.
    unsafe { ((start + SOURCE) as *mut u32).write_unaligned(address) };
    // SAFETY: the helper takes two numbers.
    unsafe { bpf_redirect(*exit, 0) as u32 }
}

/// What every filter is compared with at the far end: nothing at all is asked.
#[xdp(frags)]
pub(crate) fn drop_all(_ctx: XdpContext) -> u32 {
    xdp_action::XDP_DROP
}
