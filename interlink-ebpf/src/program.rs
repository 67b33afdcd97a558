//! The entry point, and what an object needs to be loaded at all.

#![expect(unsafe_code, reason = "a section of the object has to be named")]

use core::panic::PanicInfo;

use aya_ebpf::{bindings::xdp_action, macros::xdp, programs::XdpContext};
use interlink_common::Verdict;
use interlink_ebpf::{decide::decide, packet::XdpPacket};

use crate::{
    maps::{Maps, count},
    sample,
};

/// Decides about a frame, counts it, shows it to who watches drops, and says so to the kernel.
#[xdp(frags)]
pub(crate) fn interlink(ctx: XdpContext) -> u32 {
    judge(&ctx)
}

/// All that there is to it.
#[inline(always)]
pub(crate) fn judge(ctx: &XdpContext) -> u32 {
    let decision = decide(&XdpPacket::new(ctx), &Maps);
    count(&decision);
    match decision.reason.verdict() {
        Verdict::Pass => xdp_action::XDP_PASS,
        Verdict::Drop => {
            sample::offer(ctx, &decision);
            xdp_action::XDP_DROP
        }
    }
}

// The verifier refuses a program that could get here, so the loop never runs.
#[panic_handler]
fn panic(_info: &PanicInfo<'_>) -> ! {
    loop {}
}

// The kernel lends some of its helpers only to programs under the GPL.
// SAFETY: the section is only read by loaders, and a string is what they expect there.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";
