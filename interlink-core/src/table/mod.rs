//! Compiles a set of addresses to the flat tables that the XDP program reads, and reads them back.
//!
//! The layout is [`interlink_common::table`]'s, and so is the reading of it: what is tested here is what the kernel
//! runs. Compiling is one pass over the ranges of a set, `/12` by `/12`; what lies entirely in or out costs a word.
//! [`decode`] is the inverse, for whoever wants to know what the kernel really holds.

mod choice;
mod decode;
mod draft;
mod edit;
mod few;
mod kinds;
mod store;
mod v4;
mod v6;

#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, Ipv6Addr};

use interlink_common::table::{self, IN, OUT, Pages, ROOT_PAGES, STRIDE};

use crate::prefix::{Address, PrefixSet, Range};

pub use choice::TableChoice;
pub use decode::{Decoded, decode};
pub use edit::{RootIndex, compile_word, sole_difference};
pub use few::{Keyed, few, of_few};
pub use store::{Arena, Store};

/// A family whose sets can be compiled.
pub trait Flat: Address {
    /// The root entry for the part of a set inside one `/12`, given the ranges that reach into it and don't fill it.
    fn compile_node<S: Store>(store: &mut S, slice: Range<Self>, ranges: &[Range<Self>]) -> Result<u32, S::Error>;

    /// Tells what is in the `/12` of a node; none if that can't be read to its end.
    fn decode_node<P: Pages>(decoder: &mut decode::Decoder<'_, Self, P>, node: u32, slice: Range<Self>) -> Option<()>;

    /// Whether the set of a root contains the address: the program's own look-up.
    fn is_in<P: Pages>(self, pages: &P, root: u32) -> bool;
}

impl Flat for Ipv4Addr {
    fn compile_node<S: Store>(store: &mut S, slice: Range<Self>, ranges: &[Range<Self>]) -> Result<u32, S::Error> {
        v4::node(store, slice, ranges)
    }

    fn decode_node<P: Pages>(decoder: &mut decode::Decoder<'_, Self, P>, node: u32, slice: Range<Self>) -> Option<()> {
        decode::v4::node(decoder, node, slice)
    }

    fn is_in<P: Pages>(self, pages: &P, root: u32) -> bool {
        table::contains_v4(pages, root, self.to_bits())
    }
}

impl Flat for Ipv6Addr {
    fn compile_node<S: Store>(store: &mut S, slice: Range<Self>, ranges: &[Range<Self>]) -> Result<u32, S::Error> {
        v6::node(store, slice, ranges)
    }

    fn decode_node<P: Pages>(decoder: &mut decode::Decoder<'_, Self, P>, node: u32, slice: Range<Self>) -> Option<()> {
        decode::v6::node(decoder, node, slice)
    }

    fn is_in<P: Pages>(self, pages: &P, root: u32) -> bool {
        let (high, low) = halves(self.number());
        table::contains_v6(pages, root, high, low)
    }
}

/// Adds the table of a set to a store, and gives its root.
pub fn compile<A: Flat, S: Store>(store: &mut S, set: &PrefixSet<A>) -> Result<u32, S::Error> {
    let root = store.take_root()?;
    let mut rest = set.ranges();
    for (number, page) in (root..).zip(0..ROOT_PAGES) {
        let mut draft = draft::Draft::default();
        for (index, value) in (0..).zip(page * ENTRIES_PER_PAGE..(page + 1) * ENTRIES_PER_PAGE) {
            let slice = slice::<A>(value);
            // Ranges that end before the slice are of no use to any later one.
            let passed = rest.iter().take_while(|range| range.last < slice.first).count();
            rest = rest.get(passed..).unwrap_or_default();
            draft.set_half(index, compile_slice(store, slice, rest)?);
        }
        store.write(number, draft.page());
    }
    Ok(root)
}

/// The root entries in a page.
const ENTRIES_PER_PAGE: u32 = (1 << STRIDE) / ROOT_PAGES;

/// The root entry for the part of a set inside one `/12`, given ranges of which the first doesn't end before it.
fn compile_slice<A: Flat, S: Store>(store: &mut S, slice: Range<A>, ranges: &[Range<A>]) -> Result<u32, S::Error> {
    match ranges.first() {
        Some(range) if range.first <= slice.first && slice.last <= range.last => Ok(IN),
        Some(range) if range.first <= slice.last => A::compile_node(store, slice, ranges),
        Some(_) | None => Ok(OUT),
    }
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

/// The two halves of a 128-bit number.
#[expect(clippy::cast_possible_truncation, reason = "each half is taken")]
const fn halves(number: u128) -> (u64, u64) {
    ((number >> 64) as u64, number as u64)
}
