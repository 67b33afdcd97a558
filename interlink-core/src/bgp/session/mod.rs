//! One session: its connections, what it taught and what it told (RFC 4271 §8).
//!
//! Up to a few connections live beside each other until the two routers have agreed on one of them (§6.8). Routes
//! belong to the session, not to a connection, and outlive one where both routers can restart gracefully (RFC 4724).

mod connection;
mod dial;
mod dialing;
mod ending;
mod handle;
mod learn;
mod report;
mod routes;
mod telling;
mod timers;
mod wanted;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::codec::{Alarm, Negotiated};
use super::effect::{ConnectionId, Down, Effect, SessionId};
use crate::backoff::Backoff;
use crate::family::{Family, PerFamily};
use crate::gate::Session as Standing;
use crate::prefix::Prefix;
use crate::state::Priority;
use crate::time::Time;
use connection::{Connection, Phase};
use dial::Dial;
use routes::{Carry, Routes};

pub use report::{FamilySession, SessionReport};
pub use wanted::{Carried, Limits, Wanted, Will};

/// Within what time the first try is made: two routers that begin together seldom connect to each other twice then.
const SOON: Duration = Duration::from_millis(200);

/// How long a try to connect may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// How long a session has to have been up for the next try not to wait for longer than the last.
const STABLE: Duration = Duration::from_secs(10);

/// How many connections may be there before the routers have agreed on one.
const CONNECTIONS: usize = 4;

/// How long after one request for everything another may follow.
const REFRESH_EVERY: Duration = Duration::from_secs(10);

/// What a session needs from outside while it handles something.
pub(in crate::bgp) struct Context<'a> {
    pub(super) now: Time,
    pub(super) effects: &'a mut VecDeque<Effect>,
    pub(super) random: &'a mut fastrand::Rng,
    /// Whether the agent has restarted a moment ago.
    pub(super) restarting: bool,
}

/// See the [module](self).
#[derive(Debug)]
pub(in crate::bgp) struct Session {
    id: SessionId,
    wanted: Wanted,
    dial: Dial,
    /// When the next try is due, or the one under way takes too long.
    dial_at: Option<Time>,
    dialed: u64,
    backoff: Backoff,
    connections: BTreeMap<ConnectionId, Connection>,
    listen: Listen,
    /// Down for too many prefixes.
    idle: Option<Idle>,
    v4: Option<Routes<Ipv4Addr>>,
    v6: Option<Routes<Ipv6Addr>>,
    /// What the machine was told last.
    told: PerFamily<Option<Standing>>,
    refresh: PerFamily<Asking>,
    since: Time,
    ups: u64,
    last_error: Option<String>,
    unreachable: bool,
}

#[derive(Clone, Copy, Debug)]
struct Idle {
    until: Option<Time>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Listen {
    Off,
    On,
    Failed { again: Time, why: String },
}

/// Asking the peer to say everything again.
#[derive(Clone, Copy, Debug, Default)]
struct Asking {
    wanted: bool,
    not_before: Time,
}

/// Does the same for both families.
macro_rules! each {
    ($session:expr, |$routes:ident| $act:expr) => {{
        if let Some($routes) = &mut $session.v4 {
            $act;
        }
        if let Some($routes) = &mut $session.v6 {
            $act;
        }
    }};
}
use each;

impl Session {
    pub(super) fn new(id: SessionId, wanted: Wanted, now: Time) -> Self {
        let limits = wanted.limits;
        Self {
            id,
            v4: wanted.v4.clone().map(|carried| Routes::new(carried, limits)),
            v6: wanted.v6.clone().map(|carried| Routes::new(carried, limits)),
            wanted,
            dial: Dial::default(),
            dial_at: None,
            dialed: 0,
            backoff: Backoff::default(),
            connections: BTreeMap::new(),
            listen: Listen::Off,
            idle: None,
            told: PerFamily::default(),
            refresh: PerFamily::default(),
            since: now,
            ups: 0,
            last_error: None,
            unreachable: false,
        }
    }

    /// Does what is wanted from the beginning.
    pub(super) fn start(&mut self, cx: &mut Context<'_>) {
        self.run(cx);
        self.publish(cx);
    }

    /// Takes what the kernel held when the agent started for routes from before the restart.
    pub(super) fn restore(&mut self, routes: Restored, cx: &mut Context<'_>) {
        if self.wanted.restart_time == 0 || self.wanted.will != Will::Run {
            return;
        }
        let time = Duration::from_secs(self.wanted.restart_time.into());
        let Restored { v4, v6 } = routes;
        if let (Some(routes), Some(held)) = (&mut self.v4, v4) {
            routes.restore(held, time, cx.now);
        }
        if let (Some(routes), Some(held)) = (&mut self.v6, v6) {
            routes.restore(held, time, cx.now);
        }
        self.publish(cx);
    }

