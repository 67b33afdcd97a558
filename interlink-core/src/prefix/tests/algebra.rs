//! The operations of sets, against those of bits.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::super::{Address, Prefix, PrefixSet};
use super::for_both_families;
use super::window::{Bits, SIZE, Window};
use crate::testing::{any_prefix, cases};

for_both_families![
    a_set_contains_exactly_its_addresses,
    a_prefix_is_covered_exactly_when_each_of_its_addresses_is,
    two_sets_combine_as_their_bits_do,
    generated_sets_contain_what_one_of_their_prefixes_contains,
    generated_sets_combine_address_by_address,
    everything_is_the_union_of_its_halves_and_less_nothing_of_itself,
];

fn a_set_contains_exactly_its_addresses<A: Address>() {
    for window in Window::<A>::all() {
        let outside = [
            window.prefix().network().predecessor(),
            window.prefix().last().successor(),
        ];
        for (bits, set) in (0..=Bits::MAX).zip(window.sets()) {
            assert_eq!(set.is_empty(), bits == 0);
            for bit in 0..SIZE {
                assert_eq!(
                    set.contains(window.address(bit)),
                    bits >> bit & 1 == 1,
                    "{bit} in {bits:08b}"
                );
            }
            for address in outside.into_iter().flatten() {
                assert!(!set.contains(address), "{address} in {bits:08b}");
            }
        }
    }
}

fn a_prefix_is_covered_exactly_when_each_of_its_addresses_is<A: Address>() {
    for window in Window::<A>::all() {
        for (bits, set) in (0..=Bits::MAX).zip(window.sets()) {
            for (prefix, inside) in window.prefixes() {
                assert_eq!(set.covers(prefix), bits & inside == inside, "{prefix} in {bits:08b}");
            }
            let wider = Prefix::containing(window.address(0), A::WIDTH - 4);
            assert!(!set.covers(wider), "{wider} in {bits:08b}");
        }
    }
}

/// Equality of values says more than membership would: the result is in canonical form too.
fn two_sets_combine_as_their_bits_do<A: Address>() {
    for window in Window::<A>::all() {
        let sets = window.sets();
        let of = |bits: Bits| &sets[usize::from(bits)];
        for left in window.some() {
            for right in window.some() {
                let (a, b) = (of(left), of(right));
                assert_eq!(&a.union(b), of(left | right), "{left:08b} or {right:08b}");
                assert_eq!(&a.intersection(b), of(left & right), "{left:08b} and {right:08b}");
                assert_eq!(&a.difference(b), of(left & !right), "{left:08b} without {right:08b}");
                assert_eq!(a.is_subset(b), left & !right == 0, "{left:08b} in {right:08b}");
            }
        }
    }
}

fn generated_sets_contain_what_one_of_their_prefixes_contains<A: Address>() {
    run(&prefixes::<A>(), |prefixes| {
        let set: PrefixSet<A> = prefixes.iter().copied().collect();
        for address in edges(&prefixes) {
            prop_assert_eq!(set.contains(address), among(&prefixes, address), "{}", address);
        }
        for prefix in &prefixes {
            prop_assert!(set.covers(*prefix), "{}", prefix);
        }
        Ok(())
    });
}

fn generated_sets_combine_address_by_address<A: Address>() {
    run(&(prefixes::<A>(), prefixes::<A>()), |(left, right)| {
        let (a, b): (PrefixSet<A>, PrefixSet<A>) = (left.iter().copied().collect(), right.iter().copied().collect());
        let (union, intersection, difference) = (a.union(&b), a.intersection(&b), a.difference(&b));
        for address in edges(&left).into_iter().chain(edges(&right)) {
            let (in_left, in_right) = (among(&left, address), among(&right, address));
            prop_assert_eq!(union.contains(address), in_left || in_right, "{}", address);
            prop_assert_eq!(intersection.contains(address), in_left && in_right, "{}", address);
            prop_assert_eq!(difference.contains(address), in_left && !in_right, "{}", address);
        }
        prop_assert!(intersection.is_subset(&a) && a.is_subset(&union));
        prop_assert_eq!(difference.union(&intersection), a);
        Ok(())
    });
}

fn everything_is_the_union_of_its_halves_and_less_nothing_of_itself<A: Address>() {
    let set = |prefixes: &[Prefix<A>]| prefixes.iter().copied().collect::<PrefixSet<A>>();
    let everything = set(&[Prefix::containing(A::last(), 0)]);
    let halves = [A::from_number(0), A::last()].map(|edge| Prefix::containing(edge, 1));
    assert_eq!(set(&halves), everything);
    assert!(everything.contains(A::from_number(0)) && everything.contains(A::last()));
    assert_eq!(everything.difference(&everything), PrefixSet::default());
    for half in halves {
        let rest = everything.difference(&set(&[half]));
        assert_eq!(rest.union(&set(&[half])), everything);
        assert!(rest.intersection(&set(&[half])).is_empty());
    }
}

fn run<S: Strategy>(strategy: &S, law: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    TestRunner::new(cases(128)).run(strategy, law).unwrap();
}

fn prefixes<A: Address>() -> impl Strategy<Value = Vec<Prefix<A>>> {
    prop::collection::vec(any_prefix(), 0..8)
}

/// The model: one prefix after the other.
fn among<A: Address>(prefixes: &[Prefix<A>], address: A) -> bool {
    prefixes.iter().any(|prefix| prefix.contains(address))
}

/// The first and last address of each prefix and their neighbours: where a set begins and ends.
fn edges<A: Address>(prefixes: &[Prefix<A>]) -> Vec<A> {
    let edge = |prefix: &Prefix<A>| {
        let (first, last) = (prefix.network(), prefix.last());
        [Some(first), Some(last), first.predecessor(), last.successor()]
    };
    prefixes.iter().flat_map(edge).flatten().collect()
}
