//! Dropped frames, for who watches.

#![expect(
    unsafe_code,
    reason = "a map's values are read in place, at addresses that the kernel gives"
)]

use aya_ebpf::{
    bindings::{BPF_RB_NO_WAKEUP, xdp_md},
    helpers::{bpf_get_smp_processor_id, bpf_ktime_get_ns, bpf_xdp_get_buff_len, bpf_xdp_load_bytes},
    programs::XdpContext,
};
use interlink_common::{Reason, SLOTS_PER_LINK, Sample, Sampling, sample::CAPTURED};
use interlink_ebpf::decide::Decision;

use crate::maps::{DROPS, SAMPLED, SAMPLING};

/// Puts a dropped frame into the ring buffer, if somebody asks for its like. While nobody does, that costs a load and
/// a comparison.
#[inline(always)]
pub(crate) fn offer(ctx: &XdpContext, decision: &Decision) {
    let Some(asked) = SAMPLING.get_ptr_mut(0) else { return };
    // SAFETY: the address is that of a whole `Sampling` in the map. User space may write it at any time, which a
    // volatile read of one aligned word takes as it comes.
    if unsafe { (&raw const (*asked).until).read_volatile() } == 0 {
        return;
    }
    take(ctx.ctx, asked, decision);
}

/// Ends what a watcher that is gone asked for, and takes a sample if one is wanted.
#[inline(always)]
fn take(ctx: *mut xdp_md, asked: *mut Sampling, decision: &Decision) {
    let Decision {
        slot, traffic, reason, ..
    } = *decision;
    // SAFETY: as above. A copy that is half of one request and half of the next asks for frames of either.
    let wanted = unsafe { asked.read_volatile() };
    // SAFETY: the helper has no conditions.
    let now = unsafe { bpf_ktime_get_ns() };
    if wanted.until < now {
        // SAFETY: as above, and the program may write its maps.
        unsafe { (&raw mut (*asked).until).write_volatile(0) };
        return;
    }
    if !wanted.wants(slot / SLOTS_PER_LINK, reason) {
        return;
    }
    let Some(budget) = SAMPLED.get_ptr_mut(reason.code()) else {
        return;
    };
    // SAFETY: the address is that of this CPU's own value, which only this program writes, and the program doesn't
    // interrupt itself on one CPU.
    let budget = unsafe { &mut *budget };
    if !budget.take(now, wanted.per_second) {
        return;
    }
    let Some(mut sample) = DROPS.reserve::<Sample>(0) else {
        budget.lost += 1;
        return;
    };
    if fill(sample.as_mut_ptr(), ctx, now, slot, traffic as u32, reason) {
        // Who watches looks by itself, so that a flood doesn't pay for waking it.
        sample.submit(BPF_RB_NO_WAKEUP.into());
    } else {
        budget.lost += 1;
        sample.discard(BPF_RB_NO_WAKEUP.into());
    }
}

/// Writes a sample, and says whether the frame could be read.
#[inline(always)]
fn fill(sample: *mut Sample, ctx: *mut xdp_md, time: u64, slot: u32, traffic: u32, reason: Reason) -> bool {
    // SAFETY: the context is the kernel's own and lives as long as the program's run.
    let length = unsafe { bpf_xdp_get_buff_len(ctx) };
    let captured = captured(length);
    // SAFETY: the address is that of a whole sample in the ring buffer, which is this run's alone until it is
    // submitted; no field is read. The helper writes `captured` bytes, at most as many as `data` has.
    unsafe {
        (&raw mut (*sample).time).write(time);
        (&raw mut (*sample).length).write(length as u32);
        (&raw mut (*sample).cpu).write(bpf_get_smp_processor_id());
        (&raw mut (*sample).slot).write(slot);
        (&raw mut (*sample).traffic).write(traffic);
        (&raw mut (*sample).reason).write(reason.code());
        (&raw mut (*sample).captured).write(captured);
        bpf_xdp_load_bytes(ctx, 0, (&raw mut (*sample).data).cast(), captured) == 0
    }
}

/// How much of a frame of this length is taken, as the verifier of Linux 6.1 can follow it: of a comparison with zero
/// it learns nothing, of a mask it does. No frame is empty, and of one that is the helper would say that it's too short.
#[inline(always)]
fn captured(length: u64) -> u32 {
    const MASK: u64 = CAPTURED as u64 - 1;
    const { assert!(CAPTURED.is_power_of_two()) };
    ((length.min(CAPTURED as u64).wrapping_sub(1) & MASK) + 1) as u32
}
