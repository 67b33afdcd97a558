//! `propagation enable|disable`

use clap::{Args, Subcommand};

use super::wait::Wait;
use super::{Options, find, link};
use crate::api::Api;
use crate::exit::{Exit, Failed};

/// Route propagation of a link: the last step before traffic flows, and the first to stop it.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PropagationCommand {
    /// Let what the routing policies allow be announced, and traffic flow.
    Enable(Propagation),
    /// Block all routes, and all traffic.
    Disable(Propagation),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Propagation {
    /// The link's id or name.
    link: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    options: Options,
}

impl PropagationCommand {
    pub(in crate::cli) fn run(self) -> Result<Exit, Failed> {
        let (enable, Propagation { link, wait, options }) = match self {
            Self::Enable(propagation) => (true, propagation),
            Self::Disable(propagation) => (false, propagation),
        };
        options.run(async |api: &Api| {
            let id = find::link(&api.client, &link).await?;
            let done = if enable {
                api.client.enable_route_propagation(&id).await
            } else {
                api.client.disable_route_propagation(&id).await
            };
            let done = done?;
            link::one(wait.settle(&api.client, done).await?, &options)
        })
    }
}
