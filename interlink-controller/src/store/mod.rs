//! What is kept: one SQLite file.
//!
//! A commit is on the disk before it returns: the journal is written ahead, and flushed each time. Each object is one
//! row, with the number of its last change; that of an object that is gone stays, without a body, so that followers
//! hear of it.

mod token;

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::rules::{Change, LinkId, Moment, Object, PolicyId, Sequence, State};

pub use token::{Scope, TokenError, TokenName, Tokens};

/// The layout of the tables. Another one is refused, not guessed at.
const LAYOUT: u32 = 1;

/// How long a command waits for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

const TABLES: &str = "
    CREATE TABLE controller (created_at INTEGER NOT NULL) STRICT;
    CREATE TABLE objects (
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        body TEXT,
        PRIMARY KEY (kind, id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE learned (link TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE tokens (
        hash BLOB PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        scope TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// The file, opened.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    /// When the file was made.
    created_at: Moment,
}

/// Why the file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite says no.
    #[error("{}: {doing}", .file.display())]
    Sqlite {
        /// The file.
        file: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// In its words.
        source: rusqlite::Error,
    },
    /// The system says no.
    #[error("{}: cannot open it: its directory has to be there and writable", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// In its words.
        source: std::io::Error,
    },
    /// Another version wrote it.
    #[error("{}: its tables are of layout {found}, this version has {LAYOUT}: use the version that made it", .file.display())]
    Layout {
        /// The file.
        file: PathBuf,
        /// Its layout.
        found: u32,
    },
    /// A row isn't what was written.
    #[error("{}: {kind} {id} can't be read: restore the file from a copy", .file.display())]
    Row {
        /// The file.
        file: PathBuf,
        /// Of what.
        kind: String,
        /// Which.
        id: String,
        /// Why.
        source: serde_json::Error,
    },
}

impl Store {
    /// Opens the file, and makes it if there is none.
    pub fn open(file: &Path, now: Moment) -> Result<Self, StoreError> {
        open(file, now).map(|(connection, created_at)| Self { connection, created_at })
    }

    /// When the file was made.
    pub const fn created_at(&self) -> Moment {
        self.created_at
    }

    /// Everything that it holds.
    pub fn load(&self) -> Result<State, StoreError> {
        let mut state = State::default();
        for (sequence, change) in self.rows()? {
            state.apply(sequence, &[change]);
        }
        Ok(state)
    }

    /// Keeps changes under their number: all of them, or none. When it returns they outlive the machine's power.
    pub fn commit(&mut self, sequence: Sequence, changes: &[Change]) -> Result<(), StoreError> {
        let file = self.file();
        let failed = |source| StoreError::Sqlite {
            file: file.clone(),
            doing: "cannot write a change: see that its disk has room and works",
            source,
        };
        let transaction = self.connection.transaction().map_err(failed)?;
        for change in changes {
            write(&transaction, sequence, change).map_err(failed)?;
        }
        transaction.commit().map_err(failed)
    }

    fn rows(&self) -> Result<Vec<(Sequence, Change)>, StoreError> {
        let failed = |source| StoreError::Sqlite {
            file: self.file(),
            doing: "cannot read it",
            source,
        };
        let mut changes = Vec::new();
        let mut objects = self
            .connection
            .prepare("SELECT kind, id, sequence, body FROM objects")
            .map_err(failed)?;
        let mut rows = objects.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let kind: String = row.get(0).map_err(failed)?;
            let id: String = row.get(1).map_err(failed)?;
            let sequence = unsigned(row.get(2).map_err(failed)?);
            let body: Option<String> = row.get(3).map_err(failed)?;
            let unreadable = |source| StoreError::Row {
                file: self.file(),
                kind: kind.clone(),
                id: id.clone(),
                source,
            };
            changes.push((sequence, read(&kind, &id, body.as_deref()).map_err(unreadable)?));
        }
        let mut learned = self
            .connection
            .prepare(
                "SELECT learned.link, objects.sequence, learned.body FROM learned
                 JOIN objects ON objects.kind = 'link' AND objects.id = learned.link",
            )
            .map_err(failed)?;
        let mut rows = learned.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let id: String = row.get(0).map_err(failed)?;
            let sequence = unsigned(row.get(1).map_err(failed)?);
            let body: String = row.get(2).map_err(failed)?;
            let change = parse_id(&id).and_then(|link| Ok(Change::Learned(LinkId(link), Arc::new(json(&body)?))));
            let unreadable = |source| StoreError::Row {
                file: self.file(),
                kind: "the learned routes of link".to_owned(),
                id: id.clone(),
                source,
            };
            changes.push((sequence, change.map_err(unreadable)?));
        }
        Ok(changes)
    }

    fn file(&self) -> PathBuf {
        self.connection.path().unwrap_or_default().into()
    }
}

