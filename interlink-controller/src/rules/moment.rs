//! Moments, as an argument.

use std::fmt;
use std::time::Duration;

use interlink_core::utc::Utc;
use serde::{Deserialize, Serialize};

/// A moment in microseconds since 1970 in UTC, as exact as the API tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub u64);

impl Moment {
    /// The moment a while later.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(delay.as_micros()).unwrap_or(u64::MAX)),
        )
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Utc(Duration::from_micros(self.0)).fmt(f)
    }
}
