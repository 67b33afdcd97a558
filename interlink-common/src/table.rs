//! Flat tables: a set of addresses of one family, as words that the program reads in a handful of loads.
//!
//! A trie of a million prefixes costs the kernel more than a microsecond a lookup. A whitelist needs one bit, so the
//! set is flattened: what most addresses ask for is a few kilobytes that stay in the cache.
//!
//! Everything lives in pages of [`PAGE_WORDS`] words. A table is its root: [`ROOT_PAGES`] pages in a row, one
//! [`u32`] for each value of an address's first twelve bits. It is [`OUT`], [`IN`], or the page of a node. A node has
//! two bits for each value of the next twelve bits: out, in, or mixed. The mixed ones are counted, and their number is
//! the place of what tells them apart:
//!
//! * IPv4: a block of 256 bits, one for each address of the /24. Up to [`INLINE_BLOCKS`] stand in the node's own
//!   page, more in pages of their own.
//! * IPv6: a reference to a list. A list is sorted pairs of a bound and a value, and the value of the last bound that
//!   isn't above the key counts: out, in, or a reference to the next list. The first lists' keys are the 64 bits
//!   behind the /24, the last ones' the 40 bits that remain. A list that is too long for one page is split, with
//!   a list of the parts above it.
//!
//! ```text
//! node:  word 0..128     for each 64 values: a word of in-bits, a word of mixed-bits
//!        word 128..144   for each 64 values: how many mixed ones come before, 16 bits each
//!        word 144..176   pages of what the mixed ones refer to, 32 bits each; the first is 0 where it is inline
//!        word 176..256   inline: 20 blocks of 4 words, or 80 references
//! ```
//!
//! Words are the machine's. Nothing is written in place but whole words of a root, so a reader sees a part of the old
//! set or of the new, and never a mixture within one /12.

/// The words of a page.
pub const PAGE_WORDS: usize = 256;

/// A page.
pub type Page = [u64; PAGE_WORDS];

/// The bits of an address that a root tells apart, and those that a node does.
pub const STRIDE: u32 = 12;

/// The pages of a root.
pub const ROOT_PAGES: u32 = 8;

/// No address is in the set.
pub const OUT: u32 = 0;

/// Every address is in the set.
pub const IN: u32 = 1;

/// The first number that can be a page's: lower ones mean [`OUT`] and [`IN`].
pub const FIRST_PAGE: u32 = 2;

/// Where a node's counts begin.
pub const RANKS: usize = 128;
/// Where a node's page numbers begin.
pub const CHILDREN: usize = 144;
/// Where what is inline begins.
pub const INLINE: usize = 176;

/// The words of an IPv4 block.
pub const BLOCK_WORDS: usize = 4;
/// How many blocks stand in the node itself.
pub const INLINE_BLOCKS: usize = (PAGE_WORDS - INLINE) / BLOCK_WORDS;
/// How many references stand in the node itself.
pub const INLINE_REFERENCES: usize = PAGE_WORDS - INLINE;
/// How many blocks a page holds.
pub const BLOCKS_PER_PAGE: usize = PAGE_WORDS / BLOCK_WORDS;

/// How many pairs a page holds, which is the longest list.
pub const PAIRS_PER_PAGE: usize = PAGE_WORDS / 2;

/// How many lists a lookup may pass: each key has at most three layers of them.
pub const MAX_LISTS: u32 = 6;

/// Where pages are found.
pub trait Pages {
    /// The page of that number.
    fn page(&self, number: u32) -> Option<&Page>;
}

/// Points at a list of pairs: its page, the first pair there, how many there are, and which key they are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The page.
    pub page: u32,
    /// The first pair, below [`PAIRS_PER_PAGE`].
    pub first: u8,
    /// How many follow the first, below [`PAIRS_PER_PAGE`].
    pub more: u8,
    /// Whether the list is about the last 40 bits of the address.
    pub last_key: bool,
}

impl Reference {
    /// The reference as a value of a pair: never [`OUT`] or [`IN`], as no list is on a page below [`FIRST_PAGE`].
    #[inline(always)]
    pub const fn to_word(self) -> u64 {
        (self.page as u64) << 32 | (self.last_key as u64) << 16 | (self.more as u64) << 8 | self.first as u64
    }

    /// The reference that a value stands for.
    #[inline(always)]
    pub const fn from_word(word: u64) -> Self {
        let [first, more, last_key, _, page @ ..] = word.to_le_bytes();
        Self {
            page: u32::from_le_bytes(page),
            first,
            more,
            last_key: last_key != 0,
        }
    }
}

