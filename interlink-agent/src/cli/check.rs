//! `check FILE`

use std::path::PathBuf;

use clap::Args;

use crate::exit::{Exit, Failed};
use crate::{out, source};

/// Check a configuration file, and change nothing.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The file.
    file: PathBuf,
    /// Print the configuration as it was understood, every default written out.
    #[arg(long)]
    print: bool,
}

impl Check {
    pub(super) fn run(self) -> Result<Exit, Failed> {
        let config = source::read(&self.file).map_err(|error| Failed::new(Exit::Config, error))?;
        let text = if self.print {
            config.to_string()
        } else {
            let followed = config.source.iter().flat_map(|source| &source.links).count();
            let links = config.links.len().saturating_add(followed);
            let (policies, vpcs) = (config.policies.len(), config.vpcs.len());
            format!(
                "{}: valid, with {links} links, {policies} routing policies and {vpcs} VPCs\n",
                self.file.display()
            )
        };
        out::print(&text).map_err(anyhow::Error::from)?;
        Ok(Exit::Success)
    }
}
