//! What goes into the speaker, and what comes out of it.

use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

use super::codec::Notification;
use crate::family::Family;
use crate::gate::Session as Standing;
use crate::machine::Level;
use crate::name::{InterfaceName, Name};
use crate::state::LearnedFamily;

/// A session of a link.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SessionId {
    /// The link.
    pub link: Name,
    /// What it runs over.
    pub transport: Family,
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "link {:?}: BGP over {}", self.link.as_str(), self.transport)
    }
}

/// Which of the two routers opened a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// We did.
    Outgoing,
    /// The peer did.
    Incoming,
}

/// A TCP connection of a session.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId {
    /// Of which session.
    pub session: SessionId,
    /// Who opened it.
    pub side: Side,
    /// Counted by who named it: the core for outgoing ones, the agent for incoming ones.
    pub number: u64,
}

/// Between which addresses, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Ours.
    pub local: IpAddr,
    /// The peer's.
    pub peer: IpAddr,
    /// The interface that both are on.
    pub interface: InterfaceName,
    /// The file with the key that segments are signed with, if they are (RFC 2385).
    pub md5_key_file: Option<String>,
    /// Whether only segments that came over one hop count (RFC 5082).
    pub ttl_security: bool,
}

/// A fact.
#[derive(Clone, Debug)]
pub enum Input {
    /// What came of [`Effect::Listen`].
    Listening {
        /// Of which session.
        session: SessionId,
        /// Why nothing listens, if nothing does.
        result: Result<(), String>,
    },
    /// The peer connected.
    Accepted {
        /// The connection.
        connection: ConnectionId,
        /// The address that it came from.
        from: IpAddr,
    },
    /// A connection that [`Effect::Connect`] asked for is there.
    Connected(ConnectionId),
    /// Bytes arrived.
    Bytes {
        /// Over which connection.
        connection: ConnectionId,
        /// At least one.
        bytes: Vec<u8>,
    },
    /// What one [`Effect::Send`] asked to send was handed to the kernel.
    Sent(ConnectionId),
    /// A connection is gone, or couldn't be made.
    Closed {
        /// Which.
        connection: ConnectionId,
        /// Why.
        why: String,
    },
    /// An operator wants a session to begin anew.
    Reset(SessionId),
    /// An operator wants to be told everything again.
    Refresh(SessionId),
}

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Listen for the peer, in place of what listened before for the session.
    Listen {
        /// Of which session.
        session: SessionId,
        /// Where.
        endpoint: Endpoint,
    },
    /// Listen no more.
    Unlisten(SessionId),
    /// Connect to the peer.
    Connect {
        /// The connection that is to be.
        connection: ConnectionId,
        /// Between which addresses.
        endpoint: Endpoint,
    },
    /// Send bytes, behind those before.
    Send {
        /// Over which connection.
        connection: ConnectionId,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Close a connection, after what is still to be sent. Nothing is heard of it any more.
    Close(ConnectionId),
    /// Tell the machine how a family's session stands.
    Session {
        /// Of which link.
        link: Name,
        /// Of which family.
        family: Family,
        /// How it stands.
        session: Standing,
    },
    /// Tell the machine what a family's session has taught, all of it.
    Learned {
        /// Of which link.
        link: Name,
        /// What.
        routes: LearnedFamily,
    },
    /// Tell the operator.
    Tell(Event),
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A session is established.
    Up(SessionId),
    /// A session isn't any more, or couldn't be.
    Down {
        /// Which.
        session: SessionId,
        /// Why.
        why: Down,
        /// For how many seconds the peer's routes are kept, if they are.
        kept: Option<u16>,
    },
    /// The peer can't be reached.
    Unreachable {
        /// Of which session.
        session: SessionId,
        /// Why.
        why: String,
    },
    /// Nothing listens for the peer.
    NotListening {
        /// Of which session.
        session: SessionId,
        /// Why.
        why: String,
    },
    /// The peer doesn't carry a family.
    NotCarried(SessionId, Family),
    /// The peer announces more than is taken.
    OverLimit {
        /// Of which session.
        session: SessionId,
        /// Of which family.
        family: Family,
        /// The limit.
        most: u32,
        /// What is done.
        done: &'static str,
    },
    /// More than may be announced would be.
    TooMany {
        /// Of which session.
        session: SessionId,
        /// In words.
        why: String,
    },
    /// An UPDATE was wrong, and survived.
    Fault {
        /// Of which session.
        session: SessionId,
        /// What was wrong.
        what: String,
    },
    /// Routes from before a restart were not announced again, and are forgotten.
    Swept(SessionId, Family),
}

