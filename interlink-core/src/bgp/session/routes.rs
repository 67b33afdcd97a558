//! The routes of one family of a session: what the peer taught, and what it was told.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use super::super::codec::{Announcement, Negotiated, Refresh, announce, end_of_rib, refresh, withdraw};
use super::super::rib::AdjRibIn;
use super::wanted::{Carried, Limits};
use crate::gate::Session as Standing;
use crate::prefix::{Address, Prefix};
use crate::state::{LearnedFamily, LearnedRoutes, Priority};
use crate::time::Time;

/// How long a peer that is back may take to announce everything again, before what it didn't is forgotten.
const AGAIN_WITHIN: Duration = Duration::from_mins(6);

/// How many prefixes are sent before the kernel has to have taken them.
const AT_ONCE: usize = 8192;

/// How long what was learned waits for more of it, at least.
const GATHER: Duration = Duration::from_millis(1);

/// How long after it was told last, at least.
const TELL_EVERY: Duration = Duration::from_millis(20);

/// How much longer for each route that there is.
const GATHER_EACH: Duration = Duration::from_nanos(100);

/// Why routes from before are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// The peer restarts, or we lost it.
    Peers,
    /// We restarted.
    Ours,
}

#[derive(Debug)]
pub(super) struct Routes<A> {
    pub(super) rib: AdjRibIn<A>,
    carried: Carried<A>,
    /// What the peer knows.
    told: BTreeSet<Prefix<A>>,
    told_what: Option<Announcement>,
    /// What it is to know.
    target: BTreeSet<Prefix<A>>,
    pub(super) too_many: Option<String>,
    too_many_told: bool,
    /// What the peer wasn't told yet.
    owed: Owed,
    /// Until when routes from before are kept, and why.
    pub(super) kept: Option<(Time, Kept)>,
    /// When what was learned is told.
    learn_at: Option<Time>,
    learned: Arc<LearnedRoutes<A>>,
    /// Before when nothing more is told.
    learn_not_before: Time,
    pub(super) standing: Standing,
    pub(super) limit_told: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is owed or not, whatever the others are"
)]
struct Owed {
    /// Whether something may be.
    any: bool,
    /// The beginning of a refresh.
    begin: bool,
    /// Its end.
    end: bool,
    /// That everything was said.
    end_of_rib: bool,
}

/// A family whose routes can be handed on.
pub(super) trait Carry: Address {
    fn learned(routes: Arc<LearnedRoutes<Self>>) -> LearnedFamily;
}

impl Carry for Ipv4Addr {
    fn learned(routes: Arc<LearnedRoutes<Self>>) -> LearnedFamily {
        LearnedFamily::V4(routes)
    }
}

impl Carry for Ipv6Addr {
    fn learned(routes: Arc<LearnedRoutes<Self>>) -> LearnedFamily {
        LearnedFamily::V6(routes)
    }
}

impl<A: Carry> Routes<A> {
    pub(super) fn new(carried: Carried<A>, limits: Limits) -> Self {
        let mut routes = Self {
            rib: AdjRibIn::new(carried.import.clone(), limits.accepted()),
            carried,
            told: BTreeSet::new(),
            told_what: None,
            target: BTreeSet::new(),
            too_many: None,
            too_many_told: false,
            owed: Owed::default(),
            kept: None,
            learn_at: None,
            learned: Arc::default(),
            learn_not_before: Time::default(),
            standing: Standing::Down,
            limit_told: false,
        };
        routes.set_target();
        routes
    }

    /// Takes another policy. What is kept is judged again, and nothing has to be announced again.
    pub(super) fn follow(&mut self, carried: &Carried<A>, limits: Limits, now: Time) {
        if self.carried.import != carried.import || self.carried.propagate != carried.propagate {
            let import = super::super::import::ImportPolicy {
                role: self.rib.policy().role,
                ..carried.import.clone()
            };
            self.rib.set_policy(import, limits.accepted());
            self.learn_at = Some(now);
        }
        if self.carried != *carried {
            self.carried = carried.clone();
            self.set_target();
            self.owed.any = true;
        }
    }

    /// The session is established.
    pub(super) fn up(&mut self, agreed: &Negotiated, limits: Limits, now: Time) {
        let role = self.carried.import.role.filter(|_| agreed.roles);
        if self.rib.policy().role != role {
            let import = super::super::import::ImportPolicy {
                role,
                ..self.carried.import.clone()
            };
            self.rib.set_policy(import, limits.accepted());
        }
        let preserved = agreed.restart.and_then(|restart| *restart.families.get(A::FAMILY));
        match (self.kept, preserved) {
            (Some((_, Kept::Ours)), _) | (Some((_, Kept::Peers)), Some(true)) => {
                self.kept = self.kept.map(|(_, why)| (now.after(AGAIN_WITHIN), why));
            }
            // It lost them itself (RFC 4724 §4.2).
            (Some((_, Kept::Peers)), Some(false) | None) | (None, _) => {
                self.kept = None;
                self.rib.clear();
                self.learn_at = Some(now);
            }
        }
        self.told.clear();
        self.told_what = None;
        self.limit_told = false;
        self.owed = Owed {
            any: true,
            end_of_rib: true,
            ..Owed::default()
        };
        self.standing = Standing::Up;
    }

