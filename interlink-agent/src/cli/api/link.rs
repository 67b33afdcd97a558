//! `link list|get|create|update|delete`

use clap::{Args, Subcommand};
use interlink_api::Link;
use interlink_api::query::ListLinks;
use interlink_api::request::{CreateLink, UpdateLink};

use super::wait::Wait;
use super::{Options, find, show};
use crate::api::Api;
use crate::exit::{Exit, Failed};

/// Links: the connections between a PoP and a customer's network.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum LinkCommand {
    /// List links.
    List(List),
    /// Show a link.
    Get(Get),
    /// Order a link.
    Create(Create),
    /// Change name, tags or AS number of a link.
    Update(Update),
    /// Delete a link. Disable its propagation before, and tell the partner afterwards.
    Delete(Delete),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// Whose name contains this.
    #[arg(long)]
    name: Option<String>,
    /// With this tag; may be repeated.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// In this status.
    #[arg(long)]
    status: Option<String>,
    /// At this PoP.
    #[arg(long, value_name = "ID")]
    pop_id: Option<String>,
    /// Attached to this VPC.
    #[arg(long, value_name = "ID")]
    vpc_id: Option<String>,
    /// With this routing policy.
    #[arg(long, value_name = "ID")]
    routing_policy_id: Option<String>,
    /// Hosted so: hosted, self_hosted, l2_hosted or l3_hosted.
    #[arg(long)]
    kind: Option<String>,
    /// In this order, such as created_at_desc.
    #[arg(long)]
    order_by: Option<String>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Get {
    /// Its id or name.
    link: String,
    /// Show the key that the partner needs. Nobody else may see it.
    #[arg(long)]
    show_pairing_key: bool,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Create {
    /// Its name.
    #[arg(long)]
    name: String,
    /// A tag; may be repeated.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// The PoP that it ends at: see `pop list`.
    #[arg(long, value_name = "ID")]
    pop_id: String,
    /// Its bandwidth, one of those that the PoP or the connection has.
    #[arg(long, value_name = "MBPS")]
    bandwidth_mbps: u64,
    /// Hosted: the partner, see `partner list`.
    #[arg(
        long,
        value_name = "ID",
        required_unless_present = "connection_id",
        conflicts_with = "connection_id"
    )]
    partner_id: Option<String>,
    /// Self-hosted: the dedicated connection, see `dedicated-connection list`.
    #[arg(long, value_name = "ID")]
    connection_id: Option<String>,
    /// The AS number of the customer's router.
    #[arg(long, value_name = "ASN")]
    peer_asn: Option<u32>,
    /// Self-hosted: the VLAN id.
    #[arg(long, value_name = "VLAN")]
    vlan: Option<u32>,
    /// A routing policy to begin with.
    #[arg(long, value_name = "ID")]
    routing_policy_v4_id: Option<String>,
    /// Likewise for IPv6.
    #[arg(long, value_name = "ID")]
    routing_policy_v6_id: Option<String>,
    /// Whose it is; otherwise SCW_DEFAULT_PROJECT_ID or the profile says it.
    #[arg(long, value_name = "ID")]
    project_id: Option<String>,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Update {
    /// Its id or name.
    link: String,
    /// Another name.
    #[arg(long)]
    name: Option<String>,
    /// A tag, in place of all that it has; may be repeated.
    #[arg(long = "tag", value_name = "TAG", conflicts_with = "no_tags")]
    tags: Vec<String>,
    /// Take all tags off.
    #[arg(long)]
    no_tags: bool,
    /// Another AS number of the customer's router.
    #[arg(long, value_name = "ASN")]
    peer_asn: Option<u32>,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Delete {
    /// Its id or name.
    link: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    options: Options,
}

impl LinkCommand {
    pub(in crate::cli) fn run(self) -> Result<Exit, Failed> {
        match self {
            Self::List(list) => list.run(),
            Self::Get(get) => get.run(),
            Self::Create(create) => create.run(),
            Self::Update(update) => update.run(),
            Self::Delete(delete) => delete.run(),
        }
    }
}

impl List {
    fn run(self) -> Result<Exit, Failed> {
        let query = ListLinks {
            name: self.name,
            tags: self.tags,
            status: self.status.as_deref().map(Into::into),
            pop_id: self.pop_id.map(Into::into),
            vpc_id: self.vpc_id.map(Into::into),
            routing_policy_id: self.routing_policy_id.map(Into::into),
            kind: self.kind.as_deref().map(Into::into),
            order_by: self.order_by.as_deref().map(Into::into),
            ..ListLinks::default()
        };
        self.options.run(async |api: &Api| {
            let links = api.client.list_links(&query).await?;
            let links: Vec<_> = links.into_iter().map(Link::without_secrets).collect();
            if self.options.json {
                show::json(&links)
            } else {
                Ok(show::links(&links))
            }
        })
    }
}

impl Get {
    fn run(self) -> Result<Exit, Failed> {
        self.options.run(async |api: &Api| {
            let id = find::link(&api.client, &self.link).await?;
            let link = api.client.get_link(&id).await?;
            let link = self.wait.settle(&api.client, link).await?;
            if self.show_pairing_key {
                print(&link, &self.options)
            } else {
                one(link, &self.options)
            }
        })
    }
}

impl Create {
    fn run(self) -> Result<Exit, Failed> {
        self.options.run(async |api: &Api| {
            let project_id = self.project_id.map(Into::into).or_else(|| api.project_id.clone());
            let create = CreateLink {
                project_id,
                name: self.name,
                tags: self.tags,
                pop_id: self.pop_id.into(),
                bandwidth_mbps: self.bandwidth_mbps,
                connection_id: self.connection_id.map(Into::into),
                partner_id: self.partner_id.map(Into::into),
                peer_asn: self.peer_asn,
                vlan: self.vlan,
                routing_policy_v4_id: self.routing_policy_v4_id.map(Into::into),
                routing_policy_v6_id: self.routing_policy_v6_id.map(Into::into),
            };
            let link = api.client.create_link(&create).await?;
            one(self.wait.settle(&api.client, link).await?, &self.options)
        })
    }
}

impl Update {
    fn run(self) -> Result<Exit, Failed> {
        let update = UpdateLink {
            name: self.name,
            tags: (self.no_tags || !self.tags.is_empty()).then_some(self.tags),
            peer_asn: self.peer_asn,
        };
        if update == UpdateLink::default() {
            return Err(Failed::say(
                Exit::Usage,
                "say what is to change: --name, --tag, --no-tags or --peer-asn",
            ));
        }
        self.options.run(async |api: &Api| {
            let id = find::link(&api.client, &self.link).await?;
            let link = api.client.update_link(&id, &update).await;
            let link = link?;
            one(self.wait.settle(&api.client, link).await?, &self.options)
        })
    }
}

impl Delete {
    fn run(self) -> Result<Exit, Failed> {
        self.options.run(async |api: &Api| {
            let id = find::link(&api.client, &self.link).await?;
            let link = api.client.delete_link(&id).await?;
            one(self.wait.settle(&api.client, link).await?, &self.options)
        })
    }
}

/// A link as it may be shown.
pub(super) fn one(link: Link, options: &Options) -> Result<String, Failed> {
    print(&link.without_secrets(), options)
}

fn print(link: &Link, options: &Options) -> Result<String, Failed> {
    if options.json {
        show::json(link)
    } else {
        Ok(show::link(link))
    }
}