/// Why a session is down.
#[derive(Clone, Debug, PartialEq)]
pub enum Down {
    /// We ended it.
    Ours(Notification),
    /// The peer ended it.
    Peers(Notification),
    /// The connection was lost.
    Lost(String),
    /// The interface has no carrier, or is gone.
    NoCarrier,
    /// The peer began anew (RFC 4724 §5).
    Restarted,
}

impl fmt::Display for Down {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours(told) => write!(f, "we ended it: {told}"),
            Self::Peers(told) => write!(f, "the peer ended it: {told}"),
            Self::Lost(why) => write!(f, "the connection is lost: {why}"),
            Self::NoCarrier => f.write_str("its interface has no carrier"),
            Self::Restarted => f.write_str("the peer began anew"),
        }
    }
}

impl Event {
    /// Its name, which stays: programs that read the log go by it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Up(_) => "session_up",
            Self::Down { .. } => "session_down",
            Self::Unreachable { .. } => "peer_unreachable",
            Self::NotListening { .. } => "not_listening",
            Self::NotCarried(..) => "not_carried",
            Self::OverLimit { .. } => "over_limit",
            Self::TooMany { .. } => "too_many",
            Self::Fault { .. } => "fault",
            Self::Swept(..) => "swept",
        }
    }

    /// The session that it is about.
    pub const fn session(&self) -> &SessionId {
        match self {
            Self::Up(session)
            | Self::NotCarried(session, _)
            | Self::Swept(session, _)
            | Self::Down { session, .. }
            | Self::Unreachable { session, .. }
            | Self::NotListening { session, .. }
            | Self::OverLimit { session, .. }
            | Self::TooMany { session, .. }
            | Self::Fault { session, .. } => session,
        }
    }

    /// How much it matters.
    pub const fn level(&self) -> Level {
        match self {
            Self::Up(_) | Self::Swept(..) => Level::Info,
            Self::Down { .. }
            | Self::Unreachable { .. }
            | Self::NotListening { .. }
            | Self::NotCarried(..)
            | Self::OverLimit { .. }
            | Self::TooMany { .. }
            | Self::Fault { .. } => Level::Warn,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up(session) => write!(f, "{session}: established"),
            Self::Down {
                session,
                why,
                kept: None,
            } => write!(f, "{session}: down: {why}"),
            Self::Down {
                session,
                why,
                kept: Some(seconds),
            } => {
                write!(f, "{session}: down: {why}; the peer's routes are kept for {seconds} s")
            }
            Self::Unreachable { session, why } => write!(f, "{session}: can't reach the peer, trying on: {why}"),
            Self::NotListening { session, why } => write!(f, "{session}: can't listen, trying on: {why}"),
            Self::NotCarried(session, family) => write!(f, "{session}: the peer doesn't carry {family}"),
            Self::OverLimit {
                session,
                family,
                most,
                done,
            } => {
                write!(
                    f,
                    "{session}: the peer announces more than {most} {family} prefixes: {done}"
                )
            }
            Self::TooMany { session, why } => write!(f, "{session}: {why}"),
            Self::Fault { session, what } => {
                write!(
                    f,
                    "{session}: an UPDATE was wrong, and handled as RFC 7606 says: {what}"
                )
            }
            Self::Swept(session, family) => {
                write!(f, "{session}: forgot {family} routes that weren't announced again")
            }
        }
    }
}
