//! Notifications, and the routes that they keep known.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use interlink_core::name::InterfaceName;
use interlink_core::plan::OpError;
use interlink_core::state::mirror::{Mirror, Mirrored, News};
use interlink_core::state::{Interface, Path, Routes, TableNumber};
use interlink_core::time::Time;
use rtnetlink::MulticastGroup;

use super::Netlink;
use super::error::NetlinkError;
use super::row::{Names, Row};
use super::socket::{Message, RouteSocket, messages};

const DOING: &str = "waiting for changes";

const GROUPS: [MulticastGroup; 7] = [
    MulticastGroup::Ipv4Rule,
    MulticastGroup::Ipv6Rule,
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

/// How many datagrams are read to have read them all, as others may go on for ever.
const AT_MOST: usize = 16 * 1024;

/// How often that is tried of a queue that overran, before routes are dumped all the same.
const ROUNDS: usize = 8;

/// Something in the kernel is no longer as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Notifications were lost: everything may have changed.
    Overrun,
    /// An interface or an address.
    Interfaces,
    /// A route of ours, or one in a table that matters, changed by somebody else.
    Routes,
    /// A rule.
    Rules,
}

/// The changes since [`super::Netlink::open`]. Unread, they wait in the socket, whose size has a bound.
#[derive(Debug)]
pub struct Changes {
    socket: RouteSocket,
    heard: Heard,
    /// Whether the kernel loses notifications without a word. Once it said that it lost one, it does until the queue is
    /// empty.
    congested: bool,
    mirror: Mirror,
}

/// What was told, and what it takes to understand it.
#[derive(Debug, Default)]
struct Heard {
    pending: BTreeSet<Change>,
    /// The interfaces, as they were when the routes were last asked for.
    names: Names,
    /// Those that routes of ours lead to.
    used: BTreeSet<u32>,
    /// The tables whose every route matters; `None` until it is known.
    tables: Option<BTreeSet<TableNumber>>,
}

impl Changes {
    /// Subscribes to what everybody does but who has the port `own`.
    pub(super) fn subscribe(own: u32) -> Result<Self, NetlinkError> {
        Ok(Self {
            socket: RouteSocket::subscribe(&GROUPS, QUEUE, own)?,
            heard: Heard::default(),
            congested: false,
            mirror: Mirror::default(),
        })
    }

    /// Waits for a change. Many of one kind come as one; nothing is lost when this is dropped before it is done.
    pub async fn next(&mut self) -> Result<Change, NetlinkError> {
        loop {
            self.read_some(AT_ONCE)?;
            if let Some(change) = self.heard.pending.pop_first() {
                return Ok(change);
            }
            self.read().await?;
        }
    }

    /// The routes of both families: ours from all tables, others' from `tables`.
    ///
    /// They are dumped the first time, when something was lost or isn't clear, and now and then; else they are known
    /// from the last dump and from what the kernel has said since.
    pub async fn routes(
        &mut self,
        netlink: &Netlink,
        interfaces: &BTreeMap<InterfaceName, Interface>,
        tables: &BTreeSet<TableNumber>,
        now: impl Fn() -> Time,
    ) -> Result<Mirrored, NetlinkError> {
        self.read_some(AT_MOST)?;
        for _ in 0..ROUNDS {
            if self.congested {
                self.read_some(AT_MOST)?;
            }
        }
        let names = super::routes::names(interfaces);
        if let Some(all) = self.mirror.all()
            && self.were_moved(&all.ours, &names)
        {
            self.mirror.forget();
        }
        self.heard.names = names;
        let began = now();
        if self.mirror.needs_dump(tables, began) {
            let all = netlink.routes(interfaces, tables).await?;
            self.mirror.dumped(all, tables.clone(), began, now());
        }
        let all = self.mirror.all().unwrap_or_default();
        if self.congested {
            self.mirror.forget();
        }
        self.heard.used = interfaces_of(&all.ours, interfaces).collect();
        self.heard.tables = Some(tables.iter().copied().chain(all.ours.tables()).collect());
        Ok(all)
    }

    /// Installs routes; see [`Netlink::add_routes`].
    pub async fn add_routes(
        &mut self,
        netlink: &Netlink,
        routes: &Arc<Routes>,
        interfaces: &BTreeMap<InterfaceName, Interface>,
    ) -> Result<(), OpError> {
        self.read_some(AT_MOST)?;
        self.heard.used.extend(interfaces_of(routes, interfaces));
        let outcome = netlink.add_routes(routes, interfaces).await;
        match &outcome {
            Ok(()) => self.mirror.wrote(routes, &[]),
            Err(OpError::Routes { refused }) => self.mirror.wrote(routes, refused),
            Err(_) => self.mirror.forget(),
        }
        outcome
    }

    /// Removes routes; see [`Netlink::remove_routes`].
    pub async fn remove_routes(
        &mut self,
        netlink: &Netlink,
        routes: &Arc<Routes>,
        interfaces: &BTreeMap<InterfaceName, Interface>,
    ) -> Result<(), OpError> {
        self.read_some(AT_MOST)?;
        let outcome = netlink.remove_routes(routes, interfaces).await;
        match &outcome {
            Ok(()) => self.mirror.erased(routes, &[]),
            Err(OpError::Routes { refused }) => self.mirror.erased(routes, refused),
            Err(_) => self.mirror.forget(),
        }
        outcome
    }

