//! The maps of the program, and the policy as they hold it.

#![expect(
    unsafe_code,
    reason = "a map's values are read in place, at addresses that the kernel gives"
)]

use aya_ebpf::{
    btf_maps::{self, ArrayOfMaps},
    helpers::bpf_ktime_get_ns,
    macros::{btf_map, map},
    maps::{Array, LpmTrie, PerCpuArray, RingBuf, lpm_trie::Key},
};
use interlink_common::{
    Budget, Counter, LINK_CAPACITY, Limit, LinkEntry, Meta, NicFlags, SLOTS_PER_LINK, Sampling, TRIE_CAPACITY, TableId,
    VLAN_IDS, Window, counter, counter_index, limit, lpm, sample,
    table::{self, PAGE_WORDS, PAGES_PER_SEGMENT, Page, Pages, SEGMENTS as SEGMENT_COUNT, Words},
    window_index,
};
use interlink_ebpf::decide::{Decision, Tables, halves};

/// `BPF_F_MMAPABLE` of linux/bpf.h.
const MMAPABLE: u32 = 1 << 10;

#[map]
pub(crate) static META: Array<[u8; Meta::SIZE]> = Array::with_max_entries(1, 0);

#[map]
static NIC: Array<u32> = Array::with_max_entries(1, MMAPABLE);

#[map]
static VLANS: Array<u32> = Array::with_max_entries(VLAN_IDS, MMAPABLE);

#[map]
static LINKS: Array<LinkEntry> = Array::with_max_entries(LINK_CAPACITY * SLOTS_PER_LINK, 0);

#[map]
static PREFIXES_V4: LpmTrie<[u8; 8], u32> = LpmTrie::with_max_entries(TRIE_CAPACITY, 0);

#[map]
static PREFIXES_V6: LpmTrie<[u8; 20], u32> = LpmTrie::with_max_entries(TRIE_CAPACITY, 0);

#[btf_map]
static SEGMENTS: ArrayOfMaps<Segment, { SEGMENT_COUNT as usize }> = ArrayOfMaps::new();

/// The verifier inlines a look-up only in arrays that are all of one size.
type Segment = btf_maps::Array<Page, { PAGES_PER_SEGMENT as usize }, { MMAPABLE as usize }>;

#[map]
static COUNTERS: PerCpuArray<Counter> = PerCpuArray::with_max_entries(counter::COUNTERS, 0);

#[map]
pub(crate) static SAMPLING: Array<Sampling> = Array::with_max_entries(1, 0);

#[map]
pub(crate) static SAMPLED: PerCpuArray<Budget> = PerCpuArray::with_max_entries(sample::BUDGETS, 0);

#[map]
pub(crate) static DROPS: RingBuf = RingBuf::with_byte_size(sample::RING_SIZE, 0);

#[map]
static WINDOWS: PerCpuArray<Window> = PerCpuArray::with_max_entries(limit::WINDOWS, 0);

/// The maps, as the decision asks them.
pub(crate) struct Maps;

impl Tables for Maps {
    #[inline(always)]
    fn nic(&self) -> NicFlags {
        NicFlags(word(&NIC, 0))
    }

    #[inline(always)]
    fn slot(&self, vlan: u16) -> u32 {
        word(&VLANS, u32::from(vlan))
    }

    #[inline(always)]
    fn link(&self, slot: u32) -> Option<&LinkEntry> {
        LINKS.get(slot)
    }

    #[inline(always)]
    fn contains_v4(&self, table: TableId, address: [u8; 4]) -> bool {
        if let Some(root) = table.root() {
            return table::contains_v4(&Flat, root, u32::from_be_bytes(address));
        }
        let aligned = KeyV4 {
            _front: 0,
            key: Key::new(lpm::TABLE_BITS + 32, lpm::key_v4(table, address)),
        };
        PREFIXES_V4.get(&aligned.key).is_some()
    }

