//! `generate`

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::Cli;
use crate::exit::{Exit, Failed};

/// Write the man pages and the completions of shells, for packages.
#[derive(Debug, Args)]
pub(super) struct Generate {
    /// Where to; `man` and `completions` are made there.
    #[arg(value_name = "DIRECTORY")]
    directory: PathBuf,
}

impl Generate {
    pub(super) fn run(self) -> Result<Exit, Failed> {
        let (man, completions) = (self.directory.join("man"), self.directory.join("completions"));
        for directory in [&man, &completions] {
            fs::create_dir_all(directory).with_context(|| format!("making {}", directory.display()))?;
        }
        let cli = Cli::command().disable_help_subcommand(true);
        clap_mangen::generate_to(cli.clone(), &man).with_context(|| format!("writing to {}", man.display()))?;
        // What is hidden is for packages, and has no page.
        let hidden = man.join("interlink-agent-generate.1");
        if hidden.exists() {
            fs::remove_file(&hidden).with_context(|| format!("removing {}", hidden.display()))?;
        }
        for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
            clap_complete::generate_to(shell, &mut cli.clone(), "interlink-agent", &completions)
                .with_context(|| format!("writing to {}", completions.display()))?;
        }
        Ok(Exit::Success)
    }
}
