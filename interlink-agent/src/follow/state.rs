//! What the API said last, in a file for the time when it is away.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use interlink_core::config::SourceSection;
use interlink_core::domain::Role;
use interlink_core::follow::{self as core, Remote};

use super::Standing;

/// What was kept of this API. A file that isn't there is no trouble, one that can't be used is.
pub(super) fn load(source: &SourceSection, role: Role) -> (Remote, Standing) {
    let path = Path::new(&source.state_file);
    match read(path) {
        Ok((kept, confirmed)) if kept.api_url == source.api_url && kept.region == source.region => {
            let standing = Standing {
                confirmed,
                ..Standing::default()
            };
            (Remote::restore(kept, role), standing)
        }
        Ok(_) => (Remote::default(), Standing::default()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (Remote::default(), Standing::default()),
        Err(error) => {
            let why = format!("what the API said last is lost: can't read {}: {error}", path.display());
            tracing::warn!("{why}");
            let standing = Standing {
                state_trouble: Some(why),
                ..Standing::default()
            };
            (Remote::default(), standing)
        }
    }
}

/// Writes the file, one at a time.
#[derive(Debug)]
pub(super) struct Kept {
    /// Two of them follow for a moment where one takes the place of the other.
    writing: Arc<Mutex<()>>,
    /// Whether the file holds what is believed: it may be another's, or from before.
    is_current: bool,
}

impl Kept {
    pub(super) const fn new(writing: Arc<Mutex<()>>) -> Self {
        Self {
            writing,
            is_current: false,
        }
    }

    /// What is believed is another than what the file holds.
    pub(super) const fn is_old(&mut self) {
        self.is_current = false;
    }

    /// Has the file hold what is believed, and when that was confirmed last, unless somebody else writes it by now.
    pub(super) fn keep(
        &mut self,
        source: &SourceSection,
        remote: &Remote,
        confirmed: Option<SystemTime>,
        is_replaced: impl FnOnce() -> bool,
    ) -> io::Result<()> {
        let path = Path::new(&source.state_file);
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if is_replaced() {
            return Ok(());
        }
        if self.is_current && path.exists() {
            return OpenOptions::new()
                .write(true)
                .open(path)?
                .set_modified(time_of(confirmed));
        }
        self.is_current = false;
        write(path, &remote.keep(&source.api_url, &source.region), confirmed)?;
        self.is_current = true;
        Ok(())
    }
}

/// Puts it in the place of what was kept before, in one step.
fn write(path: &Path, kept: &core::Kept, confirmed: Option<SystemTime>) -> io::Result<()> {
    let directory = path.parent().unwrap_or_else(|| Path::new("/"));
    fs::create_dir_all(directory)?;
    let beside = path.with_extension("new");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    let mut writer = BufWriter::new(file);
    serde_json::to_writer(&mut writer, kept)?;
    writer.flush()?;
    let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.set_modified(time_of(confirmed))?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    File::open(directory)?.sync_all()
}

/// The time of the file is when what it holds was confirmed; the epoch is never.
fn time_of(confirmed: Option<SystemTime>) -> SystemTime {
    confirmed.unwrap_or(SystemTime::UNIX_EPOCH)
}

fn read(path: &Path) -> io::Result<(core::Kept, Option<SystemTime>)> {
    let file = File::open(path)?;
    let at = file.metadata()?.modified()?;
    let confirmed = (at != SystemTime::UNIX_EPOCH).then_some(at);
    Ok((serde_json::from_reader(BufReader::new(file))?, confirmed))
}
