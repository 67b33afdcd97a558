//! The look-up, as the program does it.

#![expect(
    clippy::cast_possible_truncation,
    reason = "what is cut off is not asked for, or not there: the program's words have 64 bits"
)]

use super::{
    BLOCK_WORDS, BLOCKS_PER_PAGE, BOUND_BLOCKS_PER_PAGE, BOUNDS_PER_BLOCK, Entry4, Form, GROUPS_PER_LINE, IN,
    LAST_KEY_BITS, LINE_PLACE, LINE_WORDS, ListKind, MAX_LISTS, OUT, PAIRS_PER_PAGE, Pages, Place, Reference,
    SHORT_KEY_BITS, Words, group_word,
};

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
    let (place, index) = match value(&node, address >> 8 & 0xfff) {
        Value::Out => return false,
        Value::In => return true,
        Value::Mixed(place, index) => (place, index),
    };
    let [low, ..] = address.to_le_bytes();
    if place.form == Form::Hosts {
        return node.byte(index) == low;
    }
    if place.page == 0 {
        return match Entry4::from_bits(node.quarter(index)) {
            Entry4::Range(first, last) => low.wrapping_sub(first) <= last - first,
            Entry4::Block(_) => false,
        };
    }
    let Some(entries) = pages.page(place.page) else {
        return false;
    };
    match Entry4::from_bits(entries.quarter(index)) {
        Entry4::Range(first, last) => low.wrapping_sub(first) <= last - first,
        Entry4::Block(block) => {
            let block = block as usize;
            let Some(blocks) = pages.page(entries.half(block / BLOCKS_PER_PAGE)) else {
                return false;
            };
            let bits = blocks.word(block % BLOCKS_PER_PAGE * BLOCK_WORDS + (low >> 6) as usize);
            bits >> (low & 63) & 1 != 0
        }
    }
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
    let (place, index) = match value(&node, (high >> 40) as u32 & 0xfff) {
        Value::Out => return false,
        Value::In => return true,
        Value::Mixed(place, index) => (place, index),
    };
    let mut word = match place.page {
        0 => node.word(index),
        page => match pages.page(page) {
            Some(references) => references.word(index),
            None => return false,
        },
    };
    let list = Reference::from_word(word);
    if list.kind == ListKind::Short {
        return match pages.page(list.page) {
            Some(page) => short_list_contains(&page, list, high >> (SHORT_KEY_BITS - u64::BITS)),
            None => false,
        };
    }
    let (first_key, last_key) = keys_v6(high, low);
    for _ in 0..MAX_LISTS {
        let list = Reference::from_word(word);
        let key = match list.kind {
            ListKind::Short => return false,
            ListKind::FirstKey => first_key,
            ListKind::LastKey => last_key,
        };
        let Some(page) = pages.page(list.page) else {
            return false;
        };
        word = long_list_value(&page, list, key);
        if word <= u64::from(IN) {
            return word == u64::from(IN);
        }
    }
    false
}

/// What the long lists of an IPv6 address compare: the 64 bits behind its /24, and the 40 bits behind those.
#[inline(always)]
pub const fn keys_v6(high: u64, low: u64) -> (u64, u64) {
    (high << 24 | low >> LAST_KEY_BITS, low & ((1 << LAST_KEY_BITS) - 1))
}

#[inline(always)]
fn root_entry<P: Pages + ?Sized>(pages: &P, root: u32, value: u32) -> u32 {
    match pages.page(root + (value >> 9)) {
        Some(page) => page.half((value & 0x1ff) as usize),
        None => OUT,
    }
}

/// What a node says of a value.
enum Value {
    Out,
    In,
    /// Where the entries of its line are, and the index of its own.
    Mixed(Place, usize),
}

