//! Where the daemon is in its life.
//!
//! What the packets see does not depend on it: in every state the kernel enforces what was last put into it, and a
//! gateway that never got that far passes nothing that it wasn't passing before. The state tells an operator, and
//! the service manager, how far the daemon is.

use serde::{Deserialize, Serialize};

/// The states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifecycle {
    /// No intent has been read yet: nothing is changed, nothing pruned.
    #[default]
    Starting,
    /// The kernel is being brought to what it should hold.
    Syncing,
    /// The kernel holds what it should.
    Enforcing,
    /// Something that should be can't be; the rest is enforced.
    Degraded,
    /// The daemon is going; the kernel keeps enforcing.
    Draining,
}

/// What moves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A new intent.
    Intent,
    /// The kernel holds what it should.
    Converged,
    /// Steps are under way.
    Working,
    /// Something stands in the way.
    Trouble,
    /// The daemon was told to go.
    Stop,
}

impl Lifecycle {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Starting,
        Self::Syncing,
        Self::Enforcing,
        Self::Degraded,
        Self::Draining,
    ];

    /// The state after an event.
    #[must_use]
    pub const fn next(self, event: Event) -> Self {
        match (self, event) {
            (Self::Starting, Event::Converged | Event::Working | Event::Trouble) => Self::Starting,
            (Self::Starting | Self::Syncing | Self::Enforcing, Event::Intent)
            | (Self::Syncing | Self::Enforcing, Event::Working) => Self::Syncing,
            (Self::Syncing | Self::Enforcing | Self::Degraded, Event::Converged) => Self::Enforcing,
            // What is wrong stays said until it is known to be over.
            (Self::Degraded, Event::Intent | Event::Working | Event::Trouble)
            | (Self::Syncing | Self::Enforcing, Event::Trouble) => Self::Degraded,
            (Self::Starting | Self::Syncing | Self::Enforcing | Self::Degraded, Event::Stop)
            | (Self::Draining, Event::Intent | Event::Converged | Event::Working | Event::Trouble | Event::Stop) => {
                Self::Draining
            }
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Syncing => "syncing",
            Self::Enforcing => "enforcing",
            Self::Degraded => "degraded",
            Self::Draining => "draining",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Event::{Converged, Intent, Stop, Trouble, Working};
    use Lifecycle::{Degraded, Draining, Enforcing, Starting, Syncing};

    #[test]
    fn every_state_and_event_has_its_successor() {
        let table = [
            (Starting, [Syncing, Starting, Starting, Starting, Draining]),
            (Syncing, [Syncing, Enforcing, Syncing, Degraded, Draining]),
            (Enforcing, [Syncing, Enforcing, Syncing, Degraded, Draining]),
            (Degraded, [Degraded, Enforcing, Degraded, Degraded, Draining]),
            (Draining, [Draining, Draining, Draining, Draining, Draining]),
        ];
        for (state, successors) in table {
            assert_eq!(
                [Intent, Converged, Working, Trouble, Stop].map(|event| state.next(event)),
                successors,
                "{state:?}"
            );
        }
    }

    #[test]
    fn every_state_has_the_name_that_status_shows() {
        let names = [Starting, Syncing, Enforcing, Degraded, Draining].map(Lifecycle::name);
        assert_eq!(names, ["starting", "syncing", "enforcing", "degraded", "draining"]);
    }
}
