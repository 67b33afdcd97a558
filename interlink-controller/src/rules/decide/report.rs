//! What agents see, and what follows from nobody seeing anything.

use std::sync::Arc;

use interlink_core::family::{Family, PerFamily};
use ipnet::IpNet;

use super::At;
use crate::rules::command::{Answer, Change, Decision, Learned, LearnedRoute, Report};
use crate::rules::id::LinkId;
use crate::rules::lifecycle::Event;
use crate::rules::link::Link;
use crate::rules::refusal::Refusal;
use crate::rules::{REQUEST_LIFETIME, SILENCE};

impl At<'_> {
    /// `updated_at` is the user's: what sessions do doesn't move it.
    pub(super) fn report(&self, id: LinkId, report: Report) -> Result<Decision, Refusal> {
        let Report { up, learned } = report;
        let before = self.link(id)?;
        let after = seen(before, up);
        let mut changes = Vec::new();
        if after != **before {
            changes.push(Change::Link(Arc::new(after.clone())));
        }
        if let Some(routes) = learned {
            let known = self.state.learned(id);
            let since = |destination: &IpNet| {
                let route = known.and_then(|known| known.0.get(destination));
                route.map_or(self.context.now, |route: &LearnedRoute| route.since)
            };
            let routes = routes.into_iter().map(|(destination, nexthop)| {
                let since = since(&destination);
                (destination, LearnedRoute { nexthop, since })
            });
            let learned = Learned(routes.collect());
            if known.map_or(!learned.0.is_empty(), |known| **known != learned) {
                changes.push(Change::Learned(id, Arc::new(learned)));
            }
        }
        Ok(Decision {
            changes,
            answer: Answer::Link(Arc::new(after)),
        })
    }

    /// Requests that are too old expire, and sessions that nobody tells of count as down.
    pub(super) fn tick(&self) -> Decision {
        let changed = self.state.links().filter_map(|link| self.aged(link));
        Decision {
            changes: changed.map(|link| Change::Link(Arc::new(link))).collect(),
            answer: Answer::Done,
        }
    }

    /// What time alone makes of a link, if it makes anything of it.
    fn aged(&self, link: &Link) -> Option<Link> {
        let now = self.context.now;
        if !link.locked
            && link.created_at.after(REQUEST_LIFETIME) <= now
            && let Ok(phase) = link.phase.next(Event::Expire)
        {
            return Some(Link {
                phase,
                updated_at: now,
                ..link.clone()
            });
        }
        let any_up = Family::ALL
            .iter()
            .any(|family| link.policies.get(*family).is_some_and(|attached| attached.up));
        let is_silent = || {
            self.state
                .heard(link.id)
                .is_none_or(|heard| heard.after(SILENCE) <= self.context.up)
        };
        (any_up && is_silent()).then(|| seen(link, PerFamily::default()))
    }
}

/// The link with its sessions as they are said to be. One that no policy asks for doesn't count.
fn seen(link: &Link, up: PerFamily<bool>) -> Link {
    let mut link = link.clone();
    let mut any = false;
    for family in Family::ALL {
        if let Some(attached) = link.policies.get_mut(family) {
            attached.up = *up.get(family);
            any |= attached.up;
        }
    }
    if any
        && !link.locked
        && let Ok(phase) = link.phase.next(Event::SessionUp)
    {
        link.phase = phase;
    }
    link
}
