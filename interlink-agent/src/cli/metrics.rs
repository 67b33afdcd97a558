//! `metrics`

use clap::Args;

use super::{Socket, ask};
use crate::control::{Answer, Request};
use crate::exit::{Exit, Failed};
use crate::out;

/// Show what Prometheus is told, in its text format.
///
/// It is served by HTTP too where the configuration has `[metrics]`. Without that, a textfile collector can take it from
/// here.
#[derive(Debug, Args)]
pub(super) struct Metrics {
    #[command(flatten)]
    socket: Socket,
}

impl Metrics {
    pub(super) fn run(self) -> Result<Exit, Failed> {
        let Answer::Metrics { text } = ask::ask(&self.socket, &Request::Metrics)? else {
            return Err(ask::mismatch());
        };
        out::print(&text).map_err(anyhow::Error::from)?;
        Ok(Exit::Success)
    }
}
