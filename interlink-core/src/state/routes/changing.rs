//! Packed routes that change now and then.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use super::{Builder, Pair, Routes, merge};
use crate::state::{Path, RouteKey};

/// Routes, and what became of some of them since they were packed. They are packed anew when they are asked for, in one
/// pass for each run of changes of a kind.
#[derive(Clone, Debug)]
pub struct Changing<P = Path> {
    packed: Arc<Routes<P>>,
    since: Vec<Change<P>>,
}

#[derive(Clone, Debug)]
enum Change<P> {
    /// These are there.
    Put(Vec<Arc<Routes<P>>>),
    /// These aren't, whatever was known of them.
    Removed(Vec<Arc<Routes<P>>>),
    /// One by one.
    Single(BTreeMap<RouteKey, Option<P>>),
}

impl<P: Clone + Ord> Changing<P> {
    /// Routes as they are at first.
    pub const fn new(packed: Arc<Routes<P>>) -> Self {
        Self {
            packed,
            since: Vec::new(),
        }
    }

    /// What is known of a route.
    pub fn get(&self, key: &RouteKey) -> Option<&P> {
        for change in self.since.iter().rev() {
            match change {
                Change::Put(lists) => {
                    if let Some(path) = lists.iter().rev().find_map(|routes| routes.get(key)) {
                        return Some(path);
                    }
                }
                Change::Removed(lists) => {
                    if lists.iter().any(|routes| routes.get(key).is_some()) {
                        return None;
                    }
                }
                Change::Single(single) => {
                    if let Some(path) = single.get(key) {
                        return path.as_ref();
                    }
                }
            }
        }
        self.packed.get(key)
    }

    /// Whether any of them may lead along a path, what was removed included.
    pub fn leads_along(&self, path: &P) -> bool {
        let has = |routes: &Routes<P>| routes.paths().contains(path);
        has(&self.packed)
            || self.since.iter().any(|change| match change {
                Change::Put(lists) => lists.iter().any(|routes| has(routes)),
                Change::Removed(_) => false,
                Change::Single(single) => single.values().flatten().any(|known| known == path),
            })
    }

    /// One route is there from now on, or isn't.
    pub fn set(&mut self, key: RouteKey, path: Option<P>) {
        if let Some(Change::Single(single)) = self.since.last_mut() {
            single.insert(key, path);
        } else {
            self.since.push(Change::Single([(key, path)].into()));
        }
    }

    /// Many routes are there from now on.
    pub fn put(&mut self, routes: Arc<Routes<P>>) {
        if let Some(Change::Put(lists)) = self.since.last_mut() {
            lists.push(routes);
        } else {
            self.since.push(Change::Put(vec![routes]));
        }
    }

    /// Many routes aren't there any more.
    pub fn remove(&mut self, routes: Arc<Routes<P>>) {
        if let Some(Change::Removed(lists)) = self.since.last_mut() {
            lists.push(routes);
        } else {
            self.since.push(Change::Removed(vec![routes]));
        }
    }

    /// All of them, packed. The value is the same one as before where nothing was said to change.
    pub fn packed(&mut self) -> Arc<Routes<P>> {
        for change in mem::take(&mut self.since) {
            let (put, removed) = match change {
                Change::Put(lists) => (in_one(&lists), Arc::default()),
                Change::Removed(lists) => (Arc::default(), in_one(&lists)),
                Change::Single(single) => apart(single, &self.packed),
            };
            if !removed.is_empty() {
                self.packed = Arc::new(without(&self.packed, &removed));
            }
            if !put.is_empty() {
                self.packed = Arc::new(with(&self.packed, &put));
            }
        }
        Arc::clone(&self.packed)
    }
}

/// The lists in one; of several routes with a key the last counts.
fn in_one<P: Clone + Ord>(lists: &[Arc<Routes<P>>]) -> Arc<Routes<P>> {
    if let [only] = lists {
        return Arc::clone(only);
    }
    let mut builder = Builder::default();
    for routes in lists {
        builder.extend(routes, |_| true);
    }
    Arc::new(builder.finish(|_, later| later.clone()))
}

/// What is put, and what is removed and has been there.
fn apart<P: Clone + Ord>(single: BTreeMap<RouteKey, Option<P>>, known: &Routes<P>) -> (Arc<Routes<P>>, Arc<Routes<P>>) {
    let (mut put, mut removed) = (Builder::default(), Builder::default());
    for (key, path) in single {
        match (path, known.get(&key)) {
            (Some(path), before) if before != Some(&path) => {
                let number = put.paths.number(&path);
                put.push(key, number);
            }
            (None, Some(before)) => {
                let number = removed.paths.number(before);
                removed.push(key, number);
            }
            (Some(_) | None, _) => {}
        }
    }
    let packed = |builder: Builder<P>| Arc::new(builder.finish(|_, later| later.clone()));
    (packed(put), packed(removed))
}

fn with<P: Clone + Ord>(known: &Routes<P>, put: &Routes<P>) -> Routes<P> {
    kept(
        known,
        put,
        |pair| if pair.right.is_some() { pair.right } else { pair.left },
    )
}

fn without<P: Clone + Ord>(known: &Routes<P>, removed: &Routes<P>) -> Routes<P> {
    kept(known, removed, |pair| pair.left.filter(|_| pair.right.is_none()))
}

/// One route of each pair, or none.
fn kept<P: Clone + Ord>(
    left: &Routes<P>,
    right: &Routes<P>,
    choose: impl for<'a> Fn(Pair<'a, P>) -> Option<(super::PathId, &'a P)>,
) -> Routes<P> {
    let mut builder = Builder::default();
    let mut last: Option<(&P, super::PathId)> = None;
    for pair in merge(left, right) {
        let key = pair.key;
        let Some((_, path)) = choose(pair) else { continue };
        let number = match last {
            Some((before, number)) if std::ptr::eq(before, path) => number,
            Some(_) | None => builder.paths.number(path),
        };
        last = Some((path, number));
        builder.push(key, number);
    }
    builder.finish(|_, later| later.clone())
}

#[cfg(test)]
mod tests;
