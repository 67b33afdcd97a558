//! `interlink-controller partner`.

use std::path::Path;

use anyhow::{Result, bail};
use clap::Subcommand;

use crate::desk::{self, Act, Ask, Said};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Takes an order: requested becomes provisioning
    Approve(Which),
    /// Is done: the link is provisioned, and its sessions say what works
    Complete(Which),
    /// Doesn't take an order: requested becomes refused
    Refuse {
        #[command(flatten)]
        which: Which,
        /// Why, for the user to read
        #[arg(long)]
        reason: String,
    },
    /// Deletes the partner's side of a link
    Delete(Which),
    /// Takes a link out of use: its user can't change it, nothing passes
    Lock(Which),
    /// Gives it back
    Unlock(Which),
}

#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// The id of a link, or its pairing key
    link: String,
}

pub(super) fn run(database: &Path, verb: Verb) -> Result<()> {
    let (Which { link }, act) = match verb {
        Verb::Approve(which) => (which, Act::Approve),
        Verb::Complete(which) => (which, Act::Complete),
        Verb::Refuse { which, reason } => (which, Act::Refuse { reason }),
        Verb::Delete(which) => (which, Act::Delete),
        Verb::Lock(which) => (which, Act::Lock),
        Verb::Unlock(which) => (which, Act::Unlock),
    };
    match desk::ask(database, &Ask { link, act })? {
        Said::Link(link) => super::say(&format!("link {} ({}) is {}\n", link.id, link.name, link.status)),
        Said::Refused(error) => bail!("{error}"),
    }
}
