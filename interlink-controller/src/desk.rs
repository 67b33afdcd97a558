//! The partner's side: a socket beside the database, which only who runs the controller can reach. Users of the API
//! can't approve their own orders.
//!
//! One line of JSON each way, then the connection ends.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use interlink_api::{ApiError, Link};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;

use crate::controller::Controller;
use crate::ending::Ending;
use crate::http::{Problem, write};
use crate::rules::{Answer, Command, Host, LinkId, PairingKey, PartnerAct, Refusal, Region, Resource, State};

/// The longest line.
const LONGEST: u64 = 64 << 10;

/// How long either side waits for the other.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is asked at the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// The id of a link, or its pairing key.
    pub link: String,
    /// What to do with it.
    pub act: Act,
}

/// What the other side does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// The partner takes the order.
    Approve,
    /// The partner is done.
    Complete,
    /// The partner doesn't take the order.
    Refuse {
        /// Why.
        reason: String,
    },
    /// The partner deletes its side.
    Delete,
    /// The provider takes the link out of use.
    Lock,
    /// The provider gives it back.
    Unlock,
}

/// What is said at the desk.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// Done; the link as it is now.
    Link(Box<Link>),
    /// Refused.
    Refused(Box<ApiError>),
}

/// Where the desk is: beside the database.
pub fn path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".sock");
    name.into()
}

/// Asks the controller that has this database.
pub fn ask(database: &Path, ask: &Ask) -> Result<Said> {
    let path = path(database);
    let failed = || {
        format!(
            "no controller answers at {}: is `interlink-controller serve` running with this --database?",
            path.display()
        )
    };
    let mut stream = UnixStream::connect(&path).with_context(failed)?;
    stream.set_read_timeout(Some(PATIENCE)).with_context(failed)?;
    stream.set_write_timeout(Some(PATIENCE)).with_context(failed)?;
    let mut line = serde_json::to_string(ask)?;
    line.push('\n');
    stream.write_all(line.as_bytes()).with_context(failed)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).with_context(failed)?;
    serde_json::from_str(&answer)
        .with_context(|| format!("the controller at {} answers something else", path.display()))
}

/// Opens the desk. What is left of a controller that was killed is removed; whoever calls has the database's lock.
pub fn open(database: &Path) -> Result<UnixListener> {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
    let path = path(database);
    match std::fs::symlink_metadata(&path) {
        Ok(found) if found.file_type().is_socket() => {
            std::fs::remove_file(&path).with_context(|| format!("cannot remove the old socket {}", path.display()))?;
        }
        Ok(_) => anyhow::bail!("{} is in the way, and no socket: move it", path.display()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot look at {}", path.display())),
    }
    let listener = UnixListener::bind(&path).with_context(|| format!("cannot make the socket {}", path.display()))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))
        .with_context(|| format!("cannot keep others from {}", path.display()))?;
    Ok(listener)
}

/// Answers at the desk until the controller ends.
pub(crate) async fn serve(listener: UnixListener, controller: Controller, mut ending: Ending) {
    loop {
        let stream = tokio::select! {
            () = ending.over() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "the desk cannot accept");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let controller = controller.clone();
        tokio::spawn(async move {
            let talk = tokio::time::timeout(PATIENCE, talk(stream, &controller));
            if !matches!(talk.await, Ok(Ok(()))) {
                tracing::debug!("somebody went away from the desk");
            }
        });
    }
}

async fn talk(stream: tokio::net::UnixStream, controller: &Controller) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    tokio::io::BufReader::new(read.take(LONGEST))
        .read_line(&mut line)
        .await?;
    let said = match serde_json::from_str(&line) {
        Ok(asked) => say(asked, controller).await,
        Err(error) => Err(Problem::from(Refusal::constraint("body", error.to_string()))),
    };
    let said = said.unwrap_or_else(|problem| Said::Refused(problem.error));
    let mut answer = serde_json::to_vec(&said)?;
    answer.push(b'\n');
    write.write_all(&answer).await
}

async fn say(asked: Ask, controller: &Controller) -> Result<Said, Problem> {
    let Ask { link, act } = asked;
    let (id, region) = find(&controller.state(), &link)?;
    let command = Command::Partner(id, act.into());
    match controller.ask(region, command).await? {
        Answer::Link(link) => Ok(Said::Link(Box::new(write::link(&link, controller.inventory())))),
        Answer::Policy(_) | Answer::Done => Err(Refusal::not_found(Resource::Link, &id).into()),
    }
}

fn find(state: &State, text: &str) -> Result<(LinkId, Region), Refusal> {
    let by_id = text.parse().ok().and_then(|id| state.link(id));
    let by_key = || {
        let wanted: PairingKey = text.parse().ok()?;
        state.links().find(|link| match link.host {
            Host::Partner { pairing_key, .. } => pairing_key == wanted,
            Host::Dedicated { .. } => false,
        })
    };
    let link = by_id.or_else(by_key);
    // What was asked may be a pairing key, which isn't repeated.
    let link = link.ok_or_else(|| Refusal::not_found(Resource::Link, &"with this id or pairing key"))?;
    Ok((link.id, link.region.clone()))
}

impl From<Act> for PartnerAct {
    fn from(act: Act) -> Self {
        match act {
            Act::Approve => Self::Approve,
            Act::Complete => Self::Complete,
            Act::Refuse { reason } => Self::Refuse { reason },
            Act::Delete => Self::Delete,
            Act::Lock => Self::Lock,
            Act::Unlock => Self::Unlock,
        }
    }
}
