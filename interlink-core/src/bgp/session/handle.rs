//! What a session makes of what arrives.

use std::net::IpAddr;
use std::time::Duration;

use super::super::codec::{self, Alarm, Negotiated, PeerOpen, Received};
use super::super::effect::{ConnectionId, Down, Effect, Event, Side};
use super::connection::{Connection, Kind, Phase, Step};
use super::dial::{Dial, Happened};
use super::routes::{Carry, Routes};
use super::{CONNECTIONS, Context, Limits, Listen, Session, Will};
use crate::family::{Family, PerFamily};

/// How long until the next try to listen.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

impl Session {
    pub(in crate::bgp) fn listening(&mut self, result: Result<(), String>, cx: &mut Context<'_>) {
        match (&self.listen, result) {
            (Listen::On, Err(why)) => {
                if self.last_error.as_deref() != Some(&why) {
                    cx.effects.push_back(Effect::Tell(Event::NotListening {
                        session: self.id.clone(),
                        why: why.clone(),
                    }));
                }
                self.last_error = Some(why.clone());
                self.listen = Listen::Failed {
                    again: cx.now.after(LISTEN_AGAIN),
                    why,
                };
            }
            (Listen::On, Ok(())) | (Listen::Off | Listen::Failed { .. }, Ok(()) | Err(_)) => {}
        }
    }

    pub(in crate::bgp) fn accepted(&mut self, id: ConnectionId, from: IpAddr, cx: &mut Context<'_>) {
        let is_welcome = self.wanted.will == Will::Run
            && self.idle.is_none()
            && from == self.wanted.endpoint.peer
            && self.connections.len() < CONNECTIONS;
        if is_welcome {
            self.opened(&id, cx);
        } else {
            cx.effects.push_back(Effect::Close(id));
        }
    }

    pub(in crate::bgp) fn connected(&mut self, id: ConnectionId, cx: &mut Context<'_>) {
        if self.dial == Dial::Dialing && id == self.dialed_id() {
            self.dial_at = None;
            self.dial(Happened::Opened, cx);
            self.opened(&id, cx);
        } else {
            cx.effects.push_back(Effect::Close(id));
        }
    }

    fn opened(&mut self, id: &ConnectionId, cx: &mut Context<'_>) {
        let open = codec::open(&self.offer(cx.restarting));
        self.connections.insert(id.clone(), Connection::new(id.clone(), cx.now));
        self.send(id, open, cx);
    }

    pub(in crate::bgp) fn closed(&mut self, id: &ConnectionId, why: String, cx: &mut Context<'_>) {
        if self.connections.contains_key(id) {
            self.gone(id, Down::Lost(why), true, cx);
        } else if self.dial == Dial::Dialing && *id == self.dialed_id() {
            self.unreachable(&why, cx);
            self.dial(Happened::Failed, cx);
        }
        self.publish(cx);
    }

    pub(in crate::bgp) fn sent(&mut self, id: &ConnectionId, cx: &mut Context<'_>) {
        if let Some(connection) = self.connections.get_mut(id) {
            connection.sent(cx.now);
        }
        self.pump(cx);
        self.publish(cx);
    }

    pub(in crate::bgp) fn bytes(&mut self, id: &ConnectionId, bytes: &[u8], cx: &mut Context<'_>) {
        if let Some(connection) = self.connections.get_mut(id) {
            connection.frames.push(bytes);
        }
        while let Some(connection) = self.connections.get_mut(id) {
            match connection.frames.read() {
                Ok(Some(received)) => {
                    connection.heard_if_agreed(cx.now);
                    self.received(id, received, cx);
                }
                Ok(None) => break,
                Err(told) => self.end_with(id, told, false, cx),
            }
        }
        self.pump(cx);
        self.publish(cx);
    }

    fn received(&mut self, id: &ConnectionId, received: Received, cx: &mut Context<'_>) {
        let Some(connection) = self.connections.get(id) else {
            return;
        };
        match (connection.phase.on(Kind::of(&received)), received) {
            (Step::Negotiate, Received::Open(open)) => self.negotiate(id, &open, cx),
            (Step::Establish, _) => self.establish(id, cx),
            (Step::Listen, Received::Update(update)) => self.update(id, *update, cx),
            (Step::Listen, Received::Refresh(Some((family, refresh)))) => self.refreshed(family, refresh, cx),
            (Step::End, Received::Notification(told)) => {
                let agreed = connection.agreed.as_ref();
                let keep = agreed.is_some_and(|agreed| agreed.notification_restart) && !told.is_hard();
                self.close(id, Down::Peers(told), keep, cx);
            }
            (Step::Refuse(subcode), _) => self.end(id, Alarm::Unexpected(subcode), "", false, cx),
            (Step::Alive | Step::Listen | Step::Negotiate | Step::End, _) => {}
        }
    }

