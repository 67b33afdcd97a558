//! What becomes of the values of a node.

use std::cmp::{max, min};
use std::ops::RangeInclusive;

use interlink_common::table::STRIDE;

use super::sub_range;
use crate::prefix::{Address, Range};

/// What a node knows of some of its values. Those that it knows nothing of are out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind<'r, A> {
    /// All of these are in.
    In(RangeInclusive<u32>),
    /// Some addresses of it are in.
    Mixed {
        value: u32,
        /// The addresses that the value stands for.
        part: Range<A>,
        /// The ranges that reach into it.
        ranges: &'r [Range<A>],
    },
}

/// Goes through the values of a node by the ranges that reach into it, in ascending order.
#[derive(Debug)]
pub(super) struct Kinds<'r, A> {
    slice: Range<A>,
    rest: &'r [Range<A>],
    /// The lowest value that nothing was said about.
    next: u32,
}

impl<'r, A: Address> Kinds<'r, A> {
    pub(super) const fn new(slice: Range<A>, ranges: &'r [Range<A>]) -> Self {
        let next = 0;
        Self {
            slice,
            rest: ranges,
            next,
        }
    }

    fn part(&self, value: u32) -> Range<A> {
        sub_range(self.slice.first.number(), bits_left::<A>(), value)
    }

    fn value(&self, address: A) -> u32 {
        let value = (address.number() - self.slice.first.number()) >> bits_left::<A>();
        // A node has 4096 values.
        u32::try_from(value).unwrap_or(u32::MAX)
    }
}

impl<'r, A: Address> Iterator for Kinds<'r, A> {
    type Item = Kind<'r, A>;

    fn next(&mut self) -> Option<Self::Item> {
        let (range, behind) = loop {
            let (range, behind) = self.rest.split_first()?;
            if self.next >> STRIDE != 0 || range.first > self.slice.last {
                return None;
            }
            if range.last >= self.part(self.next).first {
                break (range, behind);
            }
            self.rest = behind;
        };
        let value = max(self.next, self.value(max(range.first, self.slice.first)));
        let part = self.part(value);
        if range.first <= part.first && part.last <= range.last {
            let last = self.value(min(range.last, self.slice.last));
            let whole = if self.part(last).last <= range.last {
                last
            } else {
                last - 1
            };
            self.next = whole + 1;
            return Some(Kind::In(value..=whole));
        }
        let others = behind.iter().take_while(|range| range.first <= part.last).count();
        let ranges = self.rest.get(..=others).unwrap_or_default();
        self.rest = self.rest.get(others..).unwrap_or_default();
        self.next = value + 1;
        Some(Kind::Mixed { value, part, ranges })
    }
}

const fn bits_left<A: Address>() -> u32 {
    A::WIDTH as u32 - 2 * STRIDE
}
