//! The daemon's mind: facts in, effects out.
//!
//! # The contract
//!
//! * [`Machine::handle`] takes one fact: an intent, a snapshot of the kernel, the result of a step.
//! * [`Machine::poll_effect`] gives the next thing to do. Drain it after every call of the other two. At most one
//!   [`Effect::Observe`] or [`Effect::Apply`] is under way at a time, and its result must come back as
//!   [`Input::Observed`] or [`Input::Done`], also when it failed.
//! * [`Machine::poll_timeout`] tells when [`Machine::handle_timeout`] wants to be called; calling it early is harmless.
//!
//! Time never goes back. The same inputs at the same times with the same seed give the same effects.
//!
//! # The loop
//!
//! Observe, plan, apply step by step, observe again. The plan is always made from a snapshot of the kernel, so what
//! somebody else changed is put back, and a new daemon is nothing special. A new intent cuts a plan short after the
//! step under way, because what is to be closed must not wait. What fails is tried again after a growing while, and
//! holds up nothing else.

mod event;
mod tally;
mod trouble;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::commit::{Commit, NoTrial};
use crate::domain::{Intent, LinkStatus};
use crate::family::Family;
use crate::gate::{Gate, Session, settle};
use crate::lifecycle::{self, Lifecycle};
use crate::name::{InterfaceName, Name};
use crate::plan::{OpError, Plan, RefusedRoute, Step, Why, plan, plan_without};
use crate::state::{Attachment, Derived, Facts, LearnedFamily, Observed, Routes, derive};
use crate::time::Time;

pub use event::{Event, Level};
pub use tally::Tally;
use tally::{count, one_more};
use trouble::Troubles;

/// How often the kernel is compared when nothing says that it changed: maps don't tell of their changes.
pub const OBSERVE_EVERY: Duration = Duration::from_secs(1);

/// How long after a notification the kernel is looked at, so that a burst is one look.
pub const SETTLE: Duration = Duration::from_millis(20);

/// How many plans in a row follow each other without a pause.
const QUICK_ROUNDS: u32 = 3;

/// A fact.
#[derive(Clone, Debug)]
pub enum Input {
    /// The source has a new intent.
    Intent {
        /// The intent.
        intent: Intent,
        /// Puts it on trial: undone after that time unless confirmed.
        confirm_within: Option<Duration>,
    },
    /// The source has nothing usable; what is in force stays.
    SourceFailed(String),
    /// The source is well again, and says what it said before.
    SourceUnchanged,
    /// The result of [`Effect::Observe`].
    Observed(Result<Observed, String>),
    /// The result of [`Effect::Apply`].
    Done(Result<(), OpError>),
    /// The kernel told of a change.
    Changed,
    /// A BGP session came up or went down.
    Session {
        /// Of which link.
        link: Name,
        /// Of which family.
        family: Family,
        /// How it stands.
        session: Session,
    },
    /// What a BGP session taught changed. It is all of what its import policy accepts; nothing when it goes down and
    /// isn't held.
    Learned {
        /// Of which link.
        link: Name,
        /// The routes of one family.
        routes: LearnedFamily,
    },
    /// The daemon is to go. Nothing more is started.
    Stop,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Take a snapshot of the kernel.
    Observe,
    /// Take a step.
    Apply(Step),
    /// Tell the operator.
    Tell(Event),
    /// Stop: not one NIC can be protected, and none ever was.
    GiveUp {
        /// Why, in words.
        troubles: Vec<String>,
        /// The NICs for which something may have been loaded on the way, which is of no use.
        unload: Vec<InterfaceName>,
    },
}

