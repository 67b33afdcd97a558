use std::net::{Ipv4Addr, Ipv6Addr};

use interlink_common::table::{PAGE_WORDS, Page, Pages as _, Words as _};
use proptest::prelude::*;

use super::*;
use crate::prefix::Prefix;
use crate::table::{Arena, compile, decode};
use crate::testing::{any_prefix, cases};

fn set<A: Address>(prefixes: &[&str]) -> PrefixSet<A> {
    let prefixes = prefixes.iter().map(|prefix| prefix.parse().unwrap());
    prefixes.map(|net| Prefix::try_from_net(net).unwrap()).collect()
}

#[test]
fn sets_differ_in_one_word_if_their_addresses_do() {
    let difference = |old: &[&str], new: &[&str]| sole_difference(&set::<Ipv4Addr>(old), &set::<Ipv4Addr>(new));
    let word = |index| Some(RootIndex(index));
    let many = ["1.0.0.0/8", "10.20.0.0/16", "10.22.0.0/16", "223.0.0.0/8"];
    assert_eq!(difference(&many, &many), None);
    assert_eq!(difference(&[], &["10.20.0.0/16"]), word(0x0a1));
    assert_eq!(difference(&many, &many[..3]), None, "a /8 is sixteen words");
    for removed in [1, 2] {
        let others: Vec<_> = (0..4).filter(|i| *i != removed).map(|i| many[i]).collect();
        assert_eq!(difference(&many, &others), word(0x0a1));
        assert_eq!(difference(&others, &many), word(0x0a1));
    }
    assert_eq!(
        difference(&["10.0.0.0/8"], &["10.0.0.0/8", "11.0.0.0/16"]),
        word(0x0b0),
        "a range gets longer"
    );
    assert_eq!(
        difference(&["11.0.0.0/8"], &["11.0.0.0/8", "10.255.0.0/16"]),
        word(0x0af)
    );
    assert_eq!(
        difference(&["10.0.0.0/9", "11.0.0.0/8"], &["10.0.0.0/8", "11.0.0.0/8"]),
        None,
        "eight words"
    );
    let gap = ["10.0.0.0/9", "10.128.0.1/32", "10.192.0.0/10"];
    assert_eq!(difference(&gap[..2], &gap), None, "four words");
    assert_eq!(difference(&["10.0.0.0/8"], &["10.0.0.0/16"]), None);
    assert_eq!(difference(&["10.16.0.0/12"], &["10.32.0.0/12"]), None);
    assert_eq!(difference(&["10.16.0.0/12"], &[]), word(0x0a1));
    assert_eq!(difference(&["0.0.0.0/0"], &["0.0.0.0/1", "128.0.0.0/2"]), None);
    assert_eq!(difference(&["255.255.255.255/32"], &[]), word(0xfff));
    assert_eq!(difference(&["0.0.0.0/32"], &[]), word(0));
}

#[test]
fn a_words_place_is_where_the_root_has_it() {
    let arena = {
        let mut arena = Arena::default();
        let Ok(root) = compile(&mut arena, &set::<Ipv6Addr>(&["2a10::/12"]));
        (root, arena)
    };
    let index = RootIndex::of("2a1f::".parse::<Ipv6Addr>().unwrap());
    let (page, half) = index.place();
    assert_eq!((index, page, half), (RootIndex(0x2a1), 1, 0xa1));
    assert_eq!(
        arena.1.page(arena.0 + page).unwrap().half(half),
        interlink_common::table::IN
    );
}

/// Changes the table of one set into that of another by one word, if that is all the difference.
fn check<A: Flat>(old: &PrefixSet<A>, new: &PrefixSet<A>) -> Result<bool, TestCaseError> {
    let Some(index) = sole_difference(old, new) else {
        return Ok(false);
    };
    let mut arena = Arena::default();
    let Ok(root) = compile(&mut arena, old);
    let before = u32::try_from(arena.pages().len()).unwrap();
    let (page, half) = index.place();
    let Ok(word) = compile_word(&mut arena, new, index);
    prop_assert!(word < 2 || word >= before + 2, "a page that is in use");
    let mut root_page: Page = [0; PAGE_WORDS];
    root_page.copy_from_slice(&arena.page(root + page).unwrap()[..]);
    let shift = half % 2 * 32;
    root_page[half / 2] = root_page[half / 2] & !(0xffff_ffff << shift) | u64::from(word) << shift;
    arena.write(root + page, &root_page);

    let decoded = decode::<A, _>(&arena, root, u32::MAX);
    prop_assert_eq!(decoded.set.as_ref(), Some(new));
    Ok(true)
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn the_word_is_all_that_has_to_change(
        prefixes in prop::collection::vec(any_prefix::<Ipv4Addr>(), 0..12),
        others in prop::collection::vec(any_prefix::<Ipv6Addr>(), 0..12),
        added in (any_prefix::<Ipv4Addr>(), any_prefix::<Ipv6Addr>()),
    ) {
        let v4: PrefixSet<Ipv4Addr> = prefixes.iter().copied().collect();
        let v6: PrefixSet<Ipv6Addr> = others.iter().copied().collect();
        let more_v4 = v4.union(&[added.0].into_iter().collect());
        let more_v6 = v6.union(&[added.1].into_iter().collect());
        // A prefix of at least twelve bits is inside one word, and that of a changed set.
        let fits_v4 = added.0.length() >= 12 && more_v4 != v4;
        let fits_v6 = added.1.length() >= 12 && more_v6 != v6;
        prop_assert!(check(&v4, &more_v4)? >= fits_v4);
        prop_assert!(check(&more_v4, &v4)? >= fits_v4);
        prop_assert!(check(&v6, &more_v6)? >= fits_v6);
        prop_assert!(check(&more_v6, &v6)? >= fits_v6);
    }
}
