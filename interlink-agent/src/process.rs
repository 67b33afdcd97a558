//! What this process takes, as the kernel tells it.

use std::fs;

use interlink_core::metrics::Process;

/// The figures, as far as `/proc` is there to tell them.
pub(crate) fn read() -> Option<Process> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name, in brackets, may hold anything; the fields that are numbers begin behind it with the third.
    let (_, fields) = stat.rsplit_once(')')?;
    let field = |number: usize| fields.split_whitespace().nth(number - 3)?.parse::<u64>().ok();
    let ticks = rustix::param::clock_ticks_per_second();
    let boot = fs::read_to_string("/proc/stat").ok()?;
    let boot = boot.lines().find_map(|line| line.strip_prefix("btime "))?;
    let page = u64::try_from(rustix::param::page_size()).ok()?;
    let open = fs::read_dir("/proc/self/fd").ok()?.count();
    Some(Process {
        cpu_seconds: seconds(field(14)?.saturating_add(field(15)?), ticks),
        resident_bytes: field(24)?.saturating_mul(page),
        // Not the one that the directory is read through.
        open_fds: u64::try_from(open).ok()?.saturating_sub(1),
        start_time: boot.trim().parse::<f64>().ok()? + seconds(field(22)?, ticks),
    })
}

#[expect(clippy::cast_precision_loss, reason = "hundredths of seconds, for centuries")]
fn seconds(ticks: u64, per_second: u64) -> f64 {
    ticks as f64 / per_second as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_runs_takes_something() {
        let process = read().unwrap();
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        assert!(process.resident_bytes > 100_000, "{process:?}");
        assert!(process.open_fds >= 3, "{process:?}");
        let age = now.as_secs_f64() - process.start_time;
        assert!((-2.0..3600.0).contains(&age), "{process:?} at {now:?}");
        assert!(process.cpu_seconds < 3600.0, "{process:?}");
    }
}