/// See the [module](self).
#[derive(Debug)]
pub struct Machine {
    commit: Option<Commit>,
    facts: Facts,
    source_error: Option<String>,
    lifecycle: Lifecycle,
    work: Work,
    observed: Option<Observed>,
    derived: Derived,
    /// Whether it is of the facts as they are.
    is_derived: bool,
    /// Wanted and present routes that were found to be equal: a million aren't compared again each second.
    equal: Option<(Arc<Routes>, Arc<Routes>)>,
    troubles: Troubles,
    tally: Tally,
    /// Whether the last snapshot needed no plan: then the next plan is somebody else's doing.
    converged: bool,
    /// Whether any NIC was ever found protected.
    protecting: bool,
    /// How many plans in a row were needed since the last time that none was.
    rounds: u32,
    observe_at: Option<Time>,
    /// When the look that is under way began, and how long the last one took.
    look_began: Time,
    look_took: Duration,
    random: fastrand::Rng,
    effects: VecDeque<Effect>,
}

#[derive(Debug, PartialEq)]
enum Work {
    Idle,
    Observing,
    /// One step is under way; these follow it, unless something new comes up.
    Applying {
        step: Step,
        rest: VecDeque<Step>,
        cut_short: bool,
    },
}

impl Machine {
    /// Begins with nothing known. `seed` decides the jitter of retries.
    pub fn new(seed: u64) -> Self {
        Self {
            commit: None,
            facts: Facts::default(),
            source_error: None,
            lifecycle: Lifecycle::default(),
            work: Work::Idle,
            observed: None,
            derived: Derived::default(),
            is_derived: false,
            equal: None,
            troubles: Troubles::default(),
            tally: Tally::default(),
            converged: false,
            protecting: false,
            rounds: 0,
            observe_at: Some(Time::default()),
            look_began: Time::default(),
            look_took: Duration::ZERO,
            random: fastrand::Rng::with_seed(seed),
            effects: VecDeque::new(),
        }
    }

    /// Takes a fact.
    pub fn handle(&mut self, input: Input, now: Time) {
        match input {
            Input::Intent { intent, confirm_within } => self.intent(intent, confirm_within, now),
            Input::SourceFailed(error) => self.source_failed(error),
            Input::SourceUnchanged => {
                self.source_error = None;
                self.tally.source_at = Some(now);
            }
            Input::Observed(Ok(observed)) => self.observed(observed, now),
            Input::Observed(Err(error)) => self.observe_failed(error, now),
            Input::Done(result) => self.done(result, now),
            // Looking takes at most half of the time.
            Input::Changed => self.look_within(self.look_took.clamp(SETTLE, OBSERVE_EVERY), now),
            Input::Session { link, family, session } => {
                *self.facts.sessions.entry(link).or_default().get_mut(family) = session;
                self.new_desire(now);
            }
            Input::Learned { link, routes } => {
                self.facts.learned.entry(link).or_default().put(routes);
                self.is_derived = false;
                self.converged = false;
                self.rounds = 0;
                // The speaker has gathered them; a plan under way need not end for them.
                self.observe_at = Some(self.observe_at.map_or(now, |planned| planned.min(now)));
            }
            Input::Stop => self.advance(lifecycle::Event::Stop),
        }
        self.work_on(now);
    }

    /// Does what was due by now.
    pub fn handle_timeout(&mut self, now: Time) {
        if self.commit.as_mut().is_some_and(|commit| commit.expire(now)) {
            self.undone(now);
        }
        self.work_on(now);
    }

    /// The next thing to do.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`Machine::handle_timeout`] wants to be called.
    pub fn poll_timeout(&self) -> Option<Time> {
        let look = self.observe_at.filter(|_| self.work == Work::Idle);
        let undo = self.commit.as_ref().and_then(Commit::deadline);
        [look, undo]
            .into_iter()
            .flatten()
            .min()
            .filter(|_| self.lifecycle != Lifecycle::Draining)
    }

    /// Keeps the change on trial.
    pub fn confirm(&mut self) -> Result<(), NoTrial> {
        self.commit.as_mut().ok_or(NoTrial)?.confirm()?;
        // What was kept is what the source says from now on.
        self.source_error = None;
        Ok(())
    }

