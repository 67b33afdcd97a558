//! What a peer has announced of one family, before and after the import policy (RFC 4271 §3.2).
//!
//! Everything is kept as it was announced, so that another policy needs no other announcement. A route takes 13 bytes
//! for IPv4 and 25 for IPv6, beside what a tree needs for its nodes; attributes are kept once.

mod attributes;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::codec::{Attributes, Origin};
use super::import::{ImportPolicy, Rejection, Said};
use crate::prefix::{Address, Prefix};
use crate::state::{LearnedRoute, LearnedRoutes, Priority};
use attributes::Interner;

/// What an announcement came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is kept.
    Yes,
    /// It is one more than are taken.
    No,
}

/// How many routes there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Kept as they were announced.
    pub received: usize,
    /// Of them, accepted by the policy.
    pub accepted: usize,
    /// Of them, from before a restart or a refresh, and not announced again yet.
    pub stale: usize,
    /// Not kept, because there were too many.
    pub refused: u64,
    /// Kept, and not accepted, by reason.
    pub rejected: BTreeMap<Rejection, usize>,
}

/// See the [module](self).
#[derive(Debug)]
pub struct AdjRibIn<A> {
    routes: BTreeMap<Prefix<A>, Held>,
    attributes: Interner,
    policy: ImportPolicy<A>,
    /// The most that the policy may accept.
    most_accepted: usize,
    /// Which of two times a route was announced in: this one, or the one before.
    current: bool,
    counts: Counts,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    attributes: u32,
    verdict: Verdict,
    time: bool,
}

/// One byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Accepted,
    Rejected(Rejection),
}

impl<A: Address> AdjRibIn<A> {
    /// An empty one.
    pub fn new(policy: ImportPolicy<A>, most_accepted: usize) -> Self {
        Self {
            routes: BTreeMap::new(),
            attributes: Interner::default(),
            policy,
            most_accepted,
            current: false,
            counts: Counts::default(),
        }
    }

    /// How many routes there are.
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// What the attributes of all routes take up, in bytes.
    pub const fn attribute_bytes(&self) -> usize {
        self.attributes.bytes()
    }

    /// The policy in force.
    pub const fn policy(&self) -> &ImportPolicy<A> {
        &self.policy
    }

    /// Takes announcements; each prefix replaces what was announced of it before. No more than `most` are kept.
    pub fn announce(&mut self, prefixes: &[Prefix<A>], attributes: &Attributes, most: usize) -> Kept {
        let mut kept = Kept::Yes;
        let mut taken = None;
        for prefix in prefixes {
            if self.routes.len() >= most && !self.routes.contains_key(prefix) {
                self.counts.refused = self.counts.refused.saturating_add(1);
                kept = Kept::No;
                continue;
            }
            let number = if let Some(number) = taken {
                self.attributes.again(number);
                number
            } else {
                let policy = &self.policy;
                self.attributes
                    .take(attributes, |attributes| policy.judge_attributes(attributes))
            };
            taken = Some(number);
            // The old one's place is free before the limit is asked about.
            self.remove(*prefix);
            let verdict = self.verdict(*prefix, number);
            let held = Held {
                attributes: number,
                verdict,
                time: self.current,
            };
            self.count(held, 1);
            self.routes.insert(*prefix, held);
        }
        kept
    }

    /// Forgets prefixes. Tells whether any was known.
    pub fn withdraw(&mut self, prefixes: &[Prefix<A>]) -> bool {
        let before = self.routes.len();
        for prefix in prefixes {
            self.remove(*prefix);
        }
        self.routes.len() != before
    }

    /// Puts another policy in force, and judges every route again.
    pub fn set_policy(&mut self, policy: ImportPolicy<A>, most_accepted: usize) {
        self.policy = policy;
        self.most_accepted = most_accepted;
        let policy = &self.policy;
        self.attributes
            .judge_again(|attributes| policy.judge_attributes(attributes));
        self.judge_again();
    }

    /// Judges every route again, in the order of their prefixes.
    pub fn judge_again(&mut self) {
        let mut routes = std::mem::take(&mut self.routes);
        self.counts = Counts {
            refused: self.counts.refused,
            ..Counts::default()
        };
        for (prefix, held) in &mut routes {
            held.verdict = self.verdict(*prefix, held.attributes);
            self.count(*held, 1);
        }
        self.routes = routes;
    }

    /// Marks every route as one from before: those that aren't announced again go with [`Self::sweep`]. Those that
    /// were marked before go at once (RFC 4724 §4.2).
    pub fn mark(&mut self) {
        self.sweep();
        self.current = !self.current;
        self.counts.stale = self.routes.len();
    }

