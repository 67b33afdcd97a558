//! IPv6: what is longer than /24 is a list of bounds.

use std::net::Ipv6Addr;

use interlink_common::table::{
    BOUND_BLOCKS_PER_PAGE, BOUNDS_PER_BLOCK, Form, IN, LAST_KEY_BITS, LINE_ENTRIES, LINE_WORDS, ListKind, NO_BOUND,
    OUT, PAGE_WORDS, PAIRS_PER_PAGE, Reference, SHORT_KEY_BITS, keys_v6,
};

use super::draft::{Draft, Entry};
use super::halves;
use super::kinds::{Kind, Kinds};
use super::store::Store;
use crate::prefix::{Address, Range};

/// A bound, and what holds from it on.
type Pair = (u64, u64);

/// The node of a /12.
pub(super) fn node<S: Store>(
    store: &mut S,
    slice: Range<Ipv6Addr>,
    ranges: &[Range<Ipv6Addr>],
) -> Result<u32, S::Error> {
    let number = store.take_page()?;
    let mut node = Draft::default();
    let mut lists = Lists::new(store);
    let mut references: Vec<Word> = Vec::new();
    for kind in Kinds::new(slice, ranges) {
        match kind {
            Kind::In(values) => node.mark_in(&values),
            Kind::Mixed { value, part, ranges } => {
                node.mark_mixed(value);
                references.push(Word(if let Some(bounds) = short_list(part, ranges) {
                    lists.place_short(&bounds)?
                } else {
                    let pairs = first_key_pairs(&mut lists, part, ranges)?;
                    lists.add(pairs, ListKind::FirstKey)?
                }));
            }
        }
    }
    lists.finish();
    node.place(store, &references, &Draft::default(), 0)?;
    store.write(number, node.page());
    Ok(number)
}

/// A reference to a list, as it stands in a node.
#[derive(Clone, Copy)]
struct Word(u64);

impl Entry for Word {
    const PER_PAGE: usize = PAGE_WORDS;

    fn write(self, page: &mut Draft, index: usize) {
        page.set_word(index, self.0);
    }

    fn write_inline(entries: &[Self], node: &mut Draft, word: usize) -> Option<(Form, usize)> {
        (entries.len() <= LINE_WORDS - LINE_ENTRIES).then(|| {
            for (index, entry) in (word..).zip(entries) {
                entry.write(node, index);
            }
            (Form::Entries, word)
        })
    }
}

/// The bounds of a part in as many blocks as a power of two, if none divides a /56 or is the last key, and they fit
/// into a page.
fn short_list(part: Range<Ipv6Addr>, ranges: &[Range<Ipv6Addr>]) -> Option<Vec<u32>> {
    let key = |number: u128| u32::try_from((number - part.first.number()) >> SHORT_KEY_BITS).ok();
    let is_on_bound = |number: u128| number.trailing_zeros() >= SHORT_KEY_BITS;
    let mut bounds = vec![0];
    for range in ranges {
        let (first, last) = (range.first.max(part.first).number(), range.last.min(part.last).number());
        if !is_on_bound(first) || !is_on_bound(!last) {
            return None;
        }
        bounds.push(key(first)?);
        if last < part.last.number() {
            bounds.push(key(last + 1)?);
        }
    }
    let fits = !bounds.contains(&NO_BOUND) && bounds.len() <= BOUND_BLOCKS_PER_PAGE * BOUNDS_PER_BLOCK;
    let blocks = bounds.len().div_ceil(BOUNDS_PER_BLOCK).next_power_of_two();
    bounds.resize(blocks * BOUNDS_PER_BLOCK, NO_BOUND);
    fits.then_some(bounds)
}

/// The pairs of the first key, and below them, where a set divides one value of it, the lists of the last.
fn first_key_pairs<S: Store>(
    lists: &mut Lists<'_, S>,
    part: Range<Ipv6Addr>,
    ranges: &[Range<Ipv6Addr>],
) -> Result<Vec<Pair>, S::Error> {
    let mut pairs = Pairs::default();
    let mut divided: Option<(u64, Pairs)> = None;
    for range in ranges {
        let (first, last) = (range.first.max(part.first), range.last.min(part.last));
        let ((first_key, first_rest), (last_key, last_rest)) = (keys(first), keys(last));
        if let Some((key, rest)) = divided.take_if(|(key, _)| *key != first_key) {
            pairs.at(key, lists.add(rest.finish(), ListKind::LastKey)?);
            pairs.behind(key, OUT.into());
        }
        let begins_inside = first_rest != 0;
        let ends_inside = last_rest != LAST_REST;
        if first_key == last_key && (begins_inside || ends_inside) {
            let (_, rest) = divided.get_or_insert_with(|| (first_key, Pairs::default()));
            rest.range(first_rest, last_rest);
            continue;
        }
        if begins_inside {
            let (_, rest) = divided.get_or_insert_with(|| (first_key, Pairs::default()));
            rest.range(first_rest, LAST_REST);
        }
        if let Some((key, rest)) = divided.take() {
            pairs.at(key, lists.add(rest.finish(), ListKind::LastKey)?);
            pairs.behind(key, OUT.into());
        }
        let first_whole = if begins_inside {
            first_key.checked_add(1)
        } else {
            Some(first_key)
        };
        let behind_whole = if ends_inside {
            Some(last_key)
        } else {
            last_key.checked_add(1)
        };
        if let Some(first_whole) = first_whole.filter(|first| behind_whole.is_none_or(|behind| *first < behind)) {
            pairs.at(first_whole, IN.into());
            if let Some(behind) = behind_whole {
                pairs.at(behind, OUT.into());
            }
        }
        if ends_inside {
            let mut rest = Pairs::default();
            rest.range(0, last_rest);
            divided = Some((last_key, rest));
        }
    }
    if let Some((key, rest)) = divided {
        pairs.at(key, lists.add(rest.finish(), ListKind::LastKey)?);
        pairs.behind(key, OUT.into());
    }
    Ok(pairs.finish())
}

