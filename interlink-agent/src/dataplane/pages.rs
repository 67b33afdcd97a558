//! Which pages are taken.

use interlink_common::table::{FIRST_PAGE, PAGES_PER_SEGMENT, ROOT_PAGES};

use super::segments::SEGMENT_COUNT;

/// How many pages there can be.
pub(super) const PAGE_COUNT: u32 = SEGMENT_COUNT * PAGES_PER_SEGMENT;

/// The pages that are taken, one bit for each. The lowest free ones are given out first, so that the segments behind
/// them become free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TakenPages {
    /// The pages of one root each.
    groups: Vec<u8>,
    /// No group before this one has a free page.
    first_with_free: usize,
}

const _: () = assert!(ROOT_PAGES == u8::BITS && PAGES_PER_SEGMENT.is_multiple_of(ROOT_PAGES));

impl Default for TakenPages {
    /// None is taken but those whose numbers mean something else.
    fn default() -> Self {
        let mut taken = Self {
            groups: vec![0; (PAGE_COUNT / ROOT_PAGES) as usize],
            first_with_free: 0,
        };
        for number in 0..FIRST_PAGE {
            taken.mark(number);
        }
        taken
    }
}

impl TakenPages {
    /// Takes a page; none if all are taken.
    pub(super) fn take_page(&mut self) -> Option<u32> {
        let (group, taken) = (self.groups.iter_mut().enumerate())
            .skip(self.first_with_free)
            .find(|(_, taken)| **taken != u8::MAX)?;
        self.first_with_free = group;
        let bit = taken.trailing_ones();
        *taken |= 1 << bit;
        Some(u32::try_from(group).ok()? * ROOT_PAGES + bit)
    }

    /// Takes the pages of a root, and gives the first; none if no such are left.
    pub(super) fn take_root(&mut self) -> Option<u32> {
        let (group, taken) = (self.groups.iter_mut().enumerate())
            .skip(self.first_with_free)
            .find(|(_, taken)| **taken == 0)?;
        *taken = u8::MAX;
        Some(u32::try_from(group).ok()? * ROOT_PAGES)
    }

    /// Notes that a page is taken, if there is such a page.
    pub(super) fn mark(&mut self, number: u32) {
        let group = usize::try_from(number / ROOT_PAGES).ok();
        if let Some(taken) = group.and_then(|group| self.groups.get_mut(group)) {
            *taken |= 1 << (number % ROOT_PAGES);
        }
    }

    /// Whether any page of a segment is taken.
    pub(super) fn segment_is_in_use(&self, segment: u32) -> bool {
        let groups = (PAGES_PER_SEGMENT / ROOT_PAGES) as usize;
        let first = segment as usize * groups;
        let reserved = if segment == 0 { (1 << FIRST_PAGE) - 1 } else { 0 };
        self.groups
            .iter()
            .skip(first)
            .take(groups)
            .enumerate()
            .any(|(index, taken)| *taken & !(if index == 0 { reserved } else { 0 }) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_page_is_given_out_but_none_whose_number_means_something_else() {
        let mut taken = TakenPages::default();
        assert_eq!(taken.take_page(), Some(2));
        taken.mark(3);
        assert_eq!(taken.take_page(), Some(4));
        assert_eq!(taken.take_root(), Some(8));
        assert_eq!(
            (5..=7).map(Some).collect::<Vec<_>>(),
            [(); 3].map(|()| taken.take_page())
        );
        assert_eq!(taken.take_page(), Some(16));
        assert_eq!(
            taken.take_root(),
            Some(24),
            "a group that is taken in part holds no root"
        );
    }

    #[test]
    fn a_segment_is_in_use_by_any_of_its_pages() {
        let mut taken = TakenPages::default();
        assert!(!taken.segment_is_in_use(0));
        for number in [2, PAGES_PER_SEGMENT * 2 - 1, PAGES_PER_SEGMENT * 3] {
            taken.mark(number);
        }
        let in_use: Vec<_> = (0..5).map(|segment| taken.segment_is_in_use(segment)).collect();
        assert_eq!(in_use, [true, true, false, true, false]);
        assert!(!taken.segment_is_in_use(SEGMENT_COUNT));
    }

    #[test]
    fn as_many_pages_are_given_out_as_there_are() {
        let mut taken = TakenPages::default();
        let roots = std::iter::from_fn(|| taken.take_root()).count();
        assert_eq!(roots, PAGE_COUNT as usize / 8 - 1);
        let pages: Vec<_> = std::iter::from_fn(|| taken.take_page()).collect();
        assert_eq!(pages, (2..8).collect::<Vec<_>>());
        taken.mark(u32::MAX);
    }
}
