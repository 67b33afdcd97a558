//! How long to wait before the next try.

use std::time::Duration;

/// The wait after the first failure, before jitter.
pub const FIRST: Duration = Duration::from_millis(250);

/// The longest wait, before jitter.
pub const LONGEST: Duration = Duration::from_secs(30);

/// Doubles the wait with each failure in a row, up to [`LONGEST`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait after one more failure: between half of the full wait and all of it, so that what failed together
    /// isn't tried together again.
    pub fn fail(&mut self, random: &mut fastrand::Rng) -> Duration {
        let full = FIRST.saturating_mul(2_u32.saturating_pow(self.failures)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        full.mul_f64(0.5 + random.f64() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_jittered_downwards_by_at_most_half() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut backoff = Backoff::default();
        let mut full = FIRST;
        for _ in 0..40 {
            let wait = backoff.fail(&mut random);
            assert!(wait >= full / 2 && wait <= full, "{wait:?} of {full:?}");
            full = (full * 2).min(LONGEST);
        }
        assert_eq!(full, LONGEST);
    }

    #[test]
    fn the_same_seed_gives_the_same_waits_and_another_does_not() {
        let waits = |seed| {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut backoff = Backoff::default();
            (0..5).map(|_| backoff.fail(&mut random)).collect::<Vec<_>>()
        };
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
    }
}
