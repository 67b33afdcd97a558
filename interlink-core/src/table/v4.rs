//! IPv4: what is longer than /24 is a range of a /24, or a block of 256 bits.

use std::net::Ipv4Addr;

use interlink_common::table::{BLOCK_WORDS, BLOCKS_PER_PAGE, ENTRIES_PER_WORD, Entry4, INLINE, PAGE_WORDS, block_page};

use super::draft::{Draft, ones};
use super::kinds::{Kind, Kinds};
use super::store::Store;
use crate::prefix::Range;

/// A block: one bit for each address of a /24.
type Block = [u64; BLOCK_WORDS];

/// The node of a /12.
pub(super) fn node<S: Store>(
    store: &mut S,
    slice: Range<Ipv4Addr>,
    ranges: &[Range<Ipv4Addr>],
) -> Result<u32, S::Error> {
    let number = store.take_page()?;
    let mut node = Draft::default();
    let mut entries: Vec<u16> = Vec::new();
    let mut blocks: Vec<Block> = Vec::new();
    for kind in Kinds::new(slice, ranges) {
        match kind {
            Kind::In(values) => node.mark_in(&values),
            Kind::Mixed { value, part, ranges } => {
                node.mark_mixed(value);
                let entry = if let [range] = ranges {
                    let (first, last) = ends(part, *range);
                    Entry4::Range(first, last)
                } else {
                    blocks.push(block(part, ranges));
                    // A node has at most 4096.
                    Entry4::Block(u16::try_from(blocks.len() - 1).unwrap_or(u16::MAX))
                };
                entries.push(entry.to_bits());
            }
        }
    }
    for (index, blocks) in blocks.chunks(BLOCKS_PER_PAGE).enumerate() {
        let page = store.take_page()?;
        node.set_half(block_page(index * BLOCKS_PER_PAGE), page);
        let mut draft = Draft::default();
        for (index, word) in blocks.iter().flatten().enumerate() {
            draft.set_word(index, *word);
        }
        store.write(page, draft.page());
    }
    let block_pages = blocks.len().div_ceil(BLOCKS_PER_PAGE);
    let inline = INLINE * ENTRIES_PER_WORD..(PAGE_WORDS - block_pages.div_ceil(2)) * ENTRIES_PER_WORD;
    node.place(
        store,
        &entries,
        Draft::set_quarter,
        inline,
        PAGE_WORDS * ENTRIES_PER_WORD,
    )?;
    store.write(number, node.page());
    Ok(number)
}

fn block(part: Range<Ipv4Addr>, ranges: &[Range<Ipv4Addr>]) -> Block {
    let mut block = Block::default();
    for range in ranges {
        let (first, last) = ends(part, *range);
        let (first, last) = (usize::from(first), usize::from(last));
        for (word, bits) in block.iter_mut().enumerate().take(last / 64 + 1) {
            *bits |= ones(first.saturating_sub(word * 64), last - word * 64);
        }
    }
    block
}

/// The last bytes of the first and the last address of a range inside a /24.
fn ends(part: Range<Ipv4Addr>, range: Range<Ipv4Addr>) -> (u8, u8) {
    let [.., first] = range.first.max(part.first).octets();
    let [.., last] = range.last.min(part.last).octets();
    (first, last)
}
