//! IPv4: ranges, and blocks of bits.

use std::net::Ipv4Addr;

use interlink_common::table::{
    BLOCK_WORDS, BLOCKS_PER_PAGE, ENTRIES_PER_WORD, Entry4, PAGE_WORDS, Pages, Words, block_page,
};

use super::{Decoder, values};
use crate::prefix::Range;

pub(in super::super) fn node<P: Pages>(decoder: &mut Decoder<'_, Ipv4Addr, P>, node: u32, slice: Range<Ipv4Addr>) {
    let Some(node) = decoder.page(node) else {
        return;
    };
    values(decoder, &node, slice, |decoder, entries, index, part| {
        if !decoder.require(index < PAGE_WORDS * ENTRIES_PER_WORD) || !decoder.spend(1) {
            return;
        }
        match Entry4::from_bits(entries.quarter(index)) {
            Entry4::Range(first, last) => decoder.add(Range {
                first: Ipv4Addr::from_bits(part.first.to_bits() | u32::from(first)),
                last: Ipv4Addr::from_bits(part.first.to_bits() | u32::from(last)),
            }),
            Entry4::Block(number) => {
                let number = usize::from(number);
                if let Some(blocks) = decoder.page(node.half(block_page(number))) {
                    block(decoder, &blocks, number % BLOCKS_PER_PAGE * BLOCK_WORDS, part);
                }
            }
        }
    });
}

fn block<P: Pages>(decoder: &mut Decoder<'_, Ipv4Addr, P>, page: &impl Words, from: usize, part: Range<Ipv4Addr>) {
    let mut base = part.first.to_bits();
    for index in from..from + BLOCK_WORDS {
        let bits = page.word(index);
        let mut rest = bits;
        while rest != 0 {
            let bit = rest.trailing_zeros();
            let run = (bits >> bit).trailing_ones();
            decoder.add(Range {
                first: Ipv4Addr::from_bits(base | bit),
                last: Ipv4Addr::from_bits(base | (bit + run - 1)),
            });
            rest &= u64::MAX.checked_shl(bit + run).unwrap_or(0);
        }
        // Behind the last block of all there is no address, and none is asked for.
        base = base.wrapping_add(64);
    }
}
