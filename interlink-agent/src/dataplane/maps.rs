//! The maps of one NIC, opened from their pins.

use std::io::ErrorKind;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;

use aya::maps::{Array, LpmTrie, Map, MapData, MapError, MapType, PerCpuArray, RingBuf};
use interlink_common::{
    Budget, Counter, LINK_CAPACITY, LinkEntry, MOST_LINKS, Meta, SLOTS_PER_LINK, Sampling, TRIE_CAPACITY, VLAN_IDS,
    counter, map, sample, table,
};

use super::error::{Doing as _, KernelError};
use super::pins::NicPins;
use super::segments::Segments;
use super::sys::{self, Words};

/// `BPF_F_NO_PREALLOC` of linux/bpf.h, which a trie can't be without.
const NO_PREALLOC: u32 = 1 << 0;
/// `BPF_F_MMAPABLE` of linux/bpf.h.
const MMAPABLE: u32 = 1 << 10;

/// One trie of prefixes, whose keys carry data of this type.
pub(super) type Prefixes<D> = LpmTrie<MapData, D, u32>;

/// The maps that a NIC's program reads and counts in.
pub(super) struct Maps {
    /// For how many links there is room, the NIC's own counters among them.
    pub(super) capacity: u32,
    pub(super) meta: Array<MapData, [u8; Meta::SIZE]>,
    pub(super) nic: Words,
    pub(super) vlans: Words,
    pub(super) links: Array<MapData, [u8; LinkEntry::SIZE]>,
    pub(super) prefixes_v4: Prefixes<[u8; 8]>,
    pub(super) prefixes_v6: Prefixes<[u8; 20]>,
    pub(super) segments: Segments,
    pub(super) counters: PerCpuArray<MapData, [u64; 2]>,
    pub(super) sampling: Array<MapData, [u8; Sampling::SIZE]>,
    pub(super) sampled: PerCpuArray<MapData, [u64; 4]>,
}

/// A NIC's program and its maps.
pub(super) struct Loaded {
    pub(super) program: OwnedFd,
    pub(super) program_id: u32,
    pub(super) maps: Maps,
}

/// Why pins can't be used.
#[derive(Debug)]
pub(super) enum Unusable {
    /// They aren't whole, or not as this version would have made them.
    Broken(String),
    /// The kernel said no.
    Kernel(KernelError),
}

impl From<KernelError> for Unusable {
    fn from(error: KernelError) -> Self {
        Self::Kernel(error)
    }
}

impl From<Unusable> for KernelError {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Kernel(error) => error,
            Unusable::Broken(detail) => Self {
                doing: "opening the pinned program and its maps".to_owned(),
                detail,
            },
        }
    }
}

impl Loaded {
    /// Opens what is pinned for a NIC, after a look at whether it is as this version makes it.
    pub(super) fn open(pins: &NicPins) -> Result<Self, Unusable> {
        let path = pins.program_path();
        let program = match sys::open_pin(&path) {
            Ok(program) => program,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(missing(&path)),
            Err(error) => return Err(error).doing(|| format!("opening {}", path.display()))?,
        };
        let info = sys::program_info(program.as_fd()).doing(|| format!("reading {}", path.display()))?;

        let (links, capacity) = open_links(pins, &info.maps)?;
        let open = |name| open(pins, name, &info.maps, capacity);
        let meta = open(map::META)?;
        let nic = open(map::NIC)?;
        let vlans = open(map::VLANS)?;
        let prefixes_v4 = open(map::PREFIXES_V4)?;
        let prefixes_v6 = open(map::PREFIXES_V6)?;
        let segments = open(map::SEGMENTS)?;
        let counters = open(map::COUNTERS)?;
        let sampling = open(map::SAMPLING)?;
        let sampled = open(map::SAMPLED)?;
        // Only who watches has a use for the ring.
        open(map::DROPS)?;
        let path = &pins.directory;
        Ok(Self {
            program,
            program_id: info.id,
            maps: Maps {
                capacity,
                meta: typed(path, meta)?,
                nic: words(pins, map::NIC, &nic, 1)?,
                vlans: words(pins, map::VLANS, &vlans, VLAN_IDS)?,
                links: typed(path, links)?,
                prefixes_v4: typed(path, prefixes_v4)?,
                prefixes_v6: typed(path, prefixes_v6)?,
                segments: Segments::new(segments),
                counters: typed(path, counters)?,
                sampling: typed(path, sampling)?,
                sampled: typed(path, sampled)?,
            },
        })
    }
}

/// The ring buffer of a NIC's program, after a look at its layout.
pub(super) fn ring(pins: &NicPins) -> Result<RingBuf<MapData>, Unusable> {
    let path = pins.program_path();
    let doing = || format!("reading {}", path.display());
    let program = sys::open_pin(&path).doing(doing)?;
    let info = sys::program_info(program.as_fd()).doing(doing)?;
    Ok(typed(
        &pins.directory,
        open(pins, map::DROPS, &info.maps, LINK_CAPACITY)?,
    )?)
}

