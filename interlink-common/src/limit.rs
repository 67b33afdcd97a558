//! How much of what passes closed gates passes at most: a flood of it would be work for the kernel behind.
//!
//! Each CPU has a window for each link and kind, and counts down what the window has left. CPUs share nothing, so the
//! limit of a NIC with several queues is at most that many times higher.

use crate::{LINK_CAPACITY, SLOTS_PER_LINK};

/// A kind of packets that share a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Limit {
    /// ARP.
    Arp,
    /// Neighbour discovery.
    NeighbourDiscovery,
    /// ICMP from router to router.
    Icmp,
    /// ICMP errors about packets of ours.
    IcmpError,
    /// LLDP and LACP, of the NIC itself.
    Control,
}

impl Limit {
    /// Every kind, in the order of its number.
    pub const ALL: [Self; 5] = [
        Self::Arp,
        Self::NeighbourDiscovery,
        Self::Icmp,
        Self::IcmpError,
        Self::Control,
    ];

    /// How many there are.
    pub const COUNT: u32 = 5;

    /// The most packets of one second, on one CPU.
    pub const fn per_second(self) -> u64 {
        match self {
            Self::Arp | Self::NeighbourDiscovery | Self::Icmp | Self::IcmpError => 1000,
            Self::Control => 100,
        }
    }

    /// The most packets of one window.
    pub const fn per_window(self) -> u64 {
        self.per_second() / WINDOWS_PER_SECOND
    }
}

const WINDOWS_PER_SECOND: u64 = 10;

/// How long a window is, in nanoseconds.
pub const WINDOW: u64 = 1_000_000_000 / WINDOWS_PER_SECOND;

/// How many windows there are at first, on each CPU.
pub const WINDOWS: u32 = LINK_CAPACITY * Limit::COUNT;

/// The window that is open, on one CPU. One that was never opened ended long ago.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Window {
    /// When it ends, on the kernel's monotonic clock, in nanoseconds.
    pub end: u64,
    /// How many more packets pass until then.
    pub left: u64,
}

impl Window {
    /// Takes one packet out of the window of a moment. False when nothing is left.
    #[inline]
    pub const fn take(&mut self, now: u64, limit: Limit) -> bool {
        if now >= self.end {
            self.end = now + WINDOW;
            self.left = limit.per_window();
        }
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        true
    }
}

/// The window of a link's slot (0: the NIC itself) and a kind.
#[inline]
pub const fn window_index(slot: u32, limit: Limit) -> u32 {
    slot / SLOTS_PER_LINK * Limit::COUNT + limit as u32
}
