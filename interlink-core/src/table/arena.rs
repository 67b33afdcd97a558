//! The pages that tables are built in.

use interlink_common::table::{CHILDREN, FIRST_PAGE, PAGE_WORDS, Page, Pages, RANKS, ROOT_PAGES};

/// Pages, numbered from [`FIRST_PAGE`] on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arena {
    pages: Vec<Page>,
}

impl Pages for Arena {
    fn page(&self, number: u32) -> Option<&Page> {
        self.pages.get(usize::try_from(number.checked_sub(FIRST_PAGE)?).ok()?)
    }
}

impl Arena {
    /// The pages in the order of their numbers; the first has the number [`FIRST_PAGE`].
    pub fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// The memory that they take, in bytes.
    pub const fn bytes(&self) -> usize {
        self.pages.len() * size_of::<Page>()
    }

    /// A new page of zeros.
    pub(super) fn page_of_zeros(&mut self) -> u32 {
        self.pages.push([0; PAGE_WORDS]);
        self.last_number()
    }

    /// The pages of a new root, which contains nothing.
    pub(super) fn root(&mut self) -> u32 {
        let root = self.page_of_zeros();
        for _ in 1..ROOT_PAGES {
            self.page_of_zeros();
        }
        root
    }

    pub(super) fn set_root(&mut self, root: u32, value: u32, entry: u32) {
        self.set_half(root + (value >> 9), (value & 0x1ff) as usize, entry);
    }

    pub(super) fn set(&mut self, page: u32, index: usize, word: u64) {
        if let Some(target) = self.word(page, index) {
            *target = word;
        }
    }

    /// Sets half of a word; the half with the even index is the lower one.
    pub(super) fn set_half(&mut self, page: u32, index: usize, half: u32) {
        if let Some(target) = self.word(page, index / 2) {
            *target |= u64::from(half) << (index % 2 * 32);
        }
    }

    /// Marks a value of a node as in.
    pub(super) fn mark_in(&mut self, node: u32, value: u32) {
        self.set_bit(node, (value >> 6) as usize * 2, value & 63);
    }

    /// Marks a value of a node as mixed.
    pub(super) fn mark_mixed(&mut self, node: u32, value: u32) {
        self.set_bit(node, (value >> 6) as usize * 2 + 1, value & 63);
    }

    /// Notes how many mixed values come before a group of 64.
    pub(super) fn set_rank(&mut self, node: u32, group: usize, before: u16) {
        if let Some(target) = self.word(node, RANKS + group / 4) {
            *target |= u64::from(before) << (group % 4 * 16);
        }
    }

    /// Names the page of a node that holds what its mixed values refer to.
    pub(super) fn set_child(&mut self, node: u32, index: usize, page: u32) {
        self.set_half(node, CHILDREN * 2 + index, page);
    }

    pub(super) fn set_bit(&mut self, page: u32, index: usize, bit: u32) {
        if let Some(target) = self.word(page, index) {
            *target |= 1 << bit;
        }
    }

    fn word(&mut self, page: u32, index: usize) -> Option<&mut u64> {
        let page = usize::try_from(page.checked_sub(FIRST_PAGE)?).ok()?;
        self.pages.get_mut(page)?.get_mut(index)
    }

    #[expect(clippy::cast_possible_truncation, reason = "four billion pages are eight terabytes")]
    const fn last_number(&self) -> u32 {
        self.pages.len() as u32 - 1 + FIRST_PAGE
    }
}