/// Opens the file, sets what every connection needs, and sees that its tables are ours.
fn open(file: &Path, now: Moment) -> Result<(Connection, Moment), StoreError> {
    let failed = |doing| {
        move |source| StoreError::Sqlite {
            file: file.to_owned(),
            doing,
            source,
        }
    };
    // It holds pairing keys, and what SQLite puts beside it takes its mode.
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(file)
        .map_err(|source| StoreError::File {
            file: file.to_owned(),
            source,
        })?;
    let mut connection =
        Connection::open(file).map_err(failed("cannot open it: its directory has to be there and writable"))?;
    let setting = failed("cannot use it as a database");
    connection.busy_timeout(BUSY).map_err(&setting)?;
    connection
        .query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))
        .map_err(&setting)?;
    connection
        .execute_batch("PRAGMA synchronous = FULL")
        .map_err(&setting)?;

    let making = failed("cannot make its tables");
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(&making)?;
    let layout: u32 = transaction
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(&making)?;
    match layout {
        0 => {
            transaction.execute_batch(TABLES).map_err(&making)?;
            transaction
                .execute(
                    "INSERT INTO controller (created_at) VALUES (?1)",
                    params![number(now.0)],
                )
                .map_err(&making)?;
            transaction
                .execute_batch(&format!("PRAGMA user_version = {LAYOUT}"))
                .map_err(&making)?;
        }
        LAYOUT => {}
        found => {
            return Err(StoreError::Layout {
                file: file.to_owned(),
                found,
            });
        }
    }
    let created_at: Option<i64> = transaction
        .query_row("SELECT created_at FROM controller", [], |row| row.get(0))
        .optional()
        .map_err(&making)?;
    transaction.commit().map_err(&making)?;
    Ok((connection, created_at.map_or(now, |micros| Moment(unsigned(micros)))))
}

fn write(transaction: &Transaction<'_>, sequence: Sequence, change: &Change) -> rusqlite::Result<()> {
    let (kind, id) = match change.object() {
        Object::Link(LinkId(id)) => ("link", id),
        Object::Policy(PolicyId(id)) => ("policy", id),
    };
    let id = id.to_string();
    let sequence = number(sequence);
    let body = match change {
        Change::Link(link) => Some(text(&**link)?),
        Change::Policy(policy) => Some(text(&**policy)?),
        Change::LinkGone(_) => {
            transaction.execute("DELETE FROM learned WHERE link = ?1", params![id])?;
            None
        }
        Change::PolicyGone(_) => None,
        Change::Learned(_, learned) => {
            transaction.execute(
                "INSERT INTO learned (link, body) VALUES (?1, ?2)
                 ON CONFLICT (link) DO UPDATE SET body = excluded.body",
                params![id, text(&**learned)?],
            )?;
            let update = "UPDATE objects SET sequence = ?3 WHERE kind = ?1 AND id = ?2";
            return transaction.execute(update, params![kind, id, sequence]).map(drop);
        }
    };
    transaction
        .execute(
            "INSERT INTO objects (kind, id, sequence, body) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (kind, id) DO UPDATE SET sequence = excluded.sequence, body = excluded.body",
            params![kind, id, sequence, body],
        )
        .map(drop)
}

fn read(kind: &str, id: &str, body: Option<&str>) -> Result<Change, serde_json::Error> {
    match (kind, body) {
        ("link", Some(body)) => Ok(Change::Link(Arc::new(json(body)?))),
        ("link", None) => Ok(Change::LinkGone(LinkId(parse_id(id)?))),
        ("policy", Some(body)) => Ok(Change::Policy(Arc::new(json(body)?))),
        ("policy", None) => Ok(Change::PolicyGone(PolicyId(parse_id(id)?))),
        (other, _) => Err(serde::de::Error::custom(format!(
            "there is no kind of object {other:?}"
        ))),
    }
}

fn parse_id(id: &str) -> Result<uuid::Uuid, serde_json::Error> {
    uuid::Uuid::try_parse(id).map_err(serde::de::Error::custom)
}

fn json<T: DeserializeOwned>(body: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(body)
}

fn text<T: Serialize>(body: &T) -> rusqlite::Result<String> {
    serde_json::to_string(body).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// SQLite's integers have a sign. Neither sequences nor microseconds come near it.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
