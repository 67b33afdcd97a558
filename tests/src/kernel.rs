//! The object, loaded into this machine's kernel and attached to nothing.
//!
//! Its frames come from `BPF_PROG_TEST_RUN`, and its maps are filled without any code of the agent's.

use std::{
    fmt,
    io::ErrorKind,
    iter,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    ops::Range,
    thread,
    time::Duration,
};

use aya::{
    Ebpf, EbpfLoader,
    maps::{Array, ArrayOfMaps, LpmTrie, MapData, PerCpuArray, PerCpuValues, ProgramArray, lpm_trie::Key},
    programs::{ProgramError, ProgramFd, TestRun, TestRunOptions, Xdp},
    util::nr_cpus,
};
use interlink_agent::dataplane::object::{BENCH_OBJECT, OBJECT};
use interlink_common::{
    Counter, Interconnect4, Interconnect6, LINK_CAPACITY, Limit, LinkEntry, Meta, NicFlags, PROGRAM, Reason,
    SLOTS_PER_LINK, Set, Set4, Set6, TableId, Traffic, Verdict, Window, counter, counter_index, lpm, map,
    table::{FIRST_PAGE, PAGES_PER_SEGMENT, Page},
    window_index,
};
use interlink_core::{
    prefix::{Address, Prefix, PrefixSet},
    table::{Arena, Flat, Keyed, TableChoice, compile, few},
};
use ipnet::IpNet;

use crate::model::{Interconnect, Link, Network};

const XDP_DROP: u32 = 1;
const XDP_PASS: u32 = 2;

/// The program that checks the maps at load.
pub const SELFTEST: &str = "interlink_selftest";

/// Those that rotate source addresses, and then drop, parse, judge, or hand over.
const BENCH_PROGRAMS: [&str; 7] = [
    "bare_v4",
    "bare_v6",
    "parsed_v4",
    "parsed_v6",
    "judged_v4",
    "judged_v6",
    "handed_v4",
];

/// The loaded object.
#[derive(Debug)]
pub struct Kernel {
    ebpf: Ebpf,
    tables: TableChoice,
    flat: Arena,
}

type Segment = Array<MapData, Page>;

impl Kernel {
    /// Loads the object; its maps say that no link exists, and that no limit is ever reached.
    pub fn load() -> Self {
        Self::load_object(OBJECT, &[PROGRAM, SELFTEST])
    }

    /// Loads the object whose programs rotate source addresses.
    pub fn load_bench() -> Self {
        Self::load_object(BENCH_OBJECT, &BENCH_PROGRAMS)
    }

    fn load_object(object: &[u8], programs: &[&str]) -> Self {
        let mut ebpf = EbpfLoader::new().load(object).unwrap_or_else(|error| {
            panic!("this test needs root and a kernel that takes BPF programs; loading the object failed: {error:?}")
        });
        for name in programs {
            offer(xdp_mut(&mut ebpf, name)).unwrap_or_else(|error| panic!("the verifier refused `{name}`: {error}"));
        }
        let mut kernel = Self {
            ebpf,
            tables: TableChoice::default(),
            flat: Arena::default(),
        };
        for slot in (0..LINK_CAPACITY * SLOTS_PER_LINK).step_by(2) {
            for limit in Limit::ALL {
                kernel.set_left(slot, limit, u64::MAX);
            }
        }
        kernel
    }

    /// Loads the object and tells it of a network, in tables of this kind.
    pub fn with(network: &Network, tables: TableChoice) -> Self {
        let mut kernel = Self::load();
        kernel.set_nic(network);
        kernel.tables = tables;
        for (vlan, link) in &network.links {
            kernel.set_vlan(*vlan, link.slot);
            if link.slot < LINK_CAPACITY * SLOTS_PER_LINK {
                kernel.set_link(link);
            }
        }
        kernel
    }

    /// Says what the NIC lets pass beside its links.
    pub fn set_nic(&mut self, network: &Network) {
        let flags = NicFlags::default()
            .with(NicFlags::OTHER_VLANS, network.other_vlans)
            .with(NicFlags::LLDP, network.lldp)
            .with(NicFlags::LACP, network.lacp);
        let mut nic: Array<_, u32> = self.map_mut(map::NIC).try_into().unwrap();
        nic.set(0, flags.0, 0).unwrap();
    }

    /// Opens a window that never ends, with so much left in it, on each CPU.
    pub fn set_left(&mut self, slot: u32, limit: Limit, left: u64) {
        self.set_window(slot, limit, Window { end: u64::MAX, left });
    }

