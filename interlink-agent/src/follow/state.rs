//! What the API said last, in a file for the time when it is away.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::SystemTime;

use interlink_core::config::SourceSection;
use interlink_core::domain::Role;
use interlink_core::follow::{Kept, Remote};

use super::Standing;

/// What was kept of this API. A file that isn't there is no trouble, one that can't be used is.
pub(super) fn load(source: &SourceSection, role: Role) -> (Remote, Standing) {
    let path = Path::new(&source.state_file);
    match read(path) {
        Ok((kept, at)) if kept.api_url == source.api_url && kept.region == source.region => {
            let standing = Standing {
                confirmed: Some(at),
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

/// Puts it in the place of what was kept before, in one step.
pub(super) fn keep(path: &Path, kept: &Kept) -> io::Result<()> {
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
    writer
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_all()?;
    fs::rename(&beside, path)?;
    File::open(directory)?.sync_all()
}

/// Notes that what is kept was found to be so now.
pub(super) fn confirm(path: &Path) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .open(path)?
        .set_modified(SystemTime::now())
}

fn read(path: &Path) -> io::Result<(Kept, SystemTime)> {
    let file = File::open(path)?;
    let at = file.metadata()?.modified()?;
    Ok((serde_json::from_reader(BufReader::new(file))?, at))
}
