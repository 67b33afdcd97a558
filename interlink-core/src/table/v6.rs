//! IPv6: what is longer than /24 is a list of bounds.

use std::net::Ipv6Addr;

use interlink_common::table::{IN, INLINE, INLINE_REFERENCES, OUT, PAGE_WORDS, PAIRS_PER_PAGE, Reference, keys_v6};

use super::{Arena, Kind, halves, kinds};
use crate::prefix::{Address, Range};

/// A bound, and what holds from it on.
type Pair = (u64, u64);

/// The node of a /12.
pub(super) fn node(arena: &mut Arena, slice: Range<Ipv6Addr>, ranges: &[Range<Ipv6Addr>]) -> u32 {
    let node = arena.page_of_zeros();
    let mut lists = Lists::default();
    let mut references: Vec<u64> = Vec::new();
    for (value, part, kind) in kinds(slice, ranges) {
        if value % 64 == 0 {
            arena.set_rank(
                node,
                (value / 64) as usize,
                u16::try_from(references.len()).unwrap_or(u16::MAX),
            );
        }
        match kind {
            Kind::Out => {}
            Kind::In => arena.mark_in(node, value),
            Kind::Mixed(ranges) => {
                arena.mark_mixed(node, value);
                let pairs = first_key_pairs(arena, &mut lists, part, ranges);
                references.push(lists.add(arena, pairs, false));
            }
        }
    }
    if references.len() <= INLINE_REFERENCES {
        write(arena, node, INLINE, &references);
    } else {
        for (index, references) in references.chunks(PAGE_WORDS).enumerate() {
            let page = arena.page_of_zeros();
            arena.set_child(node, index, page);
            write(arena, page, 0, references);
        }
    }
    node
}

fn write(arena: &mut Arena, page: u32, from: usize, words: &[u64]) {
    for (offset, word) in words.iter().enumerate() {
        arena.set(page, from + offset, *word);
    }
}

/// The bits of an address behind the first key.
const LAST_KEY_BITS: u32 = 40;

/// The pairs of the first key, and below them, where a set divides one value of it, the lists of the last.
fn first_key_pairs(
    arena: &mut Arena,
    lists: &mut Lists,
    part: Range<Ipv6Addr>,
    ranges: &[Range<Ipv6Addr>],
) -> Vec<Pair> {
    let mut pairs = Pairs::default();
    let mut divided: Option<(u64, Pairs)> = None;
    for range in ranges {
        let (first, last) = (range.first.max(part.first), range.last.min(part.last));
        let ((first_key, first_rest), (last_key, last_rest)) = (keys(first), keys(last));
        if let Some((key, rest)) = divided.take_if(|(key, _)| *key != first_key) {
            pairs.at(key, lists.add(arena, rest.finish(), true));
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
            pairs.at(key, lists.add(arena, rest.finish(), true));
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
        pairs.at(key, lists.add(arena, rest.finish(), true));
        pairs.behind(key, OUT.into());
    }
    pairs.finish()
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
#[derive(Default)]
struct Lists {
    page: Option<u32>,
    used: usize,
}

impl Lists {
    /// Adds a list, and gives the word that refers to it. One that is too long is split into equal parts, under a
    /// list of the bounds that they begin with.
    fn add(&mut self, arena: &mut Arena, pairs: Vec<Pair>, last_key: bool) -> u64 {
        let mut pairs = pairs;
        while pairs.len() > PAIRS_PER_PAGE {
            pairs = pairs
                .chunks(PAIRS_PER_PAGE)
                .map(|part| (part.first().map_or(0, |pair| pair.0), self.place(arena, part, last_key)))
                .collect();
        }
        self.place(arena, &pairs, last_key)
    }

    fn place(&mut self, arena: &mut Arena, pairs: &[Pair], last_key: bool) -> u64 {
        let page = match self.page {
            Some(page) if self.used + pairs.len() <= PAIRS_PER_PAGE => page,
            Some(_) | None => {
                self.used = 0;
                *self.page.insert(arena.page_of_zeros())
            }
        };
        let first = self.used;
        for (offset, (bound, value)) in pairs.iter().enumerate() {
            arena.set(page, (first + offset) * 2, *bound);
            arena.set(page, (first + offset) * 2 + 1, *value);
        }
        self.used += pairs.len();
        let byte = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
        Reference {
            page,
            first: byte(first),
            more: byte(pairs.len().saturating_sub(1)),
            last_key,
        }
        .to_word()
    }
}
