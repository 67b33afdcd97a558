//! The asking side.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Answer, Request};

/// How long an answer may take. The agent answers between two steps, and the longest step is a change of large tables
/// before Linux 6.8, where the kernel waits for a grace period with each segment.
const PATIENCE: Duration = Duration::from_mins(2);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody is there.
    #[error("no agent answers on {}: start one with `interlink-agent run --config FILE`, or name its socket with --socket", path.display())]
    NotRunning {
        /// The socket.
        path: PathBuf,
    },
    /// The socket is there for others.
    #[error("may not talk to the agent on {}: run this as root", path.display())]
    NotAllowed {
        /// The socket.
        path: PathBuf,
    },
    /// Anything else.
    #[error("the agent on {} doesn't answer: {cause}", path.display())]
    Broken {
        /// The socket.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

/// Asks the agent that answers on a socket.
pub fn ask(path: &Path, request: &Request) -> Result<Answer, AskError> {
    exchange(path, request).map_err(|cause| match cause.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => AskError::NotRunning { path: path.to_owned() },
        io::ErrorKind::PermissionDenied => AskError::NotAllowed { path: path.to_owned() },
        _ => AskError::Broken {
            path: path.to_owned(),
            cause,
        },
    })
}

fn exchange(path: &Path, request: &Request) -> io::Result<Answer> {
    let mut stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    if BufReader::new(stream).read_line(&mut answer)? == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it closed the connection"));
    }
    Ok(serde_json::from_str(&answer)?)
}