    /// Whether an interface that routes lead to isn't the one that it was.
    fn were_moved(&self, routes: &Routes, names: &Names) -> bool {
        let known = |names: &Names, name: &InterfaceName| {
            let mut found = names.iter().filter(|(_, other)| *other == name);
            found.next().map(|(index, _)| *index)
        };
        let mut hops = routes.paths().iter().flat_map(Path::next_hops);
        hops.any(|hop| {
            let before = known(&self.heard.names, &hop.interface);
            before.is_some() && before != known(names, &hop.interface)
        })
    }

    /// Reads what there is, at most so many datagrams of it.
    fn read_some(&mut self, at_most: usize) -> Result<(), NetlinkError> {
        for _ in 0..at_most {
            match self.socket.receive_now() {
                Ok(None) => {
                    self.congested = false;
                    self.mirror.caught_up();
                    break;
                }
                Ok(Some(datagram)) => self.heard.take(datagram, &mut self.mirror),
                Err(error) => self.lost(error)?,
            }
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<(), NetlinkError> {
        match self.socket.receive().await {
            Ok(datagram) => {
                self.heard.take(datagram, &mut self.mirror);
                Ok(())
            }
            Err(error) => self.lost(error),
        }
    }

    fn lost(&mut self, error: io::Error) -> Result<(), NetlinkError> {
        if error.raw_os_error() != Some(libc::ENOBUFS) && error.kind() != io::ErrorKind::Other {
            return Err(NetlinkError::Socket {
                doing: DOING,
                source: error,
            });
        }
        self.heard.pending.insert(Change::Overrun);
        self.congested = true;
        self.mirror.forget();
        Ok(())
    }
}

impl Heard {
    fn take(&mut self, datagram: &[u8], mirror: &mut Mirror) {
        for message in messages(datagram) {
            let (change, news) = match message {
                Ok(message) => self.understand(message),
                Err(_) => (Some(Change::Overrun), Some(News::Unclear)),
            };
            self.pending.extend(change);
            if let Some(news) = news {
                mirror.told(news);
            }
        }
    }

    /// What a notification says to who waits, and of the routes.
    fn understand(&self, message: Message<'_>) -> (Option<Change>, Option<News>) {
        match message.kind {
            libc::RTM_NEWLINK | libc::RTM_DELLINK | libc::RTM_NEWADDR | libc::RTM_DELADDR => {
                let news = loses_routes(message, &self.used).then_some(News::Unclear);
                (Some(Change::Interfaces), news)
            }
            libc::RTM_NEWROUTE | libc::RTM_DELROUTE => {
                let row = match Row::read(message.payload) {
                    Ok(Some(row)) => row,
                    Ok(None) => return (None, None),
                    Err(_) => return (Some(Change::Overrun), Some(News::Unclear)),
                };
                let is_elsewhere = |tables: &BTreeSet<_>| !tables.contains(&row.key.table);
                if !row.is_ours() && self.tables.as_ref().is_some_and(is_elsewhere) {
                    return (None, None);
                }
                let news = match row.owner(&self.names) {
                    Some(owner) if message.kind == libc::RTM_NEWROUTE => News::Added(row.key, owner),
                    Some(owner) => News::Removed(row.key, owner),
                    None => News::Unclear,
                };
                (Some(Change::Routes), Some(news))
            }
            libc::RTM_NEWRULE | libc::RTM_DELRULE => (Some(Change::Rules), None),
            _ => (None, None),
        }
    }
}

/// The indexes of the interfaces that routes lead to.
fn interfaces_of(routes: &Routes, interfaces: &BTreeMap<InterfaceName, Interface>) -> impl Iterator<Item = u32> {
    let hops = routes.paths().iter().flat_map(Path::next_hops);
    hops.filter_map(|hop| Some(interfaces.get(&hop.interface)?.index))
}

/// Whether routes may be gone with an interface or an address. IPv4's go without a word, and IPv6's if somebody set
/// `skip_notify_on_dev_down`.
fn loses_routes(message: Message<'_>, used: &BTreeSet<u32>) -> bool {
    let word = |at: usize| {
        let bytes = message.payload.get(at..)?.first_chunk()?;
        Some(u32::from_ne_bytes(*bytes))
    };
    // The index has the same place in `struct ifinfomsg`, where flags follow it, and in `struct ifaddrmsg`.
    let (index, flags) = (word(4), word(8));
    let is_used = index.is_none_or(|index| used.contains(&index));
    let is_up = flags.is_some_and(|flags| flags & IFF_UP != 0);
    match message.kind {
        libc::RTM_DELLINK | libc::RTM_DELADDR => is_used,
        libc::RTM_NEWLINK => is_used && !is_up,
        _ => false,
    }
}

const IFF_UP: u32 = libc::IFF_UP.cast_unsigned();
