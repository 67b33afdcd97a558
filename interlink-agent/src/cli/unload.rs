//! `unload`

use std::collections::BTreeSet;

use clap::Args;

use super::Bpffs;
use crate::dataplane::{DataplaneError, Unloaded, unload_all};
use crate::exit::{Exit, Failed};
use crate::netlink::Netlink;
use crate::out;

/// Remove everything that the agent put into the kernel. The NICs are open afterwards.
///
/// The agent must not be running, as it would put everything back.
#[derive(Debug, Args)]
pub(super) struct Unload {
    #[command(flatten)]
    bpffs: Bpffs,
}

impl Unload {
    pub(super) fn run(self) -> Result<Exit, Failed> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failed::new(Exit::System, error))?;
        let (routes, nics) = unload_all(&self.bpffs.bpffs, || runtime.block_on(remove_routes()))?;
        out::print(&in_words(routes, &nics)).map_err(anyhow::Error::from)?;
        Ok(Exit::Success)
    }
}

impl From<DataplaneError> for Failed {
    fn from(error: DataplaneError) -> Self {
        let exit = match &error {
            DataplaneError::Held { .. } | DataplaneError::Watched { .. } => Exit::Busy,
            DataplaneError::NothingLoaded { .. } => Exit::NotRunning,
            DataplaneError::Capabilities(_)
            | DataplaneError::NoBpf
            | DataplaneError::NoBpffs { .. }
            | DataplaneError::PrivateBpffs { .. } => Exit::System,
            DataplaneError::Kernel { .. } => Exit::Failure,
        };
        Self::new(exit, error)
    }
}

/// Removes every route of our protocol, and tells how many there were.
async fn remove_routes() -> Result<usize, Failed> {
    let (netlink, _changes) = Netlink::open().map_err(|error| Failed::new(Exit::System, error))?;
    let failed = |error| Failed::new(Exit::Failure, error);
    let interfaces = netlink.interfaces().await.map_err(failed)?;
    let ours = netlink
        .routes(&interfaces, &BTreeSet::new())
        .await
        .map_err(failed)?
        .ours;
    netlink
        .remove_routes(&ours, &interfaces)
        .await
        .map_err(|error| Failed::new(Exit::Failure, error))?;
    Ok(ours.len())
}

fn in_words(routes: usize, nics: &[Unloaded]) -> String {
    if routes == 0 && nics.is_empty() {
        return "nothing of ours was in the kernel\n".to_owned();
    }
    let nics = nics.iter().map(|Unloaded { nic, was_attached }| {
        let state = if *was_attached {
            "detached; every packet passes on it"
        } else {
            "was not attached"
        };
        format!("{nic}: {state}\n")
    });
    format!("{routes} routes removed\n") + &nics.collect::<String>()
}
