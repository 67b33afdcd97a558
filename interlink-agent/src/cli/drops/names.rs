//! What the links are called, as far as an agent tells.

use std::collections::BTreeMap;

use interlink_core::domain::{LinkKey, Vlan};
use interlink_core::name::InterfaceName;
use interlink_core::report::Report;

use super::super::{Socket, ask};
use crate::control::{Answer, Request};
use crate::exit::{Exit, Failed};

/// The names of the links by their places.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<LinkKey, String>);

impl Names {
    /// Asks the agent that answers on a socket.
    pub(super) fn ask(socket: &Socket) -> Result<Self, Failed> {
        match ask::ask(socket, &Request::Status)? {
            Answer::Status(report) => Ok(Self::of(&report)),
            _ => Err(ask::mismatch()),
        }
    }

    /// The name of the link at a place.
    pub(super) fn get(&self, key: &LinkKey) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The place of the link with a name.
    pub(super) fn find(&self, name: &str) -> Result<LinkKey, Failed> {
        let found = self.0.iter().find(|(_, link)| *link == name);
        found.map(|(key, _)| key.clone()).ok_or_else(|| {
            let names: Vec<_> = self.0.values().map(|name| format!("{name:?}")).collect();
            Failed::say(
                Exit::Usage,
                format!("there is no link {name:?}: the links are {}", names.join(", ")),
            )
        })
    }

    fn of(report: &Report) -> Self {
        let links = report.links.iter().filter_map(|link| {
            let key = LinkKey {
                interface: InterfaceName::new(&link.interface).ok()?,
                vlan: Vlan::from_index(link.vlan.unwrap_or_default().into())?,
            };
            Some((key, link.name.clone()))
        });
        Self(links.collect())
    }
}

/// Why `--link` can't be understood without an agent.
pub(super) fn no_agent(failed: &Failed) -> Failed {
    Failed::say(
        failed.exit,
        format!("only a running agent knows what --link names: {:#}", failed.error),
    )
}
