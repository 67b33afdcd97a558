//! Lists of bounds that somebody has changed in one place.

use std::net::Ipv6Addr;

use interlink_common::table::{
    FIRST_PAGE, Form, IN, LINE_ENTRIES, LINE_PLACE, ListKind, NO_BOUND, OUT, PAGE_WORDS, Page, Pages, Place,
    ROOT_PAGES, Reference,
};

use super::foreign::{changed, set};
use super::{Arena, PrefixSet, Store, compile, decode_all};

/// The first page behind the root, and the one of its only list.
const NODE: u32 = FIRST_PAGE + ROOT_PAGES;
const LIST: u32 = NODE + 1;

/// A short list with the bounds 0, 0x500 and 0x600.
const SHORT: [&str; 1] = ["2000:0:5::/48"];
/// A long list with the bounds 0, 5 << 24 and 6 << 24 of the first key.
const LONG: [&str; 1] = ["2000:0:0:5::/64"];

#[test]
fn the_bounds_of_a_short_list_ascend_from_zero_and_fill_its_blocks_from_the_front() {
    for (bounds, found) in [
        (vec![0, 0x500, 0x600], Some(set(&SHORT))),
        (vec![0, 0x500, 0x501], Some(set(&["2000:0:5::/56"]))),
        (vec![0], Some(PrefixSet::default())),
        (vec![0, 0], Some(set(&["2000::/24"]))),
        (vec![], None),
        (vec![1, 0x500, 0x600], None),
        (vec![0, 0x500, 0x500], None),
        (vec![0, 0x600, 0x500], None),
        (vec![0, NO_BOUND, 0x600], None),
        (
            vec![0, 0x500, NO_BOUND, 0x600, NO_BOUND, NO_BOUND, NO_BOUND, 0x700],
            None,
        ),
        (vec![NO_BOUND, 0, 0x500, 0x600], None),
        (
            vec![0, 1, 2, 3, 4, 5, 6, 7],
            Some(set(&["2000:0:0:100::/56", "2000:0:0:300::/56", "2000:0:0:500::/56"]).union(&from_key_7())),
        ),
    ] {
        let read = changed::<Ipv6Addr>(&SHORT, LIST, |page| {
            *page = [u64::MAX; PAGE_WORDS];
            for (index, bound) in bounds.iter().enumerate() {
                let half = index % 2 * 32;
                page[index / 2] = page[index / 2] & !(u64::from(u32::MAX) << half) | u64::from(*bound) << half;
            }
        });
        assert_eq!(read, found, "{bounds:x?}");
    }
}

#[test]
fn a_short_list_ends_with_its_page() {
    let blocks = |page: &mut Page| {
        for block in 0..PAGE_WORDS / 4 {
            page[block * 4..block * 4 + 4].copy_from_slice(&[0x500 << 32, u64::MAX, u64::MAX, u64::MAX]);
        }
    };
    for (first, more, is_set) in [
        (0, 0, true),
        (63, 0, true),
        (64, 0, false),
        (62, 0, true),
        (63, 1, false),
        (0, 7, false),
        (0, 64, false),
    ] {
        let mut arena = arena(&SHORT);
        edit(&mut arena, LIST, blocks);
        refer(&mut arena, |list| (list.first, list.more) = (first, more));
        assert_eq!(
            decode_all::<Ipv6Addr>(&arena, FIRST_PAGE).is_some(),
            is_set,
            "{first} {more}"
        );
    }
    // Two blocks from the last place but one are inside, if they are one list.
    let mut arena = arena(&SHORT);
    edit(&mut arena, LIST, |page| {
        page[248..].copy_from_slice(&[
            1 << 32,
            3 << 32 | 2,
            5 << 32 | 4,
            7 << 32 | 6,
            9 << 32 | 8,
            u64::MAX,
            u64::MAX,
            u64::MAX,
        ]);
    });
    refer(&mut arena, |list| (list.first, list.more) = (62, 1));
    assert!(decode_all::<Ipv6Addr>(&arena, FIRST_PAGE).is_some());
}

#[test]
fn a_reference_is_in_the_node_or_a_page_and_no_host() {
    let read = |change: fn(&mut Place)| {
        let mut arena = arena(&SHORT);
        edit(&mut arena, NODE, |node| {
            node[255] = node[LINE_ENTRIES];
            // Read as the reference too, if somebody counts past the page's end; it says that some values are in.
            node[0] = node[LINE_ENTRIES];
            let mut place = Place::from_word(node[LINE_PLACE]);
            change(&mut place);
            node[LINE_PLACE] = place.to_word();
        });
        decode_all::<Ipv6Addr>(&arena, FIRST_PAGE).is_some()
    };
    assert!(read(|_| {}));
    assert!(read(|place| place.first = 255));
    assert!(!read(|place| place.first = 256));
    assert!(!read(|place| place.form = Form::Hosts));
    assert!(read(|place| (place.page, place.first) = (NODE, 255)));
    assert!(!read(|place| (place.page, place.first) = (NODE, 256)));
}

