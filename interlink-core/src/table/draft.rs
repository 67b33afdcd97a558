//! A page that is being composed.

use std::ops::{Range, RangeInclusive};

use interlink_common::table::{
    ENTRIES_PER_WORD, GROUPS_PER_LINE, LINE_PLACE, LINE_RANKS, LINE_WORDS, LINES, PAGE_WORDS, Page, group_word,
};

use super::store::Store;

/// A page, of zeros at first.
#[derive(Debug)]
pub(super) struct Draft(Page);

impl Default for Draft {
    fn default() -> Self {
        Self([0; PAGE_WORDS])
    }
}

impl Draft {
    /// The page.
    pub(super) const fn page(&self) -> &Page {
        &self.0
    }

    pub(super) fn set_word(&mut self, index: usize, word: u64) {
        if let Some(target) = self.0.get_mut(index) {
            *target = word;
        }
    }

    /// Sets half of a word that is zero; the half with the even index is the lower one.
    pub(super) fn set_half(&mut self, index: usize, half: u32) {
        if let Some(target) = self.0.get_mut(index / 2) {
            *target |= u64::from(half) << (index % 2 * 32);
        }
    }

    /// Sets a quarter of a word that is zero; the lowest has the lowest index.
    pub(super) fn set_quarter(&mut self, index: usize, quarter: u16) {
        if let Some(target) = self.0.get_mut(index / ENTRIES_PER_WORD) {
            *target |= u64::from(quarter) << (index % ENTRIES_PER_WORD * 16);
        }
    }

    /// Marks values of a node as in.
    pub(super) fn mark_in(&mut self, values: &RangeInclusive<u32>) {
        let (first, last) = (*values.start() as usize, *values.end() as usize);
        for group in first / 64..=last / 64 {
            if let Some(target) = self.0.get_mut(group_word(group)) {
                *target |= ones(first.saturating_sub(group * 64), last - group * 64);
            }
        }
    }

    /// Marks a value of a node as mixed.
    pub(super) fn mark_mixed(&mut self, value: u32) {
        if let Some(target) = self.0.get_mut(group_word(value as usize / 64) + 1) {
            *target |= 1 << (value % 64);
        }
    }

    /// Puts the entries of a node's mixed values, once they are all marked, into the node as far as there is room for
    /// those of whole lines, and into pages of their own behind that.
    pub(super) fn place<S: Store, E: Copy>(
        &mut self,
        store: &mut S,
        entries: &[E],
        set: impl Fn(&mut Self, usize, E),
        inline: Range<usize>,
        per_page: usize,
    ) -> Result<(), S::Error> {
        let mut inline = inline;
        let mut rest = entries;
        let mut open: Option<(u32, Self, usize)> = None;
        for line in 0..LINES {
            let count = self.rank(line);
            let Some((own, behind)) = rest.split_at_checked(count).filter(|_| count > 0) else {
                continue;
            };
            rest = behind;
            if inline.len() >= count {
                self.set_place(line, 0, inline.start);
                for (index, entry) in inline.by_ref().zip(own) {
                    set(self, index, *entry);
                }
                continue;
            }
            if let Some((number, page, _)) = open.take_if(|(_, _, used)| *used + count > per_page) {
                store.write(number, &page.0);
            }
            let (number, page, used) = match &mut open {
                Some(open) => open,
                none => none.insert((store.take_page()?, Self::default(), 0)),
            };
            self.set_place(line, *number, *used);
            for entry in own {
                set(page, *used, *entry);
                *used += 1;
            }
        }
        if let Some((number, page, _)) = open {
            store.write(number, &page.0);
        }
        Ok(())
    }

    /// Counts the mixed values of a line before each of its groups, and all of them.
    fn rank(&mut self, line: usize) -> usize {
        let mut before = 0_u32;
        let mut ranks = 0;
        for group in 0..GROUPS_PER_LINE {
            ranks |= u64::from(before) << (group * 8);
            let mixed = self.0.get(line * LINE_WORDS + group * 2 + 1);
            before += mixed.map_or(0, |bits| bits.count_ones());
        }
        self.set_word(line * LINE_WORDS + LINE_RANKS, if before == 0 { 0 } else { ranks });
        before as usize
    }

    fn set_place(&mut self, line: usize, page: u32, first: usize) {
        self.set_word(line * LINE_WORDS + LINE_PLACE, u64::from(page) | (first as u64) << 32);
    }
}

/// Ones from a bit to another of the same word, both included. What is past the word's end is left out.
pub(super) fn ones(first: usize, last: usize) -> u64 {
    if first > 63 {
        0
    } else {
        (u64::MAX << first) & (u64::MAX >> (63 - last.min(63)))
    }
}
