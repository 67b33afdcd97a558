//! The kernel's clocks.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// The clock of `bpf_ktime_get_ns`, in nanoseconds.
pub(crate) fn monotonic() -> u64 {
    let now = since_zero(clock_gettime(ClockId::Monotonic));
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

/// How far the time of day is ahead of [`monotonic`].
pub(crate) fn ahead() -> Duration {
    let day = since_zero(clock_gettime(ClockId::Realtime));
    day.saturating_sub(Duration::from_nanos(monotonic()))
}

fn since_zero(time: Timespec) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}
