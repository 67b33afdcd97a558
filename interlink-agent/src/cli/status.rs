//! `status`

mod text;

use clap::Args;

use super::{Socket, ask};
use crate::control::{Answer, Request};
use crate::exit::{Exit, Failed};
use crate::out;

/// Show what is enforced, and what is missing before traffic flows.
#[derive(Debug, Args)]
pub(super) struct Status {
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    socket: Socket,
}

impl Status {
    pub(super) fn run(self) -> Result<Exit, Failed> {
        let Answer::Status(report) = ask::ask(&self.socket, &Request::Status)? else {
            return Err(ask::mismatch());
        };
        let text = if self.json {
            serde_json::to_string_pretty(&report).map_err(anyhow::Error::from)? + "\n"
        } else {
            text::render(&report)
        };
        out::print(&text).map_err(anyhow::Error::from)?;
        Ok(Exit::Success)
    }
}
