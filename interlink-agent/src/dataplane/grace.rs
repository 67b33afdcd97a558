//! Waiting until no packet is still being judged by what was just replaced.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};

use super::error::{Doing as _, KernelError};
use super::sys;

/// Whether something was left that a packet may still be judged by, and the means to wait until none is.
///
/// The kernel promises that an update of a map of maps returns only when each program that could have seen the old
/// value has ended. That is the whole use of these two maps. `membarrier` would do on most machines, but refuses where
/// CPUs are isolated with `nohz_full`, as they are on routers.
#[derive(Debug)]
pub(super) struct GracePeriod {
    outer: OwnedFd,
    inner: OwnedFd,
    owed: bool,
}

impl GracePeriod {
    /// Starts with a wait owed, as an agent may have died right after a switch.
    pub(super) fn new() -> io::Result<Self> {
        let inner = sys::create_array()?;
        let outer = sys::create_array_of_maps(inner.as_fd())?;
        let owed = true;
        Ok(Self { outer, inner, owed })
    }

    /// Remembers that something was left.
    pub(super) const fn owe(&mut self) {
        self.owed = true;
    }

    /// Returns when no packet can be judged by what was left.
    pub(super) fn settle(&mut self) -> Result<(), KernelError> {
        if self.owed {
            sys::put_map(self.outer.as_fd(), self.inner.as_fd())
                .doing(|| "waiting until no packet is judged by the old state".to_owned())?;
            self.owed = false;
        }
        Ok(())
    }
}
