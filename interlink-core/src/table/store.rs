//! Where the pages of tables go.

use std::convert::Infallible;

use interlink_common::table::{FIRST_PAGE, PAGE_WORDS, Page, Pages, ROOT_PAGES};

/// Gives out pages, and takes their content.
pub trait Store {
    /// Why there is no page left.
    type Error;

    /// A page that no table uses.
    fn take_page(&mut self) -> Result<u32, Self::Error>;

    /// The first of [`ROOT_PAGES`] pages in a row that no table uses.
    fn take_root(&mut self) -> Result<u32, Self::Error>;

    /// Fills a page that was given out.
    fn write(&mut self, number: u32, page: &Page);
}

/// Pages in this process's own memory, numbered from [`FIRST_PAGE`] on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arena {
    pages: Vec<Page>,
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

    fn add(&mut self, pages: u32) -> u32 {
        // Four billion pages would be eight terabytes.
        let next = u32::try_from(self.pages.len()).unwrap_or(u32::MAX);
        self.pages.extend((0..pages).map(|_| [0; PAGE_WORDS]));
        next + FIRST_PAGE
    }

    fn index(number: u32) -> Option<usize> {
        usize::try_from(number.checked_sub(FIRST_PAGE)?).ok()
    }
}

impl Pages for Arena {
    type Page<'a> = &'a Page;

    fn page(&self, number: u32) -> Option<&Page> {
        self.pages.get(Self::index(number)?)
    }
}

impl Store for Arena {
    type Error = Infallible;

    fn take_page(&mut self) -> Result<u32, Infallible> {
        Ok(self.add(1))
    }

    fn take_root(&mut self) -> Result<u32, Infallible> {
        Ok(self.add(ROOT_PAGES))
    }

    fn write(&mut self, number: u32, page: &Page) {
        if let Some(target) = Self::index(number).and_then(|index| self.pages.get_mut(index)) {
            *target = *page;
        }
    }
}