/// Whether an IPv4 address, as a number, is in the set of a root.
#[inline(always)]
pub fn contains_v4<P: Pages + ?Sized>(pages: &P, root: u32, address: u32) -> bool {
    let node_page = match root_entry(pages, root, address >> 20) {
        OUT => return false,
        IN => return true,
        page => page,
    };
    let Some(node) = pages.page(node_page) else {
        return false;
    };
    let Some(mixed) = mixed(node, address >> 8 & 0xfff) else {
        return is_in(node, address >> 8 & 0xfff);
    };
    let bit = address & 0xff;
    let word = (bit >> 6) as usize;
    let block = mixed as usize;
    let bits = match half(node, CHILDREN * 2) {
        0 => at(node, INLINE + block * BLOCK_WORDS + word),
        _ => match pages.page(half(node, CHILDREN * 2 + block / BLOCKS_PER_PAGE)) {
            Some(blocks) => at(blocks, block % BLOCKS_PER_PAGE * BLOCK_WORDS + word),
            None => 0,
        },
    };
    bits >> (bit & 63) & 1 != 0
}

/// Whether an IPv6 address, as its two halves, is in the set of a root.
#[inline(always)]
pub fn contains_v6<P: Pages + ?Sized>(pages: &P, root: u32, high: u64, low: u64) -> bool {
    let node_page = match root_entry(pages, root, (high >> 52) as u32) {
        OUT => return false,
        IN => return true,
        page => page,
    };
    let Some(node) = pages.page(node_page) else {
        return false;
    };
    let value = (high >> 40) as u32 & 0xfff;
    let Some(mixed) = mixed(node, value) else {
        return is_in(node, value);
    };
    let mixed = mixed as usize;
    let mut word = match half(node, CHILDREN * 2) {
        0 => at(node, INLINE + mixed),
        _ => match pages.page(half(node, CHILDREN * 2 + mixed / PAGE_WORDS)) {
            Some(references) => at(references, mixed % PAGE_WORDS),
            None => 0,
        },
    };
    let (first_key, last_key) = keys_v6(high, low);
    for _ in 0..MAX_LISTS {
        let list = Reference::from_word(word);
        let Some(page) = pages.page(list.page) else {
            return false;
        };
        word = search(page, list, if list.last_key { last_key } else { first_key });
        if word <= u64::from(IN) {
            return word == u64::from(IN);
        }
    }
    false
}

/// What the lists of an IPv6 address compare: the 64 bits behind its /24, and the 40 bits behind those.
#[inline(always)]
pub const fn keys_v6(high: u64, low: u64) -> (u64, u64) {
    (high << 24 | low >> 40, low & 0xff_ffff_ffff)
}

#[inline(always)]
fn root_entry<P: Pages + ?Sized>(pages: &P, root: u32, value: u32) -> u32 {
    match pages.page(root + (value >> 9)) {
        Some(page) => half(page, (value & 0x1ff) as usize),
        None => OUT,
    }
}

/// The number of a node's mixed value among them, or nothing if it isn't mixed.
#[inline(always)]
fn mixed(node: &Page, value: u32) -> Option<u32> {
    let group = (value >> 6) as usize;
    let bits = at(node, group * 2 + 1);
    let bit = 1_u64 << (value & 63);
    if bits & bit == 0 {
        return None;
    }
    let before = at(node, RANKS + group / 4) >> (group % 4 * 16) & 0xffff;
    Some(before as u32 + (bits & (bit - 1)).count_ones())
}

#[inline(always)]
fn is_in(node: &Page, value: u32) -> bool {
    at(node, (value >> 6) as usize * 2) >> (value & 63) & 1 != 0
}

/// The value of the last pair whose bound isn't above the key. The first pair counts in any case: its bound is the
/// lowest key that can get there.
#[inline(always)]
fn search(page: &Page, list: Reference, key: u64) -> u64 {
    let mut found = list.first as usize;
    let end = found + list.more as usize;
    let mut step = PAIRS_PER_PAGE / 2;
    while step > 0 {
        let next = found + step;
        if next <= end && at(page, next * 2) <= key {
            found = next;
        }
        step /= 2;
    }
    at(page, found * 2 + 1)
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "half of the word is asked for")]
fn half(page: &Page, index: usize) -> u32 {
    (at(page, index / 2) >> (index % 2 * 32)) as u32
}

/// A word of a page; the mask shows the verifier, and the compiler, that it is inside.
#[inline(always)]
fn at(page: &Page, index: usize) -> u64 {
    page.get(index % PAGE_WORDS).copied().unwrap_or(0)
}
