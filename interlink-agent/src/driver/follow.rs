//! Between the API that is followed and the machine.

use interlink_core::config::Config;
use interlink_core::domain::Intent;
use interlink_core::follow::sessions;
use interlink_core::machine::Input;

use super::{Driver, seed};
use crate::follow::{FollowError, Following, News};

impl Driver {
    /// Gives what a configuration asks for, and follows the API that it names, if it names one.
    pub(super) fn follow(&mut self, config: &Config) -> Result<Intent, FollowError> {
        let Some(source) = &config.source else {
            self.following = None;
            return Ok(config.intent());
        };
        let (following, translated) = Following::start(config, source, self.following.as_ref(), seed())?;
        warn_of(following.mismatches(), &self.mismatches);
        self.mismatches = following.mismatches().to_vec();
        self.following = Some(following);
        self.sessions_changed = true;
        Ok(translated.intent)
    }

    /// Takes what following has to say.
    pub(super) fn take_news(&mut self, news: News) {
        match news {
            News::Wanted(translated) => {
                let mismatches = self.following.as_ref().map(Following::mismatches).unwrap_or_default();
                warn_of(mismatches, &self.mismatches);
                self.mismatches = mismatches.to_vec();
                self.sessions_changed = true;
                self.handle(Input::Intent {
                    intent: translated.intent,
                    confirm_within: None,
                });
            }
            News::Standing(standing) => {
                let stream = if standing.is_live {
                    "changes come at once"
                } else {
                    "changes are asked for"
                };
                tracing::debug!(stream, "following the API");
            }
        }
        self.tell_source();
    }

    /// Says what is wrong with the sources, if something is.
    pub(super) fn tell_source(&mut self) {
        let of_api = self.following.as_ref().and_then(Following::trouble);
        match self.file_error.clone().or(of_api) {
            Some(error) => self.handle(Input::SourceFailed(error)),
            None => self.handle(Input::SourceUnchanged),
        }
    }

    /// Has the API know how the sessions stand, if that may have changed.
    pub(super) fn report_sessions(&mut self) {
        let are_others = std::mem::take(&mut self.sessions_changed);
        if let Some(following) = self.following.as_ref().filter(|_| are_others) {
            following.tell_sessions(sessions(&self.machine, following.ids()));
        }
    }
}

/// Each is told once, as long as it lasts.
fn warn_of(mismatches: &[String], told: &[String]) {
    for mismatch in mismatches.iter().filter(|mismatch| !told.contains(mismatch)) {
        tracing::warn!("{mismatch}");
    }
}
