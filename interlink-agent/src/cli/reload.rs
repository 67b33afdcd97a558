//! `reload`, `confirm` and `undo`

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Socket, ask};
use crate::control::{Answer, Request};
use crate::exit::{Exit, Failed};
use crate::{out, source};

/// Make the running agent read its configuration again, or try another.
#[derive(Debug, Args)]
pub(super) struct Reload {
    /// Undo the change unless `interlink-agent confirm` comes within this time, such as 60s or 5m.
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "config")]
    confirm_within: Option<NonZeroU64>,
    /// Try this file; the agent's own is replaced by it when it is confirmed.
    #[arg(long, value_name = "FILE", requires = "confirm_within")]
    config: Option<PathBuf>,
    #[command(flatten)]
    socket: Socket,
}

/// Keep the configuration that is on trial.
#[derive(Debug, Args)]
pub(super) struct Confirm {
    #[command(flatten)]
    socket: Socket,
}

/// Go back to the configuration from before the trial.
#[derive(Debug, Args)]
pub(super) struct Undo {
    #[command(flatten)]
    socket: Socket,
}

impl Reload {
    pub(super) fn run(self) -> Result<Exit, Failed> {
        let request = match (self.config, self.confirm_within) {
            (Some(config), Some(within)) => Request::Try {
                candidate: candidate(&config)?,
                confirm_within_seconds: within,
            },
            (Some(_) | None, _) => Request::Reload,
        };
        done(&self.socket, &request)
    }
}

impl Confirm {
    pub(super) fn run(self) -> Result<Exit, Failed> {
        done(&self.socket, &Request::Confirm)
    }
}

impl Undo {
    pub(super) fn run(self) -> Result<Exit, Failed> {
        done(&self.socket, &Request::Undo)
    }
}

/// The text of a file that the agent is to consider. Its mistakes are told here, with the file's name.
pub(super) fn candidate(path: &Path) -> Result<String, Failed> {
    let unreadable = |cause| source::SourceError::Unreadable {
        path: path.to_owned(),
        cause,
    };
    let text = std::fs::read_to_string(path).map_err(|error| Failed::new(Exit::Config, unreadable(error)))?;
    source::parse(path, &text).map_err(|error| Failed::new(Exit::Config, error))?;
    Ok(text)
}

fn done(socket: &Socket, request: &Request) -> Result<Exit, Failed> {
    let Answer::Done { text } = ask::ask(socket, request)? else {
        return Err(ask::mismatch());
    };
    out::print(&(text + "\n")).map_err(anyhow::Error::from)?;
    Ok(Exit::Success)
}

/// A number of seconds or minutes, in seconds.
fn duration(text: &str) -> Result<NonZeroU64, String> {
    let expected = || format!("found {text:?}, expected a time such as 60s or 5m");
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = text
        .strip_suffix(unit)
        .and_then(|number| number.parse::<u64>().ok())
        .ok_or_else(expected)?;
    let seconds = match unit {
        "s" | "" => number,
        "m" => number.saturating_mul(60),
        _ => return Err(expected()),
    };
    NonZeroU64::new(seconds).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_or_minutes_and_never_nothing() {
        for (text, seconds) in [("60s", 60), ("7", 7), ("5m", 300)] {
            assert_eq!(duration(text).map(NonZeroU64::get), Ok(seconds));
        }
        for bad in ["", "s", "0s", "0", "5h", "-1s", "1.5m", "99999999999999999999s"] {
            assert_eq!(
                duration(bad),
                Err(format!("found {bad:?}, expected a time such as 60s or 5m"))
            );
        }
    }
}
