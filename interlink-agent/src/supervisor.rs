//! What the service manager is told (sd_notify(3)): that the agent is ready, what it does, and that it lives.

use std::time::{Duration, Instant};

use interlink_core::lifecycle::Lifecycle;
use sd_notify::NotifyState;

/// The service manager, if there is one that listens.
#[derive(Debug)]
pub(crate) struct Supervisor {
    /// How often it wants to hear that the agent lives.
    alive_every: Option<Duration>,
    told_alive: Instant,
    told: Option<Lifecycle>,
    is_ready: bool,
}

impl Supervisor {
    /// As the environment says.
    pub(crate) fn new() -> Self {
        Self {
            // Twice within its patience, so that one that comes late is in time.
            alive_every: sd_notify::watchdog_enabled().map(|patience| patience / 2),
            told_alive: Instant::now(),
            told: None,
            is_ready: false,
        }
    }

    /// Says where the agent is, if that is news, and that it lives, if that is due. It is ready when it has put into the
    /// kernel what it could: what depends on it may then bring interfaces up.
    pub(crate) fn tell(&mut self, state: Lifecycle) {
        let mut news = Vec::new();
        let status = format!("{}; `interlink-agent status` says more", state.name());
        if self.told != Some(state) {
            self.told = Some(state);
            news.push(NotifyState::Status(&status));
            match state {
                Lifecycle::Enforcing | Lifecycle::Degraded if !self.is_ready => {
                    self.is_ready = true;
                    news.push(NotifyState::Ready);
                }
                Lifecycle::Draining => news.push(NotifyState::Stopping),
                Lifecycle::Starting | Lifecycle::Syncing | Lifecycle::Enforcing | Lifecycle::Degraded => {}
            }
        }
        if self.alive_every.is_some_and(|every| self.told_alive.elapsed() >= every) {
            self.told_alive = Instant::now();
            news.push(NotifyState::Watchdog);
        }
        if news.is_empty() {
            return;
        }
        if let Err(error) = sd_notify::notify(&news) {
            tracing::debug!(%error, "the service manager doesn't listen");
        }
    }

    /// How long until it has to hear again that the agent lives.
    pub(crate) fn due_in(&self) -> Option<Duration> {
        let every = self.alive_every?;
        Some(every.saturating_sub(self.told_alive.elapsed()))
    }
}
