//! IPv4: what is longer than /24 is a range of a /24, or a block of 256 bits.

use std::net::Ipv4Addr;

use interlink_common::table::{
    BLOCK_PAGES, BLOCK_WORDS, BLOCKS_PER_PAGE, ENTRIES_PER_WORD, Entry4, Form, LINE_ENTRIES, LINE_WORDS, PAGE_WORDS,
};

use super::draft::{Draft, Entry, ones};
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
    let mut entries: Vec<Entry4> = Vec::new();
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
                entries.push(entry);
            }
        }
    }
    let mut begin = Draft::default();
    for (index, blocks) in blocks.chunks(BLOCKS_PER_PAGE).enumerate() {
        let page = store.take_page()?;
        begin.set_half(index, page);
        let mut draft = Draft::default();
        for (index, word) in blocks.iter().flatten().enumerate() {
            draft.set_word(index, *word);
        }
        store.write(page, draft.page());
    }
    let from = if blocks.is_empty() {
        0
    } else {
        BLOCK_PAGES / 2 * ENTRIES_PER_WORD
    };
    node.place(store, &entries, &begin, from)?;
    store.write(number, node.page());
    Ok(number)
}

impl Entry for Entry4 {
    const PER_PAGE: usize = PAGE_WORDS * ENTRIES_PER_WORD;

    fn write(self, page: &mut Draft, index: usize) {
        page.set_part(16, index, self.to_bits().into());
    }

    fn write_inline(entries: &[Self], node: &mut Draft, word: usize) -> Option<(Form, usize)> {
        let hosts: Option<Vec<u8>> = entries.iter().map(|entry| entry.host()).collect();
        if let Some(hosts) = hosts.filter(|hosts| hosts.len() <= INLINE_WORDS * 8) {
            for (index, host) in (word * 8..).zip(hosts) {
                node.set_part(8, index, host.into());
            }
            return Some((Form::Hosts, word * 8));
        }
        let fit = entries.len() <= INLINE_WORDS * ENTRIES_PER_WORD
            && entries.iter().all(|entry| matches!(entry, Self::Range(..)));
        let first = word * ENTRIES_PER_WORD;
        fit.then(|| {
            for (index, entry) in (first..).zip(entries) {
                entry.write(node, index);
            }
            (Form::Entries, first)
        })
    }
}

/// The words of a line for entries.
const INLINE_WORDS: usize = LINE_WORDS - LINE_ENTRIES;

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
