//! A set of addresses, given as prefixes, kept as the fewest ranges.

use std::cmp::{max, min};

use super::{Address, Prefix};

/// Addresses from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range<A> {
    /// The lowest.
    pub first: A,
    /// The highest, never below `first`.
    pub last: A,
}

/// A set of addresses of one family.
///
/// It has one representation: sorted ranges that neither overlap nor touch. Equal sets are therefore equal values,
/// whatever prefixes they were made from. Membership is a binary search; every other operation is one pass.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PrefixSet<A> {
    ranges: Vec<Range<A>>,
}

impl<A> Default for PrefixSet<A> {
    fn default() -> Self {
        Self { ranges: Vec::new() }
    }
}

impl<A: Address> PrefixSet<A> {
    /// The ranges, ascending.
    pub fn ranges(&self) -> &[Range<A>] {
        &self.ranges
    }

    /// The set of ranges that ascend and neither overlap nor touch.
    pub(crate) const fn from_sorted(ranges: Vec<Range<A>>) -> Self {
        Self { ranges }
    }

    /// Whether it contains no address.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether the address is in it.
    pub fn contains(&self, address: A) -> bool {
        let next = self.ranges.partition_point(|range| range.last < address);
        self.ranges.get(next).is_some_and(|range| range.first <= address)
    }

    /// Whether each address of the prefix is in it.
    pub fn covers(&self, prefix: Prefix<A>) -> bool {
        let next = self.ranges.partition_point(|range| range.last < prefix.network());
        self.ranges
            .get(next)
            .is_some_and(|range| range.first <= prefix.network() && prefix.last() <= range.last)
    }

    /// Whether every address of it is in the other.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.difference(other).is_empty()
    }

    /// The addresses of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        merge(self.ranges.iter().chain(&other.ranges).copied().collect())
    }

    /// The addresses of this one that the other hasn't.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let mut holes = other.ranges.iter().copied().peekable();
        for range in &self.ranges {
            let mut first = Some(range.first);
            while let (Some(start), Some(hole)) = (first, holes.peek().copied()) {
                if hole.first > range.last {
                    break;
                }
                if hole.last >= start {
                    ranges.extend(before(start, hole.first));
                    first = hole.last.successor();
                }
                if hole.last >= range.last {
                    break;
                }
                holes.next();
            }
            if let Some(first) = first.filter(|first| *first <= range.last) {
                ranges.push(Range {
                    first,
                    last: range.last,
                });
            }
        }
        Self { ranges }
    }

    /// The addresses of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let (mut left, mut right) = (self.ranges.iter().peekable(), other.ranges.iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            let (first, last) = (max(a.first, b.first), min(a.last, b.last));
            if first <= last {
                ranges.push(Range { first, last });
            }
            if a.last < b.last {
                left.next()
            } else {
                right.next()
            };
        }
        Self { ranges }
    }

    /// The fewest prefixes that make up the set, ascending.
    pub fn prefixes(&self) -> impl Iterator<Item = Prefix<A>> + '_ {
        self.ranges.iter().copied().flat_map(split)
    }
}

impl<A: Address> FromIterator<Prefix<A>> for PrefixSet<A> {
    fn from_iter<I: IntoIterator<Item = Prefix<A>>>(prefixes: I) -> Self {
        merge(
            prefixes
                .into_iter()
                .map(|prefix| Range {
                    first: prefix.network(),
                    last: prefix.last(),
                })
                .collect(),
        )
    }
}

/// The range from `first` to the address before `end`, if there is any.
fn before<A: Address>(first: A, end: A) -> Option<Range<A>> {
    end.predecessor()
        .filter(|last| first <= *last)
        .map(|last| Range { first, last })
}

fn merge<A: Address>(mut ranges: Vec<Range<A>>) -> PrefixSet<A> {
    ranges.sort_unstable();
    let mut merged: Vec<Range<A>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(open) if open.last.successor().is_none_or(|next| range.first <= next) => {
                open.last = max(open.last, range.last);
            }
            Some(_) | None => merged.push(range),
        }
    }
    merged.shrink_to_fit();
    PrefixSet { ranges: merged }
}

/// The fewest prefixes that make up a range, ascending: each as large as its alignment and the rest allow.
fn split<A: Address>(range: Range<A>) -> impl Iterator<Item = Prefix<A>> {
    let mut next = Some(range.first);
    std::iter::from_fn(move || {
        let first = next?;
        let mut prefix = Prefix::containing(first, A::WIDTH);
        while let Some(length) = prefix.length().checked_sub(1) {
            let wider = Prefix::containing(first, length);
            if wider.network() != first || wider.last() > range.last {
                break;
            }
            prefix = wider;
        }
        next = prefix.last().successor().filter(|first| *first <= range.last);
        Some(prefix)
    })
}
