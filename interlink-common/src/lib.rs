//! The ABI between the XDP program and user space.
//!
//! Both sides compile this crate, so a layout, a limit or a reason can't differ between them. User space moves the
//! types through the kernel as plain bytes ([`LinkEntry::to_bytes`], [`Meta::to_bytes`]), the program reads them in
//! place; `tests.rs` holds the two views together.
//!
//! Addresses are in network byte order, integers in the machine's.

#![no_std]

pub mod bench;
pub mod counter;
pub mod limit;
pub mod link;
pub mod lpm;
pub mod meta;
pub mod nic;
pub mod reason;
pub mod sample;
pub mod set;
pub mod table;

pub use counter::{Counter, Traffic, counter_index};
pub use limit::{Limit, Window, window_index};
pub use link::{Interconnect4, Interconnect6, LinkEntry};
pub use meta::Meta;
pub use nic::NicFlags;
pub use reason::{Reason, Verdict};
pub use sample::{Budget, Sample, Sampling};
pub use set::{KeyRange, Set, Set4, Set6, TableId};

/// Changes whenever a map's layout or the meaning of its content does. It names the directory of our pins, so a
/// program never reads what another version wrote.
pub const ABI_VERSION: u32 = 1;

/// For how many links the maps of a NIC have room at first.
///
/// Counter block 0 belongs to the NIC itself (frames of no link), so links take the blocks from 1 on. Where more are
/// needed user space makes the maps larger, up to [`MOST_LINKS`]: the program looks at no limit but theirs.
pub const LINK_CAPACITY: u32 = 64;

/// For how many links the maps have room at most: one for each VLAN id, and the NIC's own block.
pub const MOST_LINKS: u32 = VLAN_IDS;

/// Each link owns two slots and uses one: the other is where its next state is built before it is switched to.
pub const SLOTS_PER_LINK: u32 = 2;

/// The size of the table from VLAN id to slot. Id 0 stands for frames without a tag.
pub const VLAN_IDS: u32 = 4096;

/// The most prefixes that the tries hold for one family, of every link and direction together.
///
/// Tries are allocated as they grow, so a large limit costs nothing. It leaves room for two whole policies at once,
/// because a new one is built beside the old.
pub const TRIE_CAPACITY: u32 = 1 << 22;

/// The names of the maps, as the object and the pins spell them.
pub mod map {
    /// One [`Meta`](crate::Meta): which object wrote the other maps.
    pub const META: &str = "META";
    /// One `u32`: the [`NicFlags`](crate::NicFlags).
    pub const NIC: &str = "NIC";
    /// VLAN id to slot, a `u32` each; 0 is no link. The one word whose store switches a link to its new state.
    pub const VLANS: &str = "VLANS";
    /// Slot to [`LinkEntry`](crate::LinkEntry).
    pub const LINKS: &str = "LINKS";
    /// The IPv4 prefixes, keyed by [`lpm::key_v4`](crate::lpm::key_v4).
    pub const PREFIXES_V4: &str = "PREFIXES_V4";
    /// The IPv6 prefixes, keyed by [`lpm::key_v6`](crate::lpm::key_v6).
    pub const PREFIXES_V6: &str = "PREFIXES_V6";
    /// The pages of flat tables: one map for each segment of them.
    pub const SEGMENTS: &str = "SEGMENTS";
    /// Per-CPU [`Traffic`](crate::Traffic), indexed by [`counter_index`](crate::counter_index).
    pub const COUNTERS: &str = "COUNTERS";
    /// One [`Sampling`](crate::Sampling): which dropped frames somebody watches.
    pub const SAMPLING: &str = "SAMPLING";
    /// Per-CPU [`Budget`](crate::Budget), indexed by the code of a reason.
    pub const SAMPLED: &str = "SAMPLED";
    /// The ring buffer of [`Sample`](crate::Sample)s.
    pub const DROPS: &str = "DROPS";
    /// Per-CPU [`Window`](crate::Window), indexed by [`window_index`](crate::window_index). It ends with its program.
    pub const WINDOWS: &str = "WINDOWS";

    /// Every map that is pinned.
    pub const ALL: [&str; 11] = [
        META,
        NIC,
        VLANS,
        LINKS,
        PREFIXES_V4,
        PREFIXES_V6,
        SEGMENTS,
        COUNTERS,
        SAMPLING,
        SAMPLED,
        DROPS,
    ];
}

/// The name of the XDP program inside the object.
pub const PROGRAM: &str = "interlink";

#[cfg(test)]
mod tests;
