//! Flat tables: a set of addresses of one family, as words that the program reads in a handful of loads.
//!
//! A trie of a million prefixes costs the kernel more than a microsecond a lookup. A whitelist needs one bit, so the
//! set is flattened: what most addresses ask for is a few kilobytes that stay in the cache.
//!
//! Everything lives in pages of [`PAGE_WORDS`] words. A table is its root: [`ROOT_PAGES`] pages in a row, one
//! [`u32`] for each value of an address's first twelve bits. It is [`OUT`], [`IN`], or the page of a node. A node has
//! two bits for each value of the next twelve bits: out, in, or mixed. A mixed value has an entry:
//!
//! * IPv4, 16 bits: the one range of a /24 that is in, as its first and its last address. Where there are several, the
//!   number of a block of 256 bits, one for each address. [`Entry4`] tells them apart. Where all that a line has are
//!   single addresses, entries of 8 bits do.
//! * IPv6, 64 bits: a [`Reference`] to a list. A short list is sorted bounds of 32 bits, those behind the /24; every
//!   other one begins what is in. They come in blocks of [`BOUNDS_PER_BLOCK`], because the processor compares a whole
//!   block in the time of two steps of a search, and as many blocks as a power of two, filled up with [`NO_BOUND`]. A
//!   long list is sorted pairs of a bound and a value, and the value of the last bound that isn't above the key counts:
//!   out, in, or a reference to the next list. The first long lists' keys are the 64 bits behind the /24, the last ones'
//!   the 40 bits that remain. One that is too long for a page is split, with a list of the parts above it.
//!
//! A node is [`LINES`] lines, each one line of the cache with what there is to know about 128 values. Entries are packed
//! and in the order of their values; a few stand in the line itself, so that a million hosts far from each other cost a
//! look-up one miss of the cache. Those of other lines are in pages behind the node. Where IPv4 has blocks, each such
//! page begins with the pages of all blocks of the node, 32 bits each.
//!
//! ```text
//! line:  word 0, 2      in-bits of 64 values each
//!        word 1, 3      mixed-bits
//!        word 4         Place: where the entries are, and how many come before the second 64 values
//!        word 5..8      entries
//! ```
//!
//! Words are the machine's. Nothing is written in place but the entries of a root, each by one store, so a reader sees
//! a part of the old set or of the new, and never a mixture within one /12.
//!
//! In the kernel, pages lie in segments of [`PAGES_PER_SEGMENT`]: arrays of their own, in an array of maps. Memory is
//! taken as tables need it and given back, and both look-ups on the way to a page are a few instructions that the
//! verifier puts in place of calls.

mod lookup;

pub use lookup::{contains_v4, contains_v6, keys_v6};

/// The words of a page.
pub const PAGE_WORDS: usize = 256;

/// A page.
pub type Page = [u64; PAGE_WORDS];

/// How many pages a segment has: 256 KiB, so that what a small table takes is small.
pub const PAGES_PER_SEGMENT: u32 = 128;

/// The most segments of a NIC: 256 MiB, in which two policies of the worst shape fit beside each other.
pub const SEGMENTS: u32 = 1024;

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

/// The lines of a node.
pub const LINES: usize = 32;
/// How many groups of 64 values a line has.
pub const GROUPS_PER_LINE: usize = 2;
/// The words of a line.
pub const LINE_WORDS: usize = 8;
/// The word of a line that is its [`Place`].
pub const LINE_PLACE: usize = 4;
/// The first word of a line for entries.
pub const LINE_ENTRIES: usize = 5;

/// How many IPv4 entries a word holds.
pub const ENTRIES_PER_WORD: usize = 4;
/// The words of an IPv4 block.
pub const BLOCK_WORDS: usize = 4;
/// How many blocks a page holds.
pub const BLOCKS_PER_PAGE: usize = PAGE_WORDS / BLOCK_WORDS;
/// How many pages of blocks a node has at most, and the halves of words that name them.
pub const BLOCK_PAGES: usize = (1 << STRIDE) / BLOCKS_PER_PAGE;

/// How many bounds a block of a short list has.
pub const BOUNDS_PER_BLOCK: usize = 8;
/// How many blocks of bounds a page holds, which is the longest short list.
pub const BOUND_BLOCKS_PER_PAGE: usize = PAGE_WORDS * 2 / BOUNDS_PER_BLOCK;
/// What stands in a short list where no bound is. No key is compared with it but as one below.
pub const NO_BOUND: u32 = u32::MAX;
/// How many pairs a page holds, which is the longest long list.
pub const PAIRS_PER_PAGE: usize = PAGE_WORDS / 2;

/// The bits of an IPv6 address behind the keys of short lists.
pub const SHORT_KEY_BITS: u32 = 72;
/// The bits of an IPv6 address behind the first key of long lists.
pub const LAST_KEY_BITS: u32 = 40;

/// How many long lists a lookup may pass: each key has at most three layers of them.
pub const MAX_LISTS: u32 = 6;

/// Where pages are found.
pub trait Pages {
    /// How a page is read.
    type Page<'a>: Words
    where
        Self: 'a;

    /// The page of that number.
    fn page(&self, number: u32) -> Option<Self::Page<'_>>;
}

