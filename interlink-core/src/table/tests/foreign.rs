//! Tables that somebody has changed in one place.

use std::net::Ipv4Addr;

use interlink_common::table::{Entry4, FIRST_PAGE, Form, LINE_PLACE, Page, Pages, Place, ROOT_PAGES};

use super::{Arena, Flat, PrefixSet, Store, compile, decode_all};

/// The first page behind the root.
const NODE: u32 = FIRST_PAGE + ROOT_PAGES;

#[test]
fn a_line_whose_second_half_begins_elsewhere_is_no_set() {
    let parts = ["10.0.0.1/32", "10.0.1.1/32", "10.0.64.7/32"];
    for rank in 0..=u8::MAX {
        let found = changed_line(&parts, |place| place.rank = rank);
        assert_eq!(found, (rank == 2).then(|| set(&parts)), "{rank}");
    }
    // A line without a second half doesn't use what it says of it.
    let parts = ["10.0.0.1/32"];
    assert_eq!(changed_line(&parts, |place| place.rank = 9), Some(set(&parts)));
}

#[test]
fn a_value_that_is_in_and_mixed_is_no_set() {
    let parts = ["10.0.0.1/32", "10.0.7.0/24"];
    for (bit, found) in [(0, None), (7, Some(set(&parts)))] {
        assert_eq!(
            changed::<Ipv4Addr>(&parts, NODE, |node| node[0] |= 1 << bit),
            found,
            "{bit}"
        );
    }
}

#[test]
fn entries_end_with_their_page() {
    for (parts, end) in [
        (["10.0.0.1/32", "10.0.1.1/32"], 2048),
        (["10.0.0.2/31", "10.0.1.2/31"], 1024),
    ] {
        for (first, is_set) in [
            (end - 3, true),
            (end - 2, true),
            (end - 1, false),
            (end, false),
            (end + 1, false),
        ] {
            let found = changed_line(&parts, |place| place.first = first);
            assert_eq!(found.is_some(), is_set, "{first} of {end}");
        }
    }
}

#[test]
fn an_entry_is_of_the_form_and_in_the_place_that_it_can_have() {
    let parts = ["10.0.0.1/32", "10.0.1.1/32"];
    assert_eq!(
        changed_line(&parts, |place| place.page = NODE),
        None,
        "hosts are in the node"
    );
    assert_eq!(
        changed_line(&parts, |place| place.page = NODE + 1),
        None,
        "no such page"
    );
    let parts = ["10.0.0.2/31"];
    let inline = |entry: Entry4| {
        changed::<Ipv4Addr>(&parts, NODE, |node| {
            let place = Place::from_word(node[LINE_PLACE]);
            assert_eq!((place.page, place.form), (0, Form::Entries));
            node[usize::from(place.first) / 4] = entry.to_bits().into();
        })
    };
    assert_eq!(inline(Entry4::Range(2, 3)), Some(set(&parts)));
    assert_eq!(inline(Entry4::Range(4, 7)), Some(set(&["10.0.0.4/30"])));
    assert_eq!(inline(Entry4::Block(0)), None, "blocks are behind");
}

#[test]
fn a_node_that_is_read_more_often_than_there_are_pages_for_is_no_set() {
    let parts: Vec<_> = (0..24).map(|i| format!("10.0.{i}.1/32")).collect();
    let parts: Vec<_> = parts.iter().map(String::as_str).collect();
    // Nine pages have room for 9216 entries, which are 384 times 24.
    for (times, is_set) in [(1, true), (384, true), (385, false), (4096, false)] {
        let mut arena = Arena::default();
        let Ok(root) = compile(&mut arena, &set::<Ipv4Addr>(&parts));
        for (page, number) in (root..root + ROOT_PAGES).enumerate() {
            let words = std::array::from_fn(|word| {
                let half = |half| u64::from(page * 512 + word * 2 + half < times) * u64::from(NODE);
                half(0) | half(1) << 32
            });
            arena.write(number, &words);
        }
        assert_eq!(decode_all::<Ipv4Addr>(&arena, root).is_some(), is_set, "{times} times");
    }
}

/// What a set is read as when the place of its first line in its first node is changed.
fn changed_line(parts: &[&str], change: impl FnOnce(&mut Place)) -> Option<PrefixSet<Ipv4Addr>> {
    changed(parts, NODE, |node| {
        let mut place = Place::from_word(node[LINE_PLACE]);
        change(&mut place);
        node[LINE_PLACE] = place.to_word();
    })
}

/// What a set is read as when one of its pages is changed.
pub(super) fn changed<A: Flat>(parts: &[&str], number: u32, change: impl FnOnce(&mut Page)) -> Option<PrefixSet<A>> {
    let mut arena = Arena::default();
    let Ok(root) = compile(&mut arena, &set::<A>(parts));
    let mut page = *arena.page(number).unwrap();
    change(&mut page);
    arena.write(number, &page);
    decode_all(&arena, root)
}

pub(super) fn set<A: Flat>(parts: &[&str]) -> PrefixSet<A> {
    parts.iter().map(|part| crate::testing::prefix(part)).collect()
}
