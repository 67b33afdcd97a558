//! Reading everything, again and again.

use std::time::Duration;

use super::{Ask, Effect, Failed, Follower, Round, SHARE, STREAM_POLL, Why};
use crate::time::Time;

impl Follower {
    /// Begins a round that is due, and takes the next step of the one that is under way.
    pub(super) fn round(&mut self, now: Time) {
        if self.round.is_none() && self.round_at <= now {
            let sections = self.source.links.iter().map(|section| Ask::from(&section.select));
            self.round = Some(Round {
                began: now,
                left: sections.collect(),
                has_links: false,
                patience: Duration::ZERO,
                failed: false,
            });
        }
        if self.under_way.values().any(|question| question.why == Why::Round) {
            return;
        }
        let Some(round) = &mut self.round else { return };
        if round.left.is_empty() && !round.has_links {
            round.has_links = true;
            round.left = self.remote.policies_of_links().into_iter().map(Ask::Policy).collect();
        }
        match round.left.pop_front() {
            Some(ask) => self.ask(ask, Why::Round),
            None => self.round_ends(now),
        }
    }

    /// Takes what came of a question of the round.
    pub(super) fn round_goes_on(&mut self, failed: Option<Failed>, now: Time) {
        if let (Some(round), Some(failed)) = (&mut self.round, failed) {
            round.failed = true;
            round.patience = round.patience.max(failed.patience());
        }
        self.round(now);
    }

    /// Has the next round begin before long, because something outside of one failed.
    pub(super) fn round_sooner(&mut self, patience: Duration, now: Time) {
        let wait = self
            .backoff
            .fail(&mut self.random)
            .max(patience)
            .max(self.between_misses());
        self.round_at = self.round_at.min(now.after(wait));
    }

    /// Has a round begin as soon as there is none, because nobody knows what changed.
    pub(super) fn round_now(&mut self, now: Time) {
        // One that is under way has been too early, in part.
        self.round = None;
        for question in self
            .under_way
            .values_mut()
            .filter(|question| question.why == Why::Round)
        {
            question.why = Why::Named;
        }
        self.round_at = now;
    }

    fn round_ends(&mut self, now: Time) {
        let Some(round) = self.round.take() else { return };
        let took = round.began.until(now);
        let wait = if round.failed {
            let wait = self.backoff.fail(&mut self.random);
            wait.max(round.patience).max(self.between_misses())
        } else {
            self.backoff = crate::backoff::Backoff::default();
            // What isn't asked for any more can't fail any more.
            let asked = self.asked_for();
            self.failing.retain(|object, _| asked.contains(object));
            self.missing.retain(|object, _| asked.contains(object));
            self.answered.retain(|object, _| asked.contains(object));
            self.effects.push_back(Effect::Confirmed);
            self.interval()
        };
        self.round_at = now.after(wait.max(took.saturating_mul(SHARE)));
    }

    /// What is missing has to be so for a while: where a server takes over from another, all may be for a moment.
    fn between_misses(&self) -> Duration {
        if self.missing.is_empty() {
            Duration::ZERO
        } else {
            self.timing.configuring
        }
    }

    fn interval(&self) -> Duration {
        if self.remote.is_configuring() {
            self.timing.configuring
        } else if self.stream.is_live() {
            self.timing.poll.max(STREAM_POLL)
        } else {
            self.timing.poll
        }
    }

    /// What a round asks for.
    pub(super) fn asked_for(&self) -> std::collections::BTreeSet<Ask> {
        let sections = self.source.links.iter().map(|section| Ask::from(&section.select));
        let links = self.remote.links.keys().cloned().map(Ask::Link);
        let policies = self.remote.policies_of_links().into_iter().map(Ask::Policy);
        sections.chain(links).chain(policies).collect()
    }
}