    /// Undoes the change on trial.
    pub fn undo(&mut self, now: Time) -> Result<(), NoTrial> {
        self.commit.as_mut().ok_or(NoTrial)?.undo()?;
        self.undone(now);
        self.work_on(now);
        Ok(())
    }

    /// When the change on trial is undone, if one is.
    pub fn trial(&self) -> Option<Time> {
        self.commit.as_ref().and_then(Commit::deadline)
    }

    /// The intent in force.
    pub fn intent_in_force(&self) -> Option<&Intent> {
        self.commit.as_ref().map(Commit::current)
    }

    /// What the links look like from outside.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Where the daemon is in its life.
    pub const fn lifecycle(&self) -> Lifecycle {
        self.lifecycle
    }

    /// The last snapshot of the kernel.
    pub const fn last_observed(&self) -> Option<&Observed> {
        self.observed.as_ref()
    }

    /// What the kernel should hold, and the gates that it follows from, as of the last snapshot.
    pub const fn derived(&self) -> &Derived {
        &self.derived
    }

    /// What is wrong with the source, if something is.
    pub fn source_error(&self) -> Option<&str> {
        self.source_error.as_deref()
    }

    /// Everything that stands in the way, in words.
    pub fn troubles(&self) -> Vec<String> {
        self.troubles.in_words()
    }

    /// What was done so far.
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The routes that the kernel refused.
    pub fn refused(&self) -> impl Iterator<Item = &RefusedRoute> {
        self.troubles.refused()
    }

    /// What would be done if this were the intent.
    pub fn plan_for(&self, intent: &Intent) -> Option<Plan> {
        let observed = self.observed.as_ref()?;
        Some(plan(
            &derive(intent, &self.facts_for(intent), &observed.interfaces).desired,
            observed,
        ))
    }

    fn intent(&mut self, intent: Intent, confirm_within: Option<Duration>, now: Time) {
        if confirm_within.is_none() {
            self.source_error = None;
            self.tally.source_at = Some(now);
        }
        match (&mut self.commit, confirm_within) {
            (None, _) => self.commit = Some(Commit::new(intent)),
            (Some(commit), None) => {
                if commit.replace(intent) {
                    self.effects.push_back(Effect::Tell(Event::Superseded));
                }
            }
            (Some(commit), Some(within)) => commit.attempt(intent, within, now),
        }
        self.new_desire(now);
    }

    fn source_failed(&mut self, error: String) {
        if self.source_error.as_ref() != Some(&error) {
            one_more(&mut self.tally.source_failures);
            self.effects.push_back(Effect::Tell(Event::SourceFailed(error.clone())));
        }
        self.source_error = Some(error);
    }

    /// Something else is wanted than before: what failed for the old is tried afresh, and the plan under way ends.
    fn new_desire(&mut self, now: Time) {
        if let Some(commit) = &self.commit {
            self.facts = self.facts_for(commit.current());
        }
        self.troubles.forget();
        self.is_derived = false;
        self.converged = false;
        self.rounds = 0;
        self.advance(lifecycle::Event::Intent);
        self.look_within(Duration::ZERO, now);
    }

    fn undone(&mut self, now: Time) {
        self.effects.push_back(Effect::Tell(Event::Undone));
        self.new_desire(now);
    }

    fn facts_for(&self, intent: &Intent) -> Facts {
        let settled = intent
            .links
            .values()
            .map(|link| {
                (
                    link.name.clone(),
                    settle(self.facts.settled.get(&link.name), &link.status),
                )
            })
            .collect::<BTreeMap<Name, LinkStatus>>();
        let sessions = self
            .facts
            .sessions
            .iter()
            .filter(|(link, _)| intent.links.contains_key(*link));
        let learned = self
            .facts
            .learned
            .iter()
            .filter(|(link, _)| intent.links.contains_key(*link));
        Facts {
            settled,
            sessions: sessions.map(|(link, sessions)| (link.clone(), *sessions)).collect(),
            learned: learned.map(|(link, learned)| (link.clone(), learned.clone())).collect(),
        }
    }

