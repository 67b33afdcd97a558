//! One session: its connections, what it taught and what it told (RFC 4271 §8).
//!
//! Up to a few connections live beside each other until the two routers have agreed on one of them (§6.8). Routes
//! belong to the session, not to a connection, and outlive one where both routers can restart gracefully (RFC 4724).

mod connection;
mod dial;
mod handle;
mod report;
mod routes;
mod wanted;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::codec::{self, Alarm, Negotiated, Notification, Offer, RestartOffer};
use super::effect::{ConnectionId, Down, Effect, Event, SessionId, Side};
use crate::backoff::Backoff;
use crate::family::{Family, PerFamily};
use crate::gate::Session as Standing;
use crate::prefix::Prefix;
use crate::state::Priority;
use crate::time::Time;
use connection::{Connection, Phase};
use dial::{Act, Dial, Happened};
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
        for family in Family::ALL {
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

    /// When [`Self::due`] wants to be called.
    pub(super) fn deadline(&self) -> Option<Time> {
        let connections = self.connections.values().filter_map(Connection::deadline);
        let listen = match &self.listen {
            Listen::Failed { again, .. } => Some(*again),
            Listen::Off | Listen::On => None,
        };
        let refreshes = Family::ALL.into_iter().filter_map(|family| {
            let asking = self.refresh.get(family);
            let can_ask = self
                .agreed()
                .is_some_and(|agreed| agreed.refresh && *agreed.families.get(family));
            (asking.wanted && can_ask).then_some(asking.not_before)
        });
        let rest = [
            self.dial_at,
            listen,
            self.idle.and_then(|idle| idle.until),
            self.v4.as_ref().and_then(Routes::deadline),
            self.v6.as_ref().and_then(Routes::deadline),
        ];
        connections.chain(refreshes).chain(rest.into_iter().flatten()).min()
    }

    /// Does what is due.
    pub(super) fn due(&mut self, cx: &mut Context<'_>) {
        let now = cx.now;
        let passed = |at: Option<Time>| at.is_some_and(|at| at <= now);
        if self.idle.is_some_and(|idle| passed(idle.until)) {
            self.idle = None;
            self.run(cx);
        }
        if let Listen::Failed { again, .. } = &self.listen
            && *again <= now
        {
            self.listen(cx);
        }
        for id in self.ids() {
            let Some(connection) = self.connections.get_mut(&id) else {
                continue;
            };
            if passed(connection.hold_until) {
                self.end(&id, Alarm::HoldTimerExpired, "", true, cx);
            } else if passed(connection.stuck_at) {
                self.end(&id, Alarm::SendHoldTimerExpired, "", true, cx);
            } else if passed(connection.keepalive_at) {
                connection.plan_keepalive(now, cx.random);
                self.send(&id, codec::keepalive(), cx);
            }
        }
        if passed(self.dial_at) {
            self.dial_at = None;
            if self.dial == Dial::Waiting && !self.connections.is_empty() {
                // The peer was faster. Where that comes to nothing, we try again.
                self.dial_at = (!self.is_taken()).then(|| now.after(SOON));
            } else {
                self.dial(Happened::Due, cx);
            }
        }
        let is_up = self.agreed().is_some();
        self.expire::<Ipv4Addr>(|session| &mut session.v4, is_up, cx);
        self.expire::<Ipv6Addr>(|session| &mut session.v6, is_up, cx);
        self.ask_refreshes(cx);
        self.publish(cx);
    }

    /// Routes from before that nobody announced again are forgotten in the end.
    fn expire<A: Carry>(
        &mut self,
        routes: impl Fn(&mut Self) -> &mut Option<Routes<A>>,
        is_up: bool,
        cx: &mut Context<'_>,
    ) {
        let id = self.id.clone();
        let Some(routes) = routes(self) else { return };
        if routes.kept.is_none_or(|(until, _)| until > cx.now) {
            return;
        }
        if is_up {
            routes.complete(cx.now);
        } else {
            routes.forget(cx.now);
        }
        cx.effects.push_back(Effect::Tell(Event::Swept(id, A::FAMILY)));
    }

    fn run(&mut self, cx: &mut Context<'_>) {
        if self.wanted.will != Will::Run || self.idle.is_some() {
            return;
        }
        if self.listen == Listen::Off {
            self.listen(cx);
        }
        self.dial(
            if self.wanted.passive {
                Happened::Stop
            } else {
                Happened::Start
            },
            cx,
        );
    }

    fn stop(&mut self, cx: &mut Context<'_>) {
        self.dial(Happened::Stop, cx);
        self.idle = None;
        if self.listen != Listen::Off {
            self.listen = Listen::Off;
            cx.effects.push_back(Effect::Unlisten(self.id.clone()));
        }
    }

    fn listen(&mut self, cx: &mut Context<'_>) {
        self.listen = Listen::On;
        cx.effects.push_back(Effect::Listen {
            session: self.id.clone(),
            endpoint: self.wanted.endpoint.clone(),
        });
    }

    fn dial(&mut self, happened: Happened, cx: &mut Context<'_>) {
        let (next, act) = self.dial.on(happened);
        self.dial = next;
        match act {
            Act::Nothing => {
                if next == Dial::Off {
                    self.dial_at = None;
                }
            }
            Act::Soon => self.dial_at = Some(cx.now.after(SOON.mul_f64(cx.random.f64()))),
            Act::Connect => {
                self.dialed = self.dialed.saturating_add(1);
                self.dial_at = Some(cx.now.after(CONNECT_WITHIN));
                cx.effects.push_back(Effect::Connect {
                    connection: self.dialed_id(),
                    endpoint: self.wanted.endpoint.clone(),
                });
            }
            Act::BackOff => self.back_off(cx),
            Act::Abandon => {
                self.dial_at = None;
                cx.effects.push_back(Effect::Close(self.dialed_id()));
            }
            Act::AbandonAndBackOff => {
                cx.effects.push_back(Effect::Close(self.dialed_id()));
                self.unreachable("it doesn't answer", cx);
                self.back_off(cx);
            }
        }
    }

    fn back_off(&mut self, cx: &mut Context<'_>) {
        self.dial_at = Some(cx.now.after(self.backoff.fail(cx.random)));
    }

    fn dialed_id(&self) -> ConnectionId {
        ConnectionId {
            session: self.id.clone(),
            side: Side::Outgoing,
            number: self.dialed,
        }
    }

    fn unreachable(&mut self, why: &str, cx: &mut Context<'_>) {
        self.last_error = Some(why.to_owned());
        if !std::mem::replace(&mut self.unreachable, true) {
            cx.effects.push_back(Effect::Tell(Event::Unreachable {
                session: self.id.clone(),
                why: why.to_owned(),
            }));
        }
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

    /// What is offered, with what there is to say of restarts at this time.
    fn offer(&self, restarting: bool) -> Offer {
        let was_up = self.ups > 0;
        let held = |kept: Option<(Time, routes::Kept)>| was_up || matches!(kept, Some((_, routes::Kept::Ours)));
        let preserved = PerFamily {
            v4: self.v4.as_ref().is_some_and(|routes| held(routes.kept)),
            v6: self.v6.as_ref().is_some_and(|routes| held(routes.kept)),
        };
        Offer {
            restart: (self.wanted.restart_time > 0).then_some(RestartOffer {
                time: self.wanted.restart_time,
                restarting: restarting && !was_up,
                preserved,
            }),
            ..self.wanted.offer.clone()
        }
    }

    fn send(&mut self, id: &ConnectionId, bytes: Vec<u8>, cx: &mut Context<'_>) {
        let Some(connection) = self.connections.get_mut(id) else {
            return;
        };
        if bytes.is_empty() {
            return;
        }
        connection.sending(cx.now);
        cx.effects.push_back(Effect::Send {
            connection: id.clone(),
            bytes,
        });
    }

    /// Sends what the peer is owed, as much as may be under way.
    fn pump(&mut self, cx: &mut Context<'_>) {
        let Some(connection) = self.established().filter(|connection| connection.is_idle()) else {
            return;
        };
        let (id, Some(agreed)) = (connection.id.clone(), connection.agreed.clone()) else {
            return;
        };
        let mut bytes = Vec::new();
        if let Some(routes) = self.v4.as_mut().filter(|_| agreed.families.v4) {
            bytes.extend(routes.next_bytes(&agreed));
        }
        if let Some(routes) = self.v6.as_mut().filter(|_| agreed.families.v6) {
            bytes.extend(routes.next_bytes(&agreed));
        }
        self.send(&id, bytes, cx);
    }

    fn ask_refreshes(&mut self, cx: &mut Context<'_>) {
        let Some(connection) = self.established() else { return };
        let (id, Some(agreed)) = (connection.id.clone(), connection.agreed.clone()) else {
            return;
        };
        for family in Family::ALL {
            let asking = self.refresh.get_mut(family);
            if asking.wanted && asking.not_before <= cx.now && agreed.refresh && *agreed.families.get(family) {
                *asking = Asking {
                    wanted: false,
                    not_before: cx.now.after(REFRESH_EVERY),
                };
                match family {
                    Family::V4 => self.v4.iter_mut().for_each(|routes| routes.rib.forget_refused()),
                    Family::V6 => self.v6.iter_mut().for_each(|routes| routes.rib.forget_refused()),
                }
                self.send(&id, codec::refresh(family, codec::Refresh::Ask), cx);
            }
        }
    }

    /// Tells the machine what changed: a session before what it taught, so that gates close before routes go.
    fn publish(&mut self, cx: &mut Context<'_>) {
        for family in Family::ALL {
            let standing = self.standing(family);
            if self.wanted.carries(family) && self.told.get(family).unwrap_or_default() != standing {
                *self.told.get_mut(family) = Some(standing);
                cx.effects.push_back(Effect::Session {
                    link: self.id.link.clone(),
                    family,
                    session: standing,
                });
            }
        }
        let link = &self.id.link;
        let session = &self.id;
        each!(self, |routes| {
            if let Some(learned) = routes.take_learned(cx.now) {
                cx.effects.push_back(Effect::Learned {
                    link: link.clone(),
                    routes: learned,
                });
            }
            if let Some(why) = routes.take_too_many() {
                cx.effects.push_back(Effect::Tell(Event::TooMany {
                    session: session.clone(),
                    why,
                }));
            }
        });
    }

    /// Tells the peer why, closes the connection, and keeps the peer's routes if both can restart gracefully.
    fn end(&mut self, id: &ConnectionId, alarm: Alarm, words: &str, keep: bool, cx: &mut Context<'_>) {
        self.end_with(id, Notification::new(alarm, words), keep, cx);
    }

    fn end_with(&mut self, id: &ConnectionId, told: Notification, keep: bool, cx: &mut Context<'_>) {
        let Some(connection) = self.connections.get(id) else {
            return;
        };
        let both_may_keep = connection
            .agreed
            .as_ref()
            .is_some_and(|agreed| agreed.notification_restart);
        // The peer would keep our routes else (RFC 8538 §3).
        let told = if connection.phase == Phase::Established && both_may_keep && !keep {
            told.hard()
        } else {
            told
        };
        self.send(id, told.encode(), cx);
        self.close(id, Down::Ours(told), keep && both_may_keep, cx);
    }

    fn end_all(&mut self, alarm: Alarm, words: &str, cx: &mut Context<'_>) {
        for id in self.ids() {
            self.end(&id, alarm, words, false, cx);
        }
    }

    fn lose_all(&mut self, why: &Down, cx: &mut Context<'_>) {
        for id in self.ids() {
            self.close(&id, why.clone(), false, cx);
        }
    }

    fn close(&mut self, id: &ConnectionId, why: Down, keep: bool, cx: &mut Context<'_>) {
        cx.effects.push_back(Effect::Close(id.clone()));
        self.gone(id, why, keep, cx);
    }

    /// A connection is no more.
    fn gone(&mut self, id: &ConnectionId, why: Down, keep: bool, cx: &mut Context<'_>) {
        let Some(connection) = self.connections.remove(id) else {
            return;
        };
        self.last_error = Some(why.to_string());
        if connection.phase == Phase::Established {
            if self.since.until(cx.now) >= STABLE {
                self.backoff = Backoff::default();
            }
            self.since = cx.now;
            let restart = connection.agreed.and_then(|agreed| agreed.restart);
            let restart = restart.filter(|_| keep && self.wanted.restart_time > 0);
            let time = |family: Family| {
                let listed = restart.filter(|restart| restart.families.get(family).is_some());
                listed.map(|restart| Duration::from_secs(restart.time.into()))
            };
            if let Some(routes) = &mut self.v4 {
                routes.down(time(Family::V4), cx.now);
            }
            if let Some(routes) = &mut self.v6 {
                routes.down(time(Family::V6), cx.now);
            }
            cx.effects.push_back(Effect::Tell(Event::Down {
                session: self.id.clone(),
                why,
                kept: restart.map(|restart| restart.time),
            }));
        } else if self.connections.is_empty() {
            self.unreachable(&why.to_string(), cx);
        }
        if id.side == Side::Outgoing && id.number == self.dialed {
            self.dial(Happened::Failed, cx);
        } else if self.dial == Dial::Waiting && self.dial_at.is_none() {
            self.back_off(cx);
        }
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