/// What tells a map of this version from others.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Layout {
    map_type: MapType,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    flags: u32,
}

/// The layout of a map, in tables that have room for so many links.
fn layout(name: &str, capacity: u32) -> Option<Layout> {
    let layout = |map_type, key_size: usize, value_size: usize, max_entries, flags| {
        Some(Layout {
            map_type,
            key_size: key_size.try_into().ok()?,
            value_size: value_size.try_into().ok()?,
            max_entries,
            flags,
        })
    };
    let array = |value_size, max_entries, flags| layout(MapType::Array, 4, value_size, max_entries, flags);
    let trie = |data_size: usize| layout(MapType::LpmTrie, 4 + data_size, 4, TRIE_CAPACITY, NO_PREALLOC);
    match name {
        map::META => array(Meta::SIZE, 1, 0),
        map::NIC => array(4, 1, MMAPABLE),
        map::VLANS => array(4, VLAN_IDS, MMAPABLE),
        map::LINKS => array(LinkEntry::SIZE, capacity * SLOTS_PER_LINK, 0),
        map::PREFIXES_V4 => trie(8),
        map::PREFIXES_V6 => trie(20),
        // What is inside needs no look: the kernel takes no other segments than those that the program reads.
        map::SEGMENTS => layout(MapType::ArrayOfMaps, 4, 4, table::SEGMENTS, 0),
        map::COUNTERS => layout(
            MapType::PerCpuArray,
            4,
            size_of::<Counter>(),
            capacity * counter::COUNTERS_PER_LINK,
            0,
        ),
        map::SAMPLING => array(Sampling::SIZE, 1, 0),
        map::SAMPLED => layout(MapType::PerCpuArray, 4, size_of::<Budget>(), sample::BUDGETS, 0),
        map::DROPS => layout(MapType::RingBuf, 0, 0, sample::RING_SIZE, 0),
        _ => None,
    }
}

/// The entries of the links, and for how many there is room.
fn open_links(pins: &NicPins, of_program: &[u32]) -> Result<(MapData, u32), Unusable> {
    let data = open_pin(pins, map::LINKS)?;
    let entries = data.info().doing(|| format!("reading {}", map::LINKS))?.max_entries();
    let capacity = entries / SLOTS_PER_LINK;
    let usable = (LINK_CAPACITY..=MOST_LINKS).contains(&capacity);
    let capacity = if usable { capacity } else { LINK_CAPACITY };
    Ok((checked(pins, map::LINKS, data, of_program, capacity)?, capacity))
}

fn open(pins: &NicPins, name: &str, of_program: &[u32], capacity: u32) -> Result<MapData, Unusable> {
    checked(pins, name, open_pin(pins, name)?, of_program, capacity)
}

fn open_pin(pins: &NicPins, name: &str) -> Result<MapData, Unusable> {
    let path = pins.map_path(name);
    match MapData::from_pin(&path) {
        Ok(data) => Ok(data),
        Err(MapError::SyscallError(error)) if error.io_error.kind() == ErrorKind::NotFound => Err(missing(&path)),
        Err(error) => Err(error).doing(|| format!("opening {}", path.display()))?,
    }
}

fn checked(pins: &NicPins, name: &str, data: MapData, of_program: &[u32], capacity: u32) -> Result<MapData, Unusable> {
    let path = pins.map_path(name);
    let info = data.info().doing(|| format!("reading {}", path.display()))?;
    let found = info.map_type().ok().map(|map_type| Layout {
        map_type,
        key_size: info.key_size(),
        value_size: info.value_size(),
        max_entries: info.max_entries(),
        flags: info.map_flags(),
    });
    if found != layout(name, capacity) {
        let detail = format!("{} has another layout than this version's", path.display());
        return Err(Unusable::Broken(detail));
    }
    // The program proper has no use for META.
    if name != map::META && !of_program.contains(&info.id()) {
        let detail = format!("{} is not the map that the program uses", path.display());
        return Err(Unusable::Broken(detail));
    }
    Ok(data)
}

fn words(pins: &NicPins, name: &str, data: &MapData, count: u32) -> Result<Words, KernelError> {
    Words::map(data.fd().as_fd(), count).doing(|| format!("mapping {}", pins.map_path(name).display()))
}

fn typed<M: TryFrom<Map, Error = MapError>>(directory: &Path, data: MapData) -> Result<M, KernelError> {
    Map::from_map_data(data)
        .and_then(M::try_from)
        .doing(|| format!("opening the maps in {}", directory.display()))
}

fn missing(path: &Path) -> Unusable {
    Unusable::Broken(format!("{} is missing", path.display()))
}