    fn look_within(&mut self, delay: Duration, now: Time) {
        let at = now.after(delay);
        self.observe_at = Some(self.observe_at.map_or(at, |planned| planned.min(at)));
        if let Work::Applying { cut_short, .. } = &mut self.work {
            *cut_short = *cut_short || delay.is_zero();
        }
    }

    fn observed(&mut self, mut observed: Observed, now: Time) {
        self.work = Work::Idle;
        one_more(&mut self.tally.looks);
        if self.observed.is_none() {
            self.tally.adopted = protected(&observed);
        }
        self.look_took = self.look_began.until(now);
        self.troubles.clear_observation();
        self.observe_at = Some(now.after(OBSERVE_EVERY));
        if let Some(commit) = &self.commit {
            let before = self.observed.as_ref().map(|before| &before.interfaces);
            if !self.is_derived || before != Some(&observed.interfaces) {
                let derived = derive(commit.current(), &self.facts, &observed.interfaces);
                self.tell_gates(&derived);
                self.derived = derived;
                self.is_derived = true;
            }
            self.share_equal_routes(&mut observed);
            self.plan(&observed, now);
        }
        self.observed = Some(observed);
    }

    /// Has the present routes be the very value that is wanted, where they are equal: then nobody has to compare them.
    fn share_equal_routes(&mut self, observed: &mut Observed) {
        let wanted = &self.derived.desired.routes;
        let are_known = self
            .equal
            .as_ref()
            .is_some_and(|(left, right)| Arc::ptr_eq(left, wanted) && Arc::ptr_eq(right, &observed.routes));
        if !are_known {
            let are_equal = **wanted == *observed.routes;
            self.equal = are_equal.then(|| (Arc::clone(wanted), Arc::clone(&observed.routes)));
        }
        if self.equal.is_some() {
            observed.routes = Arc::clone(wanted);
        }
    }

    fn plan(&mut self, observed: &Observed, now: Time) {
        let undisturbed = self.converged && self.troubles.is_empty();
        let suspended = self.troubles.suspended(now);
        let Plan { steps, blocked } = plan_without(&self.derived.desired, observed, &suspended);
        self.tell_blocked(blocked);
        if let Some(at) = self.troubles.next_retry() {
            self.observe_at = Some(
                self.observe_at
                    .map_or(at, |planned| planned.min(at))
                    .max(now.after(SETTLE)),
            );
        }
        if steps.is_empty() {
            let quiet = self.troubles.is_empty();
            self.give_up_unless_protecting(observed);
            self.converged = true;
            self.rounds = 0;
            self.advance(if quiet {
                lifecycle::Event::Converged
            } else {
                lifecycle::Event::Trouble
            });
            return;
        }
        if undisturbed {
            one_more(&mut self.tally.drifts);
            let steps = steps.iter().map(|step| step.op.to_string()).collect();
            self.effects.push_back(Effect::Tell(Event::Drift(steps)));
        }
        self.converged = false;
        one_more(&mut self.tally.plans);
        self.rounds = self.rounds.saturating_add(1);
        self.advance(lifecycle::Event::Working);
        self.start(steps.into());
    }

    /// A daemon that is started for NICs of which it can protect none says so and ends, as a wrong name would have it
    /// waiting for ever. One that has protected any goes on for all.
    fn give_up_unless_protecting(&mut self, observed: &Observed) {
        self.protecting = self.protecting || protected(observed) > 0 || self.derived.desired.nics.is_empty();
        if !self.protecting && !self.troubles.is_empty() {
            self.effects.push_back(Effect::GiveUp {
                troubles: self.troubles.in_words(),
                unload: self.derived.desired.nics.keys().cloned().collect(),
            });
        }
    }

