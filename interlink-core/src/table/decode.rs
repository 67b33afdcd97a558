//! Reads flat tables back into sets.
//!
//! The words may be anything: nobody else should write to them, and somebody could. What no compiler of ours writes is
//! [`Decoded::set`] of nothing, and no content, however tangled, makes the reading go on for long.

pub(super) mod v4;
pub(super) mod v6;

use std::ops::RangeInclusive;

use interlink_common::table::{
    ENTRIES_PER_WORD, FIRST_PAGE, GROUPS_PER_LINE, IN, LINE_PLACE, LINE_RANKS, LINE_WORDS, OUT, PAGE_WORDS, Pages,
    ROOT_PAGES, STRIDE, Words, group_word, line_of,
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
            node => A::decode_node(self, node, slice),
        }
    }

    /// A page of the table.
    fn page(&mut self, number: u32) -> Option<P::Page<'p>> {
        let page = self.store.page(number).filter(|_| number >= FIRST_PAGE);
        if page.is_none() {
            self.is_ours = false;
        } else if self.pages.last() != Some(&number) {
            self.pages.push(number);
        }
        page
    }

    /// Notes a range that is in, behind those so far.
    fn add(&mut self, range: Range<A>) {
        match self.ranges.last_mut() {
            Some(open) if open.last.successor() == Some(range.first) => open.last = range.last,
            Some(open) if open.last >= range.first => self.is_ours = false,
            Some(_) | None => self.ranges.push(range),
        }
    }

    /// Says whether so many more may be read.
    fn spend(&mut self, count: usize) -> bool {
        let rest = self.budget.checked_sub(count as u64);
        self.budget = rest.unwrap_or(0);
        self.require(rest.is_some())
    }

    /// Notes whether something is as a compiler of ours would have it.
    fn require(&mut self, holds: bool) -> bool {
        self.is_ours &= holds;
        holds
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

/// Goes through the values of a node: what is in is added, and of each that is mixed `mixed` is told the page of its
/// entry, the index there, and the addresses that it stands for.
fn values<'p, A: Flat, P: Pages>(
    decoder: &mut Decoder<'p, A, P>,
    node: &P::Page<'p>,
    slice: Range<A>,
    mut mixed: impl FnMut(&mut Decoder<'p, A, P>, &P::Page<'p>, usize, Range<A>),
) {
    let bits_left = u32::from(A::WIDTH) - 2 * STRIDE;
    let part = |values: RangeInclusive<u32>| Range {
        first: sub_range::<A>(slice.first.number(), bits_left, *values.start()).first,
        last: sub_range::<A>(slice.first.number(), bits_left, *values.end()).last,
    };
    let mut child: Option<P::Page<'p>> = None;
    let mut index = 0;
    let mut count = 0;
    for group in 0..GROUPS {
        let at = group_word(group);
        let line = line_of(group) * LINE_WORDS;
        let (in_bits, mixed_bits) = (node.word(at), node.word(at + 1));
        if group.is_multiple_of(GROUPS_PER_LINE) {
            let place = node.word(line + LINE_PLACE);
            // The page is in the lower half.
            child = match node.half((line + LINE_PLACE) * 2) {
                0 => None,
                page => decoder.page(page),
            };
            index = usize::try_from(place >> 32).unwrap_or(usize::MAX);
            count = 0;
        }
        let before = node.word(line + LINE_RANKS) >> (group % GROUPS_PER_LINE * 8) & 0xff;
        let ranks_fit = mixed_bits == 0 || before == count;
        if !decoder.require(ranks_fit && in_bits & mixed_bits == 0) {
            return;
        }
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
            mixed(decoder, child.as_ref().unwrap_or(node), index, part(value..=value));
            index = index.saturating_add(1);
            count += 1;
            rest &= rest - 1;
        }
    }
}

/// How many times 64 values a node has.
const GROUPS: usize = 64;
