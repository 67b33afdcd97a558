//! The sockets of BGP: what the speaker of the core asks for, and what comes of it.
//!
//! Nothing here knows what a message is. Whatever one peer does reaches the daemon through one bounded channel.

mod connection;
mod socket;

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use interlink_core::bgp::effect::{ConnectionId, Endpoint, Input, SessionId, Side};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use connection::Connection;

/// How many inputs may wait for the daemon.
const WAITING: usize = 16;

/// How many connections with nobody to take them may wait.
const STREAMS: usize = 16;

/// How long a listener that can't accept waits.
const BREATH: Duration = Duration::from_secs(1);

/// What came of a socket.
#[derive(Debug)]
enum News {
    Accepted { stream: TcpStream, session: SessionId },
    Connected { stream: TcpStream, id: ConnectionId },
    Failed { id: ConnectionId, error: io::Error },
}

/// The sockets of all sessions.
#[derive(Debug)]
pub(crate) struct Peers {
    listeners: BTreeMap<SessionId, AbortHandle>,
    dialing: BTreeMap<ConnectionId, AbortHandle>,
    connections: BTreeMap<ConnectionId, Connection>,
    /// How many connections were accepted.
    accepted: u64,
    inputs: mpsc::Receiver<Input>,
    to_inputs: mpsc::Sender<Input>,
    news: mpsc::Receiver<News>,
    to_news: mpsc::Sender<News>,
}

impl Peers {
    pub(crate) fn new() -> Self {
        let (to_inputs, inputs) = mpsc::channel(WAITING);
        let (to_news, news) = mpsc::channel(STREAMS);
        Self {
            listeners: BTreeMap::new(),
            dialing: BTreeMap::new(),
            connections: BTreeMap::new(),
            accepted: 0,
            inputs,
            to_inputs,
            news,
            to_news,
        }
    }

    /// The next thing that happened.
    pub(crate) async fn next(&mut self) -> Input {
        // Both channels have a sender here, so neither ends.
        tokio::select! {
            biased;
            Some(news) = self.news.recv() => self.take(news),
            Some(input) = self.inputs.recv() => input,
            else => std::future::pending().await,
        }
    }

    /// The next thing that happened already, if anything did.
    pub(crate) fn try_next(&mut self) -> Option<Input> {
        match self.news.try_recv() {
            Ok(news) => Some(self.take(news)),
            Err(_) => self.inputs.try_recv().ok(),
        }
    }

    /// Listens, in place of what listened before for the session. The outcome comes at once.
    pub(crate) fn listen(&mut self, session: SessionId, endpoint: &Endpoint) -> Input {
        self.unlisten(&session);
        let result = socket::listen(endpoint).map_err(|error| error.to_string());
        let result = result.map(|listener| {
            let task = tokio::spawn(accept(listener, session.clone(), self.to_news.clone()));
            self.listeners.insert(session.clone(), task.abort_handle());
        });
        Input::Listening { session, result }
    }

    /// Listens no more.
    pub(crate) fn unlisten(&mut self, session: &SessionId) {
        if let Some(listener) = self.listeners.remove(session) {
            listener.abort();
        }
    }

    /// Connects. What comes of it comes by [`Self::next`].
    pub(crate) fn connect(&mut self, id: ConnectionId, endpoint: Endpoint) {
        let (news, dialed) = (self.to_news.clone(), id.clone());
        let task = tokio::spawn(async move {
            let outcome = match socket::connect(&endpoint).await {
                Ok(stream) => News::Connected { stream, id: dialed },
                Err(error) => News::Failed { id: dialed, error },
            };
            // The daemon is going when nobody listens.
            let _ = news.send(outcome).await;
        });
        self.dialing.insert(id, task.abort_handle());
    }

    /// Sends, behind what was sent before.
    pub(crate) fn send(&self, id: &ConnectionId, bytes: Vec<u8>) {
        if let Some(connection) = self.connections.get(id) {
            connection.send(bytes);
        }
    }

    /// Closes, after what is still to be sent.
    pub(crate) fn close(&mut self, id: &ConnectionId) {
        self.connections.remove(id);
        if let Some(dialing) = self.dialing.remove(id) {
            dialing.abort();
        }
    }

    fn take(&mut self, news: News) -> Input {
        match news {
            News::Accepted { stream, session } => {
                self.accepted = self.accepted.saturating_add(1);
                let id = ConnectionId {
                    session,
                    side: Side::Incoming,
                    number: self.accepted,
                };
                match stream.peer_addr() {
                    Ok(from) => {
                        let (connection, from) = (self.start(stream, id), from.ip());
                        Input::Accepted { connection, from }
                    }
                    Err(error) => failed(id, &error),
                }
            }
            News::Connected { stream, id } => {
                self.dialing.remove(&id);
                Input::Connected(self.start(stream, id))
            }
            News::Failed { id, error } => {
                self.dialing.remove(&id);
                failed(id, &error)
            }
        }
    }

    fn start(&mut self, stream: TcpStream, id: ConnectionId) -> ConnectionId {
        let connection = Connection::start(stream, id.clone(), self.to_inputs.clone());
        self.connections.insert(id.clone(), connection);
        id
    }
}

fn failed(connection: ConnectionId, error: &io::Error) -> Input {
    let why = error.to_string();
    Input::Closed { connection, why }
}

async fn accept(listener: TcpListener, session: SessionId, news: mpsc::Sender<News>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let session = session.clone();
                if news.send(News::Accepted { stream, session }).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%session, %error, "can't take a connection");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}
