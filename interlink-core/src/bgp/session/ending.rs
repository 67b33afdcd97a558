//! How a session ends.

use std::time::Duration;

use super::connection::Phase;
use super::dial::{Dial, Happened};
use super::{Context, STABLE, Session};
use crate::backoff::Backoff;
use crate::bgp::codec::{Alarm, Notification};
use crate::bgp::effect::{ConnectionId, Down, Effect, Event, Side};
use crate::family::Family;

impl Session {
    /// Tells the peer why, closes the connection, and keeps the peer's routes if both can restart gracefully.
    pub(super) fn end(&mut self, id: &ConnectionId, alarm: Alarm, words: &str, keep: bool, cx: &mut Context<'_>) {
        self.end_with(id, Notification::new(alarm, words), keep, cx);
    }

    pub(super) fn end_with(&mut self, id: &ConnectionId, told: Notification, keep: bool, cx: &mut Context<'_>) {
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

    pub(super) fn end_all(&mut self, alarm: Alarm, words: &str, cx: &mut Context<'_>) {
        for id in self.ids() {
            self.end(&id, alarm, words, false, cx);
        }
    }

    pub(super) fn lose_all(&mut self, why: &Down, cx: &mut Context<'_>) {
        for id in self.ids() {
            self.close(&id, why.clone(), false, cx);
        }
    }

    pub(super) fn close(&mut self, id: &ConnectionId, why: Down, keep: bool, cx: &mut Context<'_>) {
        cx.effects.push_back(Effect::Close(id.clone()));
        self.gone(id, why, keep, cx);
    }

    /// A connection is no more.
    pub(super) fn gone(&mut self, id: &ConnectionId, why: Down, keep: bool, cx: &mut Context<'_>) {
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