#[test]
fn the_pairs_of_a_long_list_ascend_from_zero_inside_their_page() {
    let part = |key: u64| key << 24;
    let (inside, outside) = (u64::from(IN), u64::from(OUT));
    for (pairs, found) in [
        ([(0, outside), (part(5), inside), (part(6), outside)], Some(set(&LONG))),
        ([(0, outside), (part(5), inside), (part(5), outside)], None),
        ([(0, outside), (part(6), inside), (part(5), outside)], None),
        ([(1, outside), (part(5), inside), (part(6), outside)], None),
        ([(0, outside), (0, inside), (part(6), outside)], None),
        (
            [(0, inside), (part(1), outside), (part(2), outside)],
            Some(set(&["2000::/64"])),
        ),
    ] {
        let read = changed::<Ipv6Addr>(&LONG, LIST, |page| {
            for (index, (bound, value)) in pairs.iter().enumerate() {
                (page[index * 2], page[index * 2 + 1]) = (*bound, *value);
            }
        });
        assert_eq!(read, found, "{pairs:x?}");
    }
    for (first, more, is_set) in [
        (0, 0, true),
        (127, 0, true),
        (128, 0, false),
        (126, 1, true),
        (127, 1, false),
        (0, 2, true),
    ] {
        let mut arena = arena(&LONG);
        edit(&mut arena, LIST, |page| {
            (page[252], page[254]) = (0, (first == 126).into());
        });
        refer(&mut arena, |list| (list.first, list.more) = (first, more));
        assert_eq!(
            decode_all::<Ipv6Addr>(&arena, FIRST_PAGE).is_some(),
            is_set,
            "{first} {more}"
        );
    }
}

#[test]
fn a_long_list_is_about_the_key_that_is_to_be_told_apart() {
    for (kind, found) in [(ListKind::FirstKey, Some(set(&LONG))), (ListKind::LastKey, None)] {
        let mut arena = arena(&LONG);
        refer(&mut arena, |list| list.kind = kind);
        assert_eq!(decode_all::<Ipv6Addr>(&arena, FIRST_PAGE), found, "{kind:?}");
    }
}

#[test]
fn as_many_lists_lead_to_an_address_as_the_program_passes_and_no_more() {
    for first_keys in 1..=7 {
        for last_keys in 0..=7 {
            let is_set = first_keys + last_keys <= 6;
            let read = decode_all::<Ipv6Addr>(&chain(first_keys, last_keys), FIRST_PAGE);
            let whole = if last_keys == 0 {
                "2000::/24"
            } else {
                "2000::500:0:0/88"
            };
            assert_eq!(read, is_set.then(|| set(&[whole])), "{first_keys} and {last_keys}");
        }
    }
}

#[test]
fn what_is_below_a_pair_of_several_first_keys_is_not_about_the_last() {
    let mut arena = chain(1, 1);
    assert!(decode_all::<Ipv6Addr>(&arena, FIRST_PAGE).is_some());
    edit(&mut arena, LIST + 1, |page| page[4] += 1);
    assert_eq!(decode_all::<Ipv6Addr>(&arena, FIRST_PAGE), None);
}

#[test]
fn lists_that_are_read_more_often_than_there_are_pages_for_are_no_set() {
    // Ten pages have room for 10240 bounds or pairs.
    for (parts, most) in [(SHORT, 10_240 / 8), (LONG, 10_240 / 3)] {
        for (times, is_set) in [(1, true), (most, true), (most + 1, false), (4096, false)] {
            let mut arena = arena(&parts);
            for page in 0..ROOT_PAGES {
                edit(&mut arena, FIRST_PAGE + page, |words| {
                    *words = std::array::from_fn(|word| {
                        let half = |half| u64::from(page as usize * 512 + word * 2 + half < times) * u64::from(NODE);
                        half(0) | half(1) << 32
                    });
                });
            }
            assert_eq!(
                decode_all::<Ipv6Addr>(&arena, FIRST_PAGE).is_some(),
                is_set,
                "{parts:?} {times} times"
            );
        }
    }
}

/// A table whose lists follow each other: so many of the first key, then so many of the last, of the key 5.
fn chain(first_keys: usize, last_keys: usize) -> Arena {
    let mut arena = arena(&LONG);
    let pages: Vec<_> = (0..first_keys + last_keys)
        .map(|_| {
            let Ok(page) = arena.take_page();
            page
        })
        .collect();
    let divides = |index: usize| index + 1 == first_keys && last_keys > 0;
    let word = |index: usize| {
        pages.get(index).map_or(u64::from(IN), |page| {
            Reference {
                page: *page,
                first: 0,
                more: if divides(index) { 2 } else { 0 },
                kind: if index < first_keys {
                    ListKind::FirstKey
                } else {
                    ListKind::LastKey
                },
            }
            .to_word()
        })
    };
    for (index, page) in pages.iter().enumerate() {
        let next = word(index + 1);
        edit(&mut arena, *page, |words| {
            if divides(index) {
                words[..6].copy_from_slice(&[0, OUT.into(), 5, next, 6, OUT.into()]);
            } else {
                words[..2].copy_from_slice(&[0, next]);
            }
        });
    }
    edit(&mut arena, NODE, |node| node[LINE_ENTRIES] = word(0));
    arena
}

/// What is in from the key 7 of a short list on.
fn from_key_7() -> PrefixSet<Ipv6Addr> {
    set(&["2000::/24"]).difference(
        &(0..7)
            .map(|key| key << 72)
            .map(|key| super::Prefix::containing(Ipv6Addr::from_bits(0x2000 << 112 | key), 56))
            .collect(),
    )
}

fn arena(parts: &[&str]) -> Arena {
    let mut arena = Arena::default();
    let Ok(root) = compile(&mut arena, &set::<Ipv6Addr>(parts));
    assert_eq!((root, arena.pages().len()), (FIRST_PAGE, 10));
    arena
}

fn edit(arena: &mut Arena, number: u32, change: impl FnOnce(&mut Page)) {
    let mut page = *arena.page(number).unwrap();
    change(&mut page);
    arena.write(number, &page);
}

/// Changes the reference to the only list.
fn refer(arena: &mut Arena, change: impl FnOnce(&mut Reference)) {
    edit(arena, NODE, |node| {
        let mut reference = Reference::from_word(node[LINE_ENTRIES]);
        change(&mut reference);
        node[LINE_ENTRIES] = reference.to_word();
    });
}