#[inline(always)]
fn value(node: &impl Words, value: u32) -> Value {
    let group = (value >> 6) as usize;
    let bit = 1_u64 << (value & 63);
    let mixed = node.word(group_word(group) + 1);
    if mixed & bit == 0 {
        return if node.word(group_word(group)) & bit == 0 {
            Value::Out
        } else {
            Value::In
        };
    }
    let place = Place::from_word(node.word(group / GROUPS_PER_LINE * LINE_WORDS + LINE_PLACE));
    let before = place.rank as usize * (group % GROUPS_PER_LINE);
    let index = place.first as usize + before + (mixed & (bit - 1)).count_ones() as usize;
    Value::Mixed(place, index)
}

/// Whether the last bound that isn't above the key begins what is in: those at odd places do. The first bound is 0.
///
/// Nothing branches on a comparison, of which the processor would guess half wrong. The key stands in the lower half of
/// a word; whatever the upper half is, a bound that is above the key flips its lowest bit when it is subtracted. In this
/// form the compiler doesn't see comparisons that it would turn back into branches.
#[inline(always)]
fn short_list_contains(page: &impl Words, list: Reference, key: u64) -> bool {
    // The last key is taken for the one before, as no list has a bound between them.
    let key = key.wrapping_sub(((key & u64::from(u32::MAX)) + 1) >> 32);
    let below = |index: usize| key.wrapping_sub(page.half(index).into());
    let mut block = u64::from(list.first);
    let mut layers = u64::from(list.more) & 7;
    // Counted, as the verifier of Linux 6.1 learns nothing of a comparison with zero, and would follow it forever.
    for _ in 0..BOUND_BLOCKS_PER_PAGE.ilog2() {
        if layers == 0 {
            break;
        }
        layers -= 1;
        let next = block + (1 << layers);
        let is_above = (below(next as usize * BOUNDS_PER_BLOCK) ^ key) >> 32;
        // In the same bounds after each step, so that the verifier has to follow only one of them.
        block = (block + ((!is_above & 1) << layers)) % BOUND_BLOCKS_PER_PAGE as u64;
    }
    let first = block as usize * BOUNDS_PER_BLOCK;
    let mut flips = 0;
    for index in first..first + BOUNDS_PER_BLOCK {
        flips ^= below(index);
    }
    // As many subtractions as a block has places leave of the upper half what the bounds above the key flipped.
    flips >> 32 & 1 == 0
}

/// The value of the last pair whose bound isn't above the key. The first pair counts in any case: its bound is the
/// lowest key that can get there.
#[inline(always)]
fn long_list_value(page: &impl Words, list: Reference, key: u64) -> u64 {
    const PER_PAGE: u64 = PAIRS_PER_PAGE as u64;
    let mut found = u64::from(list.first) % PER_PAGE;
    let end = found + u64::from(list.more);
    let mut step = highest_bit(list.more);
    for _ in 0..PER_PAGE.ilog2() {
        if step == 0 {
            break;
        }
        let next = found + step;
        let stay = negative(end.wrapping_sub(next)) | below(key, page.word(next as usize * 2));
        // In the same bounds after each step, so that the verifier has to follow only one of them.
        found = (found + (step & !stay)) % PER_PAGE;
        step /= 2;
    }
    page.word(found as usize * 2 + 1)
}

/// The highest power of two that isn't above a number, which is below 4096, or zero.
#[inline(always)]
fn highest_bit(number: u16) -> u64 {
    let mut bits = u64::from(number);
    bits |= bits >> 1;
    bits |= bits >> 2;
    bits |= bits >> 4;
    bits |= bits >> 8;
    bits - (bits >> 1)
}

/// All ones where `a < b`, else zero: whether subtracting borrows, without a branch.
#[inline(always)]
fn below(a: u64, b: u64) -> u64 {
    negative((!a & b) | (!(a ^ b) & a.wrapping_sub(b)))
}

/// All ones where the highest bit is set, else zero.
#[inline(always)]
const fn negative(number: u64) -> u64 {
    (number.cast_signed() >> 63).cast_unsigned()
}