    fn start(&mut self, mut steps: VecDeque<Step>) {
        self.work = match steps.pop_front() {
            Some(step) => {
                self.effects.push_back(Effect::Apply(step.clone()));
                Work::Applying {
                    step,
                    rest: steps,
                    cut_short: false,
                }
            }
            None => Work::Idle,
        };
    }

    fn observe_failed(&mut self, error: String, now: Time) {
        self.work = Work::Idle;
        one_more(&mut self.tally.looks);
        one_more(&mut self.tally.failed_looks);
        let (at, new) = self.troubles.observation_failed(error.clone(), now, &mut self.random);
        if new {
            self.effects.push_back(Effect::Tell(Event::ObserveFailed(error)));
        }
        self.observe_at = Some(at);
        self.advance(lifecycle::Event::Trouble);
    }

    fn done(&mut self, result: Result<(), OpError>, now: Time) {
        let Work::Applying {
            step,
            mut rest,
            cut_short,
        } = std::mem::replace(&mut self.work, Work::Idle)
        else {
            return;
        };
        match result {
            Ok(()) => {
                self.troubles.succeeded(&step.op);
                count(&mut self.tally.taken, step.op.kind());
                self.effects.push_back(Effect::Tell(Event::Applied(step)));
            }
            Err(error) => {
                count(&mut self.tally.failed, step.op.kind());
                if self.troubles.failed(&step.op, error.clone(), now, &mut self.random) {
                    self.effects.push_back(Effect::Tell(Event::Failed {
                        step: step.clone(),
                        error: error.clone(),
                    }));
                }
                self.advance(lifecycle::Event::Trouble);
                // Refused routes hold up nothing, unless they are what rules wait for. Anything else may have been the ground that the rest stands on.
                if !matches!(error, OpError::Routes { .. }) || step.why == Why::TableEnd {
                    rest.clear();
                }
            }
        }
        if cut_short || self.lifecycle == Lifecycle::Draining {
            rest.clear();
        }
        if rest.is_empty() {
            // A kernel that doesn't keep what it is given is not asked at full speed.
            let wait = if self.rounds > QUICK_ROUNDS {
                OBSERVE_EVERY
            } else {
                Duration::ZERO
            };
            self.look_within(wait, now);
        }
        self.start(rest);
    }

    /// Starts to look at the kernel if that is due and nothing else is under way.
    fn work_on(&mut self, now: Time) {
        let due = self.observe_at.is_some_and(|at| at <= now);
        if due && self.work == Work::Idle && self.lifecycle != Lifecycle::Draining {
            self.work = Work::Observing;
            self.look_began = now;
            self.observe_at = None;
            self.effects.push_back(Effect::Observe);
        }
    }

    fn advance(&mut self, event: lifecycle::Event) {
        let next = self.lifecycle.next(event);
        if next != self.lifecycle {
            self.effects.push_back(Effect::Tell(Event::Lifecycle {
                from: self.lifecycle,
                to: next,
            }));
            self.lifecycle = next;
        }
    }

    fn tell_blocked(&mut self, blocked: Vec<OpError>) {
        for error in self.troubles.blocked(blocked) {
            self.effects.push_back(Effect::Tell(Event::Blocked(error)));
        }
    }

    fn tell_gates(&mut self, derived: &Derived) {
        for (link, gates) in &derived.gates {
            let before = self.derived.gates.get(link);
            for family in Family::ALL {
                let (old, new) = (before.map(|gates| gates.get(family)), gates.get(family));
                if old.map(Gate::first_unmet) != Some(new.first_unmet()) {
                    let closed = new.first_unmet().cloned();
                    self.effects.push_back(Effect::Tell(Event::Gate {
                        link: link.clone(),
                        family,
                        closed,
                    }));
                }
            }
        }
    }
}

/// How many NICs run our program.
fn protected(observed: &Observed) -> u64 {
    let nics = observed.nics.values();
    let attached = nics.filter(|nic| matches!(nic.attachment, Attachment::Attached(_)));
    attached.fold(0, |count, _| count + 1)
}