/// The words of a page, wherever it lies.
pub trait Words {
    /// The word at an index, of which the bits above those of [`PAGE_WORDS`] are ignored: a mask shows the verifier, and
    /// the compiler, that it is inside.
    fn word(&self, index: usize) -> u64;

    /// Half of a word; the half with the even index is the lower one.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "half of the word is asked for")]
    fn half(&self, index: usize) -> u32 {
        (self.word(index / 2) >> (index % 2 * 32)) as u32
    }

    /// A quarter of a word; the lowest quarter has the lowest index.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "a quarter of the word is asked for")]
    fn quarter(&self, index: usize) -> u16 {
        (self.word(index / 4) >> (index % 4 * 16)) as u16
    }

    /// A byte of a word; the lowest has the lowest index.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "an eighth of the word is asked for")]
    fn byte(&self, index: usize) -> u8 {
        (self.word(index / 8) >> (index % 8 * 8)) as u8
    }
}

impl Words for &Page {
    #[inline(always)]
    fn word(&self, index: usize) -> u64 {
        self.get(index % PAGE_WORDS).copied().unwrap_or(0)
    }
}

/// What an IPv4 entry says of its /24.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry4 {
    /// From this address to that one it is in.
    Range(u8, u8),
    /// Its addresses are the bits of the node's block of that number, which is below 4096.
    Block(u16),
}

impl Entry4 {
    /// The one address that is in, if there is no other.
    pub const fn host(self) -> Option<u8> {
        match self {
            Self::Range(first, last) if first == last => Some(first),
            Self::Range(..) | Self::Block(_) => None,
        }
    }

    /// What a first byte has that is part of a block's number: it is above every second byte of one.
    const BLOCK: u16 = 128;

    /// As it stands in a page. A range never ends before it begins, so that is free for blocks.
    #[inline(always)]
    pub const fn to_bits(self) -> u16 {
        match self {
            Self::Range(first, last) => u16::from_le_bytes([last, first]),
            Self::Block(number) => (Self::BLOCK | number >> 6) << 8 | number & 63,
        }
    }

    /// What the bits stand for.
    #[inline(always)]
    pub const fn from_bits(bits: u16) -> Self {
        let [last, first] = bits.to_le_bytes();
        if first <= last {
            Self::Range(first, last)
        } else {
            Self::Block((first as u16 & 63) << 6 | last as u16 & 63)
        }
    }
}

/// Where the entries of a line are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The page; 0 for that of the node.
    pub page: u32,
    /// The index of the first, counted in entries from the start of the page.
    pub first: u16,
    /// How many come before those of the second 64 values.
    pub rank: u8,
    /// How they are written.
    pub form: Form,
}

/// How the entries of a line are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As the family has them.
    Entries,
    /// 8 bits: the one address of a /24 that is in.
    Hosts,
}

impl Place {
    /// As it stands in a line.
    #[inline(always)]
    pub const fn to_word(self) -> u64 {
        let form = match self.form {
            Form::Entries => 0,
            Form::Hosts => 1,
        };
        form << 56 | (self.rank as u64) << 48 | (self.first as u64) << 32 | self.page as u64
    }

    /// What the word stands for.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "each part is taken")]
    pub const fn from_word(word: u64) -> Self {
        Self {
            page: word as u32,
            first: (word >> 32) as u16,
            rank: (word >> 48) as u8,
            form: if word >> 56 == 0 { Form::Entries } else { Form::Hosts },
        }
    }
}

/// Points at a list: its page, its first block of bounds or pair there, how many there are, and what they are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The page.
    pub page: u32,
    /// The first block or pair, below [`BOUND_BLOCKS_PER_PAGE`] or [`PAIRS_PER_PAGE`].
    pub first: u16,
    /// How many pairs follow the first, or how often the number of blocks can be halved.
    pub more: u16,
    /// What the list is.
    pub kind: ListKind,
}

/// What a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// Bounds of the 32 bits behind the /24.
    Short,
    /// Pairs, about the 64 bits behind the /24.
    FirstKey,
    /// Pairs, about the last 40 bits of the address.
    LastKey,
}

impl Reference {
    /// The reference as a value of a pair: never [`OUT`] or [`IN`], as no list is on a page below [`FIRST_PAGE`].
    #[inline(always)]
    pub const fn to_word(self) -> u64 {
        let kind = match self.kind {
            ListKind::Short => 0,
            ListKind::FirstKey => 1,
            ListKind::LastKey => 2,
        };
        (self.page as u64) << 32 | kind << 24 | (self.more as u64) << 12 | self.first as u64
    }

    /// The reference that a value stands for.
    #[inline(always)]
    pub const fn from_word(word: u64) -> Self {
        Self {
            page: (word >> 32) as u32,
            first: (word & 0xfff) as u16,
            more: (word >> 12 & 0xfff) as u16,
            kind: match word >> 24 & 3 {
                0 => ListKind::Short,
                1 => ListKind::FirstKey,
                _ => ListKind::LastKey,
            },
        }
    }
}

/// Where a group of 64 values has its in-bits; its mixed-bits are the next word.
#[inline(always)]
pub const fn group_word(group: usize) -> usize {
    group / GROUPS_PER_LINE * LINE_WORDS + group % GROUPS_PER_LINE * 2
}
