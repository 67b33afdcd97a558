//! What a peer teaches, and how much of it is taken.

use super::dial::Happened;
use super::routes::{Carry, Routes};
use super::{Context, Idle, Limits, Session, each};
use crate::bgp::codec::{Alarm, Announced, Attributes, Prefixes, Refresh, Update};
use crate::bgp::effect::{ConnectionId, Effect, Event};
use crate::bgp::import::Rejection;
use crate::domain::OverLimit;
use crate::family::Family;
use crate::prefix::Prefix;

impl Session {
    pub(super) fn update(&mut self, id: &ConnectionId, update: Update, cx: &mut Context<'_>) {
        let Some(agreed) = self.agreed().cloned() else { return };
        let limits = self.wanted.limits;
        let Update {
            withdrawn,
            announced,
            end_of_rib,
            faults,
        } = update;
        for prefixes in &withdrawn {
            match prefixes {
                Prefixes::V4(prefixes) => withdraw(self.v4.as_mut().filter(|_| agreed.families.v4), prefixes, cx),
                Prefixes::V6(prefixes) => withdraw(self.v6.as_mut().filter(|_| agreed.families.v6), prefixes, cx),
            }
        }
        for Announced { attributes, prefixes } in &announced {
            match prefixes {
                Prefixes::V4(prefixes) => {
                    announce(
                        self.v4.as_mut().filter(|_| agreed.families.v4),
                        prefixes,
                        attributes,
                        limits,
                        cx,
                    );
                }
                Prefixes::V6(prefixes) => {
                    announce(
                        self.v6.as_mut().filter(|_| agreed.families.v6),
                        prefixes,
                        attributes,
                        limits,
                        cx,
                    );
                }
            }
        }
        if let Some(family) = end_of_rib {
            let swept = match family {
                Family::V4 => self.v4.as_mut().is_some_and(|routes| routes.complete(cx.now)),
                Family::V6 => self.v6.as_mut().is_some_and(|routes| routes.complete(cx.now)),
            };
            if swept {
                cx.effects
                    .push_back(Effect::Tell(Event::Swept(self.id.clone(), family)));
            }
        }
        if let Some(what) = faults.into_iter().next() {
            self.fault(what, cx);
        }
        self.watch_limits(id, cx);
    }

    /// Only what is new is told: a peer can't fill the log.
    pub(super) fn fault(&mut self, what: String, cx: &mut Context<'_>) {
        if self.last_error.as_ref() != Some(&what) {
            self.last_error = Some(what.clone());
            cx.effects.push_back(Effect::Tell(Event::Fault {
                session: self.id.clone(),
                what,
            }));
        }
    }

    pub(super) fn watch_limits(&mut self, id: &ConnectionId, cx: &mut Context<'_>) {
        let limits = self.wanted.limits;
        let mut bytes = 0_usize;
        each!(self, |routes| bytes =
            bytes.saturating_add(routes.rib.attribute_bytes()));
        if bytes > limits.most_bytes {
            self.go_idle(id, Alarm::OutOfResources, cx);
            return;
        }
        for family in Family::ALL {
            let Some(counts) = self.counts(family) else { continue };
            let passed = limits.passed(counts.received, counts.refused, counts.accepted);
            let has_room = counts.refused > 0 && counts.received < limits.kept();
            let limit = counts.rejected.contains_key(&Rejection::Limit);
            let most = match passed {
                Some(most) => most,
                None if limit => limits.most_accepted.unwrap_or(limits.most),
                None => continue,
            };
            if has_room && limits.action == OverLimit::Refuse {
                self.refresh.get_mut(family).wanted = true;
            }
            if !self.limit_told(family) {
                let done = match limits.action {
                    OverLimit::Warn => "they are taken",
                    OverLimit::Refuse => "those beyond are left out",
                    OverLimit::Idle => "the session ends",
                };
                cx.effects.push_back(Effect::Tell(Event::OverLimit {
                    session: self.id.clone(),
                    family,
                    most,
                    done,
                }));
            }
            if limits.action == OverLimit::Idle {
                self.go_idle(id, Alarm::TooManyPrefixes, cx);
                return;
            }
        }
        self.ask_refreshes(cx);
    }

    pub(super) fn limit_told(&mut self, family: Family) -> bool {
        let told = match family {
            Family::V4 => self.v4.as_mut().map(|routes| &mut routes.limit_told),
            Family::V6 => self.v6.as_mut().map(|routes| &mut routes.limit_told),
        };
        told.is_none_or(|told| std::mem::replace(told, true))
    }

    pub(super) fn go_idle(&mut self, id: &ConnectionId, alarm: Alarm, cx: &mut Context<'_>) {
        self.end(id, alarm, "", false, cx);
        self.dial(Happened::Stop, cx);
        self.idle = Some(Idle {
            until: self.wanted.limits.idle.map(|idle| cx.now.after(idle)),
        });
    }

    pub(super) fn refreshed(&mut self, family: Family, refresh: Refresh, cx: &mut Context<'_>) {
        let Some(agreed) = self.agreed().cloned() else { return };
        match (family, refresh) {
            (Family::V4, Refresh::Ask) => self.v4.iter_mut().for_each(|routes| routes.tell_again(&agreed)),
            (Family::V6, Refresh::Ask) => self.v6.iter_mut().for_each(|routes| routes.tell_again(&agreed)),
            (Family::V4, Refresh::Begin) => self.v4.iter_mut().for_each(|routes| routes.begin_again(cx.now)),
            (Family::V6, Refresh::Begin) => self.v6.iter_mut().for_each(|routes| routes.begin_again(cx.now)),
            (Family::V4, Refresh::End) => self.v4.iter_mut().for_each(|routes| {
                routes.complete(cx.now);
            }),
            (Family::V6, Refresh::End) => self.v6.iter_mut().for_each(|routes| {
                routes.complete(cx.now);
            }),
        }
    }
}

fn withdraw<A: Carry>(routes: Option<&mut Routes<A>>, prefixes: &[Prefix<A>], cx: &Context<'_>) {
    let Some(routes) = routes else { return };
    if routes.rib.withdraw(prefixes) {
        routes.changed(cx.now);
    }
}

fn announce<A: Carry>(
    routes: Option<&mut Routes<A>>,
    prefixes: &[Prefix<A>],
    attributes: &Attributes,
    limits: Limits,
    cx: &Context<'_>,
) {
    let Some(routes) = routes else { return };
    routes.announced(prefixes, attributes, limits);
    routes.changed(cx.now);
}