    /// Sets a window on each CPU.
    pub fn set_window(&mut self, slot: u32, limit: Limit, window: Window) {
        let mut windows: PerCpuArray<_, [u64; 2]> = self.map_mut(map::WINDOWS).try_into().unwrap();
        let everywhere = vec![[window.end, window.left]; nr_cpus().unwrap()];
        let values = PerCpuValues::try_from(everywhere).unwrap();
        windows.set(window_index(slot, limit), values, 0).unwrap();
    }

    /// Says of what kind the tables of sets to come are.
    pub fn set_tables(&mut self, tables: TableChoice) {
        self.tables = tables;
    }

    /// Says which source addresses take turns.
    pub fn set_sources(&mut self, sources: &[IpAddr]) {
        let mut addresses: Array<_, [u8; 16]> = self.map_mut("ADDRESSES").try_into().unwrap();
        for (index, source) in (0..).zip(sources) {
            let mut bytes = [0; 16];
            match source {
                IpAddr::V4(source) => bytes[..4].copy_from_slice(&source.octets()),
                IpAddr::V6(source) => bytes = source.octets(),
            }
            addresses.set(index, bytes, 0).unwrap();
        }
    }

    /// Says which program takes over the frames that `handed_v4` is given.
    pub fn set_rival(&mut self, program: &ProgramFd) {
        let mut rival: ProgramArray<_> = self.map_mut("RIVAL").try_into().unwrap();
        rival.set(0, program, 0).unwrap();
    }

    /// Says which slot the frames of a VLAN belong to.
    pub fn set_vlan(&mut self, vlan: u16, slot: u32) {
        let mut vlans: Array<_, u32> = self.map_mut(map::VLANS).try_into().unwrap();
        vlans.set(u32::from(vlan), slot, 0).unwrap();
    }

    /// Writes a link's entry and its prefixes.
    pub fn set_link(&mut self, link: &Link) {
        let mut entry = LinkEntry {
            gate_v4: link.gate_v4,
            gate_v6: link.gate_v6,
            ..LinkEntry::default()
        };
        for interconnect in &link.interconnects {
            set_interconnect(&mut entry, interconnect);
        }
        // Numbers whose bytes differ from each other: read in the wrong order, they name no table.
        let table = |which: u32| TableId((link.slot << 16) | which);
        (entry.remote_v4, entry.remote_v6) = self.add_prefixes(&link.remote, table(0x11), table(0x12));
        (entry.local_v4, entry.local_v6) = self.add_prefixes(&link.local, table(0x21), table(0x22));
        self.set_entry(link.slot, &entry);
    }

    /// Writes a link's entry alone.
    pub fn set_entry(&mut self, slot: u32, entry: &LinkEntry) {
        let mut links: Array<_, [u8; LinkEntry::SIZE]> = self.map_mut(map::LINKS).try_into().unwrap();
        links.set(slot, entry.to_bytes(), 0).unwrap();
    }

    /// Writes a set: its ranges, if it is one of few, or its table.
    pub fn add_set<A: Flat + Keyed + Into<IpAddr>>(&mut self, set: &PrefixSet<A>, in_tries: TableId) -> Set<A::Key> {
        match few(set).filter(|_| self.tables == TableChoice::Flat) {
            Some(few) => few,
            None => self.add_table(set, in_tries),
        }
    }

    /// Writes the table of a set.
    pub fn add_table<A: Flat + Keyed + Into<IpAddr>>(&mut self, set: &PrefixSet<A>, in_tries: TableId) -> Set<A::Key> {
        if set.is_empty() {
            return Set::default();
        }
        if self.tables == TableChoice::Flat {
            let written = self.flat.pages().len();
            let Ok(root) = compile(&mut self.flat, set);
            self.write_pages_from(written);
            return Set::in_table(TableId::flat(root));
        }
        for prefix in set.prefixes() {
            self.add_to_trie(prefix.net(), in_tries);
        }
        Set::in_table(in_tries)
    }

    /// Writes prefixes into a table of the tries as they are, with those that lie in others.
    pub fn add_prefixes_to_trie<A: Address>(&mut self, prefixes: &[Prefix<A>], table: TableId) -> TableId {
        for prefix in prefixes {
            self.add_to_trie(prefix.net(), table);
        }
        table
    }

    /// The memory of the flat tables, in bytes.
    pub fn flat_bytes(&self) -> usize {
        self.flat.bytes()
    }

