//! `plan`

use std::path::PathBuf;

use clap::Args;

use super::{Socket, ask, reload};
use crate::control::{Answer, Request};
use crate::exit::{Exit, Failed};
use crate::out;

/// Show what the running agent would do, for its own configuration or for another.
#[derive(Debug, Args)]
pub(super) struct Plan {
    /// A configuration to plan for, in place of the one in force.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    socket: Socket,
}

impl Plan {
    pub(super) fn run(self) -> Result<Exit, Failed> {
        let candidate = self.config.as_deref().map(reload::candidate).transpose()?;
        let Answer::Plan { text } = ask::ask(&self.socket, &Request::Plan { candidate })? else {
            return Err(ask::mismatch());
        };
        out::print(&text).map_err(anyhow::Error::from)?;
        Ok(Exit::Success)
    }
}
