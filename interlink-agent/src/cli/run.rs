//! `run --config FILE`

use std::path::PathBuf;

use clap::Args;

use super::{Bpffs, Socket};
use crate::driver::{self, Options};
use crate::exit::{Exit, Failed};
use crate::log;

/// Enforce a configuration file, and follow its changes.
///
/// SIGHUP reads the file again at once. SIGTERM ends the agent and leaves everything enforced; `interlink-agent
/// unload` removes it.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// The configuration.
    #[arg(
        long,
        env = "INTERLINK_CONFIG",
        default_value = "/etc/interlink/interlink.toml",
        value_name = "FILE"
    )]
    config: PathBuf,
    #[command(flatten)]
    socket: Socket,
    #[command(flatten)]
    bpffs: Bpffs,
}

impl Run {
    pub(super) fn run(self) -> Result<Exit, Failed> {
        log::start();
        let options = Options {
            config: self.config,
            socket: self.socket.socket,
            bpffs: self.bpffs.bpffs,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failed::new(Exit::System, error))?;
        runtime.block_on(driver::run(options))?;
        Ok(Exit::Success)
    }
}
