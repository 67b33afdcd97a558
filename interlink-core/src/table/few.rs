//! Sets of so few ranges that they stand in a link's entry.

use std::net::{Ipv4Addr, Ipv6Addr};

use interlink_common::{KeyRange, Set};

use super::halves;
use crate::prefix::{Address, PrefixSet, Range};

/// A family whose sets can stand in a link's entry.
pub trait Keyed: Address {
    /// What the program compares.
    type Key: Copy + Default + Ord;

    /// The keys of a range; none if it divides one.
    fn keys(range: Range<Self>) -> Option<KeyRange<Self::Key>>;

    /// The addresses of a range of keys.
    fn addresses(keys: KeyRange<Self::Key>) -> Range<Self>;
}

/// The set as a link's entry holds it, if it has few ranges, and for IPv6 only whole /64s.
pub fn few<A: Keyed>(set: &PrefixSet<A>) -> Option<Set<A::Key>> {
    // More are too many, whatever they are.
    let ranges = set.ranges().iter().take(interlink_common::set::ENTRY_RANGES + 1);
    Set::of_ranges(ranges.map(|range| A::keys(*range)).collect::<Option<Vec<_>>>()?)
}

/// The addresses of a set that stands in an entry; none if nobody of ours put it there.
pub fn of_few<A: Keyed>(entry: &Set<A::Key>) -> Option<PrefixSet<A>> {
    let ranges: Vec<_> = entry.ranges().iter().map(|keys| A::addresses(*keys)).collect();
    let ascend = ranges.is_sorted_by(|range, next| range.last.successor().is_some_and(|behind| behind < next.first));
    let is_set = ascend && ranges.iter().all(|range| range.first <= range.last);
    let set = PrefixSet::from_sorted(ranges);
    (is_set && few(&set).as_ref() == Some(entry)).then_some(set)
}

impl Keyed for Ipv4Addr {
    type Key = u32;

    fn keys(range: Range<Self>) -> Option<KeyRange<u32>> {
        let (first, last) = (range.first.to_bits(), range.last.to_bits());
        Some(KeyRange { first, last })
    }

    fn addresses(keys: KeyRange<u32>) -> Range<Self> {
        let (first, last) = (Self::from_bits(keys.first), Self::from_bits(keys.last));
        Range { first, last }
    }
}

impl Keyed for Ipv6Addr {
    type Key = u64;

    fn keys(range: Range<Self>) -> Option<KeyRange<u64>> {
        let (first, first_rest) = halves(range.first.to_bits());
        let (last, last_rest) = halves(range.last.to_bits());
        (first_rest == 0 && last_rest == u64::MAX).then_some(KeyRange { first, last })
    }

    fn addresses(keys: KeyRange<u64>) -> Range<Self> {
        let high = |key: u64| u128::from(key) << 64;
        Range {
            first: Self::from_bits(high(keys.first)),
            last: Self::from_bits(high(keys.last) | u128::from(u64::MAX)),
        }
    }
}

#[cfg(test)]
mod tests;
