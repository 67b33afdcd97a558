//! What the API is told of sessions, and when.

use std::collections::BTreeMap;
use std::time::Duration;

use interlink_api::LinkId;
use interlink_api::extension::Report;

use super::follower::Failed;
use crate::time::Time;

/// At most so often.
const AT_MOST: Duration = Duration::from_secs(1);

/// At least so often, as a server may take silence for an end.
const AT_LEAST: Duration = Duration::from_mins(1);

#[derive(Debug, Default)]
pub(super) struct Reports {
    links: BTreeMap<LinkId, Reporting>,
    /// The server doesn't take any.
    is_unwanted: bool,
    /// Why it didn't take the last that it refused, until it takes one.
    trouble: Option<String>,
}

#[derive(Debug, Default)]
struct Reporting {
    wanted: Report,
    said: Option<Report>,
    under_way: Option<Report>,
    /// Not before.
    again_at: Time,
    /// Not after.
    due_at: Time,
}

impl Reports {
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    pub(super) fn want(&mut self, sessions: BTreeMap<LinkId, Report>) {
        self.links.retain(|link, _| sessions.contains_key(link));
        for (link, wanted) in sessions {
            self.links.entry(link).or_default().wanted = wanted;
        }
    }

    /// The server may be another.
    pub(super) fn say_again(&mut self) {
        self.is_unwanted = false;
        for reporting in self.links.values_mut() {
            reporting.said = None;
        }
    }

    pub(super) fn due(&mut self, now: Time) -> Vec<(LinkId, Report)> {
        if self.is_unwanted {
            return Vec::new();
        }
        let mut due = Vec::new();
        for (link, reporting) in &mut self.links {
            if reporting.under_way.is_none() && reporting.at() <= now {
                reporting.under_way = Some(reporting.wanted.clone());
                due.push((link.clone(), reporting.wanted.clone()));
            }
        }
        due
    }

    pub(super) fn next(&self) -> Option<Time> {
        let mut waiting = self.links.values().filter(|reporting| reporting.under_way.is_none());
        let first = waiting.next()?.at();
        let next = waiting.map(Reporting::at).fold(first, Time::min);
        (!self.is_unwanted).then_some(next)
    }

    pub(super) fn posted(&mut self, link: &LinkId, result: &Result<(), Failed>, now: Time) {
        if result.as_ref().is_err_and(|failed| failed.is_no_such_path) {
            self.is_unwanted = true;
        }
        let Some(reporting) = self.links.get_mut(link) else {
            return;
        };
        let sent = reporting.under_way.take();
        // A server without reports is no trouble.
        let failed = result.as_ref().err().filter(|failed| !failed.is_no_such_path);
        self.trouble = failed.map(|failed| failed.why.clone());
        match result {
            Ok(()) => {
                reporting.said = sent;
                reporting.again_at = now.after(AT_MOST);
                reporting.due_at = now.after(AT_LEAST);
            }
            Err(failed) => {
                reporting.said = None;
                reporting.again_at = now.after(failed.patience().max(AT_MOST.saturating_mul(5)));
            }
        }
    }
}

impl Reporting {
    fn at(&self) -> Time {
        let is_news = self.said.as_ref() != Some(&self.wanted);
        if is_news {
            self.again_at
        } else {
            self.due_at.max(self.again_at)
        }
    }
}
