//! A page that is being composed.

use std::ops::RangeInclusive;

use interlink_common::table::{
    Form, GROUPS_PER_LINE, LINE_ENTRIES, LINE_PLACE, LINE_WORDS, LINES, PAGE_WORDS, Page, Place, group_word,
};

use super::store::Store;

/// What a node has of a mixed value.
pub(super) trait Entry: Copy {
    /// How many a page holds.
    const PER_PAGE: usize;

    /// Writes it at an index, counted in entries.
    fn write(self, page: &mut Draft, index: usize);

    /// Writes those of a line into the node, from a word on, and says how and at which index; none if they don't fit.
    fn write_inline(entries: &[Self], node: &mut Draft, word: usize) -> Option<(Form, usize)>;
}

/// A page, of zeros at first.
#[derive(Clone, Debug)]
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
        self.set_part(32, index, half.into());
    }

    /// Sets a part of a word that is zero, of so many bits; the lowest has the lowest index.
    pub(super) fn set_part(&mut self, bits: usize, index: usize, part: u64) {
        let per_word = 64 / bits;
        if let Some(target) = self.0.get_mut(index / per_word) {
            *target |= part << (index % per_word * bits);
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

    /// Puts the entries of a node's mixed values, once they are all marked, into their lines, or where they don't fit
    /// into pages of their own. Each of those begins as `begin` is and has entries from the index `from` on.
    pub(super) fn place<S: Store, E: Entry>(
        &mut self,
        store: &mut S,
        entries: &[E],
        begin: &Self,
        from: usize,
    ) -> Result<(), S::Error> {
        let mut rest = entries;
        let mut open: Option<(u32, Self, usize)> = None;
        for line in 0..LINES {
            let [rank, behind] = [0, 1].map(|group| self.mixed_values(line * GROUPS_PER_LINE + group));
            let count = rank + behind;
            let Some((own, others)) = rest.split_at_checked(count).filter(|_| count > 0) else {
                continue;
            };
            rest = others;
            let at = line * LINE_WORDS;
            let (page, first, form) = if let Some((form, first)) = E::write_inline(own, self, at + LINE_ENTRIES) {
                (0, first, form)
            } else {
                if let Some((number, page, _)) = open.take_if(|(_, _, used)| *used + count > E::PER_PAGE) {
                    store.write(number, &page.0);
                }
                let (number, page, used) = match &mut open {
                    Some(open) => open,
                    none => none.insert((store.take_page()?, begin.clone(), from)),
                };
                let first = *used;
                for entry in own {
                    entry.write(page, *used);
                    *used += 1;
                }
                (*number, first, Form::Entries)
            };
            // A page holds no more than 1024 entries, and the first group of a line no more than 64.
            let (first, rank) = (
                u16::try_from(first).unwrap_or(u16::MAX),
                u8::try_from(rank).unwrap_or(u8::MAX),
            );
            self.set_word(
                at + LINE_PLACE,
                Place {
                    page,
                    first,
                    rank,
                    form,
                }
                .to_word(),
            );
        }
        if let Some((number, page, _)) = open {
            store.write(number, &page.0);
        }
        Ok(())
    }

    fn mixed_values(&self, group: usize) -> usize {
        let bits = self.0.get(group_word(group) + 1);
        bits.map_or(0, |bits| bits.count_ones() as usize)
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
