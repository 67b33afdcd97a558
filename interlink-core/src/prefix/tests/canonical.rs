//! One representation for each set, and the fewest prefixes for each.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::super::{Address, Prefix, PrefixSet, Range};
use super::for_both_families;
use super::window::{Bits, Window};
use crate::testing::{any_prefix, cases};

for_both_families![
    equal_sets_are_equal_values_whatever_they_were_made_of,
    the_prefixes_of_a_set_are_the_fewest_that_there_are,
    the_prefixes_of_a_set_ascend_and_make_the_set_again,
    everything_but_one_address_has_one_prefix_for_each_bit,
    adjacent_ranges_are_one_range,
];

/// Tries every selection of the prefixes of a window, every other one backwards.
fn equal_sets_are_equal_values_whatever_they_were_made_of<A: Address>() {
    for window in Window::<A>::all() {
        let sets = window.sets();
        for (number, selected) in selections(window).enumerate() {
            let mut prefixes: Vec<_> = selected.iter().map(|(prefix, _)| *prefix).collect();
            if number % 2 == 1 {
                prefixes.reverse();
            }
            let set: PrefixSet<A> = prefixes.iter().copied().collect();
            assert_eq!(set, sets[usize::from(all_bits(&selected))], "{prefixes:?}");
        }
    }
}

/// The fewest are found by trying every selection.
fn the_prefixes_of_a_set_are_the_fewest_that_there_are<A: Address>() {
    for window in Window::<A>::all() {
        let mut fewest = [usize::MAX; 256];
        for selected in selections(window) {
            let fewest = &mut fewest[usize::from(all_bits(&selected))];
            *fewest = selected.len().min(*fewest);
        }
        for (bits, set) in (0..=Bits::MAX).zip(window.sets()) {
            assert_eq!(set.prefixes().count(), fewest[usize::from(bits)], "{bits:08b}");
            assert_eq!(set.prefixes().collect::<PrefixSet<A>>(), set, "{bits:08b}");
        }
    }
}

fn the_prefixes_of_a_set_ascend_and_make_the_set_again<A: Address>() {
    let mut runner = TestRunner::new(cases(256));
    let sets = prop::collection::vec(any_prefix::<A>(), 0..8);
    runner
        .run(&sets, |prefixes| {
            let set: PrefixSet<A> = prefixes.into_iter().collect();
            let prefixes: Vec<_> = set.prefixes().collect();
            for pair in prefixes.windows(2) {
                prop_assert!(pair[0].last() < pair[1].network(), "{} overlaps {}", pair[0], pair[1]);
                prop_assert!(!are_siblings(pair[0], pair[1]), "{} and {} are one", pair[0], pair[1]);
            }
            prop_assert_eq!(prefixes.into_iter().collect::<PrefixSet<A>>(), set);
            Ok(())
        })
        .unwrap();
}

fn everything_but_one_address_has_one_prefix_for_each_bit<A: Address>() {
    let everything: PrefixSet<A> = [Prefix::containing(A::last(), 0)].into_iter().collect();
    assert_eq!(
        everything.prefixes().collect::<Vec<_>>(),
        [Prefix::containing(A::last(), 0)]
    );
    for bit in 0..A::WIDTH {
        let host = Prefix::containing(A::from_number(1 << bit), A::WIDTH);
        let rest = everything.difference(&[host].into_iter().collect());
        let mut lengths: Vec<_> = rest.prefixes().map(Prefix::length).collect();
        lengths.sort_unstable();
        assert_eq!(lengths, (1..=A::WIDTH).collect::<Vec<_>>());
    }
}

fn adjacent_ranges_are_one_range<A: Address>() {
    let [lowest, _, highest] = Window::<A>::all();
    for window in [lowest, highest] {
        let (first, last) = (window.prefix().network(), window.prefix().last());
        assert_eq!(window.set(0xff).ranges(), [Range { first, last }]);
        assert_eq!(window.set(0b1011_0111).ranges().len(), 3);
    }
}

/// Every selection of a window's prefixes, each with what it contains.
fn selections<A: Address>(window: Window<A>) -> impl Iterator<Item = Vec<(Prefix<A>, Bits)>> {
    let prefixes = window.prefixes();
    (0_u32..1 << prefixes.len()).map(move |selection| {
        let numbered = prefixes.iter().enumerate();
        numbered
            .filter(|(index, _)| selection >> index & 1 == 1)
            .map(|(_, selected)| *selected)
            .collect()
    })
}

fn all_bits<A>(selected: &[(Prefix<A>, Bits)]) -> Bits {
    selected.iter().fold(0, |all, (_, bits)| all | bits)
}

fn are_siblings<A: Address>(lower: Prefix<A>, higher: Prefix<A>) -> bool {
    lower.length() == higher.length() && Prefix::containing(lower.network(), lower.length() - 1).contains(higher.last())
}
