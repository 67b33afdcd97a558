//! The stream of changes, where the API has one.

use std::time::Duration;

use interlink_api::extension::Event;

use super::{Ask, Follower, Opened, Why};
use crate::backoff::Backoff;
use crate::config::Select;
use crate::time::Time;

/// How long an API that has no stream isn't asked for one again.
const NO_STREAM: Duration = Duration::from_mins(5);

#[derive(Debug, Default)]
pub(super) struct Stream {
    phase: Phase,
    /// The last change that it told of.
    sequence: Option<u64>,
    /// Why it isn't open, if it was or should be.
    trouble: Option<String>,
    backoff: Backoff,
}

#[derive(Debug)]
enum Phase {
    Closed { opens_at: Time },
    Opening,
    Open,
}

impl Default for Phase {
    fn default() -> Self {
        Self::Closed {
            opens_at: Time::default(),
        }
    }
}

impl Stream {
    pub(super) const fn opens_at(&self) -> Option<Time> {
        match self.phase {
            Phase::Closed { opens_at } => Some(opens_at),
            Phase::Opening | Phase::Open => None,
        }
    }

    pub(super) const fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    pub(super) const fn open(&mut self) -> Option<u64> {
        self.phase = Phase::Opening;
        self.sequence
    }

    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    const fn close(&mut self, opens_at: Time) {
        self.phase = Phase::Closed { opens_at };
    }
}

impl Follower {
    pub(super) fn opened(&mut self, opened: Opened, now: Time) {
        match opened {
            Opened::Stream => {
                self.stream.phase = Phase::Open;
                self.stream.trouble = None;
                self.reports.say_again();
            }
            Opened::NoSuchThing => {
                self.stream.trouble = None;
                self.stream.close(now.after(NO_STREAM));
            }
            Opened::Failed(failed) => {
                let wait = self.stream.backoff.fail(&mut self.random);
                self.stream.close(now.after(wait.max(failed.patience())));
                self.stream.trouble = Some(failed.why);
            }
        }
    }

    pub(super) fn ended(&mut self, why: String, now: Time) {
        self.stream.trouble = Some(why);
        let wait = self.stream.backoff.fail(&mut self.random);
        self.stream.close(now.after(wait));
        // From now on changes are found by asking alone.
        self.round_at = self.round_at.min(now.after(self.timing.poll));
    }

    pub(super) fn event(&mut self, event: Event) {
        self.stream.backoff = Backoff::default();
        let has_begun_anew = self.stream.sequence.is_some_and(|known| event.sequence < known);
        self.stream.sequence = Some(event.sequence);
        if event.reset || has_begun_anew {
            self.reads_anew = true;
            return;
        }
        for id in event.links {
            if self.remote.links.contains_key(&id) || self.may_select(&id) {
                self.ask_soon(Ask::Link(id), Why::Event);
            }
        }
        let named = self.remote.policies_of_links();
        for id in event.routing_policies.into_iter().filter(|id| named.contains(id)) {
            self.ask_soon(Ask::Policy(id), Why::Event);
        }
    }

    /// Whether a link that isn't known may be meant: by its id, or by tags that aren't known.
    fn may_select(&self, id: &interlink_api::LinkId) -> bool {
        self.source.links.iter().any(|section| match &section.select {
            Select::Id(of) => of == id,
            Select::Tags(_) => true,
        })
    }
}
