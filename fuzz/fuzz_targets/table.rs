//! Any pages: reading them back ends, and where they are a set the look-up finds just that.

#![no_main]

use std::net::{Ipv4Addr, Ipv6Addr};

use interlink_common::table::{FIRST_PAGE, PAGE_WORDS, Page, ROOT_PAGES};
use interlink_core::table::{Arena, Flat, Store, decode};
use libfuzzer_sys::fuzz_target;

const PAGES: u32 = 8;

fn check<A: Flat>(arena: &Arena, root: u32) {
    let decoded = decode::<A, _>(arena, root, ROOT_PAGES + PAGES);
    let Some(set) = decoded.set else {
        return;
    };
    for range in set.ranges() {
        for (address, expected) in [
            (range.first.predecessor(), false),
            (Some(range.first), true),
            (Some(range.last), true),
            (range.last.successor(), false),
        ] {
            if let Some(address) = address {
                assert_eq!(address.is_in(arena, root), expected, "{address}");
            }
        }
    }
}

// Each eleven bytes are a page, the index of a word there, and the word.
fuzz_target!(|data: &[u8]| {
    let mut arena = Arena::default();
    let Ok(root) = arena.take_root();
    let mut pages = vec![[0; PAGE_WORDS]; (ROOT_PAGES + PAGES) as usize];
    for _ in 0..PAGES {
        let Ok(_) = arena.take_page();
    }
    for chunk in data.chunks_exact(11) {
        let [page, low, high, word @ ..] = chunk else {
            return;
        };
        let index = usize::from(u16::from_le_bytes([*low, *high])) % PAGE_WORDS;
        let page: &mut Page = &mut pages[usize::from(*page) % (ROOT_PAGES + PAGES) as usize];
        page[index] = word.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    }
    for (number, page) in (FIRST_PAGE..).zip(&pages) {
        arena.write(number, page);
    }
    check::<Ipv4Addr>(&arena, root);
    check::<Ipv6Addr>(&arena, root);
});
