//! `run --config FILE`

use std::path::PathBuf;

use clap::Args;

use super::{Bpffs, Socket};
use crate::driver::{self, Options};
use crate::exit::{Exit, Failed};
use crate::log::{self, LogFormat};

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
    /// A group whose members may look over the socket, and change nothing; left out, root alone may.
    #[arg(long, env = "INTERLINK_SOCKET_GROUP", value_name = "NAME")]
    socket_group: Option<String>,
    /// The form of the log; left out, the journal under systemd, else text on standard error.
    #[arg(long, env = "INTERLINK_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    #[command(flatten)]
    socket: Socket,
    #[command(flatten)]
    bpffs: Bpffs,
}

impl Run {
    pub(super) fn run(self) -> Result<Exit, Failed> {
        log::start(self.log_format);
        let options = Options {
            config: self.config,
            socket: self.socket.socket,
            socket_group: self.socket_group,
            bpffs: self.bpffs.bpffs,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failed::new(Exit::System, error))?;
        runtime.block_on(driver::run(options))?;
        Ok(Exit::Success)
    }
}