    fn negotiate(&mut self, id: &ConnectionId, open: &PeerOpen, cx: &mut Context<'_>) {
        let offer = self.offer(cx.restarting);
        let agreed = match offer.negotiate(open) {
            Ok(agreed) => agreed,
            Err(told) => return self.end_with(id, told, false, cx),
        };
        for other in self.ids().into_iter().filter(|other| other != id) {
            if !self.collide(id, &other, &agreed, cx) {
                return;
            }
        }
        if let Some(connection) = self.connections.get_mut(id) {
            connection.agree(agreed, cx.now, cx.random);
            self.send(id, codec::keepalive(), cx);
        }
    }

    /// Decides between two connections (RFC 4271 §6.8); tells whether the one that just got its OPEN is kept.
    fn collide(&mut self, id: &ConnectionId, other: &ConnectionId, agreed: &Negotiated, cx: &mut Context<'_>) -> bool {
        let Some(theirs) = self.connections.get(other) else {
            return true;
        };
        let is_newer = self.connections.get(id).is_some_and(|new| new.opened > self.since);
        let can_restart = theirs.agreed.as_ref().is_some_and(|agreed| agreed.restart.is_some());
        match theirs.phase {
            Phase::OpenSent => true,
            // It lost the session that we still believe in (RFC 4724 §5). A connection from before that session is none
            // of a restarted peer, but one that lost the race.
            Phase::Established if can_restart && id.side == Side::Incoming && is_newer => {
                self.close(other, Down::Restarted, true, cx);
                true
            }
            Phase::Established => {
                self.end(id, Alarm::Collision, "", false, cx);
                false
            }
            Phase::OpenConfirm => {
                let (local, peer) = (&self.wanted.offer, agreed.identifier);
                let ours_counts = (local.identifier, local.local_as) > (peer, local.peer_as);
                let keep_this = match (id.side, other.side) {
                    (Side::Outgoing, Side::Incoming) => ours_counts,
                    (Side::Incoming, Side::Outgoing) => !ours_counts,
                    (Side::Outgoing, Side::Outgoing) | (Side::Incoming, Side::Incoming) => true,
                };
                let loser = if keep_this { other } else { id };
                self.end(loser, Alarm::Collision, "", false, cx);
                keep_this
            }
        }
    }

    fn establish(&mut self, id: &ConnectionId, cx: &mut Context<'_>) {
        let Some(connection) = self.connections.get_mut(id) else {
            return;
        };
        connection.phase = Phase::Established;
        let Some(agreed) = connection.agreed.clone() else {
            return;
        };
        for other in self.ids().into_iter().filter(|other| other != id) {
            self.end(&other, Alarm::Collision, "", false, cx);
        }
        self.since = cx.now;
        self.ups = self.ups.saturating_add(1);
        self.last_error = None;
        self.unreachable = false;
        if self.dial == Dial::Waiting {
            self.dial_at = None;
        }
        self.refresh = PerFamily::default();
        cx.effects.push_back(Effect::Tell(Event::Up(self.id.clone())));
        let limits = self.wanted.limits;
        for family in Family::ALL {
            if self.wanted.carries(family) && !agreed.families.get(family) {
                cx.effects
                    .push_back(Effect::Tell(Event::NotCarried(self.id.clone(), family)));
            }
        }
        up(self.v4.as_mut(), &agreed, limits, cx);
        up(self.v6.as_mut(), &agreed, limits, cx);
    }
}

fn up<A: Carry>(routes: Option<&mut Routes<A>>, agreed: &Negotiated, limits: Limits, cx: &Context<'_>) {
    let Some(routes) = routes else { return };
    if *agreed.families.get(A::FAMILY) {
        routes.up(agreed, limits, cx.now);
    } else {
        routes.forget(cx.now);
    }
}
