//! `session [LINK]`, `session reset LINK`, `session refresh LINK`

mod text;

use clap::{Args, Subcommand};

use super::{Socket, ask};
use crate::control::{Answer, Request};
use crate::exit::{Exit, Failed};
use crate::out;

/// Show the BGP sessions: how they stand, and what they taught and announce.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_precedence_over_arg = true)]
pub(super) struct Session {
    #[command(subcommand)]
    action: Option<Action>,
    /// The link whose sessions to show; left out, those of all links.
    #[arg(value_name = "LINK")]
    link: Option<String>,
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    socket: Socket,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// End the sessions of a link and begin them anew, also those that stay down for too many prefixes.
    Reset(OfLink),
    /// Ask the peer of a link to announce everything again.
    Refresh(OfLink),
}

#[derive(Debug, Args)]
struct OfLink {
    /// The link.
    #[arg(value_name = "LINK")]
    link: String,
    #[command(flatten)]
    socket: Socket,
}

impl Session {
    pub(super) fn run(self) -> Result<Exit, Failed> {
        let (socket, request) = match self.action {
            Some(Action::Reset(OfLink { link, socket })) => (socket, Request::ResetSession { link }),
            Some(Action::Refresh(OfLink { link, socket })) => (socket, Request::RefreshSession { link }),
            None => (self.socket, Request::Sessions { link: self.link }),
        };
        let text = match ask::ask(&socket, &request)? {
            Answer::Sessions { sessions } if self.json => {
                serde_json::to_string_pretty(&sessions).map_err(anyhow::Error::from)? + "\n"
            }
            Answer::Sessions { sessions } => text::render(&sessions),
            Answer::Done { text } => text + "\n",
            Answer::Status(_)
            | Answer::Plan { .. }
            | Answer::Explain(_)
            | Answer::Routes(_)
            | Answer::Metrics { .. }
            | Answer::Refused { .. } => {
                return Err(ask::mismatch());
            }
        };
        out::print(&text).map_err(anyhow::Error::from)?;
        Ok(Exit::Success)
    }
}
