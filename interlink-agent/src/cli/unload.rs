//! `unload`

use std::collections::BTreeSet;

use clap::Args;
use interlink_core::plan::OpError;

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
        let (removed, nics) = unload_all(&self.bpffs.bpffs, || runtime.block_on(remove()))?;
        out::print(&in_words(&removed, &nics)).map_err(anyhow::Error::from)?;
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

/// What was removed beside the programs.
#[derive(Default)]
struct Removed {
    routes: usize,
    rules: usize,
    /// In words.
    interfaces: Vec<String>,
}

/// Removes every rule and route of our protocol, then the interfaces and addresses that have our mark.
async fn remove() -> Result<Removed, Failed> {
    let (netlink, _changes) = Netlink::open().map_err(|error| Failed::new(Exit::System, error))?;
    let unread = |error| Failed::new(Exit::Failure, error);
    let undone = |error: OpError| Failed::new(Exit::Failure, error);
    let interfaces = netlink.interfaces().await.map_err(unread)?;
    let rules = netlink.rules(&BTreeSet::new()).await.map_err(unread)?.ours;
    let routes = netlink.routes(&interfaces, &BTreeSet::new()).await.map_err(unread)?;
    // In this order, no packet meets a table that goes on to another.
    netlink.remove_rules(&rules).await.map_err(undone)?;
    netlink.remove_routes(&routes.ours, &interfaces).await.map_err(undone)?;
    let mut removed = Removed {
        routes: routes.ours.len(),
        rules: rules.len(),
        interfaces: Vec::new(),
    };
    for (name, interface) in &interfaces {
        if interface.is_ours {
            netlink.remove_interface(name, &interfaces).await.map_err(undone)?;
            removed.interfaces.push(format!("{name}: removed"));
        } else if !interface.our_addresses.is_empty() {
            let addresses = &interface.our_addresses;
            netlink
                .remove_addresses(name, addresses, &interfaces)
                .await
                .map_err(undone)?;
            let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            removed
                .interfaces
                .push(format!("{name}: without {}", addresses.join(", ")));
        }
    }
    Ok(removed)
}

fn in_words(removed: &Removed, nics: &[Unloaded]) -> String {
    let Removed {
        routes,
        rules,
        interfaces,
    } = removed;
    if *routes == 0 && *rules == 0 && interfaces.is_empty() && nics.is_empty() {
        return "nothing of ours was in the kernel\n".to_owned();
    }
    let mut lines = format!("{routes} routes removed\n");
    if *rules > 0 {
        lines += &format!("{rules} rules removed\n");
    }
    for interface in interfaces {
        lines += &format!("{interface}\n");
    }
    let nics = nics.iter().map(|Unloaded { nic, was_attached }| {
        let state = if *was_attached {
            "detached; every packet passes on it"
        } else {
            "was not attached"
        };
        format!("{nic}: {state}\n")
    });
    lines + &nics.collect::<String>()
}
