//! The compiled tables against the sets that they were made of.

mod foreign;
mod lists;
mod sizes;

use proptest::prelude::*;

use interlink_common::table::{FIRST_PAGE, ListKind, PAGE_WORDS, Reference};

use super::*;
use crate::prefix::Prefix;
use crate::testing::{any_prefix, cases};

#[test]
fn nothing_and_everything_are_a_root_alone() {
    check::<Ipv4Addr>(&[], &["0.0.0.0", "255.255.255.255"]);
    check::<Ipv6Addr>(&[], &["::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]);
    let arena = check::<Ipv4Addr>(&["0.0.0.0/0"], &["0.0.0.0", "10.0.0.1", "255.255.255.255"]);
    assert_eq!(arena.bytes(), 16 << 10);
    check::<Ipv6Addr>(
        &["::/0"],
        &["::", "2001:db8::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    );
}

#[test]
fn a_few_prefixes_cost_little() {
    let prefixes = ["10.0.0.0/8", "192.0.2.0/24", "198.51.100.7/32", "203.0.113.128/25"];
    let arena = check::<Ipv4Addr>(
        &prefixes,
        &["198.51.100.7", "198.51.100.8", "203.0.113.127", "203.0.113.128"],
    );
    assert!(arena.bytes() <= 32 << 10, "{}", arena.bytes());
}

#[test]
fn every_place_in_a_block_is_its_own() {
    for bit in [0, 1, 62, 63, 64, 65, 127, 128, 191, 192, 254, 255] {
        let host = format!("192.0.2.{bit}/32");
        let around: Vec<_> = (0..=255).map(|bit| format!("192.0.2.{bit}")).collect();
        check::<Ipv4Addr>(&[&host], &around.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn more_mixed_parts_than_fit_into_a_line_are_found_in_pages_of_their_own() {
    // What a line holds, one more, and all that its values can be; then those of several lines and pages.
    for (length, counts) in [(32, [1_u32, 24, 25, 128, 4096]), (31, [1, 12, 13, 128, 4096])] {
        for count in counts {
            let parts: Vec<Prefix<Ipv4Addr>> = (0..count)
                .map(|i| Prefix::containing(Ipv4Addr::from_bits(0x0a00_0000 + i * 256 + i % 251), length))
                .collect();
            check_neighbours(&parts);
        }
    }
    for count in [1_u128, 3, 4, 128, 257, 4096] {
        let networks: Vec<Prefix<Ipv6Addr>> = (0..count)
            .map(|i| Prefix::containing(Ipv6Addr::from_bits(0x2a00_u128 << 112 | i << 104 | i << 64), 64))
            .collect();
        check_neighbours(&networks);
    }
}

#[test]
fn a_range_ends_in_the_middle_of_a_value_behind_others_that_are_whole() {
    for length in 24..=32 {
        for whole in [0_u32, 1, 2, 4094] {
            let end = Ipv4Addr::from_bits(0x0a00_0000 + whole * 256);
            let values = (0..whole).map(|value| Prefix::containing(Ipv4Addr::from_bits(0x0a00_0000 + value * 256), 24));
            check_neighbours(&values.chain([Prefix::containing(end, length)]).collect::<Vec<_>>());
        }
    }
    let networks: [Prefix<Ipv6Addr>; 2] = ["2000::/24", "2000:100::/48"].map(crate::testing::prefix);
    check_neighbours(&networks);
}

#[test]
fn a_line_mixes_hosts_ranges_and_blocks() {
    let parts = [
        "10.0.0.1/32",
        "10.0.1.4/31",
        "10.0.2.1/32",
        "10.0.2.9/32",
        "10.0.64.7/32",
        "10.0.65.0/24",
    ];
    for leave_out in 0..=parts.len() {
        let some: Vec<Prefix<Ipv4Addr>> = (parts.iter().enumerate())
            .filter(|(index, _)| *index != leave_out)
            .map(|(_, part)| Prefix::try_from_net(part.parse().unwrap()).unwrap())
            .collect();
        check_neighbours(&some);
    }
}

#[test]
fn a_long_list_is_split_and_found() {
    for count in [126_u128, 127, 128, 129, 20_000] {
        let networks: Vec<Prefix<Ipv6Addr>> = (0..count)
            .map(|i| Prefix::containing(Ipv6Addr::from_bits(0x2001_0db8 << 96 | i << 65), 64))
            .collect();
        check_neighbours(&networks);
        let hosts: Vec<Prefix<Ipv6Addr>> = (0..count)
            .map(|i| Prefix::containing(Ipv6Addr::from_bits(0x2001_0db8 << 96 | i << 1), 128))
            .collect();
        check_neighbours(&hosts);
    }
}

#[test]
fn a_range_may_begin_and_end_anywhere_in_both_keys() {
    let points: Vec<u128> = [0_u128, 1, LAST - 1, LAST]
        .iter()
        .flat_map(|low| [0_u128, 1, 2, (1 << 40) - 1].map(|high| 0x0020_010d << 104 | high << 40 | low))
        .collect();
    for first in &points {
        for last in points.iter().filter(|last| first <= last) {
            let set = range_set(*first, *last);
            let mut arena = Arena::default();
            let Ok(root) = compile(&mut arena, &set);
            for point in points
                .iter()
                .flat_map(|point| [point.wrapping_sub(1), *point, point.wrapping_add(1)])
            {
                let address = Ipv6Addr::from_bits(point);
                assert_eq!(
                    address.is_in(&arena, root),
                    set.contains(address),
                    "{address} in {first:x}-{last:x}"
                );
            }
        }
    }
}

#[test]
fn a_short_list_ends_at_its_ends() {
    for key in [0_u128, 1, 2, 254, 255, 256, 0xffff_fffe, 0xffff_ffff] {
        let network = Ipv6Addr::from_bits(0x0020_010d << 104 | key << 72);
        check_neighbours(&[Prefix::containing(network, 56)]);
        check_neighbours(&[Prefix::containing(network, 56), Prefix::containing(network, 32)]);
    }
    for count in [3_u128, 4, 7, 8, 15, 16, 100, 255, 256, 257, 1000] {
        let networks: Vec<Prefix<Ipv6Addr>> = (0..count)
            .map(|i| Prefix::containing(Ipv6Addr::from_bits(0x0020_010d << 104 | (i * 0x3456) << 72), 56))
            .collect();
        check_neighbours(&networks);
    }
}

/// The highest last key of an address.
const LAST: u128 = (1 << 40) - 1;

#[test]
fn tables_of_one_arena_dont_touch_each_other() {
    let sets: Vec<PrefixSet<Ipv4Addr>> = [["10.0.0.0/9", "10.128.0.1/32"], ["10.128.0.0/9", "10.0.0.1/32"]]
        .map(|prefixes| prefixes.into_iter().map(crate::testing::prefix).collect())
        .to_vec();
    let mut arena = Arena::default();
    let roots: Vec<_> = sets
        .iter()
        .map(|set| {
            let Ok(root) = compile(&mut arena, set);
            root
        })
        .collect();
    for address in ["10.0.0.1", "10.0.0.2", "10.128.0.1", "10.128.0.2"].map(|text| text.parse::<Ipv4Addr>().unwrap()) {
        for (set, root) in sets.iter().zip(&roots) {
            assert_eq!(address.is_in(&arena, *root), set.contains(address));
        }
    }
}

#[test]
fn what_no_compiler_wrote_is_no_set() {
    let mut arena = Arena::default();
    let set: PrefixSet<Ipv6Addr> = [crate::testing::prefix("2001:db8::/64")].into_iter().collect();
    let Ok(root) = compile(&mut arena, &set);
    assert_eq!(decode_all::<Ipv6Addr>(&arena, root), Some(set));
    assert_eq!(decode_all::<Ipv6Addr>(&arena, root + 1), None, "of another root");
    assert_eq!(
        decode_all::<Ipv6Addr>(&Arena::default(), root),
        None,
        "of no page at all"
    );
}

#[test]
fn a_page_that_refers_to_itself_is_read_no_longer_than_others() {
    let mut arena = Arena::default();
    let (Ok(root), Ok(page)) = (arena.take_root(), arena.take_page());
    let all_of_it = Reference {
        page,
        first: 0,
        more: 127,
        kind: ListKind::FirstKey,
    };
    let words: [u64; PAGE_WORDS] = std::array::from_fn(|index| {
        if index % 2 == 0 {
            index as u64
        } else {
            all_of_it.to_word()
        }
    });
    arena.write(page, &words);
    for number in root..root + ROOT_PAGES {
        arena.write(number, &[u64::from(page) << 32 | u64::from(page); PAGE_WORDS]);
    }
    assert_eq!(decode_all::<Ipv6Addr>(&arena, root), None);
    assert_eq!(decode_all::<Ipv4Addr>(&arena, root), None);
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn ipv4_tables_that_somebody_changed_are_read_as_the_program_reads_them(
        prefixes in prop::collection::vec(any_prefix::<Ipv4Addr>(), 1..60),
        changes in prop::collection::vec(any::<Change>(), 1..4),
    ) {
        check_changed(&prefixes, &changes);
    }

    #[test]
    fn ipv6_tables_that_somebody_changed_are_read_as_the_program_reads_them(
        prefixes in prop::collection::vec(any_prefix::<Ipv6Addr>(), 1..60),
        changes in prop::collection::vec(any::<Change>(), 1..4),
    ) {
        check_changed(&prefixes, &changes);
    }

    #[test]
    fn ipv4_tables_agree_with_their_sets(prefixes in prop::collection::vec(any_prefix::<Ipv4Addr>(), 0..60)) {
        check_neighbours(&prefixes);
    }

    #[test]
    fn ipv6_tables_agree_with_their_sets(prefixes in prop::collection::vec(any_prefix::<Ipv6Addr>(), 0..60)) {
        check_neighbours(&prefixes);
    }
}

/// Compiles, and compares at the given addresses.
fn check<A: Flat + std::str::FromStr<Err: std::fmt::Debug>>(prefixes: &[&str], addresses: &[&str]) -> Arena {
    let set: PrefixSet<A> = prefixes.iter().map(|text| crate::testing::prefix(text)).collect();
    let mut arena = Arena::default();
    let Ok(root) = compile(&mut arena, &set);
    for address in addresses {
        let address: A = address.parse().unwrap();
        assert_eq!(
            address.is_in(&arena, root),
            set.contains(address),
            "{address} in {prefixes:?}"
        );
    }
    arena
}

/// A page, a word of it, and a bit of that, each to be taken modulo how many there are.
type Change = (u32, usize, u32);

/// Changes bits of a compiled table. If it still reads as a set, that must be what the program finds.
fn check_changed<A: Flat>(prefixes: &[Prefix<A>], changes: &[Change]) {
    let set: PrefixSet<A> = prefixes.iter().copied().collect();
    let mut arena = Arena::default();
    let Ok(root) = compile(&mut arena, &set);
    for (page, word, bit) in changes {
        let count = u32::try_from(arena.pages().len()).unwrap();
        let number = FIRST_PAGE + page % count;
        let mut words = *arena.page(number).unwrap();
        words[word % PAGE_WORDS] ^= 1 << (bit % 64);
        arena.write(number, &words);
    }
    let Some(found) = decode_all::<A>(&arena, root) else {
        return;
    };
    let points = prefixes.iter().map(|prefix| (prefix.network(), prefix.last()));
    for (first, last) in points.chain(found.ranges().iter().map(|range| (range.first, range.last))) {
        for address in [Some(first), Some(last), first.predecessor(), last.successor()]
            .into_iter()
            .flatten()
        {
            assert_eq!(address.is_in(&arena, root), found.contains(address), "{address}");
        }
    }
}

/// How many pages the table of prefixes takes.
fn pages_of<A: Flat>(prefixes: &[Prefix<A>]) -> usize {
    let mut arena = Arena::default();
    let Ok(_) = compile(&mut arena, &prefixes.iter().copied().collect());
    arena.pages().len()
}

fn decode_all<A: Flat>(arena: &Arena, root: u32) -> Option<PrefixSet<A>> {
    decode(arena, root, u32::try_from(arena.pages().len()).unwrap()).set
}

/// Compiles, reads back, and compares at each prefix's first and last address, and at those before and behind.
fn check_neighbours<A: Flat>(prefixes: &[Prefix<A>]) {
    let set: PrefixSet<A> = prefixes.iter().copied().collect();
    let mut arena = Arena::default();
    let Ok(root) = compile(&mut arena, &set);
    let count = u32::try_from(arena.pages().len()).unwrap();
    let Decoded {
        set: decoded,
        mut pages,
    } = decode(&arena, root, count);
    assert_eq!(decoded, Some(set.clone()));
    pages.sort_unstable();
    pages.dedup();
    assert_eq!(
        pages,
        (FIRST_PAGE..FIRST_PAGE + count).collect::<Vec<_>>(),
        "each page is part of the table"
    );
    for prefix in prefixes {
        let (first, last) = (prefix.network(), prefix.last());
        for address in [Some(first), Some(last), first.predecessor(), last.successor()]
            .into_iter()
            .flatten()
        {
            assert_eq!(
                address.is_in(&arena, root),
                set.contains(address),
                "{address} near {prefix}"
            );
        }
    }
}

/// The set of the addresses from one to another.
fn range_set(first: u128, last: u128) -> PrefixSet<Ipv6Addr> {
    let from_first: PrefixSet<Ipv6Addr> = at_least(first);
    let behind_last: PrefixSet<Ipv6Addr> = last.checked_add(1).map_or_else(PrefixSet::default, at_least);
    from_first.difference(&behind_last)
}

/// The set of the addresses from one on.
fn at_least(first: u128) -> PrefixSet<Ipv6Addr> {
    let first = Ipv6Addr::from_bits(first);
    (0..=128_u8)
        .map(|length| Prefix::containing(first, length))
        .filter_map(|prefix| {
            prefix
                .last()
                .successor()
                .map(|next| Prefix::containing(next, prefix.length()))
        })
        .filter(|prefix| prefix.network() > first)
        .chain([Prefix::containing(first, 128)])
        .collect()
}
