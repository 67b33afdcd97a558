//! Routes and interfaces of the network namespace that the agent was started in, through `NETLINK_ROUTE`.
//!
//! Four sockets, because each use would get in another's way:
//!
//! | socket | use | one at a time, because |
//! | --- | --- | --- |
//! | rtnetlink's | dumps of interfaces, addresses and rules | the kernel refuses a second dump on a socket with `EBUSY` |
//! | `dump` | dumps of routes, row by row | the same |
//! | `requests` | what is to be added and removed, many to a `sendmsg` | replies are told apart by their sequence |
//! | `changes` | notifications | [`Changes`] is not shared |
//!
//! What is ours is told by its protocol, [`ROUTE_PROTOCOL`](interlink_core::state::ROUTE_PROTOCOL). What is kept of routes
//! is what the kernel said of them, see [`Mirror`](interlink_core::state::mirror::Mirror).

mod changes;
mod dump;
mod error;
mod install;
mod links;
mod manage;
mod requests;
mod routes;
mod row;
mod rules;
mod socket;
mod write;

use std::collections::BTreeMap;

use interlink_core::name::InterfaceName;
use interlink_core::state::Interface;
use tokio::sync::Mutex;

pub use changes::{Change, Changes};
pub use error::{NetlinkError, Refusal};
pub use rules::Rules;

use dump::Dumps;
use links::Links;
use requests::Requests;

/// The kernel's routes and interfaces, to read and to write.
#[derive(Debug)]
pub struct Netlink {
    links: Mutex<Links>,
    dumps: Mutex<Dumps>,
    requests: Mutex<Requests>,
}

impl Netlink {
    /// Opens the sockets in the network namespace of the calling thread, where they stay.
    ///
    /// Notifications are subscribed to before anything can be dumped, so no change falls between the two. Must be
    /// called within a tokio runtime, and works as long as that one does.
    pub fn open() -> Result<(Self, Changes), NetlinkError> {
        let requests = Requests::open()?;
        let changes = Changes::subscribe(requests.port())?;
        let netlink = Self {
            links: Mutex::new(Links::open()?),
            dumps: Mutex::new(Dumps::open()?),
            requests: Mutex::new(requests),
        };
        Ok((netlink, changes))
    }

    /// Dumps every interface with its addresses.
    pub async fn interfaces(&self) -> Result<BTreeMap<InterfaceName, Interface>, NetlinkError> {
        let interfaces = self.links.lock().await.interfaces().await?;
        Ok(interfaces)
    }
}
