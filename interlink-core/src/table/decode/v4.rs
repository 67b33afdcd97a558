//! IPv4: ranges, and blocks of bits.

use std::net::Ipv4Addr;

use interlink_common::table::{BLOCK_WORDS, BLOCKS_PER_PAGE, ENTRIES_PER_WORD, Entry4, Form, PAGE_WORDS, Pages, Words};

use super::{Decoder, Entries, values};
use crate::prefix::Range;

pub(in super::super) fn node<P: Pages>(
    decoder: &mut Decoder<'_, Ipv4Addr, P>,
    node: u32,
    slice: Range<Ipv4Addr>,
) -> Option<()> {
    let node = decoder.page(node)?;
    values(decoder, &node, slice, |decoder, entries, index, part| {
        decoder.spend(1)?;
        let add = |decoder: &mut Decoder<'_, Ipv4Addr, P>, first: u8, last: u8| {
            decoder.add(Range {
                first: Ipv4Addr::from_bits(part.first.to_bits() | u32::from(first)),
                last: Ipv4Addr::from_bits(part.first.to_bits() | u32::from(last)),
            });
        };
        let Entries { place, node, behind } = entries;
        let per_word = match place.form {
            Form::Entries => ENTRIES_PER_WORD,
            Form::Hosts => 8,
        };
        decoder.require(index < PAGE_WORDS * per_word)?;
        let entry = match (place.form, behind) {
            (Form::Hosts, None) => {
                let host = node.byte(index);
                Entry4::Range(host, host)
            }
            (Form::Entries, None) => Entry4::from_bits(node.quarter(index)),
            (Form::Entries, Some(behind)) => Entry4::from_bits(behind.quarter(index)),
            (Form::Hosts, Some(_)) => return decoder.require(false),
        };
        match (entry, behind) {
            (Entry4::Range(first, last), _) => add(decoder, first, last),
            (Entry4::Block(number), Some(behind)) => {
                let number = usize::from(number);
                let blocks = decoder.page(behind.half(number / BLOCKS_PER_PAGE))?;
                block(decoder, &blocks, number % BLOCKS_PER_PAGE * BLOCK_WORDS, part);
            }
            (Entry4::Block(_), None) => return decoder.require(false),
        }
        Some(())
    })
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
