//! How much is said of what others cause: a peer that flaps, or sends what is wrong, fills no log.

use std::time::Duration;

use crate::time::Time;

/// How many lines about one peer may be said in a [`WINDOW`].
pub const LINES: u32 = 20;

/// For how long these are enough.
pub const WINDOW: Duration = Duration::from_mins(1);

/// The budget of one peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    began: Option<Time>,
    said: u32,
    left_out: u64,
}

impl Budget {
    /// Whether one more line may be said; and if so, how many were left out since the last that was.
    pub fn take(&mut self, now: Time) -> Option<u64> {
        if self.began.is_none_or(|began| began.until(now) >= WINDOW) {
            self.began = Some(now);
            self.said = 0;
        }
        if self.said >= LINES {
            self.left_out = self.left_out.saturating_add(1);
            return None;
        }
        self.said = self.said.saturating_add(1);
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_lines_a_minute_are_said_and_the_next_counts_what_was_not() {
        let mut budget = Budget::default();
        let at = |seconds| Time(Duration::from_secs(seconds));
        for _ in 0..LINES {
            assert_eq!(budget.take(at(7)), Some(0));
        }
        for _ in 0..3 {
            assert_eq!(budget.take(at(66)), None);
        }
        assert_eq!(budget.take(at(67)), Some(3));
        assert_eq!(budget.take(at(67)), Some(0));
    }
}
