//! One word of a root at a time: the smallest change of a table, seen whole or not at all.

use interlink_common::table::{ROOT_PAGES, STRIDE};

use super::store::Store;
use super::{ENTRIES_PER_PAGE, Flat, compile_slice, slice};
use crate::prefix::{Address, PrefixSet};

/// The first twelve bits of addresses, which choose the word of a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootIndex(u32);

impl RootIndex {
    fn of<A: Address>(address: A) -> Self {
        let value = address.number() >> (u32::from(A::WIDTH) - STRIDE);
        // Twelve bits are left.
        Self(u32::try_from(value).unwrap_or(0))
    }

    /// Which of the pages of a root has the word, and which half of which word of the page it is.
    pub const fn place(self) -> (u32, usize) {
        (
            self.0 / ENTRIES_PER_PAGE % ROOT_PAGES,
            (self.0 % ENTRIES_PER_PAGE) as usize,
        )
    }
}

/// The one word that tells the tables of two sets apart; none if the sets are equal, or differ in more.
pub fn sole_difference<A: Address>(old: &PrefixSet<A>, new: &PrefixSet<A>) -> Option<RootIndex> {
    let (old, new) = (old.ranges(), new.ranges());
    let alike = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (old, new) = (old.get(alike..)?, new.get(alike..)?);
    let alike = (old.iter().rev().zip(new.iter().rev()))
        .take_while(|(old, new)| old == new)
        .count();
    let (old, new) = (
        old.get(..old.len().saturating_sub(alike))?,
        new.get(..new.len().saturating_sub(alike))?,
    );
    let first = match (old.first(), new.first()) {
        (Some(old), Some(new)) if old.first == new.first => old.last.min(new.last).successor()?,
        (old, new) => old.into_iter().chain(new).map(|range| range.first).min()?,
    };
    let last = match (old.last(), new.last()) {
        (Some(old), Some(new)) if old.last == new.last => old.first.max(new.first).predecessor()?,
        (old, new) => old.into_iter().chain(new).map(|range| range.last).max()?,
    };
    let index = RootIndex::of(first);
    (index == RootIndex::of(last)).then_some(index)
}

/// Adds what a word of a set's root leads to to a store, and gives the word.
pub fn compile_word<A: Flat, S: Store>(store: &mut S, set: &PrefixSet<A>, index: RootIndex) -> Result<u32, S::Error> {
    let slice = slice::<A>(index.0);
    let passed = set.ranges().partition_point(|range| range.last < slice.first);
    compile_slice(store, slice, set.ranges().get(passed..).unwrap_or_default())
}

#[cfg(test)]
mod tests;
