//! Listening for the peer, and connecting to it.

use super::Listen;
use super::dial::{Act, Dial, Happened};
use super::{CONNECT_WITHIN, Context, SOON, Session, Will};
use crate::bgp::effect::{ConnectionId, Effect, Event, Side};

impl Session {
    pub(super) fn run(&mut self, cx: &mut Context<'_>) {
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

    pub(super) fn stop(&mut self, cx: &mut Context<'_>) {
        self.dial(Happened::Stop, cx);
        self.idle = None;
        if self.listen != Listen::Off {
            self.listen = Listen::Off;
            cx.effects.push_back(Effect::Unlisten(self.id.clone()));
        }
    }

    pub(super) fn listen(&mut self, cx: &mut Context<'_>) {
        self.listen = Listen::On;
        cx.effects.push_back(Effect::Listen {
            session: self.id.clone(),
            endpoint: self.wanted.endpoint.clone(),
        });
    }

    pub(super) fn dial(&mut self, happened: Happened, cx: &mut Context<'_>) {
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

    pub(super) fn back_off(&mut self, cx: &mut Context<'_>) {
        self.dial_at = Some(cx.now.after(self.backoff.fail(cx.random)));
    }

    pub(super) fn dialed_id(&self) -> ConnectionId {
        ConnectionId {
            session: self.id.clone(),
            side: Side::Outgoing,
            number: self.dialed,
        }
    }

    pub(super) fn unreachable(&mut self, why: &str, cx: &mut Context<'_>) {
        self.last_error = Some(why.to_owned());
        if !std::mem::replace(&mut self.unreachable, true) {
            cx.effects.push_back(Effect::Tell(Event::Unreachable {
                session: self.id.clone(),
                why: why.to_owned(),
            }));
        }
    }
}
