//! What the operator is told. The shell prints these and adds nothing.

use std::fmt;

use crate::family::Family;
use crate::gate::Closed;
use crate::lifecycle::Lifecycle;
use crate::name::Name;
use crate::plan::{OpError, Step};

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The daemon went on in its life.
    Lifecycle {
        /// Where it was.
        from: Lifecycle,
        /// Where it is.
        to: Lifecycle,
    },
    /// A gate opened, closed, or is closed for another reason.
    Gate {
        /// Of which link.
        link: Name,
        /// Of which family.
        family: Family,
        /// Why it is closed, if it is.
        closed: Option<Closed>,
    },
    /// A step was taken.
    Applied(Step),
    /// A step failed.
    Failed {
        /// Which.
        step: Step,
        /// Why.
        error: OpError,
    },
    /// Something wanted can't be done.
    Blocked(OpError),
    /// Somebody else changed what is ours; these steps put it back.
    Drift(Vec<String>),
    /// The kernel couldn't be looked at.
    ObserveFailed(String),
    /// The source has nothing usable.
    SourceFailed(String),
    /// A change on trial was undone.
    Undone,
    /// A newer configuration took the place of a change on trial.
    Superseded,
}

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Of interest to somebody who is looking.
    Debug,
    /// The normal course of things.
    Info,
    /// Somebody should look at it, today.
    Warn,
    /// Something that should be enforced isn't.
    Error,
}

impl Event {
    /// Its name, which stays: programs that read the log go by it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Lifecycle { .. } => "lifecycle",
            Self::Gate { .. } => "gate",
            Self::Applied(_) => "applied",
            Self::Failed { .. } => "failed",
            Self::Blocked(_) => "blocked",
            Self::Drift(_) => "drift",
            Self::ObserveFailed(_) => "observe_failed",
            Self::SourceFailed(_) => "source_failed",
            Self::Undone => "undone",
            Self::Superseded => "superseded",
        }
    }

    /// How much it matters.
    pub const fn level(&self) -> Level {
        match self {
            Self::Applied(_) => Level::Debug,
            Self::Lifecycle { .. } | Self::Gate { .. } => Level::Info,
            Self::Drift(_) | Self::SourceFailed(_) | Self::Undone | Self::Superseded => Level::Warn,
            Self::Failed { .. } | Self::Blocked(_) | Self::ObserveFailed(_) => Level::Error,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lifecycle { from, to } => write!(f, "{}, was {}", to.name(), from.name()),
            Self::Gate {
                link,
                family,
                closed: None,
            } => write!(f, "link {:?}: {family} is open", link.as_str()),
            Self::Gate {
                link,
                family,
                closed: Some(closed),
            } => {
                write!(f, "link {:?}: {family} is closed: {closed}", link.as_str())
            }
            Self::Applied(Step { op, why }) => write!(f, "done: {op}, because {}", why.as_str()),
            Self::Failed {
                step: Step { op, .. },
                error,
            } => write!(f, "failed to {op}: {error}"),
            Self::Blocked(error) => error.fmt(f),
            Self::Drift(steps) => {
                write!(
                    f,
                    "the kernel doesn't hold what was put into it; putting it back: {}",
                    steps.join("; ")
                )
            }
            Self::ObserveFailed(error) => {
                write!(
                    f,
                    "can't see what the kernel holds, which goes on enforcing it: {error}"
                )
            }
            Self::SourceFailed(error) => write!(f, "keeping the configuration that is in force: {error}"),
            Self::Superseded => {
                f.write_str("a newer configuration took the place of the change on trial, which is over")
            }
            Self::Undone => f.write_str("the change on trial was undone: what was in force before it is again"),
        }
    }
}