    /// Takes what is wanted from here on.
    pub(super) fn follow(&mut self, wanted: Wanted, cx: &mut Context<'_>) {
        if self.wanted == wanted {
            return;
        }
        let same = self.wanted.is_same_session(&wanted) && self.wanted.families() == wanted.families();
        let before = self.wanted.will;
        if !same {
            self.end_all(Alarm::ConfigurationChanged, "", cx);
            self.stop(cx);
            each!(self, |routes| routes.forget(cx.now));
            self.publish(cx);
        }
        let limits = wanted.limits;
        follow_routes(&mut self.v4, wanted.v4.as_ref(), limits, cx.now);
        follow_routes(&mut self.v6, wanted.v6.as_ref(), limits, cx.now);
        let raised = limits.kept() > self.wanted.limits.kept();
        self.wanted = wanted;
        for family in Family::ALL.into_iter().filter(|_| raised) {
            let refused = self.counts(family).is_some_and(|counts| counts.refused > 0);
            self.refresh.get_mut(family).wanted |= refused;
        }
        match (before, self.wanted.will) {
            (Will::Run, Will::Stay(why)) => {
                self.end_all(Alarm::Shutdown, why, cx);
                self.stop(cx);
                each!(self, |routes| routes.forget(cx.now));
            }
            (Will::Run, Will::NoCarrier) => {
                self.lose_all(&Down::NoCarrier, cx);
                self.stop(cx);
                each!(self, |routes| routes.forget(cx.now));
            }
            (Will::NoCarrier | Will::Run | Will::Stay(_), Will::Run) => self.run(cx),
            (Will::NoCarrier | Will::Stay(_), Will::NoCarrier | Will::Stay(_)) => {}
        }
        self.pump(cx);
        self.publish(cx);
    }

    /// Ends for good.
    pub(super) fn remove(&mut self, cx: &mut Context<'_>) {
        self.end_all(Alarm::Deconfigured, "", cx);
        self.stop(cx);
        each!(self, |routes| routes.forget(cx.now));
        self.publish(cx);
    }

    /// What has to be done when nothing of it can be trusted any more.
    pub(super) fn abandon(mut self, now: Time) -> Vec<Effect> {
        let mut effects: Vec<_> = self.connections.into_keys().map(Effect::Close).collect();
        effects.push(Effect::Unlisten(self.id.clone()));
        // Another session may carry the other.
        for family in Family::ALL.into_iter().filter(|family| self.wanted.carries(*family)) {
            effects.push(Effect::Session {
                link: self.id.link.clone(),
                family,
                session: Standing::Down,
            });
        }
        let link = &self.id.link;
        each!(self, |routes| {
            routes.forget(now);
            let learned = routes.take_learned(now).map(|routes| Effect::Learned {
                link: link.clone(),
                routes,
            });
            effects.extend(learned);
        });
        effects
    }

    /// Begins anew, because an operator wants it.
    pub(super) fn reset(&mut self, cx: &mut Context<'_>) {
        self.idle = None;
        // Before what was open is closed, because the next try waits for as long as the first one does after a failure:
        // the peer has to hear of the end before it hears of the beginning.
        self.backoff = Backoff::default();
        self.end_all(Alarm::Reset, "reset by the operator", cx);
        each!(self, |routes| routes.forget(cx.now));
        self.run(cx);
        self.publish(cx);
    }

    /// Asks the peer to say everything again.
    pub(super) fn ask_again(&mut self, cx: &mut Context<'_>) {
        for family in Family::ALL {
            self.refresh.get_mut(family).wanted = true;
        }
        self.ask_refreshes(cx);
    }

    /// Whether the routers have agreed on a connection, or are about to.
    fn is_taken(&self) -> bool {
        self.connections
            .values()
            .any(|connection| connection.phase != Phase::OpenSent)
    }

    fn established(&self) -> Option<&Connection> {
        self.connections
            .values()
            .find(|connection| connection.phase == Phase::Established)
    }

    /// What was agreed on, once the session is established.
    fn agreed(&self) -> Option<&Negotiated> {
        self.established()?.agreed.as_ref()
    }

    fn ids(&self) -> Vec<ConnectionId> {
        self.connections.keys().cloned().collect()
    }

    fn counts(&self, family: Family) -> Option<&super::rib::Counts> {
        match family {
            Family::V4 => self.v4.as_ref().map(|routes| routes.rib.counts()),
            Family::V6 => self.v6.as_ref().map(|routes| routes.rib.counts()),
        }
    }

    fn standing(&self, family: Family) -> Standing {
        let standing = match family {
            Family::V4 => self.v4.as_ref().map(|routes| routes.standing),
            Family::V6 => self.v6.as_ref().map(|routes| routes.standing),
        };
        standing.unwrap_or_default()
    }
}

/// What the kernel held of a link when the agent started; nothing of a family whose gate was closed.
#[derive(Debug, Default)]
pub(in crate::bgp) struct Restored {
    pub(super) v4: Option<Vec<(Prefix<Ipv4Addr>, Priority, IpAddr)>>,
    pub(super) v6: Option<Vec<(Prefix<Ipv6Addr>, Priority, IpAddr)>>,
}

fn follow_routes<A: Carry>(routes: &mut Option<Routes<A>>, carried: Option<&Carried<A>>, limits: Limits, now: Time) {
    match (routes.as_mut(), carried) {
        (Some(routes), Some(carried)) => routes.follow(carried, limits, now),
        (None, Some(carried)) => *routes = Some(Routes::new(carried.clone(), limits)),
        (Some(_), None) => *routes = None,
        (None, None) => {}
    }
}
