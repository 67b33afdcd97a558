//! Compiles a set of addresses to the flat tables that the XDP program reads.
//!
//! The layout is [`interlink_common::table`]'s, and so is the reading of it: what is tested here is what the kernel
//! runs. Compiling is one pass over the ranges of a set, `/12` by `/12`; what lies entirely in or out costs a word.

mod arena;
mod v4;
mod v6;

#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, Ipv6Addr};

use interlink_common::table::{self, IN, OUT, STRIDE};

use crate::prefix::{Address, PrefixSet, Range};

pub use arena::Arena;

/// A family whose sets can be compiled.
pub trait Flat: Address {
    /// The root entry for the part of a set inside one `/12`, given the ranges that reach into it.
    fn compile_slice(arena: &mut Arena, slice: Range<Self>, ranges: &[Range<Self>]) -> u32;

    /// Whether the set of a root contains the address: the program's own lookup.
    fn is_in(self, arena: &Arena, root: u32) -> bool;
}

impl Flat for Ipv4Addr {
    fn compile_slice(arena: &mut Arena, slice: Range<Self>, ranges: &[Range<Self>]) -> u32 {
        v4::node(arena, slice, ranges)
    }

    fn is_in(self, arena: &Arena, root: u32) -> bool {
        table::contains_v4(arena, root, self.to_bits())
    }
}

impl Flat for Ipv6Addr {
    fn compile_slice(arena: &mut Arena, slice: Range<Self>, ranges: &[Range<Self>]) -> u32 {
        v6::node(arena, slice, ranges)
    }

    fn is_in(self, arena: &Arena, root: u32) -> bool {
        let (high, low) = halves(self.number());
        table::contains_v6(arena, root, high, low)
    }
}

/// Adds the table of a set to an arena, and gives its root.
pub fn compile<A: Flat>(arena: &mut Arena, set: &PrefixSet<A>) -> u32 {
    let root = arena.root();
    let mut rest = set.ranges();
    for value in 0..1_u32 << STRIDE {
        let slice = slice::<A>(value);
        // Ranges that end before the slice are of no use to any later one.
        rest = rest
            .get(rest.partition_point(|range| range.last < slice.first)..)
            .unwrap_or_default();
        let inside = rest
            .get(..rest.partition_point(|range| range.first <= slice.last))
            .unwrap_or_default();
        let entry = match inside {
            [] => OUT,
            [range] if range.first <= slice.first && slice.last <= range.last => IN,
            ranges => A::compile_slice(arena, slice, ranges),
        };
        arena.set_root(root, value, entry);
    }
    root
}

/// The addresses whose first twelve bits have a value.
fn slice<A: Address>(value: u32) -> Range<A> {
    let host_bits = u32::from(A::WIDTH) - STRIDE;
    sub_range(0, host_bits, value)
}

/// The addresses that begin with a number's bits, then with a value, and have so many bits left.
fn sub_range<A: Address>(base: u128, bits_left: u32, value: u32) -> Range<A> {
    let first = base | u128::from(value) << bits_left;
    let last = first | !(u128::MAX << bits_left);
    Range {
        first: A::from_number(first),
        last: A::from_number(last),
    }
}

/// What a node knows of one of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind<'r, A> {
    Out,
    In,
    /// These ranges reach into it, and don't fill it.
    Mixed(&'r [Range<A>]),
}

/// The kinds of a node's 4096 values, in order, each with the addresses that it stands for.
fn kinds<A: Address>(slice: Range<A>, ranges: &[Range<A>]) -> impl Iterator<Item = (u32, Range<A>, Kind<'_, A>)> {
    let bits_left = u32::from(A::WIDTH) - 2 * STRIDE;
    let mut rest = ranges;
    (0..1_u32 << STRIDE).map(move |value| {
        let part = sub_range::<A>(slice.first.number(), bits_left, value);
        rest = rest
            .get(rest.iter().take_while(|range| range.last < part.first).count()..)
            .unwrap_or_default();
        let inside = rest.iter().take_while(|range| range.first <= part.last).count();
        let kind = match rest.get(..inside).unwrap_or_default() {
            [] => Kind::Out,
            [range] if range.first <= part.first && part.last <= range.last => Kind::In,
            ranges => Kind::Mixed(ranges),
        };
        (value, part, kind)
    })
}

/// The two halves of a 128-bit number.
#[expect(clippy::cast_possible_truncation, reason = "each half is taken")]
const fn halves(number: u128) -> (u64, u64) {
    ((number >> 64) as u64, number as u64)
}