    /// Says who wrote the maps.
    pub fn set_meta(&mut self, meta: Meta) {
        let mut metas: Array<_, [u8; Meta::SIZE]> = self.map_mut(map::META).try_into().unwrap();
        metas.set(0, meta.to_bytes(), 0).unwrap();
    }

    /// What the program does with a frame of at least 14 bytes, the least that the kernel takes.
    pub fn run(&self, frame: &[u8]) -> Verdict {
        self.run_repeatedly(PROGRAM, frame, 1).0
    }

    /// Runs one of the programs on a frame as often as asked: the verdict, and the time of one run on average.
    pub fn run_repeatedly(&self, program: &str, frame: &[u8], repeat: u32) -> (Verdict, Duration) {
        let (action, time) = self.action(program, frame, repeat);
        match action {
            XDP_PASS => (Verdict::Pass, time),
            XDP_DROP => (Verdict::Drop, time),
            action => panic!("the program returned action {action} for {}", Hex(frame)),
        }
    }

    /// The same with the action that the program returned, whatever it is.
    pub fn action(&self, program: &str, frame: &[u8], repeat: u32) -> (u32, Duration) {
        let xdp: &Xdp = self.ebpf.program(program).unwrap().try_into().unwrap();
        let options = TestRunOptions {
            data_in: Some(frame),
            repeat,
            ..TestRunOptions::new()
        };
        let result = xdp
            .test_run(options)
            .unwrap_or_else(|error| panic!("BPF_PROG_TEST_RUN failed: {error:?}; the frame: {}", Hex(frame)));
        (result.return_value, result.duration)
    }

    /// How many instructions the verifier followed before it took the program.
    pub fn instructions_verified(&self) -> u32 {
        let xdp: &Xdp = self.ebpf.program(PROGRAM).unwrap().try_into().unwrap();
        xdp.info().unwrap().verified_instruction_count().unwrap()
    }

    /// One counter, of all CPUs together.
    pub fn counter(&self, index: u32) -> Counter {
        let counters: PerCpuArray<&MapData, [u64; 2]> = self.ebpf.map(map::COUNTERS).unwrap().try_into().unwrap();
        let [packets, bytes] = counters
            .get(&index, 0)
            .unwrap()
            .iter()
            .fold([0; 2], |[packets, bytes], cpu| [packets + cpu[0], bytes + cpu[1]]);
        Counter { packets, bytes }
    }

    /// Every counter that isn't zero, with its index.
    pub fn counters(&self) -> Vec<(u32, Counter)> {
        self.counters_within(0..counter::COUNTERS)
    }

    /// Those of the link of a slot; of slot 0, those of the NIC itself.
    pub fn counters_of(&self, slot: u32) -> Vec<(u32, Counter)> {
        let first = |slot| counter_index(slot, Traffic::ALL[0], Reason::ALL[0]);
        let slot = slot - slot % SLOTS_PER_LINK;
        self.counters_within(first(slot)..first(slot + SLOTS_PER_LINK))
    }

    fn counters_within(&self, indices: Range<u32>) -> Vec<(u32, Counter)> {
        indices
            .map(|index| (index, self.counter(index)))
            .filter(|(_, counter)| *counter != Counter::default())
            .collect()
    }

    fn add_prefixes(&mut self, prefixes: &[IpNet], table_v4: TableId, table_v6: TableId) -> (Set4, Set6) {
        let of_family = |v4: bool| prefixes.iter().filter(move |prefix| prefix.addr().is_ipv4() == v4);
        if self.tables == TableChoice::Flat {
            let (v4, v6) = (
                of_family(true).map(|net| Prefix::try_from_net(*net).unwrap()).collect(),
                of_family(false)
                    .map(|net| Prefix::try_from_net(*net).unwrap())
                    .collect(),
            );
            return (
                self.add_set::<Ipv4Addr>(&v4, table_v4),
                self.add_set::<Ipv6Addr>(&v6, table_v6),
            );
        }
        // As they are, with those that lie in others.
        let mut used = (Set4::default(), Set6::default());
        for prefix in of_family(true) {
            self.add_to_trie(*prefix, table_v4);
            used.0 = Set::in_table(table_v4);
        }
        for prefix in of_family(false) {
            self.add_to_trie(*prefix, table_v6);
            used.1 = Set::in_table(table_v6);
        }
        used
    }

