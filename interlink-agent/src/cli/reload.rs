//! `reload`, `confirm` and `undo`

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::{Socket, ask};
use crate::control::{Answer, Request};
use crate::exit::{Exit, Failed};
use crate::{out, source};

/// Make the running agent read its configuration again, or try another.
#[derive(Debug, Args)]
pub(super) struct Reload {
    /// Undo the change unless `interlink-agent confirm` comes within this time, such as 60s or 5m.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    confirm_within: Option<Duration>,
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
        let candidate = self.config.as_deref().map(candidate).transpose()?;
        let confirm_within_seconds = self.confirm_within.map(|within| within.as_secs());
        done(
            &self.socket,
            &Request::Reload {
                candidate,
                confirm_within_seconds,
            },
        )
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
    let unreadable = |source| source::SourceError::Unreadable {
        path: path.to_owned(),
        source,
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

/// A number of seconds or minutes.
fn duration(text: &str) -> Result<Duration, String> {
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
    if seconds == 0 {
        Err(expected())
    } else {
        Ok(Duration::from_secs(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_or_minutes_and_never_nothing() {
        assert_eq!(duration("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(duration("7"), Ok(Duration::from_secs(7)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        for bad in ["", "s", "0s", "0", "5h", "-1s", "1.5m", "99999999999999999999s"] {
            assert_eq!(
                duration(bad),
                Err(format!("found {bad:?}, expected a time such as 60s or 5m"))
            );
        }
    }
}
