//! What lies where takes no more pages than it must, and no fewer.

use std::net::{Ipv4Addr, Ipv6Addr};

use interlink_common::table::{Pages as _, ROOT_PAGES};

use super::{Arena, PrefixSet, check_neighbours, compile, pages_of};
use crate::prefix::Prefix;

/// The pages of a root, and of one node.
const ROOT_AND_NODE: usize = 9;

#[test]
fn a_line_holds_24_hosts_or_12_ranges_and_what_is_more_goes_into_full_pages() {
    for (length, counts) in [
        (
            32,
            [(1, 0), (24, 0), (25, 1), (1024, 1), (1025, 1), (1049, 2), (4096, 4)],
        ),
        (
            31,
            [(1, 0), (12, 0), (13, 1), (1024, 1), (1025, 1), (1037, 2), (4096, 4)],
        ),
    ] {
        for (count, behind) in counts {
            let parts: Vec<Prefix<Ipv4Addr>> = (0..count)
                .map(|i| Prefix::containing(Ipv4Addr::from_bits(0x0a00_0000 + i * 256 + 4), length))
                .collect();
            check_neighbours(&parts);
            assert_eq!(pages_of(&parts), ROOT_AND_NODE + behind, "{count} of /{length}");
        }
    }
}

#[test]
fn blocks_fill_pages_that_the_entries_name_by_number() {
    for (count, blocks, entries) in [
        (1, 1, 1),
        (64, 1, 1),
        (65, 2, 1),
        (200, 4, 1),
        (896, 14, 1),
        (1023, 16, 2),
        (4096, 64, 5),
    ] {
        let parts: Vec<Prefix<Ipv4Addr>> = (0..count)
            .flat_map(|i| {
                [i % 200, 255].map(|host| Prefix::containing(Ipv4Addr::from_bits(0x0a00_0000 + i * 256 + host), 32))
            })
            .collect();
        check_neighbours(&parts);
        assert_eq!(pages_of(&parts), ROOT_AND_NODE + blocks + entries, "{count} blocks");
    }
}

#[test]
fn lists_fill_pages_one_behind_the_other() {
    // A /64 by itself is three pairs of two words, so 42 of them fill a page; three references fit into a line.
    for (count, lists, entries) in [
        (1, 1, 0),
        (3, 1, 0),
        (4, 1, 1),
        (42, 1, 1),
        (43, 2, 1),
        (128, 4, 1),
        (256, 7, 1),
        (260, 7, 2),
    ] {
        let networks: Vec<Prefix<Ipv6Addr>> = (0..count)
            .map(|i| Prefix::containing(Ipv6Addr::from_bits(0x2a00_u128 << 112 | i << 104 | 5 << 64), 64))
            .collect();
        check_neighbours(&networks);
        assert_eq!(
            pages_of(&networks),
            ROOT_AND_NODE + lists + entries,
            "{count} long lists"
        );
    }
    // A /48 by itself is a block of eight bounds, so 64 of them fill a page.
    for (count, lists, entries) in [(1, 1, 0), (64, 1, 1), (65, 2, 1), (128, 2, 1), (129, 3, 1)] {
        let networks: Vec<Prefix<Ipv6Addr>> = (0..count)
            .map(|i| Prefix::containing(Ipv6Addr::from_bits(0x2a00_u128 << 112 | i << 104 | 5 << 80), 48))
            .collect();
        check_neighbours(&networks);
        assert_eq!(
            pages_of(&networks),
            ROOT_AND_NODE + lists + entries,
            "{count} short lists"
        );
    }
}

#[test]
fn a_line_without_mixed_values_is_nothing_but_its_bits() {
    let mut arena = Arena::default();
    let parts: PrefixSet<Ipv4Addr> = ["10.0.0.0/24", "10.1.0.9/32"]
        .map(crate::testing::prefix)
        .into_iter()
        .collect();
    let Ok(root) = compile(&mut arena, &parts);
    let node = arena.page(root + ROOT_PAGES).unwrap();
    let bits: Vec<_> = (0..node.len()).filter(|word| node[*word] != 0).collect();
    // 10.1.0.0/24 is value 256, the first of the fifth group and of the third line, where its place and its entry are.
    assert_eq!(bits, [0, 17, 20, 21]);
}

#[test]
fn a_short_list_fills_a_page_before_it_becomes_a_long_one() {
    // Each network that touches no other is two bounds more than the first.
    for (count, lists) in [(35, 1), (36, 1), (100, 1), (255, 1), (256, 5)] {
        let networks: Vec<Prefix<Ipv6Addr>> = (1..=count)
            .map(|i| Prefix::containing(Ipv6Addr::from_bits(0x2000_u128 << 112 | i << 73), 56))
            .collect();
        check_neighbours(&networks);
        assert_eq!(pages_of(&networks), ROOT_AND_NODE + lists, "{count} networks");
    }
}

#[test]
fn a_long_list_fills_a_page_before_it_is_split() {
    // The first pair is that of the first network, so each network is two.
    for (count, lists) in [(64, 1), (65, 2)] {
        let networks: Vec<Prefix<Ipv6Addr>> = (0..count)
            .map(|i| Prefix::containing(Ipv6Addr::from_bits(0x2000_u128 << 112 | i << 65), 64))
            .collect();
        check_neighbours(&networks);
        assert_eq!(pages_of(&networks), ROOT_AND_NODE + lists, "{count} networks");
    }
}
