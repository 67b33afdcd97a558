//! What a session tells its peer, and the machine.

use super::routes::Kept;
use super::{Asking, Context, REFRESH_EVERY, Session, each};
use crate::bgp::codec::{self, Offer, RestartOffer};
use crate::bgp::effect::{ConnectionId, Effect, Event};
use crate::family::{Family, PerFamily};
use crate::time::Time;

impl Session {
    /// What is offered, with what there is to say of restarts at this time.
    pub(super) fn offer(&self, restarting: bool) -> Offer {
        let was_up = self.ups > 0;
        let held = |kept: Option<(Time, Kept)>| was_up || matches!(kept, Some((_, Kept::Ours)));
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

    pub(super) fn send(&mut self, id: &ConnectionId, bytes: Vec<u8>, cx: &mut Context<'_>) {
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
    pub(super) fn pump(&mut self, cx: &mut Context<'_>) {
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

    pub(super) fn ask_refreshes(&mut self, cx: &mut Context<'_>) {
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
    pub(super) fn publish(&mut self, cx: &mut Context<'_>) {
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
}
