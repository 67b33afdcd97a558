//! A frame whose source address is another in each run.

#![expect(unsafe_code, reason = "the frame is written, at addresses that the kernel gives")]

use aya_ebpf::{
    bindings::xdp_action,
    macros::{map, xdp},
    maps::{Array, ProgramArray},
    programs::XdpContext,
};
use interlink_common::bench::ADDRESS_COUNT;
use interlink_ebpf::{
    packet::XdpPacket,
    parse::{self, ETHERTYPE_IPV4, ETHERTYPE_IPV6},
};

use crate::program::judge;

/// Where the source address of an untagged IPv4 packet begins, and that of an IPv6 packet.
const SOURCE_V4: usize = 14 + 12;
const SOURCE_V6: usize = 14 + 8;

/// The source addresses. Those of IPv4 are in the first four bytes.
#[map]
static ADDRESSES: Array<[u64; 2]> = Array::with_max_entries(ADDRESS_COUNT, 1 << 10);

/// The address whose turn it is.
#[map]
static TURN: Array<u32> = Array::with_max_entries(1, 0);

/// Somebody else's program, which takes the frame over.
#[map]
static RIVAL: ProgramArray = ProgramArray::with_max_entries(1, 0);

#[xdp(frags)]
pub(crate) fn bare_v4(ctx: XdpContext) -> u32 {
    rotate::<u32, 1>(&ctx, SOURCE_V4);
    xdp_action::XDP_DROP
}

#[xdp(frags)]
pub(crate) fn bare_v6(ctx: XdpContext) -> u32 {
    rotate::<u64, 2>(&ctx, SOURCE_V6);
    xdp_action::XDP_DROP
}

#[xdp(frags)]
pub(crate) fn parsed_v4(ctx: XdpContext) -> u32 {
    rotate::<u32, 1>(&ctx, SOURCE_V4);
    parsed(&ctx)
}

#[xdp(frags)]
pub(crate) fn parsed_v6(ctx: XdpContext) -> u32 {
    rotate::<u64, 2>(&ctx, SOURCE_V6);
    parsed(&ctx)
}

#[xdp(frags)]
pub(crate) fn judged_v4(ctx: XdpContext) -> u32 {
    rotate::<u32, 1>(&ctx, SOURCE_V4);
    judge(&ctx)
}

#[xdp(frags)]
pub(crate) fn judged_v6(ctx: XdpContext) -> u32 {
    rotate::<u64, 2>(&ctx, SOURCE_V6);
    judge(&ctx)
}

/// Without `frags`: a program calls only those that take the same frames.
#[xdp]
pub(crate) fn handed_v4(ctx: XdpContext) -> u32 {
    rotate::<u32, 1>(&ctx, SOURCE_V4);
    // SAFETY: the context is the one that the kernel gave.
    unsafe { RIVAL.tail_call(&ctx, 0) };
    xdp_action::XDP_ABORTED
}

/// What it takes to find the addresses.
#[inline(always)]
fn parsed(ctx: &XdpContext) -> u32 {
    let packet = XdpPacket::new(ctx);
    let is_whole = parse::layer2(&packet).is_ok_and(|layer2| match layer2.ethertype {
        ETHERTYPE_IPV4 => parse::ipv4(&packet, layer2.payload).is_ok(),
        ETHERTYPE_IPV6 => parse::ipv6(&packet, layer2.payload).is_ok(),
        _ => false,
    });
    if is_whole {
        xdp_action::XDP_DROP
    } else {
        xdp_action::XDP_ABORTED
    }
}

/// Puts the next address into the frame: so many words of it.
#[inline(always)]
fn rotate<Word: Copy, const COUNT: usize>(ctx: &XdpContext, at: usize) {
    let Some(source) = next() else {
        return;
    };
    let target = ctx.data() + at;
    if target + COUNT * size_of::<Word>() > ctx.data_end() {
        return;
    }
    let (source, target) = (source.cast::<Word>(), target as *mut Word);
    for index in 0..COUNT {
        // SAFETY: an address of either family has no more words than an element, and the element is a whole one.
        let word = unsafe { *source.add(index) };
        // SAFETY: the bytes lie inside the frame's first buffer, and nobody else touches it while the program runs.
        unsafe { target.add(index).write_unaligned(word) };
    }
}

/// The element whose turn it is.
#[inline(always)]
pub(crate) fn next() -> Option<*const [u64; 2]> {
    let turn = TURN.get_ptr_mut(0)?;
    // SAFETY: the address is that of the one element, which nobody else uses while the program is measured.
    let index = unsafe { *turn };
    // SAFETY: as above.
    unsafe { *turn = index.wrapping_add(1) };
    ADDRESSES.get_ptr(index % ADDRESS_COUNT)
}
