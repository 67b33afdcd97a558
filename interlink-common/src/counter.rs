//! Where a packet is counted.

use crate::{LINK_CAPACITY, Reason, SLOTS_PER_LINK};

/// What kind of packet a counter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Traffic {
    /// ARP, and frames that never got as far as an IP header.
    Other,
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Traffic {
    /// Every kind, in the order of its number.
    pub const ALL: [Self; 3] = [Self::Other, Self::V4, Self::V6];

    /// How many there are.
    pub const COUNT: u32 = 3;
}

/// How many counters a link has.
pub const COUNTERS_PER_LINK: u32 = Traffic::COUNT * Reason::COUNT;

/// How many counters there are at first.
pub const COUNTERS: u32 = LINK_CAPACITY * COUNTERS_PER_LINK;

/// One counter, on one CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Counter {
    /// Frames.
    pub packets: u64,
    /// Their bytes, from the Ethernet header to the end of the frame.
    pub bytes: u64,
}

/// The counter of a link's slot (0: frames of no link), a kind of traffic and a reason.
pub const fn counter_index(slot: u32, traffic: Traffic, reason: Reason) -> u32 {
    (slot / SLOTS_PER_LINK * Traffic::COUNT + traffic as u32) * Reason::COUNT + reason.code()
}