    #[inline(always)]
    fn contains_v6(&self, table: TableId, address: [u8; 16]) -> bool {
        if let Some(root) = table.root() {
            let [high, low] = halves(address);
            return table::contains_v6(&Flat, root, high, low);
        }
        let aligned = KeyV6 {
            key: Key::new(lpm::TABLE_BITS + 128, lpm::key_v6(table, address)),
        };
        PREFIXES_V6.get(&aligned.key).is_some()
    }

    #[inline(always)]
    fn take(&self, slot: u32, limit: Limit) -> bool {
        take(window_index(slot, limit), limit)
    }
}

/// A word that user space may store to at any time; 0 where the map has none.
#[inline(always)]
fn word(map: &Array<u32>, index: u32) -> u32 {
    match map.get_ptr(index) {
        // SAFETY: the address is that of a whole `u32` in the map, and a volatile read of one aligned word takes as it
        // comes what user space stores through its own mapping.
        Some(word) => unsafe { word.read_volatile() },
        None => 0,
    }
}

/// Takes one packet out of a window.
#[inline(always)]
fn take(index: u32, limit: Limit) -> bool {
    let Some(window) = WINDOWS.get_ptr_mut(index) else {
        return false;
    };
    // SAFETY: the helper takes nothing and reads a clock.
    let now = unsafe { bpf_ktime_get_ns() };
    // SAFETY: the address is that of this CPU's own window, which only this program writes, and the program doesn't
    // interrupt itself on one CPU.
    unsafe { &mut *window }.take(now, limit)
}

/// The pages in the segments.
struct Flat;

impl Pages for Flat {
    type Page<'a> = Shared;

    #[inline(always)]
    fn page(&self, number: u32) -> Option<Shared> {
        SEGMENTS
            .get(number / PAGES_PER_SEGMENT)?
            .get_ptr(number % PAGES_PER_SEGMENT)
            .map(Shared)
    }
}

/// A page that user space may store to at any time.
struct Shared(*const Page);

impl Words for Shared {
    #[inline(always)]
    fn word(&self, index: usize) -> u64 {
        // SAFETY: the address is that of a whole page in a map, and the index is inside. A volatile read of one aligned
        // word takes what user space stores meanwhile as it comes.
        unsafe { self.0.cast::<u64>().add(index % PAGE_WORDS).read_volatile() }
    }

    // A part of a word is one load, where it is in memory as in the word.
    #[cfg(target_endian = "little")]
    #[inline(always)]
    fn half(&self, index: usize) -> u32 {
        // SAFETY: as above.
        unsafe { self.0.cast::<u32>().add(index % (PAGE_WORDS * 2)).read_volatile() }
    }

    #[cfg(target_endian = "little")]
    #[inline(always)]
    fn quarter(&self, index: usize) -> u16 {
        // SAFETY: as above.
        unsafe { self.0.cast::<u16>().add(index % (PAGE_WORDS * 4)).read_volatile() }
    }

    #[cfg(target_endian = "little")]
    #[inline(always)]
    fn byte(&self, index: usize) -> u8 {
        // SAFETY: as above.
        unsafe { self.0.cast::<u8>().add(index % (PAGE_WORDS * 8)).read_volatile() }
    }
}

/// A key whose data is at a multiple of eight bytes.
///
/// The verifier takes a store to the stack only where it is aligned, and the linker, which is told in `build.rs` that
/// reads of a packet need not be, makes one store of eight bytes where it can.
#[repr(C, align(8))]
struct KeyV4 {
    _front: u32,
    key: Key<[u8; 8]>,
}

/// The same for IPv6, where the address begins four bytes into the data.
#[repr(C, align(8))]
struct KeyV6 {
    key: Key<[u8; 20]>,
}

/// Counts a frame.
#[inline(always)]
pub(crate) fn count(decision: &Decision) {
    let Decision {
        slot,
        traffic,
        reason,
        bytes,
    } = *decision;
    if let Some(counter) = COUNTERS.get_ptr_mut(counter_index(slot, traffic, reason)) {
        // SAFETY: the address is that of this CPU's own counter, which only this program writes, and the program
        // doesn't interrupt itself on one CPU.
        let counter = unsafe { &mut *counter };
        counter.packets += 1;
        counter.bytes += bytes as u64;
    }
}
