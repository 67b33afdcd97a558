//! The configuration file as a source of intent.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interlink_core::config::{Config, ConfigErrors};
use tokio::time::{Interval, MissedTickBehavior};

/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Why a file gives no configuration.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It can't be read.
    #[error("can't read {}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// It has mistakes.
    #[error("{}", errors.lines(&path.display().to_string()).trim_end())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// All of them.
        errors: ConfigErrors,
    },
}

/// Reads and checks a file.
pub fn read(path: &Path) -> Result<Config, SourceError> {
    let text = std::fs::read_to_string(path).map_err(|cause| SourceError::Unreadable {
        path: path.to_owned(),
        cause,
    })?;
    parse(path, &text)
}

/// Checks a text that stands, or is to stand, in a file.
pub fn parse(path: &Path, text: &str) -> Result<Config, SourceError> {
    Config::parse(text).map_err(|errors| SourceError::Invalid {
        path: path.to_owned(),
        errors,
    })
}

/// What tells one content of a file from the next, as far as the directory knows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mark {
    File {
        device: u64,
        inode: u64,
        size: u64,
        modified: (i64, i64),
        changed: (i64, i64),
    },
    Unreadable(io::ErrorKind),
}

/// Watches a file, also one that is replaced by another of its name or reached through a symbolic link.
#[derive(Debug)]
pub struct Watch {
    path: PathBuf,
    taken: Mark,
    last_seen: Mark,
    looks: Interval,
}

impl Watch {
    /// Watches for changes from now on. Needs a runtime of tokio around it.
    pub fn new(path: PathBuf) -> Self {
        let taken = mark(&path);
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            path,
            last_seen: taken.clone(),
            taken,
            looks,
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until the file is another than at the last call, and has stopped changing: a file that is being written
    /// may be a valid one that lacks its end. A call that is given up loses nothing.
    pub async fn changed(&mut self) {
        loop {
            self.looks.tick().await;
            let seen = mark(&self.path);
            let settled = seen == self.last_seen;
            self.last_seen = seen;
            if settled && self.last_seen != self.taken {
                self.taken = self.last_seen.clone();
                return;
            }
        }
    }

    /// Takes the file as it is for known.
    pub fn take(&mut self) {
        self.taken = mark(&self.path);
    }
}

fn mark(path: &Path) -> Mark {
    match std::fs::metadata(path) {
        Ok(file) => Mark::File {
            device: file.dev(),
            inode: file.ino(),
            size: file.size(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        },
        Err(error) => Mark::Unreadable(error.kind()),
    }
}
