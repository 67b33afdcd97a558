//! Packing routes.

use std::collections::BTreeMap;
use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::IpNet;

use super::{Entry, PathId, Routes, Table, Tables};
use crate::prefix::{Address, Prefix};
use crate::state::{Path, RouteKey};

/// Paths, each with a number.
#[derive(Debug)]
pub struct Paths<P = Path> {
    numbers: BTreeMap<P, PathId>,
    list: Vec<P>,
}

impl<P: Clone + Ord> Paths<P> {
    /// The number of a path, a new one if it is new.
    pub fn number(&mut self, path: &P) -> PathId {
        if let Some(number) = self.numbers.get(path) {
            return *number;
        }
        let number = PathId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        self.list.push(path.clone());
        self.numbers.insert(path.clone(), number);
        number
    }

    /// The path of a number.
    pub fn get(&self, PathId(number): PathId) -> Option<&P> {
        self.list.get(usize::try_from(number).ok()?)
    }
}

/// Routes as they come.
#[derive(Debug)]
pub struct Builder<P = Path> {
    /// The paths that routes may lead along.
    pub paths: Paths<P>,
    tables: Tables,
}

impl<P: Clone + Ord> Builder<P> {
    /// Adds a route. Those that come in the order of their keys are packed fastest.
    pub fn push(&mut self, key: RouteKey, path: PathId) {
        push(&mut self.tables, key, path);
    }

    /// Adds those of a list that a condition holds for.
    pub fn extend(&mut self, routes: &Routes<P>, mut is_wanted: impl FnMut(&RouteKey) -> bool) {
        let numbers = routes.by_path(|path| self.paths.number(path));
        for (key, path) in routes.numbered().filter(|(key, _)| is_wanted(key)) {
            if let Some(number) = numbers.get(path) {
                self.push(key, *number);
            }
        }
    }

    /// Packs them. Routes with the same key become one, whose path is made of theirs by `unite`.
    pub fn finish(self, unite: impl Fn(&P, &P) -> P) -> Routes<P> {
        let Self { paths, mut tables } = self;
        let mut united = United {
            paths,
            numbers: BTreeMap::new(),
            unite,
        };
        for Table { v4, v6 } in tables.values_mut() {
            united.sort(v4);
            united.sort(v6);
        }
        let paths = without_unused(united.paths.list, &mut tables);
        Routes {
            tables,
            paths: paths.into(),
        }
    }
}

impl<P> Default for Paths<P> {
    fn default() -> Self {
        Self {
            numbers: BTreeMap::new(),
            list: Vec::new(),
        }
    }
}

impl<P> Default for Builder<P> {
    fn default() -> Self {
        Self {
            paths: Paths::default(),
            tables: Tables::new(),
        }
    }
}

/// Parts of a list of routes, each no longer than a limit. They share their paths.
#[derive(Debug)]
pub struct Batches {
    longest: usize,
    full: Vec<Tables>,
    open: Tables,
    length: usize,
}

impl Batches {
    /// Parts of at most so many routes.
    pub const fn of(longest: usize) -> Self {
        Self {
            longest,
            full: Vec::new(),
            open: Tables::new(),
            length: 0,
        }
    }

    /// Adds a route, whose key is higher than those before.
    pub fn push(&mut self, key: RouteKey, path: PathId) {
        if self.length >= self.longest {
            self.full.push(mem::take(&mut self.open));
            self.length = 0;
        }
        push(&mut self.open, key, path);
        self.length = self.length.saturating_add(1);
    }

    /// The parts, with these paths.
    pub fn finish<P>(mut self, paths: &Arc<[P]>) -> impl Iterator<Item = Routes<P>> {
        if self.length > 0 {
            self.full.push(self.open);
        }
        let paths = Arc::clone(paths);
        self.full.into_iter().map(move |tables| Routes {
            tables,
            paths: Arc::clone(&paths),
        })
    }
}

impl<P> From<Paths<P>> for Arc<[P]> {
    fn from(paths: Paths<P>) -> Self {
        paths.list.into()
    }
}

fn push(tables: &mut Tables, key: RouteKey, path: PathId) {
    let RouteKey { table, prefix, metric } = key;
    let Table { v4, v6 } = tables.entry(table).or_default();
    match prefix {
        IpNet::V4(net) => v4.push(Entry {
            prefix: Prefix::<Ipv4Addr>::containing(net.addr(), net.prefix_len()),
            metric,
            path,
        }),
        IpNet::V6(net) => v6.push(Entry {
            prefix: Prefix::<Ipv6Addr>::containing(net.addr(), net.prefix_len()),
            metric,
            path,
        }),
    }
}

/// Paths, and which of them are made of which.
struct United<P, F> {
    paths: Paths<P>,
    numbers: BTreeMap<(PathId, PathId), PathId>,
    unite: F,
}

impl<P: Clone + Ord, F: Fn(&P, &P) -> P> United<P, F> {
    fn sort<A: Address>(&mut self, entries: &mut Vec<Entry<A>>) {
        let place = |entry: &Entry<A>| (entry.prefix, entry.metric);
        if !entries.is_sorted_by(|one, next| place(one) < place(next)) {
            entries.sort_by_key(place);
            entries.dedup_by(|next, kept| {
                let is_same = place(next) == place(kept);
                if is_same && next.path != kept.path {
                    kept.path = self.of(kept.path, next.path);
                }
                is_same
            });
        }
        entries.shrink_to_fit();
    }

    fn of(&mut self, one: PathId, other: PathId) -> PathId {
        if let Some(known) = self.numbers.get(&(one, other)) {
            return *known;
        }
        let (Some(left), Some(right)) = (self.paths.get(one), self.paths.get(other)) else {
            return one;
        };
        let united = (self.unite)(left, right);
        let number = self.paths.number(&united);
        self.numbers.insert((one, other), number);
        number
    }
}

/// Gives the paths that lead somewhere new numbers.
fn without_unused<P>(paths: Vec<P>, tables: &mut Tables) -> Vec<P> {
    let mut used = vec![false; paths.len()];
    let mut mark = |PathId(number)| {
        if let Some(used) = usize::try_from(number).ok().and_then(|number| used.get_mut(number)) {
            *used = true;
        }
    };
    for Table { v4, v6 } in tables.values() {
        let v4 = v4.iter().map(|entry| entry.path);
        for path in v4.chain(v6.iter().map(|entry| entry.path)) {
            mark(path);
        }
    }
    if used.iter().all(|used| *used) {
        return paths;
    }
    let mut kept = Vec::new();
    let mut renumbered = Vec::with_capacity(paths.len());
    for (path, used) in paths.into_iter().zip(used) {
        renumbered.push(PathId(u32::try_from(kept.len()).unwrap_or(u32::MAX)));
        if used {
            kept.push(path);
        }
    }
    let renumber = |path: &mut PathId| {
        if let Some(number) = usize::try_from(path.0).ok().and_then(|number| renumbered.get(number)) {
            *path = *number;
        }
    };
    for Table { v4, v6 } in tables.values_mut() {
        let v4 = v4.iter_mut().map(|entry| &mut entry.path);
        for path in v4.chain(v6.iter_mut().map(|entry| &mut entry.path)) {
            renumber(path);
        }
    }
    kept
}
