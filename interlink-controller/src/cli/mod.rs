//! The command line, one file a verb.

mod partner;
mod serve;
mod token;

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

use crate::inventory;
use crate::rules::Inventory;

/// Serves the InterLink API from this machine
#[derive(Debug, Parser)]
#[command(name = "interlink-controller", version)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serves the API
    Serve(Serve),
    /// Reads an inventory file, and says what is wrong with it
    Check {
        /// The file
        #[arg(default_value = INVENTORY)]
        inventory: PathBuf,
    },
    /// Does what the partner or the provider does with a link
    Partner {
        #[command(flatten)]
        database: Database,
        #[command(subcommand)]
        act: partner::Verb,
    },
    /// Makes, lists and removes tokens
    Token {
        #[command(flatten)]
        database: Database,
        #[command(subcommand)]
        verb: token::Verb,
    },
}

const INVENTORY: &str = "/etc/interlink/inventory.toml";

#[derive(Debug, clap::Args)]
struct Database {
    /// The file that everything is kept in
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        default_value = "/var/lib/interlink/controller.db"
    )]
    database: PathBuf,
}

#[derive(Debug, clap::Args)]
struct Serve {
    #[command(flatten)]
    database: Database,
    /// What stands there: PoPs, partners, dedicated connections, VPCs
    #[arg(long, value_name = "FILE", default_value = INVENTORY)]
    inventory: PathBuf,
    /// Where to listen. Anywhere but on loopback, TLS and tokens are required
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 8420)))]
    listen: SocketAddr,
    /// The certificate and those that it needs, as PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its private key, as PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Ask for tokens on loopback too
    #[arg(long)]
    require_tokens: bool,
}

impl Cli {
    /// Does what was typed.
    pub fn run(self) -> ExitCode {
        let done = match self.verb {
            Verb::Serve(serve) => serve::run(serve),
            Verb::Check { inventory } => read_inventory(&inventory).and_then(|found| {
                say(&format!(
                    "{}: {} PoPs, {} partners, {} dedicated connections, {} VPCs\n",
                    inventory.display(),
                    found.pops.len(),
                    found.partners.len(),
                    found.connections.len(),
                    found.vpcs.len()
                ))
            }),
            Verb::Partner { database, act } => partner::run(&database.database, act),
            Verb::Token { database, verb } => token::run(&database.database, verb),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                // Nowhere is left to say that it can't be said.
                drop(writeln!(io::stderr(), "error: {error:#}"));
                ExitCode::FAILURE
            }
        }
    }
}

fn read_inventory(file: &Path) -> Result<Inventory> {
    let text = std::fs::read_to_string(file).with_context(|| {
        format!(
            "cannot read the inventory {}: etc/inventory.toml.example has one to begin with",
            file.display()
        )
    })?;
    inventory::parse(&text).map_err(|errors| {
        let lines = errors.lines(&file.display().to_string());
        anyhow::anyhow!("the inventory has mistakes:\n{}", lines.trim_end())
    })
}

/// Prints. A reader that has gone away is no error.
fn say(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("cannot print"),
        Err(_) | Ok(()) => Ok(()),
    }
}
