//! Many routes, packed.
//!
//! Routes are many and ways to go are few. So a route is its prefix, its metric, and the number of its [`Path`], in a
//! sorted vector for each table and family: 16 bytes for IPv4, 28 for IPv6.

mod build;
mod changing;
mod merge;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::IpNet;

use super::{Path, Route, RouteKey, TableNumber};
use crate::prefix::{Address, Prefix};

pub use build::{Batches, Builder, Paths};
pub use changing::Changing;
pub use merge::{Pair, merge};

/// Routes by their keys: table, family, prefix, metric, ascending. Two are equal if they hold the same routes.
///
/// What is known of a route beside its key is a [`Path`]; of others' routes, it may be something else.
#[derive(Clone)]
pub struct Routes<P = Path> {
    tables: Tables,
    paths: Arc<[P]>,
}

type Tables = BTreeMap<TableNumber, Table>;

/// The number of a path in the [`Paths`] that it was taken up in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(u32);

/// Something about each path of some routes.
#[derive(Clone, Debug)]
pub struct ByPath<T>(Vec<T>);

impl<T> ByPath<T> {
    /// What there is about a path of these routes.
    pub fn get(&self, PathId(number): PathId) -> Option<&T> {
        self.0.get(usize::try_from(number).ok()?)
    }
}

#[derive(Clone, Debug, Default)]
struct Table {
    v4: Vec<Entry<Ipv4Addr>>,
    v6: Vec<Entry<Ipv6Addr>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry<A> {
    prefix: Prefix<A>,
    metric: u32,
    path: PathId,
}

impl<P> Routes<P> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.tables
            .values()
            .map(|table| table.v4.len().saturating_add(table.v6.len()))
            .sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where a route leads.
    pub fn get(&self, key: &RouteKey) -> Option<&P> {
        let table = self.tables.get(&key.table)?;
        let path = match key.prefix {
            IpNet::V4(_) => find(&table.v4, Prefix::try_from_net(key.prefix).ok()?, key.metric)?,
            IpNet::V6(_) => find(&table.v6, Prefix::try_from_net(key.prefix).ok()?, key.metric)?,
        };
        self.path(path)
    }

    /// All of them, ascending by key, with the numbers of their paths.
    pub fn numbered(&self) -> impl Iterator<Item = (RouteKey, PathId)> + '_ {
        self.tables.iter().flat_map(|(table, Table { v4, v6 })| {
            let v4 = v4.iter().map(|entry| keyed(*table, *entry));
            v4.chain(v6.iter().map(|entry| keyed(*table, *entry)))
        })
    }

    /// All of them, ascending by key.
    pub fn iter(&self) -> impl Iterator<Item = (RouteKey, &P)> + '_ {
        self.numbered().filter_map(|(key, path)| Some((key, self.path(path)?)))
    }

    /// The tables that hold any.
    pub fn tables(&self) -> impl Iterator<Item = TableNumber> + '_ {
        self.tables.keys().copied()
    }

    /// The paths that they lead along, each once. Routes that were cut out of more may use but some of them.
    pub fn paths(&self) -> &[P] {
        &self.paths
    }

    /// Something about each path, to be had by its number.
    pub fn by_path<T>(&self, about: impl FnMut(&P) -> T) -> ByPath<T> {
        ByPath(self.paths.iter().map(about).collect())
    }

    fn path(&self, PathId(number): PathId) -> Option<&P> {
        self.paths.get(usize::try_from(number).ok()?)
    }
}

impl Routes {
    /// The route of a table that the kernel would choose: the longest prefix, then the lowest metric.
    pub fn look_up(&self, table: TableNumber, address: IpAddr) -> Option<Route> {
        let entries = self.tables.get(&table)?;
        match address {
            IpAddr::V4(address) => self.longest(table, &entries.v4, address),
            IpAddr::V6(address) => self.longest(table, &entries.v6, address),
        }
    }

    /// All of them, ascending by key, as values of their own.
    pub fn to_vec(&self) -> Vec<Route> {
        let routes = self.iter().map(|(key, path)| Route {
            key,
            path: path.clone(),
        });
        routes.collect()
    }

    fn longest<A: Address>(&self, table: TableNumber, entries: &[Entry<A>], address: A) -> Option<Route> {
        let mut lengths = (0..=A::WIDTH).rev();
        let entry = lengths.find_map(|length| {
            let prefix = Prefix::containing(address, length);
            let place = entries.partition_point(|entry| entry.prefix < prefix);
            entries.get(place).filter(|entry| entry.prefix == prefix)
        })?;
        let (key, path) = keyed(table, *entry);
        Some(Route {
            key,
            path: self.path(path)?.clone(),
        })
    }
}

impl<P> Default for Routes<P> {
    fn default() -> Self {
        Self {
            tables: Tables::new(),
            paths: Arc::new([]),
        }
    }
}

impl<P: PartialEq> PartialEq for Routes<P> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && merge(self, other).all(|pair| pair.are_equal())
    }
}

impl<P: Eq> Eq for Routes<P> {}

impl<P: fmt::Debug> fmt::Debug for Routes<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.iter().map(|(RouteKey { table, prefix, metric }, path)| {
            (format!("{prefix} table {table} metric {metric}"), path)
        });
        f.debug_map().entries(rows).finish()
    }
}

/// Of several with the same key, the next hops of all count.
impl FromIterator<Route> for Routes {
    fn from_iter<I: IntoIterator<Item = Route>>(routes: I) -> Self {
        let mut builder = Builder::default();
        for Route { key, path } in routes {
            let path = builder.paths.number(&path);
            builder.push(key, path);
        }
        builder.finish(Path::and)
    }
}

fn find<A: Address>(entries: &[Entry<A>], prefix: Prefix<A>, metric: u32) -> Option<PathId> {
    let place = entries
        .binary_search_by_key(&(prefix, metric), |entry| (entry.prefix, entry.metric))
        .ok()?;
    entries.get(place).map(|entry| entry.path)
}

fn keyed<A: Address>(table: TableNumber, Entry { prefix, metric, path }: Entry<A>) -> (RouteKey, PathId) {
    let key = RouteKey {
        table,
        prefix: prefix.net(),
        metric,
    };
    (key, path)
}
