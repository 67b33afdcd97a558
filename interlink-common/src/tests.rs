//! The layouts, held against the literal numbers: a change of one is a change of the ABI.

extern crate std;

use core::mem::{align_of, offset_of, size_of};
use std::collections::BTreeSet;
use std::vec::Vec;

use super::*;

#[test]
fn a_link_entry_has_no_padding_and_its_fields_where_the_bytes_say() {
    assert_eq!(size_of::<LinkEntry>(), LinkEntry::SIZE);
    assert_eq!(align_of::<LinkEntry>(), 8);
    let offsets = [
        offset_of!(LinkEntry, gate_v4),
        offset_of!(LinkEntry, gate_v6),
        offset_of!(LinkEntry, remote_v4),
        offset_of!(LinkEntry, local_v4),
        offset_of!(LinkEntry, remote_v6),
        offset_of!(LinkEntry, local_v6),
        offset_of!(LinkEntry, v4),
        offset_of!(LinkEntry, v6),
        offset_of!(LinkEntry, reserved),
    ];
    assert_eq!(offsets, [0, 4, 8, 48, 88, 160, 232, 244, 292]);
    let offsets = [
        offset_of!(Set6, table),
        offset_of!(Set6, count),
        offset_of!(Set6, ranges),
    ];
    assert_eq!(offsets, [0, 4, 8]);
    assert_eq!((size_of::<Set4>(), size_of::<Set6>()), (40, 72));
}

#[test]
fn a_link_entry_survives_the_map() {
    let bytes: [u8; LinkEntry::SIZE] = core::array::from_fn(|i| (i % 251).try_into().unwrap());
    let entry = LinkEntry::from_bytes(&bytes);
    assert_eq!(entry.to_bytes(), bytes);
    assert_eq!(entry.gate_v6, u32::from_ne_bytes([4, 5, 6, 7]));
    assert_eq!(entry.local_v4.table, TableId(u32::from_ne_bytes([48, 49, 50, 51])));
    assert_eq!(entry.local_v4.ranges[3].last, u32::from_ne_bytes([84, 85, 86, 87]));
    assert_eq!(entry.remote_v6.count, u32::from_ne_bytes([92, 93, 94, 95]));
    assert_eq!(
        entry.remote_v6.ranges[0].first,
        u64::from_ne_bytes([96, 97, 98, 99, 100, 101, 102, 103])
    );
    assert_eq!(entry.v4.peer, [236, 237, 238, 239]);
    assert_eq!(entry.v6.mask[15], 40);
}

#[test]
fn a_set_is_the_ranges_that_it_has_or_in_its_table() {
    let range = |first: u32, last| KeyRange { first, last };
    let ranges = [range(0, 0), range(10, 19), range(30, 30), range(u32::MAX, u32::MAX)];
    for count in 1..=ranges.len() {
        let set = Set4::of_ranges(ranges.into_iter().take(count)).unwrap();
        assert_eq!(set.ranges(), &ranges[..count]);
        for key in [0, 1, 9, 10, 19, 20, 29, 30, 31, u32::MAX - 1, u32::MAX] {
            let inside = ranges[..count]
                .iter()
                .any(|range| (range.first..=range.last).contains(&key));
            assert_eq!(set.contains(key), Some(inside), "{key} in {count} ranges");
        }
    }
    let table = Set4::in_table(TableId(7));
    assert_eq!((table.ranges(), table.contains(7)), (&[][..], None));
    assert_eq!(Set4::of_ranges([]), None);
    assert_eq!(Set4::of_ranges([range(1, 1); 5]), None);
}

#[test]
fn meta_survives_the_map() {
    assert_eq!(size_of::<Meta>(), Meta::SIZE);
    let meta = Meta::new(core::array::from_fn(|i| u8::try_from(i).unwrap()));
    assert_eq!(Meta::from_bytes(&meta.to_bytes()), meta);
    assert_eq!(meta.to_bytes()[0..4], ABI_VERSION.to_ne_bytes());
    assert_eq!(meta.to_bytes()[23], 15);
}

#[test]
fn keys_start_with_the_table_in_network_order() {
    assert_eq!(key_bytes(), [0, 0, 1, 2, 10, 20, 30, 40]);
    assert_eq!(lpm::split_v4(key_bytes()), (TableId(0x0102), [10, 20, 30, 40]));
    let address: [u8; 16] = core::array::from_fn(|i| 0x20 + u8::try_from(i).unwrap());
    let key = lpm::key_v6(TableId(0xa0b0_c0d0), address);
    assert_eq!(key[..5], [0xa0, 0xb0, 0xc0, 0xd0, 0x20]);
    assert_eq!(key[19], 0x2f);
    assert_eq!(lpm::split_v6(key), (TableId(0xa0b0_c0d0), address));
}

