//! `routes`

use clap::Args;
use interlink_core::report::RouteRow;

use super::{Socket, ask};
use crate::control::{Answer, Request};
use crate::exit::{Exit, Failed};
use crate::out;

/// Show the routes that are wanted, installed, rejected and why, one line each.
#[derive(Debug, Args)]
pub(super) struct Routes {
    /// Those of one VPC.
    #[arg(long, value_name = "NAME")]
    vpc: Option<String>,
    /// Those across one link.
    #[arg(long, value_name = "NAME")]
    link: Option<String>,
    /// Print them as a JSON list.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    socket: Socket,
}

impl Routes {
    /// Asks for a page after the other, so that a million routes are never in one place.
    pub(super) fn run(self) -> Result<Exit, Failed> {
        let Self {
            vpc,
            link,
            json,
            socket,
        } = self;
        let mut after = None;
        let mut is_first = true;
        loop {
            let request = Request::Routes {
                vpc: vpc.clone(),
                link: link.clone(),
                after,
            };
            let Answer::Routes(page) = ask::ask(&socket, &request)? else {
                return Err(ask::mismatch());
            };
            let mut text = String::new();
            for row in &page.routes {
                if json {
                    text += if is_first { "[\n" } else { ",\n" };
                    text += &serde_json::to_string(row).map_err(anyhow::Error::from)?;
                } else {
                    text += &line(row);
                }
                is_first = false;
            }
            after = page.more_after;
            if after.is_none() && json {
                text += if is_first { "[]\n" } else { "\n]\n" };
            }
            out::print(&text).map_err(anyhow::Error::from)?;
            if after.is_none() {
                return Ok(Exit::Success);
            }
        }
    }
}

fn line(RouteRow { route, state, why }: &RouteRow) -> String {
    let why = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    format!("{:<9} {route}{why}\n", state.name())
}
