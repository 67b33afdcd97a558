//! Notifications: only that something changed, because what it is now is read from the kernel anyway.

use std::collections::BTreeSet;
use std::io;

use futures::FutureExt;
use interlink_core::state::{ROUTE_PROTOCOL, TableNumber};
use netlink_packet_core::{Emitable, NlasIterator};
use netlink_packet_route::route::{RouteHeader, RouteProtocol};
use rtnetlink::MulticastGroup;
use tokio::sync::watch;

use super::error::NetlinkError;
use super::socket::{Message, RouteSocket, messages};

const DOING: &str = "waiting for changes";

const GROUPS: [MulticastGroup; 5] = [
    MulticastGroup::Link,
    MulticastGroup::Ipv4Ifaddr,
    MulticastGroup::Ipv6Ifaddr,
    MulticastGroup::Ipv4Route,
    MulticastGroup::Ipv6Route,
];

/// What the kernel may queue for us, in bytes: some thousand notifications.
const QUEUE: usize = 4 * 1024 * 1024;

/// How many datagrams are read before something is said of them.
const AT_ONCE: usize = 256;

/// Something in the kernel is no longer as it was. What it was before, and how often it changed, isn't told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Notifications were lost: everything may have changed.
    Overrun,
    /// An interface or an address.
    Interfaces,
    /// A route of ours, or one in a table that holds or should hold ours, changed by somebody else.
    Routes,
}

/// The tables whose every route matters; `None` until it is known.
pub(super) type Watched = Option<BTreeSet<TableNumber>>;

/// The changes since [`super::Netlink::open`]. Unread, they wait in the socket, whose size has a bound.
#[derive(Debug)]
pub struct Changes {
    socket: RouteSocket,
    watched: watch::Receiver<Watched>,
    /// The port of our own requests.
    own: u32,
    pending: BTreeSet<Change>,
}

impl Changes {
    pub(super) fn subscribe(watched: watch::Receiver<Watched>, own: u32) -> Result<Self, NetlinkError> {
        Ok(Self {
            socket: RouteSocket::subscribe(&GROUPS, QUEUE)?,
            watched,
            own,
            pending: BTreeSet::new(),
        })
    }

    /// Waits for a change. Many of one kind come as one; nothing is lost when this is dropped before it is done.
    pub async fn next(&mut self) -> Result<Change, NetlinkError> {
        loop {
            for _ in 0..AT_ONCE {
                match self.read().now_or_never() {
                    Some(outcome) => outcome?,
                    None => break,
                }
            }
            if let Some(change) = self.pending.pop_first() {
                return Ok(change);
            }
            self.read().await?;
        }
    }

    async fn read(&mut self) -> Result<(), NetlinkError> {
        let Self {
            socket,
            watched,
            own,
            pending,
        } = self;
        match socket.receive().await {
            Ok(datagram) => {
                for message in messages(datagram) {
                    match message {
                        Ok(message) => pending.extend(change(message, *own, &watched.borrow())),
                        Err(_) => {
                            pending.insert(Change::Overrun);
                        }
                    }
                }
                Ok(())
            }
            Err(error) if is_loss(&error) => {
                pending.insert(Change::Overrun);
                Ok(())
            }
            Err(source) => Err(NetlinkError::Socket { doing: DOING, source }),
        }
    }
}

fn is_loss(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ENOBUFS) || error.kind() == io::ErrorKind::Other
}

fn change(message: Message<'_>, own: u32, watched: &Watched) -> Option<Change> {
    match message.kind {
        libc::RTM_NEWLINK | libc::RTM_DELLINK | libc::RTM_NEWADDR | libc::RTM_DELADDR => Some(Change::Interfaces),
        libc::RTM_NEWROUTE | libc::RTM_DELROUTE if message.port == own => None,
        libc::RTM_NEWROUTE | libc::RTM_DELROUTE => matters(message.payload, watched).then_some(Change::Routes),
        _ => None,
    }
}

fn matters(payload: &[u8], watched: &Watched) -> bool {
    let Ok(header) = RouteHeader::parse(payload) else {
        return true;
    };
    let Some(watched) = watched else { return true };
    header.protocol == RouteProtocol::from(ROUTE_PROTOCOL) || watched.contains(&table(&header, payload))
}

fn table(header: &RouteHeader, payload: &[u8]) -> TableNumber {
    let attributes = payload.get(header.buffer_len()..).unwrap_or_default();
    let mut attributes = NlasIterator::new(attributes).map_while(Result::ok);
    let number = attributes
        .find(|attribute| attribute.kind() == libc::RTA_TABLE)
        .and_then(|attribute| {
            let bytes = attribute.value().first_chunk()?;
            Some(u32::from_ne_bytes(*bytes))
        });
    TableNumber(number.unwrap_or_else(|| header.table.into()))
}
