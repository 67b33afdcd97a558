//! The command line: one file for each verb.

mod api;
mod ask;
mod check;
mod drops;
mod explain;
mod generate;
mod metrics;
mod plan;
mod reload;
mod routes;
mod run;
mod session;
mod status;
mod unload;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::exit::{Exit, Failed};

/// The gateway of an InterLink: blocks every packet of a dedicated NIC that no routing policy allows, and routes what
/// one allows.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, infer_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a configuration file, and change nothing.
    Check(check::Check),
    /// Enforce a configuration file, and follow its changes.
    Run(run::Run),
    /// Show what is enforced, and what is missing before traffic flows.
    Status(status::Status),
    /// Show what the running agent would do, for its own configuration or for another.
    Plan(plan::Plan),
    /// Tell whether a packet from a link would pass, and why.
    Explain(explain::Explain),
    /// Show the routes that are wanted, installed, rejected and why, one line each.
    Routes(routes::Routes),
    /// Show the BGP sessions: how they stand, and what they taught and announce.
    Session(session::Session),
    /// Watch dropped packets, one line each.
    Drops(drops::Drops),
    /// Show what Prometheus is told.
    Metrics(metrics::Metrics),
    /// Make the running agent read its configuration again, or try another.
    Reload(reload::Reload),
    /// Keep the configuration that is on trial.
    Confirm(reload::Confirm),
    /// Go back to the configuration from before the trial.
    Undo(reload::Undo),
    /// Order, show, change and delete links, by the API.
    #[command(subcommand)]
    Link(api::LinkCommand),
    /// Attach a link to a VPC, by the API.
    #[command(subcommand)]
    Vpc(api::VpcCommand),
    /// Make routing policies and attach them to links, by the API.
    #[command(subcommand)]
    Policy(api::PolicyCommand),
    /// Enable or disable the route propagation of a link, by the API.
    #[command(subcommand)]
    Propagation(api::PropagationCommand),
    /// Show where links can end, by the API.
    #[command(subcommand)]
    Pop(api::PopCommand),
    /// Show who hosts links, by the API.
    #[command(subcommand)]
    Partner(api::PartnerCommand),
    /// Show a customer's own ports, by the API.
    #[command(subcommand)]
    DedicatedConnection(api::ConnectionCommand),
    /// Remove everything that the agent put into the kernel. The NICs are open afterwards.
    Unload(unload::Unload),
    /// Write the man pages and the completions of shells, for packages.
    #[command(hide = true)]
    Generate(generate::Generate),
}

/// Where the agent and its commands meet.
#[derive(Debug, Args)]
struct Socket {
    /// The socket on which the agent answers.
    #[arg(
        long,
        env = "INTERLINK_SOCKET",
        default_value = "/run/interlink/agent.sock",
        value_name = "PATH"
    )]
    socket: PathBuf,
}

/// Where the agent keeps what outlives it.
#[derive(Debug, Args)]
struct Bpffs {
    /// The bpffs that holds our programs and maps. What is pinned there goes on enforcing when the agent is gone.
    #[arg(long, env = "INTERLINK_BPFFS", default_value = "/sys/fs/bpf", value_name = "PATH")]
    bpffs: PathBuf,
}

impl Cli {
    /// Does what the command line says.
    pub fn run(self) -> Result<Exit, Failed> {
        match self.command {
            Command::Check(check) => check.run(),
            Command::Run(run) => run.run(),
            Command::Status(status) => status.run(),
            Command::Plan(plan) => plan.run(),
            Command::Explain(explain) => explain.run(),
            Command::Routes(routes) => routes.run(),
            Command::Session(session) => session.run(),
            Command::Drops(drops) => drops.run(),
            Command::Metrics(metrics) => metrics.run(),
            Command::Reload(reload) => reload.run(),
            Command::Confirm(confirm) => confirm.run(),
            Command::Undo(undo) => undo.run(),
            Command::Link(link) => link.run(),
            Command::Vpc(vpc) => vpc.run(),
            Command::Policy(policy) => policy.run(),
            Command::Propagation(propagation) => propagation.run(),
            Command::Pop(pop) => pop.run(),
            Command::Partner(partner) => partner.run(),
            Command::DedicatedConnection(connection) => connection.run(),
            Command::Unload(unload) => unload.run(),
            Command::Generate(generate) => generate.run(),
        }
    }
}