fn key_bytes() -> [u8; 8] {
    lpm::key_v4(TableId(0x0102), [10, 20, 30, 40])
}

#[test]
fn every_reason_is_found_by_its_code_and_has_its_own_words() {
    let names: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    let summaries: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.summary()).collect();
    assert_eq!(names.len(), Reason::ALL.len());
    assert_eq!(summaries.len(), Reason::ALL.len());
    for (code, reason) in Reason::ALL.iter().enumerate() {
        let code = u32::try_from(code).unwrap();
        assert_eq!(reason.code(), code);
        assert_eq!(Reason::from_code(code), Some(*reason));
        assert_eq!(
            reason.next_step().is_empty(),
            reason.verdict() == Verdict::Pass,
            "{}",
            reason.name()
        );
    }
    assert_eq!(Reason::from_code(Reason::COUNT), None);
    assert_eq!(Reason::Allowed.code(), 0, "an open gate is the code 0");
}

#[test]
fn no_two_counters_share_an_index_and_all_fit() {
    assert_eq!(usize::try_from(Traffic::COUNT), Ok(Traffic::ALL.len()));
    let mut seen = BTreeSet::new();
    for slot in (0..LINK_CAPACITY * SLOTS_PER_LINK).step_by(2) {
        for traffic in Traffic::ALL {
            for reason in Reason::ALL {
                let index = counter_index(slot, traffic, *reason);
                assert!(seen.insert(index));
                assert!(index < counter::COUNTERS);
                assert_eq!(
                    index,
                    counter_index(slot + 1, traffic, *reason),
                    "both slots of a link count together"
                );
            }
        }
    }
    assert_eq!(
        seen.into_iter().collect::<Vec<_>>(),
        (0..counter::COUNTERS).collect::<Vec<_>>()
    );
}

#[test]
fn what_a_nic_costs_before_its_first_prefix_stays_small() {
    let links = LINK_CAPACITY * SLOTS_PER_LINK * 88;
    let vlans = VLAN_IDS * 8;
    let counters_per_cpu = counter::COUNTERS * 16;
    let windows_per_cpu = limit::WINDOWS * 16;
    assert!(
        links + vlans + counters_per_cpu + windows_per_cpu < 160 * 1024,
        "{links} {vlans} {counters_per_cpu} {windows_per_cpu}"
    );
}

#[test]
fn no_two_windows_share_an_index_and_all_fit() {
    assert_eq!(usize::try_from(Limit::COUNT), Ok(Limit::ALL.len()));
    let slots = (0..LINK_CAPACITY * SLOTS_PER_LINK).step_by(2);
    let indices: Vec<_> = slots
        .flat_map(|slot| Limit::ALL.map(|limit| (slot, limit)))
        .map(|(slot, limit)| {
            assert_eq!(window_index(slot, limit), window_index(slot + 1, limit));
            window_index(slot, limit)
        })
        .collect();
    assert_eq!(indices, (0..limit::WINDOWS).collect::<Vec<_>>());
}

#[test]
fn a_window_lets_so_many_pass_and_the_next_as_many_again() {
    for limit in Limit::ALL {
        let mut window = Window::default();
        for begin in [0, limit::WINDOW, 7 * limit::WINDOW + 3] {
            for number in 0..limit.per_window() {
                assert!(window.take(begin + number, limit), "{limit:?}");
            }
            assert!(!window.take(begin, limit));
            assert!(!window.take(begin + limit::WINDOW - 1, limit));
        }
        assert_eq!(limit.per_window() * 1_000_000_000, limit.per_second() * limit::WINDOW);
    }
}

#[test]
fn flags_are_bits_of_one_word() {
    let all = [NicFlags::OTHER_VLANS, NicFlags::LLDP, NicFlags::LACP];
    assert_eq!(all.map(|flag| flag.0), [1, 2, 4]);
    for (number, flag) in all.into_iter().enumerate() {
        let alone = NicFlags::default().with(flag, true);
        assert_eq!(NicFlags::default().with(flag, false), NicFlags::default());
        for (other, flag) in all.into_iter().enumerate() {
            assert_eq!(alone.has(flag), number == other);
        }
    }
}
