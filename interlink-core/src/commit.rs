//! Commit-confirm: a change that undoes itself unless somebody who still has a connection confirms it.
//!
//! An enforcer can lock its own operator out. A change on trial is in force at once; when its time runs out without a
//! confirmation, what was in force before comes back.

use std::time::Duration;

use crate::domain::Intent;
use crate::time::Time;

/// The intent in force, and the one to go back to while a change is on trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    current: Intent,
    trial: Option<Trial>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Trial {
    previous: Intent,
    deadline: Time,
}

/// Why a confirmation or an undoing has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no change is on trial: nothing to confirm or to undo")]
pub struct NoTrial;

impl Commit {
    /// Begins with an intent that is in force for good.
    pub const fn new(current: Intent) -> Self {
        Self { current, trial: None }
    }

    /// What is in force.
    pub const fn current(&self) -> &Intent {
        &self.current
    }

    /// When the change on trial is undone, if one is.
    pub fn deadline(&self) -> Option<Time> {
        self.trial.as_ref().map(|trial| trial.deadline)
    }

    /// Puts an intent in force for good, and tells whether that ended a trial.
    pub fn replace(&mut self, intent: Intent) -> bool {
        self.current = intent;
        self.trial.take().is_some()
    }

    /// Puts an intent in force on trial. A second trial starts from where the first did, so that undoing it leads
    /// back to something that was confirmed.
    pub fn attempt(&mut self, intent: Intent, within: Duration, now: Time) {
        let before = std::mem::replace(&mut self.current, intent);
        let previous = self.trial.take().map_or(before, |trial| trial.previous);
        self.trial = Some(Trial {
            previous,
            deadline: now.after(within),
        });
    }

    /// Keeps the change on trial.
    pub fn confirm(&mut self) -> Result<(), NoTrial> {
        self.trial.take().map(drop).ok_or(NoTrial)
    }

    /// Goes back to what was in force before the trial.
    pub fn undo(&mut self) -> Result<(), NoTrial> {
        let trial = self.trial.take().ok_or(NoTrial)?;
        self.current = trial.previous;
        Ok(())
    }

    /// Goes back if the time of the trial has run out, and tells whether it did.
    pub fn expire(&mut self, now: Time) -> bool {
        self.deadline().is_some_and(|deadline| deadline <= now) && self.undo().is_ok()
    }
}

#[cfg(test)]
mod tests;
