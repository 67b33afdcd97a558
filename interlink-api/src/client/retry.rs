//! When a call is made again.

use std::time::Duration;

use super::Failure;

/// How a call that failed is made again: what may go away by itself, and what can't have been done already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How many times at most.
    pub times: u32,
    /// The first pause; it doubles each time.
    pub first: Duration,
    /// The longest pause. A server that asks for a longer one isn't asked again.
    pub longest: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            times: 3,
            first: Duration::from_millis(500),
            longest: Duration::from_secs(30),
        }
    }
}

/// Whether doing a thing twice is the same as doing it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeated {
    Same,
    /// It would be made twice.
    Twice,
}

impl Retry {
    /// Never again: for who has a schedule of his own.
    pub const NEVER: Self = Self {
        times: 0,
        first: Duration::ZERO,
        longest: Duration::ZERO,
    };

    /// How long to wait before the call is made again, if it is. `chance` is from 0 to 1, and makes what failed
    /// together not be tried together.
    pub(super) fn pause(&self, failed: u32, failure: &Failure, repeated: Repeated, chance: f64) -> Option<Duration> {
        if failed >= self.times || !may_pass(failure, repeated) {
            return None;
        }
        let full = self
            .first
            .saturating_mul(2_u32.saturating_pow(failed))
            .min(self.longest);
        let jittered = full.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0);
        match failure.retry_after() {
            Some(asked) if asked > self.longest => None,
            Some(asked) => Some(asked.max(jittered)),
            None => Some(jittered),
        }
    }
}

fn may_pass(failure: &Failure, repeated: Repeated) -> bool {
    match failure {
        Failure::Refused { status, .. } | Failure::Status { status, .. } => match (status, repeated) {
            // With 429 and 503 the server says that it did nothing.
            (429 | 503, _) | (500..=599, Repeated::Same) => true,
            _ => false,
        },
        Failure::Unconnected(_) => true,
        Failure::Broken(_) | Failure::Timeout { .. } => repeated == Repeated::Same,
        Failure::Unreadable { .. } | Failure::TooLong { .. } | Failure::Id(_) => false,
    }
}