/// The highest last key.
const LAST_REST: u64 = (1 << LAST_KEY_BITS) - 1;

fn keys(address: Ipv6Addr) -> (u64, u64) {
    let (high, low) = halves(address.number());
    keys_v6(high, low)
}

/// Pairs in the order of their bounds, the first of which is 0.
struct Pairs(Vec<Pair>);

impl Default for Pairs {
    fn default() -> Self {
        Self(vec![(0, OUT.into())])
    }
}

impl Pairs {
    /// A value from a bound on. A later word about the same bound counts.
    fn at(&mut self, bound: u64, value: u64) {
        match self.0.last_mut() {
            Some(last) if last.0 == bound => last.1 = value,
            Some(_) | None => self.0.push((bound, value)),
        }
    }

    /// A value from behind a key on, if there is anything.
    fn behind(&mut self, key: u64, value: u64) {
        if let Some(bound) = key.checked_add(1) {
            self.at(bound, value);
        }
    }

    /// A range of last keys that is in, both ends included.
    fn range(&mut self, first: u64, last: u64) {
        self.at(first, IN.into());
        if last < LAST_REST {
            self.at(last + 1, OUT.into());
        }
    }

    fn finish(self) -> Vec<Pair> {
        self.0
    }
}

/// Puts lists one after the other into pages of their own.
struct Lists<'s, S> {
    store: &'s mut S,
    page: Option<(u32, Draft)>,
    /// The words of the page that are taken.
    used: usize,
}

impl<'s, S: Store> Lists<'s, S> {
    fn new(store: &'s mut S) -> Self {
        let (page, used) = (None, 0);
        Self { store, page, used }
    }

    /// Adds a long list, and gives the word that refers to it. One that is too long is split into equal parts, under a
    /// list of the bounds that they begin with.
    fn add(&mut self, pairs: Vec<Pair>, kind: ListKind) -> Result<u64, S::Error> {
        let mut pairs = pairs;
        while pairs.len() > PAIRS_PER_PAGE {
            pairs = pairs
                .chunks(PAIRS_PER_PAGE)
                .map(|part| Ok((part.first().map_or(0, |pair| pair.0), self.place_long(part, kind)?)))
                .collect::<Result<_, S::Error>>()?;
        }
        self.place_long(&pairs, kind)
    }

    fn place_long(&mut self, pairs: &[Pair], kind: ListKind) -> Result<u64, S::Error> {
        self.used = self.used.next_multiple_of(2);
        let (from, page, draft) = self.room(pairs.len() * 2)?;
        for (index, word) in (from..).zip(pairs.iter().flat_map(|(bound, value)| [bound, value])) {
            draft.set_word(index, *word);
        }
        Ok(reference(page, from / 2, pairs.len().saturating_sub(1), kind))
    }

    /// Adds a short list.
    fn place_short(&mut self, bounds: &[u32]) -> Result<u64, S::Error> {
        self.used = self.used.next_multiple_of(BOUNDS_PER_BLOCK / 2);
        let (from, page, draft) = self.room(bounds.len() / 2)?;
        for (index, bound) in (from * 2..).zip(bounds) {
            draft.set_half(index, *bound);
        }
        let blocks = bounds.len() / BOUNDS_PER_BLOCK;
        let layers = blocks.trailing_zeros() as usize;
        Ok(reference(page, from * 2 / BOUNDS_PER_BLOCK, layers, ListKind::Short))
    }

    /// Fills the page that is still open.
    fn finish(&mut self) {
        if let Some((number, page)) = self.page.take() {
            self.store.write(number, page.page());
        }
    }

    /// So many words of a page: the first of them, and the page.
    fn room(&mut self, words: usize) -> Result<(usize, u32, &mut Draft), S::Error> {
        if self.used + words > PAGE_WORDS {
            self.finish();
        }
        let (number, draft) = match &mut self.page {
            Some(page) => page,
            none => {
                self.used = 0;
                none.insert((self.store.take_page()?, Draft::default()))
            }
        };
        let from = self.used;
        self.used += words;
        Ok((from, *number, draft))
    }
}

fn reference(page: u32, first: usize, more: usize, kind: ListKind) -> u64 {
    // Neither is above what a page holds.
    let field = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
    Reference {
        page,
        first: field(first),
        more: field(more),
        kind,
    }
    .to_word()
}
