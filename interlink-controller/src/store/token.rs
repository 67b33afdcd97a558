//! Tokens: who may do what. Only their hashes are kept.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

use super::{StoreError, number, unsigned};
use crate::rules::Moment;

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// To read.
    ReadOnly,
    /// To read, and to report what an agent sees.
    Report,
    /// To do everything.
    Full,
}

/// What a token is called, to find it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenName(String);

/// The file's tokens, for who asks and who makes them. Writes here and by a running controller don't hinder each other.
#[derive(Debug)]
pub struct Tokens {
    connection: Connection,
}

/// Why a token isn't made or removed.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// SQLite says no.
    #[error("the tokens can't be read or written")]
    Sqlite(#[from] rusqlite::Error),
    /// The name is taken.
    #[error("there is a token named {0} already: remove it, or choose another name")]
    Taken(TokenName),
    /// There is none of the name.
    #[error("there is no token named {0}: `token list` shows what there is")]
    Unknown(TokenName),
}

/// A token in the list. The token itself is nowhere.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// What it is good for.
    pub scope: String,
    /// When it was made.
    pub created_at: Moment,
}

impl Tokens {
    /// Opens the file, and makes it if there is none.
    pub fn open(file: &Path, now: Moment) -> Result<Self, StoreError> {
        super::open(file, now).map(|(connection, _)| Self { connection })
    }

    /// What a token is good for; nothing if there is no such token.
    pub fn scope(&self, token: &str) -> Result<Option<Scope>, rusqlite::Error> {
        let find = "SELECT scope FROM tokens WHERE hash = ?1";
        let found = self
            .connection
            .query_row(find, params![hash(token)], |row| row.get::<_, String>(0));
        Ok(found.optional()?.and_then(|scope| scope.parse().ok()))
    }

    /// Adds a token.
    pub fn add(&self, name: &TokenName, scope: Scope, token: &str, now: Moment) -> Result<(), TokenError> {
        let insert = "INSERT INTO tokens (hash, name, scope, created_at) VALUES (?1, ?2, ?3, ?4)
                      ON CONFLICT (name) DO NOTHING";
        let row = params![hash(token), name.0, scope.as_str(), number(now.0)];
        match self.connection.execute(insert, row)? {
            0 => Err(TokenError::Taken(name.clone())),
            _ => Ok(()),
        }
    }

    /// Removes a token. It is refused from the next request on.
    pub fn remove(&self, name: &TokenName) -> Result<(), TokenError> {
        match self
            .connection
            .execute("DELETE FROM tokens WHERE name = ?1", params![name.0])?
        {
            0 => Err(TokenError::Unknown(name.clone())),
            _ => Ok(()),
        }
    }

    /// All of them, by name.
    pub fn list(&self) -> Result<Vec<Listed>, rusqlite::Error> {
        let mut all = self
            .connection
            .prepare("SELECT name, scope, created_at FROM tokens ORDER BY name")?;
        let rows = all.query_map([], |row| {
            Ok(Listed {
                name: row.get(0)?,
                scope: row.get(1)?,
                created_at: Moment(unsigned(row.get(2)?)),
            })
        })?;
        rows.collect()
    }

    /// Whether there is any.
    pub fn any(&self) -> Result<bool, rusqlite::Error> {
        let count = self
            .connection
            .query_row("SELECT count(*) FROM tokens", [], |row| row.get::<_, i64>(0))?;
        Ok(count > 0)
    }
}

impl Scope {
    /// As it is kept and typed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::Report => "report",
            Self::Full => "full",
        }
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "read-only" => Ok(Self::ReadOnly),
            "report" => Ok(Self::Report),
            "full" => Ok(Self::Full),
            other => Err(format!(
                "there is no scope {other:?}: the scopes are read-only, report, full"
            )),
        }
    }
}

impl FromStr for TokenName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const LONGEST: usize = 64;
        if text.is_empty() || text.len() > LONGEST || text.chars().any(char::is_control) {
            return Err(format!("a name has 1 to {LONGEST} bytes, and no control characters"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A token is 122 random bits, so that a plain hash of it can't be searched.
fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
