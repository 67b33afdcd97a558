//! What time brings.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::connection::Connection;
use super::dial::{Dial, Happened};
use super::routes::{Carry, Routes};
use super::{Context, Listen, SOON, Session};
use crate::bgp::codec::{self, Alarm};
use crate::bgp::effect::{Effect, Event};
use crate::family::Family;
use crate::time::Time;

impl Session {
    /// When [`Self::due`] wants to be called.
    pub(in crate::bgp) fn deadline(&self) -> Option<Time> {
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
    pub(in crate::bgp) fn due(&mut self, cx: &mut Context<'_>) {
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
}
