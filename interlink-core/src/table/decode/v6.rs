//! IPv6: lists of bounds.

use std::net::Ipv6Addr;

use interlink_common::table::{
    BOUND_BLOCKS_PER_PAGE, BOUNDS_PER_BLOCK, Form, IN, LAST_KEY_BITS, ListKind, MAX_LISTS, NO_BOUND, OUT, PAGE_WORDS,
    PAIRS_PER_PAGE, Pages, Reference, SHORT_KEY_BITS, Words,
};

use super::{Decoder, Entries, values};
use crate::prefix::{Address, Range};

/// What the bounds of a list are about: the address is `base` with the key at `shift`, and keys go from `low` to `high`.
#[derive(Clone, Copy, Debug)]
struct Scope {
    base: u128,
    shift: u32,
    low: u64,
    high: u64,
}

const FIRST_KEY: u32 = LAST_KEY_BITS;
const LAST_KEY: u32 = 0;

pub(in super::super) fn node<P: Pages>(
    decoder: &mut Decoder<'_, Ipv6Addr, P>,
    node: u32,
    slice: Range<Ipv6Addr>,
) -> Option<()> {
    let node = decoder.page(node)?;
    values(decoder, &node, slice, |decoder, entries, index, part| {
        let Entries { place, node, behind } = entries;
        decoder.require(index < PAGE_WORDS && place.form == Form::Entries)?;
        let word = match behind {
            Some(behind) => behind.word(index),
            None => node.word(index),
        };
        if Reference::from_word(word).kind == ListKind::Short {
            return short_list(decoder, word, part.first.number());
        }
        let scope = Scope {
            base: part.first.number(),
            shift: FIRST_KEY,
            low: 0,
            high: u64::MAX,
        };
        list(decoder, word, scope, MAX_LISTS)
    })
}

/// Reads the short list of a /24.
fn short_list<P: Pages>(decoder: &mut Decoder<'_, Ipv6Addr, P>, word: u64, base: u128) -> Option<()> {
    let reference = Reference::from_word(word);
    let (first, layers) = (usize::from(reference.first), u32::from(reference.more));
    let count = 1_usize.checked_shl(layers).unwrap_or(usize::MAX);
    decoder.require(first.saturating_add(count) <= BOUND_BLOCKS_PER_PAGE)?;
    decoder.spend(count * BOUNDS_PER_BLOCK)?;
    let page = decoder.page(reference.page)?;
    let bound = |index: usize| page.half(first * BOUNDS_PER_BLOCK + index);
    let count = count * BOUNDS_PER_BLOCK;
    let bounds = (0..count).take_while(|index| bound(*index) != NO_BOUND).count();
    let is_filled_up = (bounds..count).all(|index| bound(index) == NO_BOUND);
    decoder.require(is_filled_up && bound(0) == 0)?;
    for index in 1..bounds {
        let behind = (index + 1 < bounds).then(|| bound(index + 1));
        decoder.require(behind.is_none_or(|behind| bound(index) < behind))?;
        if index % 2 != 0 {
            let last = behind.map_or(u32::MAX, |behind| behind - 1);
            decoder.add(Range {
                first: Ipv6Addr::from_number(base | u128::from(bound(index)) << SHORT_KEY_BITS),
                last: Ipv6Addr::from_number(base | u128::from(last) << SHORT_KEY_BITS | ((1 << SHORT_KEY_BITS) - 1)),
            });
        }
    }
    Some(())
}

/// Reads a list, below which there may be so many more.
fn list<P: Pages>(decoder: &mut Decoder<'_, Ipv6Addr, P>, word: u64, scope: Scope, depth: u32) -> Option<()> {
    let reference = Reference::from_word(word);
    let (first, count) = (usize::from(reference.first), usize::from(reference.more) + 1);
    let is_about_this = reference.kind
        == if scope.shift == LAST_KEY {
            ListKind::LastKey
        } else {
            ListKind::FirstKey
        };
    decoder.require(depth > 0 && is_about_this && first + count <= PAIRS_PER_PAGE)?;
    decoder.spend(count)?;
    let page = decoder.page(reference.page)?;
    let bound = |index: usize| page.word((first + index) * 2);
    decoder.require(bound(0) == scope.low)?;
    for index in 0..count {
        let low = bound(index);
        let high = if index + 1 < count {
            bound(index + 1).checked_sub(1)
        } else {
            Some(scope.high)
        };
        let high = high.filter(|high| (low..=scope.high).contains(high));
        decoder.require(high.is_some())?;
        let high = high?;
        let part = Scope { low, high, ..scope };
        match page.word((first + index) * 2 + 1) {
            word if word == u64::from(OUT) => {}
            word if word == u64::from(IN) => decoder.add(part.addresses()),
            word if Reference::from_word(word).kind == ListKind::LastKey && scope.shift == FIRST_KEY => {
                let below = Scope {
                    base: part.addresses().first.number(),
                    shift: LAST_KEY,
                    low: 0,
                    high: (1 << LAST_KEY_BITS) - 1,
                };
                _ = decoder
                    .require(low == high)
                    .and_then(|()| list(decoder, word, below, depth - 1));
            }
            word => _ = list(decoder, word, part, depth - 1),
        }
    }
    Some(())
}

impl Scope {
    fn addresses(self) -> Range<Ipv6Addr> {
        let Self { base, shift, low, high } = self;
        Range {
            first: Ipv6Addr::from_number(base | u128::from(low) << shift),
            last: Ipv6Addr::from_number(base | u128::from(high) << shift | ((1 << shift) - 1)),
        }
    }
}
