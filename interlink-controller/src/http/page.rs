//! What every list has: a query, an order, and one page of it.

use std::cmp::Ordering;

use interlink_api::MAX_PAGE_SIZE;
use interlink_api::query::{ParameterError, Query, Takes};

use super::read::Faults;
use crate::rules::{FaultKind, Refusal};

/// How many items a page has that nobody asked otherwise for.
const DEFAULT_PAGE_SIZE: u32 = 50;

/// Which page, and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paging {
    skip: usize,
    take: usize,
}

/// Reads a query. Parameters that nobody knows say nothing, as to the product.
pub(super) fn query<Q: Query>(text: &str) -> Result<Q, Refusal> {
    let mut query = Q::default();
    let mut faults = Faults::default();
    for (key, value) in form_urlencoded::parse(text.as_bytes()) {
        if let Err(ParameterError { name, takes }) = query.set(&key, &value) {
            let kind = match takes {
                Takes::Number | Takes::Bool => FaultKind::Format,
                Takes::Named(_) => FaultKind::Constraint,
            };
            faults.add::<()>(name, kind, format!("{name} takes {takes}"));
        }
    }
    faults.finish(Some(query))
}

/// The page that a query asks for, counted from 1.
pub(super) fn paging(faults: &mut Faults, page: Option<u32>, page_size: Option<u32>) -> Option<Paging> {
    let page = page.unwrap_or(1);
    let size = page_size.unwrap_or(DEFAULT_PAGE_SIZE);
    if page == 0 {
        return faults.add("page", FaultKind::Constraint, "pages are counted from 1");
    }
    if size == 0 || size > MAX_PAGE_SIZE {
        let help = format!("a page has 1 to {MAX_PAGE_SIZE} items");
        return faults.add("page_size", FaultKind::Constraint, help);
    }
    let take = usize::try_from(size).ok()?;
    let before = usize::try_from(page.saturating_sub(1)).ok()?;
    Some(Paging {
        skip: before.saturating_mul(take),
        take,
    })
}

impl Paging {
    /// The items of this page, and how many there are on all.
    pub(super) fn cut<T>(self, items: Vec<T>) -> (Vec<T>, u64) {
        let total = u64::try_from(items.len()).unwrap_or(u64::MAX);
        (items.into_iter().skip(self.skip).take(self.take).collect(), total)
    }
}

/// Turns an order round where it is to be descending. Equal items keep the order of their ids either way, so that
/// pages don't overlap.
pub(super) fn sort_by<T>(items: &mut [T], descending: bool, compare: impl Fn(&T, &T) -> Ordering) {
    items.sort_by(|one, other| {
        let order = compare(one, other);
        if descending { order.reverse() } else { order }
    });
}

/// Whether all of these words are among those.
pub(super) fn has_all(tags: &[String], wanted: &[String]) -> bool {
    wanted.iter().all(|tag| tags.contains(tag))
}

/// Whether nothing is asked for, or this.
pub(super) fn is_or_any<T: PartialEq>(wanted: Option<&T>, found: &T) -> bool {
    wanted.is_none_or(|wanted| wanted == found)
}
