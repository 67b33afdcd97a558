//! What the tables of a NIC take of the kernel's memory.

use std::fs;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd};

use interlink_common::map;
use interlink_common::table::{PAGES_PER_SEGMENT, Page};
use interlink_core::metrics::TableMemory;
use interlink_core::name::InterfaceName;

use super::error::{Doing as _, KernelError};
use super::pins::NicPins;
use super::segments::{SEGMENT_COUNT, VACANT};
use super::sys;

/// What a segment takes.
const SEGMENT_BYTES: u64 = PAGES_PER_SEGMENT as u64 * size_of::<Page>() as u64;

/// Each pinned map of a NIC, as the kernel accounts for it. The segments are counted with their array.
pub(super) fn read(nic: &InterfaceName, pins: &NicPins) -> Result<Vec<TableMemory>, KernelError> {
    let of_map = |table: &'static str| {
        let path = pins.map_path(table);
        let doing = || format!("reading what {} takes", path.display());
        let map = sys::open_pin(&path).doing(doing)?;
        let mut bytes = memlock(map.as_fd()).doing(doing)?;
        if table == map::SEGMENTS {
            bytes += segments(map.as_fd()).doing(doing)? * SEGMENT_BYTES;
        }
        Ok(TableMemory {
            nic: nic.to_string(),
            table,
            bytes,
        })
    };
    map::ALL.into_iter().map(of_map).collect()
}

/// How many places of the array hold a segment. The one map that stands for none has an id of its own.
fn segments(outer: BorrowedFd<'_>) -> io::Result<u64> {
    let vacant = sys::inner_map_id(outer, VACANT)?;
    let mut count = 0;
    for place in 0..SEGMENT_COUNT {
        let id = sys::inner_map_id(outer, place)?;
        count += u64::from(id.is_some() && id != vacant);
    }
    Ok(count)
}

/// What the kernel says of the map behind a file descriptor.
fn memlock(map: BorrowedFd<'_>) -> io::Result<u64> {
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", map.as_raw_fd()))?;
    let line = info.lines().find_map(|line| line.strip_prefix("memlock:"));
    let bytes = line.and_then(|bytes| bytes.trim().parse().ok());
    bytes.ok_or_else(|| io::Error::other("the kernel tells no memlock of it"))
}
