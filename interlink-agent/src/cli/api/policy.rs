//! `policy list|get|create|update|delete|attach|set|detach`

use clap::{Args, Subcommand};
use interlink_api::RoutingPolicy;
use interlink_api::query::ListRoutingPolicies;
use interlink_api::request::{CreateRoutingPolicy, UpdateRoutingPolicy};

use super::wait::Wait;
use super::{Options, find, link, show};
use crate::api::Api;
use crate::exit::{Exit, Failed};

/// Routing policies: which prefixes may cross a link, each way.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PolicyCommand {
    /// List policies.
    List(List),
    /// Show a policy.
    Get(Get),
    /// Make a policy.
    Create(Create),
    /// Change a policy, at once on every link that it is attached to.
    Update(Update),
    /// Delete a policy that no link has.
    Delete(Get),
    /// Attach a policy to a link that has none of its family.
    Attach(Attachment),
    /// Put a policy in the place of the one of its family, without a moment in which all is blocked.
    Set(Attachment),
    /// Detach a policy from a link: all routes of its family are blocked.
    Detach(Attachment),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// Whose name contains this.
    #[arg(long)]
    name: Option<String>,
    /// With this tag; may be repeated.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Of IPv6 (true) or of IPv4 (false).
    #[arg(long, value_name = "BOOL")]
    ipv6: Option<bool>,
    /// In this order, such as name_asc.
    #[arg(long)]
    order_by: Option<String>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Get {
    /// Its id or name.
    policy: String,
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
    /// A prefix that the provider accepts from the customer; may be repeated, or a list with commas.
    #[arg(long, value_name = "PREFIX", value_delimiter = ',')]
    prefix_filter_in: Vec<String>,
    /// A prefix that the provider announces to the customer; likewise.
    #[arg(long, value_name = "PREFIX", value_delimiter = ',')]
    prefix_filter_out: Vec<String>,
    /// It is one of IPv6.
    #[arg(long)]
    is_ipv6: bool,
    /// Whose it is; otherwise SCW_DEFAULT_PROJECT_ID or the profile says it.
    #[arg(long, value_name = "ID")]
    project_id: Option<String>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Update {
    /// Its id or name.
    policy: String,
    /// Another name.
    #[arg(long)]
    name: Option<String>,
    /// A tag, in place of all that it has; may be repeated.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Option<Vec<String>>,
    /// The prefixes that the provider accepts, in place of all that it has.
    #[arg(long, value_name = "PREFIX", value_delimiter = ',')]
    prefix_filter_in: Option<Vec<String>>,
    /// The prefixes that the provider announces, in place of all that it has.
    #[arg(long, value_name = "PREFIX", value_delimiter = ',')]
    prefix_filter_out: Option<Vec<String>>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Attachment {
    /// The link's id or name.
    link: String,
    /// The policy's id or name.
    #[arg(long, value_name = "POLICY")]
    routing_policy_id: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    options: Options,
}

#[derive(Clone, Copy)]
enum Verb {
    Attach,
    Set,
    Detach,
}

impl PolicyCommand {
    pub(in crate::cli) fn run(self) -> Result<Exit, Failed> {
        match self {
            Self::List(list) => list.run(),
            Self::Get(get) => get.run(),
            Self::Create(create) => create.run(),
            Self::Update(update) => update.run(),
            Self::Delete(Get { policy, options }) => options.run(async |api: &Api| {
                let id = find::policy(&api.client, &policy).await?;
                let deleted = api.client.delete_routing_policy(&id).await;
                deleted?;
                Ok(String::new())
            }),
            Self::Attach(attachment) => attachment.run(Verb::Attach),
            Self::Set(attachment) => attachment.run(Verb::Set),
            Self::Detach(attachment) => attachment.run(Verb::Detach),
        }
    }
}

impl List {
    fn run(self) -> Result<Exit, Failed> {
        let query = ListRoutingPolicies {
            name: self.name,
            tags: self.tags,
            ipv6: self.ipv6,
            order_by: self.order_by.as_deref().map(Into::into),
            ..ListRoutingPolicies::default()
        };
        self.options.run(async |api: &Api| {
            let policies = api.client.list_routing_policies(&query).await;
            let policies = policies?;
            if self.options.json {
                show::json(&policies)
            } else {
                Ok(show::policies(&policies))
            }
        })
    }
}

impl Get {
    fn run(self) -> Result<Exit, Failed> {
        self.options.run(async |api: &Api| {
            let id = find::policy(&api.client, &self.policy).await?;
            let policy = api.client.get_routing_policy(&id).await;
            one(&policy?, &self.options)
        })
    }
}

impl Create {
    fn run(self) -> Result<Exit, Failed> {
        self.options.run(async |api: &Api| {
            let create = CreateRoutingPolicy {
                project_id: self.project_id.map(Into::into).or_else(|| api.project_id.clone()),
                name: self.name,
                tags: self.tags,
                prefix_filter_in: self.prefix_filter_in,
                prefix_filter_out: self.prefix_filter_out,
                is_ipv6: self.is_ipv6,
            };
            let policy = api.client.create_routing_policy(&create).await;
            one(&policy?, &self.options)
        })
    }
}

impl Update {
    fn run(self) -> Result<Exit, Failed> {
        let update = UpdateRoutingPolicy {
            name: self.name,
            tags: self.tags,
            prefix_filter_in: self.prefix_filter_in.map(without_nothing),
            prefix_filter_out: self.prefix_filter_out.map(without_nothing),
        };
        if update == UpdateRoutingPolicy::default() {
            let why = "say what is to change: --name, --tag, --prefix-filter-in or --prefix-filter-out";
            return Err(Failed::say(Exit::Usage, why));
        }
        self.options.run(async |api: &Api| {
            let id = find::policy(&api.client, &self.policy).await?;
            let policy = api.client.update_routing_policy(&id, &update).await;
            one(&policy?, &self.options)
        })
    }
}

impl Attachment {
    fn run(self, verb: Verb) -> Result<Exit, Failed> {
        self.options.run(async |api: &Api| {
            let client = &api.client;
            let link = find::link(client, &self.link).await?;
            let policy = find::policy(client, &self.routing_policy_id).await?;
            let done = match verb {
                Verb::Attach => client.attach_routing_policy(&link, &policy).await,
                Verb::Set => client.set_routing_policy(&link, &policy).await,
                Verb::Detach => client.detach_routing_policy(&link, &policy).await,
            };
            let done = done?;
            link::one(self.wait.settle(client, done).await?, &self.options)
        })
    }
}

/// `--prefix-filter-in ''` is an empty list.
fn without_nothing(prefixes: Vec<String>) -> Vec<String> {
    prefixes.into_iter().filter(|prefix| !prefix.is_empty()).collect()
}

fn one(policy: &RoutingPolicy, options: &Options) -> Result<String, Failed> {
    if options.json {
        show::json(policy)
    } else {
        Ok(show::policy(policy))
    }
}
