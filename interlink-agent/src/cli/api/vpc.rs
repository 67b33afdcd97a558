//! `vpc attach|detach|routes`

use clap::{Args, Subcommand};
use interlink_api::query::ListRoutes;

use super::wait::Wait;
use super::{Options, find, link, show};
use crate::api::Api;
use crate::exit::{Exit, Failed};

/// The VPC of a link, and its routes.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum VpcCommand {
    /// Attach a link to a VPC of its region.
    Attach(Attach),
    /// Detach a link from its VPC, which disables its route propagation.
    Detach(Detach),
    /// List the routes of a VPC.
    Routes(Routes),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Attach {
    /// The link's id or name.
    link: String,
    /// The VPC.
    #[arg(long, value_name = "ID")]
    vpc_id: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Detach {
    /// The link's id or name.
    link: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Routes {
    /// The VPC.
    vpc_id: String,
    #[command(flatten)]
    options: Options,
}

impl VpcCommand {
    pub(in crate::cli) fn run(self) -> Result<Exit, Failed> {
        match self {
            Self::Attach(Attach {
                link,
                vpc_id,
                wait,
                options,
            }) => options.run(async |api: &Api| {
                let id = find::link(&api.client, &link).await?;
                let vpc = find::id(&vpc_id).unwrap_or(&vpc_id).into();
                let done = api.client.attach_vpc(&id, &vpc).await;
                let done = done?;
                link::one(wait.settle(&api.client, done).await?, &options)
            }),
            Self::Detach(Detach { link, wait, options }) => options.run(async |api: &Api| {
                let id = find::link(&api.client, &link).await?;
                let done = api.client.detach_vpc(&id).await?;
                link::one(wait.settle(&api.client, done).await?, &options)
            }),
            Self::Routes(Routes { vpc_id, options }) => options.run(async |api: &Api| {
                let query = ListRoutes {
                    vpc_id: Some(find::id(&vpc_id).unwrap_or(&vpc_id).into()),
                    ..ListRoutes::default()
                };
                let routes = api.client.list_routes(&query).await?;
                if options.json {
                    show::json(&routes)
                } else {
                    Ok(show::routes(&routes))
                }
            }),
        }
    }
}