    /// Forgets what was marked and not announced again. Tells whether anything was.
    pub fn sweep(&mut self) -> bool {
        if self.counts.stale == 0 {
            return false;
        }
        let current = self.current;
        let stale = self.routes.iter().filter(|(_, held)| held.time != current);
        let stale: Vec<Prefix<A>> = stale.map(|(prefix, _)| *prefix).collect();
        self.withdraw(&stale)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.routes.clear();
        self.attributes = Interner::default();
        self.counts = Counts::default();
    }

    /// Forgets how many were not kept: they are about to be announced again.
    pub const fn forget_refused(&mut self) {
        self.counts.refused = 0;
    }

    /// Takes what the kernel held when the agent started for routes from before.
    pub fn restore(&mut self, routes: impl IntoIterator<Item = (Prefix<A>, Priority, IpAddr)>) {
        for (prefix, priority, next_hop) in routes {
            let attributes = Attributes {
                as_path: [self.policy.peer_as.0.get()].into(),
                next_hop,
                link_local: None,
                origin: Origin::Incomplete,
                med: None,
                communities: [self.policy.communities.of(priority)].into(),
                large_communities: Box::default(),
                only_to_customer: None,
            };
            self.announce(&[prefix], &attributes, usize::MAX);
        }
        self.mark();
    }

    /// Whether a route that isn't accepted might be, if there were room.
    pub fn waits_for_room(&self) -> bool {
        self.counts.rejected.contains_key(&Rejection::Limit) && self.counts.accepted < self.most_accepted
    }

    /// What the policy accepts.
    pub fn accepted(&self) -> LearnedRoutes<A> {
        self.routes
            .iter()
            .filter_map(
                |(prefix, held)| match (held.verdict, self.attributes.said(held.attributes)?) {
                    (Verdict::Accepted, Said::Usable(priority, router)) => Some(LearnedRoute {
                        prefix: *prefix,
                        priority,
                        router,
                    }),
                    (Verdict::Accepted | Verdict::Rejected(_), Said::Usable(..) | Said::Rejected(_)) => None,
                },
            )
            .collect()
    }

    /// The most specific accepted prefix that contains an address; where none is accepted, the most specific of the
    /// others, and why it isn't.
    pub fn covering(&self, address: A) -> Option<(IpNet, Option<Rejection>)> {
        let mut rejected = None;
        for length in (0..=A::WIDTH).rev() {
            let prefix = Prefix::containing(address, length);
            match self.routes.get(&prefix).map(|held| held.verdict) {
                Some(Verdict::Accepted) => return Some((prefix.net(), None)),
                Some(Verdict::Rejected(rejection)) if rejected.is_none() => {
                    rejected = Some((prefix.net(), Some(rejection)));
                }
                Some(Verdict::Rejected(_)) | None => {}
            }
        }
        rejected
    }

    /// Every route, with why it isn't accepted if it isn't.
    pub fn routes(&self) -> impl Iterator<Item = (Prefix<A>, &Arc<Attributes>, Option<Rejection>)> {
        self.routes.iter().filter_map(|(prefix, held)| {
            let rejection = match held.verdict {
                Verdict::Accepted => None,
                Verdict::Rejected(rejection) => Some(rejection),
            };
            Some((*prefix, self.attributes.get(held.attributes)?, rejection))
        })
    }

    fn remove(&mut self, prefix: Prefix<A>) {
        let Some(held) = self.routes.remove(&prefix) else {
            return;
        };
        self.attributes.release(held.attributes);
        self.count(held, -1);
    }

    fn verdict(&self, prefix: Prefix<A>, attributes: u32) -> Verdict {
        if let Err(rejection) = self.policy.judge_prefix(prefix) {
            return Verdict::Rejected(rejection);
        }
        match self.attributes.said(attributes) {
            Some(Said::Rejected(rejection)) => Verdict::Rejected(rejection),
            Some(Said::Usable(..)) if self.counts.accepted < self.most_accepted => Verdict::Accepted,
            Some(Said::Usable(..)) | None => Verdict::Rejected(Rejection::Limit),
        }
    }

    fn count(&mut self, held: Held, change: isize) {
        let Counts {
            received,
            accepted,
            stale,
            refused: _,
            rejected,
        } = &mut self.counts;
        let add = |count: &mut usize| *count = count.saturating_add_signed(change);
        add(received);
        if held.time != self.current {
            add(stale);
        }
        match held.verdict {
            Verdict::Accepted => add(accepted),
            Verdict::Rejected(rejection) => {
                let count = rejected.entry(rejection).or_default();
                add(count);
                if *count == 0 {
                    rejected.remove(&rejection);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
