//! `pop list`, `partner list`, `dedicated-connection list`: what links are made on.

use clap::{Args, Subcommand};
use interlink_api::query::{ListConnections, ListPartners, ListPops};

use super::{Options, show};
use crate::api::Api;
use crate::exit::{Exit, Failed};

/// Points of presence.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PopCommand {
    /// List them.
    List(Pops),
}

/// Partners who host links.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PartnerCommand {
    /// List them.
    List(Partners),
}

/// Dedicated connections: a customer's ports for links of his own.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ConnectionCommand {
    /// List them.
    List(Connections),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Pops {
    /// Whose name contains this.
    #[arg(long)]
    name: Option<String>,
    /// Where this partner is.
    #[arg(long, value_name = "ID")]
    partner_id: Option<String>,
    /// Where a link can have this bandwidth.
    #[arg(long, value_name = "MBPS")]
    link_bandwidth_mbps: Option<u64>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Partners {
    /// At this PoP; may be repeated.
    #[arg(long = "pop-id", value_name = "ID")]
    pop_ids: Vec<String>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Connections {
    /// Whose name contains this.
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    options: Options,
}

impl PopCommand {
    pub(in crate::cli) fn run(self) -> Result<Exit, Failed> {
        let Self::List(list) = self;
        let query = ListPops {
            name: list.name,
            partner_id: list.partner_id.map(Into::into),
            link_bandwidth_mbps: list.link_bandwidth_mbps,
            ..ListPops::default()
        };
        list.options.run(async |api: &Api| {
            let pops = api.client.list_pops(&query).await?;
            if list.options.json {
                show::json(&pops)
            } else {
                Ok(show::pops(&pops))
            }
        })
    }
}

impl PartnerCommand {
    pub(in crate::cli) fn run(self) -> Result<Exit, Failed> {
        let Self::List(list) = self;
        let query = ListPartners {
            pop_ids: list.pop_ids.into_iter().map(Into::into).collect(),
            ..ListPartners::default()
        };
        list.options.run(async |api: &Api| {
            let partners = api.client.list_partners(&query).await;
            let partners = partners?;
            if list.options.json {
                show::json(&partners)
            } else {
                Ok(show::partners(&partners))
            }
        })
    }
}

impl ConnectionCommand {
    pub(in crate::cli) fn run(self) -> Result<Exit, Failed> {
        let Self::List(list) = self;
        let query = ListConnections {
            name: list.name,
            ..ListConnections::default()
        };
        list.options.run(async |api: &Api| {
            let connections = api.client.list_connections(&query).await;
            let connections = connections?;
            if list.options.json {
                show::json(&connections)
            } else {
                Ok(show::connections(&connections))
            }
        })
    }
}
