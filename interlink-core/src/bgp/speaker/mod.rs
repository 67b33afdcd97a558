//! Every session of every link.

mod wanted;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use super::effect::{Effect, Input, SessionId};
use super::session::{Context, Session, SessionReport};
use crate::domain::{Intent, LinkStatus};
use crate::explain::Heard;
use crate::name::{InterfaceName, Name};
use crate::state::{Interface, Observed};
use crate::time::Time;

/// How long after its start an agent tells peers that it restarted.
const RESTARTING: Duration = Duration::from_mins(3);

/// What the sessions follow from.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// What is wanted.
    pub intent: &'a Intent,
    /// The status of each link that counts.
    pub settled: &'a BTreeMap<Name, LinkStatus>,
    /// The kernel's interfaces.
    pub interfaces: &'a BTreeMap<InterfaceName, Interface>,
}

/// See the [module of the speaker](super).
#[derive(Debug)]
pub struct Speaker {
    sessions: BTreeMap<SessionId, Session>,
    effects: VecDeque<Effect>,
    random: fastrand::Rng,
    restarting_until: Option<Time>,
}

impl Speaker {
    /// One without sessions. `seed` decides the jitter of timers.
    pub fn new(seed: u64) -> Self {
        Self {
            sessions: BTreeMap::new(),
            effects: VecDeque::new(),
            random: fastrand::Rng::with_seed(seed),
            restarting_until: None,
        }
    }

    /// Takes what is wanted from here on.
    pub fn follow(&mut self, world: World<'_>, now: Time) {
        let mut wanted = wanted::sessions(world);
        let gone: Vec<_> = self
            .sessions
            .keys()
            .filter(|id| !wanted.contains_key(*id))
            .cloned()
            .collect();
        for id in gone {
            self.with(&id, now, Session::remove);
            self.sessions.remove(&id);
        }
        for id in self.sessions.keys().cloned().collect::<Vec<_>>() {
            if let Some(wanted) = wanted.remove(&id) {
                self.with(&id, now, |session, cx| session.follow(wanted, cx));
            }
        }
        for (id, wanted) in wanted {
            self.sessions.insert(id.clone(), Session::new(id.clone(), wanted, now));
            self.with(&id, now, Session::start);
        }
    }

    /// Takes what the kernel holds when the agent starts for what peers taught before: it stays until they have
    /// taught it again, or the restart takes too long (RFC 4724 §4.1).
    pub fn restore(&mut self, world: World<'_>, observed: &Observed, now: Time) {
        for id in self.sessions.keys().cloned().collect::<Vec<_>>() {
            let held = wanted::held(world, observed, &id);
            if held.v4.is_some() || held.v6.is_some() {
                self.restarting_until = Some(now.after(RESTARTING));
                self.with(&id, now, |session, cx| session.restore(held, cx));
            }
        }
    }

    /// Takes a fact.
    pub fn handle(&mut self, input: Input, now: Time) {
        match input {
            Input::Listening { session, result } => {
                self.with(&session, now, |session, cx| session.listening(result, cx));
            }
            Input::Accepted { connection, from } => {
                let id = connection.session.clone();
                if self.sessions.contains_key(&id) {
                    self.with(&id, now, |session, cx| session.accepted(connection, from, cx));
                } else {
                    self.effects.push_back(Effect::Close(connection));
                }
            }
            Input::Connected(connection) => {
                let id = connection.session.clone();
                if self.sessions.contains_key(&id) {
                    self.with(&id, now, |session, cx| session.connected(connection, cx));
                } else {
                    self.effects.push_back(Effect::Close(connection));
                }
            }
            Input::Bytes { connection, bytes } => {
                let id = connection.session.clone();
                self.with(&id, now, |session, cx| session.bytes(&connection, &bytes, cx));
            }
            Input::Sent(connection) => {
                let id = connection.session.clone();
                self.with(&id, now, |session, cx| session.sent(&connection, cx));
            }
            Input::Closed { connection, why } => {
                let id = connection.session.clone();
                self.with(&id, now, |session, cx| session.closed(&connection, why, cx));
            }
            Input::Reset(session) => self.with(&session, now, Session::reset),
            Input::Refresh(session) => self.with(&session, now, Session::ask_again),
        }
    }

    /// Does what was due by now.
    pub fn handle_timeout(&mut self, now: Time) {
        let due = self
            .sessions
            .iter()
            .filter(|(_, session)| session.deadline().is_some_and(|at| at <= now));
        for id in due.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            self.with(&id, now, Session::due);
        }
    }

    /// Forgets a session whose handling went wrong in a way that nobody foresaw, as far as it can still be trusted: its
    /// connections end, and so does what it taught. The next [`Self::follow`] begins it anew.
    pub fn abandon(&mut self, id: &SessionId, now: Time) {
        if let Some(session) = self.sessions.remove(id) {
            self.effects.extend(session.abandon(now));
        }
    }

    /// The next thing to do.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`Self::handle_timeout`] wants to be called.
    pub fn poll_timeout(&self) -> Option<Time> {
        self.sessions.values().filter_map(Session::deadline).min()
    }

    /// The sessions.
    pub fn ids(&self) -> impl Iterator<Item = &SessionId> {
        self.sessions.keys()
    }

    /// What the peer of a link said about an address; nothing where no session carries its family.
    pub fn heard(&self, link: &Name, address: IpAddr) -> Option<Heard> {
        let mut of_link = self.sessions.values().filter(|session| session.link() == link);
        of_link.find_map(|session| session.heard(address))
    }

    /// What there is to know of each session.
    pub fn report(&self, now: Time) -> Vec<SessionReport> {
        self.sessions.values().map(|session| session.report(now)).collect()
    }

    fn with(&mut self, id: &SessionId, now: Time, act: impl FnOnce(&mut Session, &mut Context<'_>)) {
        let restarting = self.restarting_until.is_some_and(|until| now < until);
        if let Some(session) = self.sessions.get_mut(id) {
            let mut cx = Context {
                now,
                effects: &mut self.effects,
                random: &mut self.random,
                restarting,
            };
            act(session, &mut cx);
        }
    }
}