    fn add_to_trie(&mut self, prefix: IpNet, table: TableId) {
        let length = lpm::TABLE_BITS + u32::from(prefix.prefix_len());
        match prefix.network() {
            IpAddr::V4(address) => {
                let key = Key::new(length, lpm::key_v4(table, address.octets()));
                let mut trie: LpmTrie<_, [u8; 8], u32> = self.map_mut(map::PREFIXES_V4).try_into().unwrap();
                trie.insert(&key, 0, 0).unwrap();
            }
            IpAddr::V6(address) => {
                let key = Key::new(length, lpm::key_v6(table, address.octets()));
                let mut trie: LpmTrie<_, [u8; 20], u32> = self.map_mut(map::PREFIXES_V6).try_into().unwrap();
                trie.insert(&key, 0, 0).unwrap();
            }
        }
    }

    /// Copies pages into the segments, from so many on.
    fn write_pages_from(&mut self, written: usize) {
        const MMAPABLE: u32 = 1 << 10;
        let segments = self.ebpf.map_mut(map::SEGMENTS).unwrap();
        let mut segments: ArrayOfMaps<_, Segment> = segments.try_into().unwrap();
        let pages: Vec<_> = (FIRST_PAGE..).zip(self.flat.pages()).skip(written).collect();
        for pages in pages.chunk_by(|(a, _), (b, _)| a / PAGES_PER_SEGMENT == b / PAGES_PER_SEGMENT) {
            let number = pages[0].0 / PAGES_PER_SEGMENT;
            let mut segment = segments.get(&number, 0).unwrap_or_else(|_| {
                let new = Segment::create(PAGES_PER_SEGMENT, MMAPABLE).unwrap();
                segments.set(number, &new, 0).unwrap();
                new
            });
            for (number, page) in pages {
                segment.set(number % PAGES_PER_SEGMENT, *page, 0).unwrap();
            }
        }
    }

    fn map_mut(&mut self, name: &str) -> &mut aya::maps::Map {
        self.ebpf
            .map_mut(name)
            .unwrap_or_else(|| panic!("the object has no map `{name}`"))
    }
}

/// Loads a program, again where the verifier gave up because its thread got a signal.
pub(crate) fn offer(program: &mut Xdp) -> Result<(), ProgramError> {
    let interrupted = |error: &ProgramError| matches!(error, ProgramError::LoadError { io_error, .. } if io_error.kind() == ErrorKind::WouldBlock);
    let mut result = program.load();
    for _ in 0..20 {
        if !result.as_ref().is_err_and(interrupted) {
            break;
        }
        thread::sleep(Duration::from_millis(10));
        result = program.load();
    }
    result
}

fn xdp_mut<'a>(ebpf: &'a mut Ebpf, name: &str) -> &'a mut Xdp {
    let program = ebpf
        .program_mut(name)
        .unwrap_or_else(|| panic!("the object has no program `{name}`"));
    program.try_into().unwrap()
}

fn set_interconnect(entry: &mut LinkEntry, interconnect: &Interconnect) {
    let Interconnect { ours, peer, subnet } = *interconnect;
    match (ours, peer, subnet.netmask()) {
        (IpAddr::V4(ours), IpAddr::V4(peer), IpAddr::V4(mask)) => {
            entry.v4 = Interconnect4 {
                ours: ours.octets(),
                peer: peer.octets(),
                mask: mask.octets(),
            };
        }
        (IpAddr::V6(ours), IpAddr::V6(peer), IpAddr::V6(mask)) => {
            entry.v6 = Interconnect6 {
                ours: ours.octets(),
                peer: peer.octets(),
                mask: mask.octets(),
            };
        }
        _ => panic!("{interconnect:?} mixes families"),
    }
}

/// What a counter's index stands for: the block of the link (half of its slots' numbers), traffic, reason.
pub fn describe(index: u32) -> String {
    for slot in (0..LINK_CAPACITY * SLOTS_PER_LINK).step_by(2) {
        for traffic in Traffic::ALL {
            for reason in Reason::ALL {
                if counter_index(slot, traffic, *reason) == index {
                    return format!("slots {slot} and {}, {traffic:?}, {}", slot + 1, reason.name());
                }
            }
        }
    }
    format!("no counter has index {index}")
}

/// Bytes, as hex digits.
#[derive(Clone, Copy, Debug)]
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let breaks = iter::once("").chain(iter::repeat(" "));
        self.0.chunks(4).zip(breaks).try_for_each(|(word, space)| {
            f.write_str(space)?;
            word.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
        })
    }
}
