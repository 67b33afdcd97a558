//! What a BGP session has taught about one family of a link, after the import policy had its say.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::Priority;
use crate::prefix::{Address, Prefix, PrefixSet};

/// What a link's sessions have taught, for each family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// IPv4.
    pub v4: Arc<LearnedRoutes<Ipv4Addr>>,
    /// IPv6.
    pub v6: Arc<LearnedRoutes<Ipv6Addr>>,
}

/// What a session has taught anew, all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LearnedFamily {
    /// IPv4.
    V4(Arc<LearnedRoutes<Ipv4Addr>>),
    /// IPv6.
    V6(Arc<LearnedRoutes<Ipv6Addr>>),
}

impl Learned {
    /// Puts what was learned of a family in the place of what was before.
    pub fn put(&mut self, family: LearnedFamily) {
        match family {
            LearnedFamily::V4(routes) => self.v4 = routes,
            LearnedFamily::V6(routes) => self.v6 = routes,
        }
    }
}

/// The router that an accepted route leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Router {
    /// The peer, by its interconnect address of the route's family.
    Peer,
    /// Another address on the link: global, or link-local for IPv6.
    Address(IpAddr),
}

/// An accepted route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LearnedRoute<A> {
    /// The destination.
    pub prefix: Prefix<A>,
    /// What its community asks for.
    pub priority: Priority,
    /// Where it leads.
    pub router: Router,
}

/// The accepted routes of one family of a link: one for each prefix, ascending. 12 bytes each for IPv4, 24 for IPv6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnedRoutes<A> {
    entries: Vec<Entry<A>>,
    /// Each once, in the order in which it was first used.
    routers: Vec<Router>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry<A> {
    prefix: Prefix<A>,
    priority: Priority,
    /// Its place among the routers.
    router: u32,
}

impl<A> Default for LearnedRoutes<A> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            routers: Vec::new(),
        }
    }
}

impl<A: Address> LearnedRoutes<A> {
    /// How many there are.
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The route to exactly this prefix.
    pub fn get(&self, prefix: Prefix<A>) -> Option<LearnedRoute<A>> {
        let place = self.entries.binary_search_by_key(&prefix, |entry| entry.prefix).ok()?;
        self.entries.get(place).and_then(|entry| self.route(*entry))
    }

    /// The most specific route whose prefix contains an address.
    pub fn covering(&self, address: A) -> Option<LearnedRoute<A>> {
        (0..=A::WIDTH)
            .rev()
            .find_map(|length| self.get(Prefix::containing(address, length)))
    }

    /// The addresses that they lead to.
    pub fn addresses(&self) -> PrefixSet<A> {
        self.entries.iter().map(|entry| entry.prefix).collect()
    }

    /// All of them, ascending by prefix.
    pub fn iter(&self) -> impl Iterator<Item = LearnedRoute<A>> + '_ {
        self.entries.iter().filter_map(|entry| self.route(*entry))
    }

    fn route(&self, entry: Entry<A>) -> Option<LearnedRoute<A>> {
        let Entry {
            prefix,
            priority,
            router,
        } = entry;
        Some(LearnedRoute {
            prefix,
            priority,
            router: *self.routers.get(usize::try_from(router).ok()?)?,
        })
    }
}

/// Takes one pass if the routes ascend by prefix, and sorts them otherwise. Of several to one prefix the last counts.
impl<A: Address> FromIterator<LearnedRoute<A>> for LearnedRoutes<A> {
    fn from_iter<I: IntoIterator<Item = LearnedRoute<A>>>(learned: I) -> Self {
        let mut known = BTreeMap::new();
        let mut routers = Vec::new();
        let learned = learned.into_iter();
        let mut entries: Vec<Entry<A>> = Vec::with_capacity(learned.size_hint().0);
        let mut last_router = None;
        for LearnedRoute {
            prefix,
            priority,
            router,
        } in learned
        {
            let index = match last_router {
                Some((last, index)) if last == router => index,
                Some(_) | None => *known.entry(router).or_insert_with(|| {
                    routers.push(router);
                    u32::try_from(routers.len().saturating_sub(1)).unwrap_or(u32::MAX)
                }),
            };
            last_router = Some((router, index));
            entries.push(Entry {
                prefix,
                priority,
                router: index,
            });
        }
        if !entries.is_sorted_by(|one, next| one.prefix < next.prefix) {
            entries.sort_by_key(|entry| entry.prefix);
            // The last of a run of equals is kept: it is moved to the place of the first.
            entries.dedup_by(|next, kept| {
                let same = next.prefix == kept.prefix;
                if same {
                    *kept = *next;
                }
                same
            });
        }
        entries.shrink_to_fit();
        Self { entries, routers }
    }
}

#[cfg(test)]
mod tests;
