//! The file system that keeps what we pinned alive.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::mount::{MountFlags, UnmountFlags};

use super::error::{DataplaneError, Doing as _};

/// `BPF_FS_MAGIC` of linux/magic.h.
const MAGIC: u32 = 0xcafe_4a11;

/// Mounts a BPF file system at a directory, unless one is there, and makes sure that it outlives this process.
pub(super) fn ensure(path: &Path) -> Result<(), DataplaneError> {
    let mounted_here = if is_mounted(path)? {
        false
    } else {
        mount(path)?;
        tracing::info!(path = %path.display(), "mounted a BPF file system");
        true
    };
    if outlives_us(path)? {
        return Ok(());
    }
    if mounted_here {
        rustix::mount::unmount(path, UnmountFlags::empty()).doing(|| format!("unmounting {}", path.display()))?;
    }
    Err(DataplaneError::PrivateBpffs { path: path.into() })
}

/// Whether a BPF file system is mounted at a directory.
pub(super) fn is_mounted(path: &Path) -> Result<bool, DataplaneError> {
    match rustix::fs::statfs(path) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the number has 32 bits in a field of the machine's width"
        )]
        Ok(found) => Ok(found.f_type as u32 == MAGIC),
        Err(rustix::io::Errno::NOENT) => Ok(false),
        Err(error) => Err(DataplaneError::Kernel {
            doing: format!("looking for a BPF file system at {}", path.display()),
            detail: error.to_string(),
        }),
    }
}

fn mount(path: &Path) -> Result<(), DataplaneError> {
    let refused = |detail: String| DataplaneError::NoBpffs {
        path: path.into(),
        detail,
    };
    let mut content = fs::read_dir(path).map_err(|error| refused(error.to_string()))?;
    if content.next().is_some() {
        return Err(refused("the directory isn't empty".to_owned()));
    }
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC | MountFlags::RELATIME;
    rustix::mount::mount("bpf", path, "bpf", flags, c"mode=0700").map_err(|error| refused(error.to_string()))
}

/// Whether process 1 sees the file system too.
///
/// A mount that only a private namespace has ends with the namespace's last process. Device numbers tell file systems
/// apart whatever path they are mounted at. Where process 1 keeps its mounts to itself there is no telling.
fn outlives_us(path: &Path) -> Result<bool, DataplaneError> {
    let device = fs::metadata(path)
        .doing(|| format!("reading {}", path.display()))?
        .dev();
    let device = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
    match fs::read_to_string("/proc/1/mountinfo") {
        Ok(mounts) => Ok(mounts
            .lines()
            .any(|line| line.split(' ').nth(2) == Some(device.as_str()))),
        Err(error) => {
            warn_untold(path, &error);
            Ok(true)
        }
    }
}

fn warn_untold(path: &Path, error: &io::Error) {
    tracing::warn!(
        path = %path.display(),
        %error,
        "can't tell whether the BPF file system outlives the agent, as /proc/1/mountinfo can't be read"
    );
}
