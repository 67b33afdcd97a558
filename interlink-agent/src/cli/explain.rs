//! `explain SRC DST`

use std::net::IpAddr;

use clap::Args;

use super::{Socket, ask};
use crate::control::{Answer, Request};
use crate::exit::{Exit, Failed};
use crate::out;

/// Tell whether a packet from a link would pass, and why. Ends with 0 if it would, with 8 if it would be dropped.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The packet's source, across the link.
    source: IpAddr,
    /// Its destination, on our side.
    destination: IpAddr,
    /// The link that it comes from; may be left out where there is only one.
    #[arg(long, value_name = "NAME")]
    link: Option<String>,
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    socket: Socket,
}

impl Explain {
    pub(super) fn run(self) -> Result<Exit, Failed> {
        let Self {
            source,
            destination,
            link,
            json,
            socket,
        } = self;
        let Answer::Explain(explained) = ask::ask(
            &socket,
            &Request::Explain {
                source,
                destination,
                link,
            },
        )?
        else {
            return Err(ask::mismatch());
        };
        let text = if json {
            serde_json::to_string_pretty(&explained).map_err(anyhow::Error::from)?
        } else {
            explained.lines.join("\n")
        };
        out::print(&(text + "\n")).map_err(anyhow::Error::from)?;
        Ok(if explained.passes {
            Exit::Success
        } else {
            Exit::WouldDrop
        })
    }
}
