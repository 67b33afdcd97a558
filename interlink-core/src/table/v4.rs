//! IPv4: what is longer than /24 is a block of 256 bits.

use std::net::Ipv4Addr;

use interlink_common::table::{BLOCK_WORDS, BLOCKS_PER_PAGE, INLINE, INLINE_BLOCKS};

use super::{Arena, Kind, kinds};
use crate::prefix::Range;

/// A block: one bit for each address of a /24.
type Block = [u64; BLOCK_WORDS];

/// The node of a /12.
pub(super) fn node(arena: &mut Arena, slice: Range<Ipv4Addr>, ranges: &[Range<Ipv4Addr>]) -> u32 {
    let node = arena.page_of_zeros();
    let mut blocks: Vec<Block> = Vec::new();
    for (value, part, kind) in kinds(slice, ranges) {
        if value % 64 == 0 {
            // A node has 4096 values, so the count fits.
            arena.set_rank(
                node,
                (value / 64) as usize,
                u16::try_from(blocks.len()).unwrap_or(u16::MAX),
            );
        }
        match kind {
            Kind::Out => {}
            Kind::In => arena.mark_in(node, value),
            Kind::Mixed(ranges) => {
                arena.mark_mixed(node, value);
                blocks.push(block(part, ranges));
            }
        }
    }
    if blocks.len() <= INLINE_BLOCKS {
        write(arena, node, INLINE, &blocks);
    } else {
        for (index, blocks) in blocks.chunks(BLOCKS_PER_PAGE).enumerate() {
            let page = arena.page_of_zeros();
            arena.set_child(node, index, page);
            write(arena, page, 0, blocks);
        }
    }
    node
}

fn write(arena: &mut Arena, page: u32, from: usize, blocks: &[Block]) {
    for (offset, word) in blocks.iter().flatten().enumerate() {
        arena.set(page, from + offset, *word);
    }
}

fn block(part: Range<Ipv4Addr>, ranges: &[Range<Ipv4Addr>]) -> Block {
    let mut block = Block::default();
    for range in ranges {
        let first = range.first.max(part.first).to_bits() & 0xff;
        let last = range.last.min(part.last).to_bits() & 0xff;
        for (word, bits) in (0..).zip(&mut block) {
            *bits |= ones(first.saturating_sub(word * 64), last.checked_sub(word * 64));
        }
    }
    block
}

/// Ones from a bit to another of the same word, both included; none where the last comes before the word or the first
/// behind it.
fn ones(first: u32, last: Option<u32>) -> u64 {
    match last {
        Some(last) if first < 64 => (u64::MAX << first) & (u64::MAX >> (63 - last.min(63))),
        Some(_) | None => 0,
    }
}
