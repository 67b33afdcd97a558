//! Two lists of routes side by side.

use std::cmp::Ordering;
use std::iter::Peekable;

use super::{PathId, Routes};
use crate::state::{Path, RouteKey};

/// What each of two lists has of a key. At least one has something.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a, P = Path> {
    /// The key.
    pub key: RouteKey,
    /// What the first has.
    pub left: Option<(PathId, &'a P)>,
    /// What the second has.
    pub right: Option<(PathId, &'a P)>,
}

impl<P: PartialEq> Pair<'_, P> {
    /// Whether both have the same.
    pub fn are_equal(&self) -> bool {
        match (self.left, self.right) {
            (Some((_, left)), Some((_, right))) => left == right,
            (None, _) | (_, None) => false,
        }
    }
}

/// Goes through two lists at once, ascending by key.
pub fn merge<'a, P>(left: &'a Routes<P>, right: &'a Routes<P>) -> impl Iterator<Item = Pair<'a, P>> {
    let mut lefts = left.numbered().peekable();
    let mut rights = right.numbered().peekable();
    std::iter::from_fn(move || {
        let (key, from) = match (lefts.peek(), rights.peek()) {
            (Some((one, _)), Some((other, _))) => (*one.min(other), one.cmp(other)),
            (Some((one, _)), None) => (*one, Ordering::Less),
            (None, Some((other, _))) => (*other, Ordering::Greater),
            (None, None) => return None,
        };
        Some(Pair {
            key,
            left: from.is_le().then(|| take(&mut lefts, left)).flatten(),
            right: from.is_ge().then(|| take(&mut rights, right)).flatten(),
        })
    })
}

fn take<'a, P>(
    entries: &mut Peekable<impl Iterator<Item = (RouteKey, PathId)>>,
    routes: &'a Routes<P>,
) -> Option<(PathId, &'a P)> {
    let (_, number) = entries.next()?;
    Some((number, routes.path(number)?))
}
