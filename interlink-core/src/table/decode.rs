//! Reads flat tables back into sets.
//!
//! The words may be anything: nobody else should write to them, and somebody could. What no compiler of ours writes is
//! [`Decoded::set`] of nothing, and no content, however tangled, makes the reading go on for long.

pub(super) mod v4;
pub(super) mod v6;

use std::ops::RangeInclusive;

use interlink_common::table::{
    ENTRIES_PER_WORD, FIRST_PAGE, GROUPS_PER_LINE, IN, LINE_PLACE, LINE_WORDS, LINES, OUT, PAGE_WORDS, Pages, Place,
    ROOT_PAGES, STRIDE, Words, group_word,
};

use super::{ENTRIES_PER_PAGE, Flat, slice, sub_range};
use crate::prefix::{PrefixSet, Range};

/// What is known of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<A> {
    /// The addresses that the program finds in it; none if no compiler of ours made it.
    pub set: Option<PrefixSet<A>>,
    /// The pages that it is made of, some of them perhaps twice.
    pub pages: Vec<u32>,
}

/// Reads the table of a root, in a store of at most `page_count` pages.
pub fn decode<A: Flat, P: Pages>(pages: &P, root: u32, page_count: u32) -> Decoded<A> {
    let mut decoder = Decoder::new(pages, page_count);
    for page in 0..ROOT_PAGES {
        let Some(words) = decoder.page(root.saturating_add(page)) else {
            continue;
        };
        for index in 0..ENTRIES_PER_PAGE {
            let slice = slice::<A>(page * ENTRIES_PER_PAGE + index);
            decoder.entry(words.half(index as usize), slice);
        }
    }
    decoder.finish()
}

/// What was read so far.
#[derive(Debug)]
pub struct Decoder<'p, A, P> {
    store: &'p P,
    ranges: Vec<Range<A>>,
    pages: Vec<u32>,
    /// How many entries, bounds and pairs may still come: more than all pages hold are some read again and again.
    budget: u64,
    is_ours: bool,
}

impl<'p, A: Flat, P: Pages> Decoder<'p, A, P> {
    fn new(store: &'p P, page_count: u32) -> Self {
        Self {
            store,
            ranges: Vec::new(),
            pages: Vec::new(),
            budget: u64::from(page_count) * (PAGE_WORDS * ENTRIES_PER_WORD) as u64,
            is_ours: true,
        }
    }

    fn entry(&mut self, entry: u32, slice: Range<A>) {
        match entry {
            OUT => {}
            IN => self.add(slice),
            node => _ = A::decode_node(self, node, slice),
        }
    }

    /// A page of the table.
    fn page(&mut self, number: u32) -> Option<P::Page<'p>> {
        let page = self.store.page(number).filter(|_| number >= FIRST_PAGE);
        self.require(page.is_some())?;
        if self.pages.last() != Some(&number) {
            self.pages.push(number);
        }
        page
    }

    /// Notes a range that is in, behind those so far: nothing that is read goes back.
    fn add(&mut self, range: Range<A>) {
        match self.ranges.last_mut() {
            Some(open) if open.last.successor() == Some(range.first) => open.last = range.last,
            Some(_) | None => self.ranges.push(range),
        }
    }

    /// Goes on only if so many more may be read.
    fn spend(&mut self, count: usize) -> Option<()> {
        let rest = self.budget.checked_sub(count as u64);
        self.budget = rest.unwrap_or(0);
        self.require(rest.is_some())
    }

    /// Goes on only if something is as a compiler of ours would have it.
    fn require(&mut self, holds: bool) -> Option<()> {
        self.is_ours &= holds;
        holds.then_some(())
    }

    fn finish(self) -> Decoded<A> {
        let Self {
            ranges, pages, is_ours, ..
        } = self;
        Decoded {
            set: is_ours.then(|| PrefixSet::from_sorted(ranges)),
            pages,
        }
    }
}

/// The entries of a line.
struct Entries<'n, 'p, P: Pages + 'p> {
    place: Place,
    node: &'n P::Page<'p>,
    /// Where they are, if that isn't in the node.
    behind: Option<P::Page<'p>>,
}

/// Goes through the values of a node, as far as a compiler of ours can have written it: what is in is added, and of each that is mixed `mixed` is told where the entries
/// of its line are, the index of its own, and the addresses that it stands for.
fn values<'p, A: Flat, P: Pages>(
    decoder: &mut Decoder<'p, A, P>,
    node: &P::Page<'p>,
    slice: Range<A>,
    mut mixed: impl FnMut(&mut Decoder<'p, A, P>, &Entries<'_, 'p, P>, usize, Range<A>) -> Option<()>,
) -> Option<()> {
    let bits_left = u32::from(A::WIDTH) - 2 * STRIDE;
    let part = |values: RangeInclusive<u32>| Range {
        first: sub_range::<A>(slice.first.number(), bits_left, *values.start()).first,
        last: sub_range::<A>(slice.first.number(), bits_left, *values.end()).last,
    };
    for line in 0..LINES {
        let place = Place::from_word(node.word(line * LINE_WORDS + LINE_PLACE));
        let behind = match place.page {
            0 => None,
            page => Some(decoder.page(page)?),
        };
        let entries = Entries { place, node, behind };
        let mut index = usize::from(place.first);
        for group in line * GROUPS_PER_LINE..(line + 1) * GROUPS_PER_LINE {
            let (in_bits, mixed_bits) = (node.word(group_word(group)), node.word(group_word(group) + 1));
            let before = usize::from(place.rank) * (group % GROUPS_PER_LINE);
            let rank_fits = mixed_bits == 0 || index == usize::from(place.first) + before;
            decoder.require(rank_fits && in_bits & mixed_bits == 0)?;
            let mut rest = in_bits | mixed_bits;
            while rest != 0 {
                let bit = rest.trailing_zeros();
                // A node has 4096 values.
                let value = u32::try_from(group).unwrap_or(u32::MAX) * 64 + bit;
                if mixed_bits >> bit & 1 == 0 {
                    let run = (in_bits >> bit).trailing_ones();
                    decoder.add(part(value..=value + run - 1));
                    rest &= u64::MAX.checked_shl(bit + run).unwrap_or(0);
                    continue;
                }
                // What is wrong with one is known; the pages of the others are asked for all the same.
                _ = mixed(decoder, &entries, index, part(value..=value));
                index += 1;
                rest &= rest - 1;
            }
        }
    }
    Some(())
}
