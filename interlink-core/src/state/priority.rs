//! Which of several links a prefix goes through.

use std::fmt;

use serde::Serialize;

use super::ROUTE_METRIC;

/// The metric of a route whose community asks for a high priority.
pub const HIGH_PRIORITY_METRIC: u32 = 50;

/// The metric of a route whose community asks for a low priority.
pub const LOW_PRIORITY_METRIC: u32 = 200;

/// How much a link is preferred to others that carry the same prefix, as its community says. Routes of different
/// priorities stand side by side in the kernel, which uses the lowest metric: where the better one goes, the other is
/// there already. Those of the same priority make one multipath route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Priority {
    /// Before all others.
    High,
    /// What no community asks to be otherwise.
    #[default]
    Medium,
    /// Behind all others.
    Low,
}

impl Priority {
    /// All of them, best first.
    pub const ALL: [Self; 3] = [Self::High, Self::Medium, Self::Low];

    /// The metric of its routes; lower ones are preferred.
    pub const fn metric(self) -> u32 {
        match self {
            Self::High => HIGH_PRIORITY_METRIC,
            Self::Medium => ROUTE_METRIC,
            Self::Low => LOW_PRIORITY_METRIC,
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        })
    }
}