    /// The session is down. The peer's routes are kept for a while, or forgotten.
    pub(super) fn down(&mut self, keep: Option<Duration>, now: Time) {
        self.owed = Owed::default();
        self.told.clear();
        match keep {
            Some(time) => {
                self.rib.mark();
                self.kept = Some((now.after(time), Kept::Peers));
            }
            None => self.forget(now),
        }
    }

    /// Takes what the kernel held for routes from before, for a while.
    pub(super) fn restore(&mut self, routes: Vec<(Prefix<A>, Priority, IpAddr)>, time: Duration, now: Time) {
        self.rib.restore(routes);
        self.kept = Some((now.after(time), Kept::Ours));
        self.standing = Standing::Up;
        self.learn_at = Some(now);
    }

    /// Forgets everything that was learned.
    pub(super) fn forget(&mut self, now: Time) {
        self.kept = None;
        self.standing = Standing::Down;
        self.rib.clear();
        self.learn_at = Some(now);
    }

    pub(super) fn announced(&mut self, prefixes: &[Prefix<A>], said: &super::super::codec::Attributes, limits: Limits) {
        self.rib.announce(prefixes, said, limits.kept());
    }

    /// Something was learned, and is told soon: later the more there is, so that a burst is told once.
    pub(super) fn changed(&mut self, now: Time) {
        let routes = u32::try_from(self.rib.counts().received).unwrap_or(u32::MAX);
        let at = now.after(GATHER.saturating_add(GATHER_EACH.saturating_mul(routes)));
        let at = at.max(self.learn_not_before);
        self.learn_at = Some(self.learn_at.map_or(at, |planned| planned.min(at)));
    }

    /// The peer said everything. Tells whether anything from before was forgotten.
    pub(super) fn complete(&mut self, now: Time) -> bool {
        self.kept = None;
        self.learn_at = Some(now);
        self.rib.sweep()
    }

    /// The peer says everything again.
    pub(super) fn begin_again(&mut self, now: Time) {
        self.rib.mark();
        self.rib.forget_refused();
        self.kept = Some((now.after(AGAIN_WITHIN), Kept::Peers));
    }

    /// The peer wants to be told everything again.
    pub(super) fn tell_again(&mut self, agreed: &Negotiated) {
        self.told.clear();
        self.owed.any = true;
        self.owed.begin = agreed.enhanced_refresh;
        self.owed.end = agreed.enhanced_refresh;
    }

    /// The next bytes for the peer; none if it knows everything.
    pub(super) fn next_bytes(&mut self, agreed: &Negotiated) -> Vec<u8> {
        let mut bytes = Vec::new();
        if !self.owed.any {
            return bytes;
        }
        if std::mem::take(&mut self.owed.begin) {
            bytes.extend(refresh(A::FAMILY, Refresh::Begin));
        }
        if self.told_what.as_ref() != Some(&self.carried.said) {
            // What is said of the prefixes changed, so all are said again.
            self.told_what = Some(self.carried.said.clone());
            let gone: Vec<_> = self.told.difference(&self.target).copied().collect();
            bytes.extend(withdraw(&gone, agreed));
            self.told.clear();
        }
        let gone: Vec<_> = self.told.difference(&self.target).take(AT_ONCE).copied().collect();
        bytes.extend(withdraw(&gone, agreed));
        for prefix in &gone {
            self.told.remove(prefix);
        }
        let new: Vec<_> = self.target.difference(&self.told).take(AT_ONCE).copied().collect();
        bytes.extend(announce(&new, &self.carried.said, agreed));
        self.told.extend(&new);
        if gone.is_empty() && new.is_empty() {
            self.owed.any = false;
            if std::mem::take(&mut self.owed.end_of_rib) {
                bytes.extend(end_of_rib(A::FAMILY, agreed));
            }
            if std::mem::take(&mut self.owed.end) {
                bytes.extend(refresh(A::FAMILY, Refresh::End));
            }
        } else if bytes.is_empty() {
            // Nothing of it can be put into a message: asking again would not help.
            self.owed.any = false;
        }
        bytes
    }

    /// What was learned, if it is time to tell it and it differs from what was told.
    pub(super) fn take_learned(&mut self, now: Time) -> Option<LearnedFamily> {
        self.learn_at.filter(|at| *at <= now)?;
        self.learn_at = None;
        self.learn_not_before = now.after(TELL_EVERY);
        // Not with each withdrawal: a peer could have everything judged again for every prefix that it takes back.
        if self.rib.waits_for_room() {
            self.rib.judge_again();
        }
        let learned = if self.carried.propagate {
            self.rib.accepted()
        } else {
            LearnedRoutes::default()
        };
        if learned == *self.learned {
            return None;
        }
        self.learned = Arc::new(learned);
        Some(A::learned(Arc::clone(&self.learned)))
    }

    /// That more would be announced than may be, once.
    pub(super) fn take_too_many(&mut self) -> Option<String> {
        let told = std::mem::replace(&mut self.too_many_told, self.too_many.is_some());
        self.too_many.clone().filter(|_| !told)
    }

    /// How many prefixes the peer was told.
    pub(super) fn told(&self) -> usize {
        self.told.len()
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        [self.learn_at, self.kept.map(|(until, _)| until)]
            .into_iter()
            .flatten()
            .min()
    }

    fn set_target(&mut self) {
        if !self.carried.propagate {
            self.target.clear();
            self.too_many = None;
            return;
        }
        match self.carried.export.announced() {
            Ok(target) => {
                self.target = target;
                self.too_many = None;
            }
            Err(too_many) => self.too_many = Some(too_many.to_string()),
        }
    }
}
