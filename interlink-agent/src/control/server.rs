//! The answering side.

use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::{Answer, Request};
use crate::exit::{Exit, Failed};

/// The longest request, in bytes: a whole policy of a million prefixes on trial, and room.
const LONGEST: u64 = 64 << 20;

/// How long a client may take to say what it wants, and to take its answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many clients are heard at a time. The agent needs file descriptors of its own to see what the kernel holds.
const CLIENTS: usize = 64;

/// How many requests wait for the agent before the next client waits for its turn.
const WAITING: usize = 16;

/// A request, and where its answer goes.
#[derive(Debug)]
pub struct Asked {
    /// What is asked.
    pub request: Request,
    answer: oneshot::Sender<Answer>,
}

impl Asked {
    /// Answers. A client that has gone away doesn't hear it.
    pub fn answer(self, answer: Answer) {
        drop(self.answer.send(answer));
    }
}

/// Why there can be no socket.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another agent answers there.
    #[error("another agent answers on {}: stop it first, or give this one its own --socket and --bpffs", path.display())]
    Taken {
        /// The socket.
        path: PathBuf,
    },
    /// Something else has its name, and isn't ours to remove.
    #[error("{} is there and is no socket: name another with --socket, or remove it", path.display())]
    NotASocket {
        /// What should be a socket.
        path: PathBuf,
    },
    /// Who should be let in isn't known.
    #[error(
        "there is no group {group:?} on this machine: make it with `groupadd --system {group}`, or leave --socket-group out"
    )]
    NoGroup {
        /// Its name.
        group: String,
    },
    /// Anything else.
    #[error("can't listen on {}: {cause}", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

impl From<BindError> for Failed {
    fn from(error: BindError) -> Self {
        let exit = match &error {
            BindError::Taken { .. } => Exit::Busy,
            BindError::NotASocket { .. } | BindError::NoGroup { .. } => Exit::Failure,
            BindError::Io { .. } => Exit::System,
        };
        Self::new(exit, error)
    }
}

/// Hands requests to the agent.
#[derive(Clone, Debug)]
pub struct Requests(mpsc::Sender<Asked>);

impl Requests {
    /// The agent's answer; none when it is going.
    pub async fn ask(&self, request: Request) -> Option<Answer> {
        let (sender, answer) = oneshot::channel();
        let asked = Asked {
            request,
            answer: sender,
        };
        self.0.send(asked).await.ok()?;
        answer.await.ok()
    }
}

/// Listens, and hands over one request at a time.
#[derive(Debug)]
pub struct Server {
    path: PathBuf,
    sender: Requests,
    requests: mpsc::Receiver<Asked>,
}

impl Server {
    /// Listens on a socket that only root may talk to, in place of a dead one that an agent may have left. The members of
    /// a group may look, and change nothing.
    pub fn bind(path: &Path, group: Option<&str>) -> Result<Self, BindError> {
        let error = |cause| BindError::Io {
            path: path.to_owned(),
            cause,
        };
        let group = group
            .map(|name| {
                let group = uzers::get_group_by_name(name);
                group.ok_or_else(|| BindError::NoGroup { group: name.to_owned() })
            })
            .transpose()?;
        // A file refuses connections as a dead socket does.
        if std::fs::metadata(path).is_ok_and(|found| !found.file_type().is_socket()) {
            return Err(BindError::NotASocket { path: path.to_owned() });
        }
        match std::os::unix::net::UnixStream::connect(path) {
            Ok(_) => return Err(BindError::Taken { path: path.to_owned() }),
            Err(refused) if refused.kind() == io::ErrorKind::ConnectionRefused => {
                std::fs::remove_file(path).map_err(error)?;
            }
            Err(_) => {}
        }
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(error)?;
        }
        let listener = UnixListener::bind(path).map_err(error)?;
        let mode = if group.is_some() { 0o660 } else { 0o600 };
        if let Some(group) = group {
            chown(path, None, Some(group.gid())).map_err(error)?;
        }
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(error)?;
        let (sender, requests) = mpsc::channel(WAITING);
        let sender = Requests(sender);
        tokio::spawn(accept(listener, sender.clone()));
        Ok(Self {
            path: path.to_owned(),
            sender,
            requests,
        })
    }

    /// What hands it requests that didn't come over the socket.
    pub fn requests(&self) -> Requests {
        self.sender.clone()
    }

    /// The next request; pending for ever when there can be no other.
    pub async fn next(&mut self) -> Asked {
        match self.requests.recv().await {
            Some(asked) => asked,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "can't remove the socket");
        }
    }
}

async fn accept(listener: UnixListener, requests: Requests) {
    let places = Arc::new(Semaphore::new(CLIENTS));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let requests = requests.clone();
                tokio::spawn(async move {
                    if let Err(error) = serve(stream, &requests).await {
                        tracing::debug!(%error, "a client of the socket went away");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "can't take a connection on the socket");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn serve(mut stream: UnixStream, requests: &Requests) -> io::Result<()> {
    let user = stream.peer_cred()?.uid();
    let may_change = user == 0 || user == uzers::get_effective_uid();
    let (reader, mut writer) = stream.split();
    let mut line = Vec::new();
    let mut reader = BufReader::new(reader.take(LONGEST));
    tokio::time::timeout(PATIENCE, reader.read_until(b'\n', &mut line)).await??;
    let refused = |exit: Exit, text| Answer::Refused {
        code: exit.code(),
        text,
    };
    let answer = match serde_json::from_slice::<Request>(&line) {
        Ok(request) if request.changes() && !may_change => refused(
            Exit::System,
            "who is let in by its group may look, and change nothing: run this as root".to_owned(),
        ),
        Ok(request) => {
            let gone = || io::Error::new(io::ErrorKind::BrokenPipe, "the agent is going");
            requests.ask(request).await.ok_or_else(gone)?
        }
        Err(error) => refused(Exit::Usage, format!("that is no request of this version: {error}")),
    };
    let mut reply = serde_json::to_vec(&answer)?;
    reply.push(b'\n');
    tokio::time::timeout(PATIENCE, writer.write_all(&reply)).await?
}
