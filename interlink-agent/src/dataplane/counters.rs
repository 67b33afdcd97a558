//! What was counted.

use std::collections::BTreeMap;

use interlink_common::{Reason, SLOTS_PER_LINK, Traffic, counter_index, map};
use interlink_core::report::CounterRow;

use super::error::{Doing as _, KernelError};
use super::maps::Maps;
use super::{slots, switch};

/// The counters of a NIC and of its links that aren't zero, summed over the CPUs.
pub(super) fn read(maps: &Maps) -> Result<Vec<CounterRow>, KernelError> {
    let links: BTreeMap<_, _> = switch::slots(maps)
        .into_iter()
        .filter(|(_, slot)| slots::is_a_links(*slot, maps.capacity))
        .map(|(vlan, slot)| (slots::counter_block(slot), Some(vlan)))
        .collect();
    let mut rows = Vec::new();
    for (block, vlan) in [(0, None)].into_iter().chain(links) {
        for traffic in Traffic::ALL {
            for reason in Reason::ALL.iter().copied() {
                let [packets, bytes] = sum(maps, counter_index(block * SLOTS_PER_LINK, traffic, reason))?;
                if packets != 0 {
                    rows.push(CounterRow {
                        vlan,
                        traffic,
                        reason,
                        packets,
                        bytes,
                    });
                }
            }
        }
    }
    Ok(rows)
}

fn sum(maps: &Maps, index: u32) -> Result<[u64; 2], KernelError> {
    let by_cpu = maps
        .counters
        .get(&index, 0)
        .doing(|| format!("reading {}", map::COUNTERS))?;
    Ok(by_cpu
        .iter()
        .fold([0; 2], |[packets, bytes], [more_packets, more_bytes]| {
            [packets + more_packets, bytes + more_bytes]
        }))
}
