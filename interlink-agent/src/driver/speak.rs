//! Between the core's speaker, the sockets of its peers, and the machine.

use std::panic::{AssertUnwindSafe, catch_unwind};

use interlink_core::bgp::effect::{Effect, Event, Input, SessionId};
use interlink_core::bgp::speaker::World;
use interlink_core::machine;
use interlink_core::state::Observed;

use super::Driver;
use crate::log;

/// How many inputs of peers are taken before something else may happen.
const AT_ONCE: usize = 16;

impl Driver {
    /// Has the sessions follow what is wanted, and what the kernel's interfaces allow. The first time, what the kernel
    /// holds is what peers taught the agent before this one.
    pub(super) fn sessions_follow(&mut self, observed: &Observed) {
        let is_first = self.machine.last_observed().is_none();
        let now = self.now();
        let Some(intent) = self.machine.intent_in_force() else {
            return;
        };
        let world = World {
            intent,
            settled: &self.machine.facts().settled,
            interfaces: &observed.interfaces,
        };
        self.speaker.follow(world, now);
        if is_first {
            self.speaker.restore(world, observed, now);
        }
        self.speak();
    }

    /// Takes what a peer said.
    pub(super) fn hear(&mut self, input: Input) {
        let session = session_of(&input).clone();
        let now = self.now();
        // A mistake of ours that one peer finds is no reason to leave the others.
        let heard = catch_unwind(AssertUnwindSafe(|| self.speaker.handle(input, now)));
        if heard.is_err() {
            tracing::error!(%session, "a bug: the session ends, and begins anew");
            self.speaker.abandon(&session, now);
        }
        self.speak();
    }

    /// Takes what peers said meanwhile, and does what is due by now.
    pub(super) fn listen_to_peers(&mut self) {
        for _ in 0..AT_ONCE {
            let Some(input) = self.peers.try_next() else { break };
            self.hear(input);
        }
        let now = self.now();
        if self.speaker.poll_timeout().is_some_and(|at| at <= now) {
            self.speaker.handle_timeout(now);
            self.speak();
        }
    }

    /// Does what the sessions want.
    pub(super) fn speak(&mut self) {
        while let Some(effect) = self.speaker.poll_effect() {
            match effect {
                Effect::Listen { session, endpoint } => {
                    let outcome = self.peers.listen(session, &endpoint);
                    let now = self.now();
                    self.speaker.handle(outcome, now);
                }
                Effect::Unlisten(session) => self.peers.unlisten(&session),
                Effect::Connect { connection, endpoint } => self.peers.connect(connection, endpoint),
                Effect::Send { connection, bytes } => self.peers.send(&connection, bytes),
                Effect::Close(connection) => self.peers.close(&connection),
                Effect::Session { link, family, session } => {
                    self.sessions_changed = true;
                    self.handle(machine::Input::Session { link, family, session });
                }
                Effect::Learned { link, routes } => {
                    self.sessions_changed = true;
                    self.handle(machine::Input::Learned { link, routes });
                }
                Effect::Tell(event) => self.tell_session(&event),
            }
        }
    }

    /// A peer can cause as many events as it likes, but not as many lines.
    fn tell_session(&mut self, event: &Event) {
        let now = self.now();
        let session = event.session();
        let budget = self.said.entry(session.clone()).or_default();
        let Some(left_out) = budget.take(now) else { return };
        if left_out > 0 {
            tracing::info!(%session, left_out, "more was to be said of this peer");
        }
        log::tell_session(event);
    }
}

const fn session_of(input: &Input) -> &SessionId {
    match input {
        Input::Listening { session, .. } | Input::Reset(session) | Input::Refresh(session) => session,
        Input::Accepted { connection, .. }
        | Input::Connected(connection)
        | Input::Bytes { connection, .. }
        | Input::Sent(connection)
        | Input::Closed { connection, .. } => &connection.session,
    }
}
