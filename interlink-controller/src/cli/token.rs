//! `interlink-controller token`.

use std::path::Path;

use anyhow::{Context as _, Result};
use clap::Subcommand;

use crate::controller::{now, random_id};
use crate::store::{Scope, TokenName, Tokens};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Makes a token, and prints it this once
    Add {
        /// What to call it
        name: TokenName,
        /// What it is good for: read-only, report (to read, and to report as an agent) or full
        #[arg(long)]
        scope: Scope,
    },
    /// Lists the names of the tokens
    List,
    /// Removes a token; it is refused from the next request on
    Remove {
        /// What it is called
        name: TokenName,
    },
}

pub(super) fn run(database: &Path, verb: Verb) -> Result<()> {
    let tokens = Tokens::open(database, now())?;
    match verb {
        Verb::Add { name, scope } => {
            let token = random_id().context("the system gives no random numbers")?.to_string();
            tokens.add(&name, scope, &token, now())?;
            super::say(&format!("{token}\n"))
        }
        Verb::List => {
            let mut lines = String::new();
            for listed in tokens.list()? {
                lines += &format!("{}  {:<9}  {}\n", listed.created_at, listed.scope, listed.name);
            }
            super::say(&lines)
        }
        Verb::Remove { name } => Ok(tokens.remove(&name)?),
    }
}
