//! What is pinned where.
//!
//! Below the BPF file system's mount point:
//!
//! ```text
//! interlink/                  locked by the one agent
//! interlink/v1/NIC/           `link`, `program` and the maps of a NIC; the number is that of the ABI
//! interlink/retired/NIC/ID    links that are alive and not, or not yet, the NIC's own
//! interlink/new/NIC/          being built
//! interlink/stripped/NIC/     what was turned off on the NIC, to be turned on again; no pins
//! ```
//!
//! A retired link goes on enforcing what it enforced: it is that of an unusable directory until the program that
//! replaces it is attached, or that of a NIC whose name went to another.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use interlink_common::ABI_VERSION;
use interlink_core::name::InterfaceName;
use rustix::fs::FlockOperation;
use rustix::io::Errno;

use super::error::{DataplaneError, Doing as _, KernelError};
use super::sys::{self, LinkInfo};

/// The name of the pin that holds an attachment.
const LINK: &str = "link";
/// The name of the program's pin.
const PROGRAM: &str = "program";

const ROOT: &str = "interlink";
const RETIRED: &str = "retired";
const NEW: &str = "new";
const STRIPPED: &str = "stripped";

/// Our directory, held by this process alone.
#[derive(Debug)]
pub(super) struct Root {
    path: PathBuf,
    _lock: File,
}

/// The directory of one NIC.
#[derive(Clone, Debug)]
pub(super) struct NicPins {
    /// Where it is.
    pub(super) directory: PathBuf,
}

/// A pinned XDP link.
#[derive(Debug)]
pub(super) struct PinnedLink {
    /// The pin.
    pub(super) path: PathBuf,
    /// The link itself.
    pub(super) fd: OwnedFd,
    /// What the kernel says of it.
    pub(super) info: LinkInfo,
}

impl Root {
    /// Takes the directory below the mount point of a BPF file system, and makes it if it isn't there.
    pub(super) fn hold(bpffs: &Path) -> Result<Self, DataplaneError> {
        let path = bpffs.join(ROOT);
        loop {
            make(&path)?;
            let lock = File::open(&path).doing(|| format!("opening {}", path.display()))?;
            match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => return Err(DataplaneError::Held { path }),
                Err(error) => return Err(error).doing(|| format!("locking {}", path.display()))?,
            }
            // Who held it before may have removed it in between, and the lock would be on what nobody else can find.
            let locked = lock.metadata().doing(|| format!("reading {}", path.display()))?;
            if fs::metadata(&path).is_ok_and(|found| found.ino() == locked.ino()) {
                return Ok(Self { path, _lock: lock });
            }
        }
    }

    /// The directory of a NIC.
    pub(super) fn nic(&self, nic: &InterfaceName) -> NicPins {
        NicPins {
            directory: self.path.join(current()).join(file_name(nic)),
        }
    }

    /// Where a NIC's directory is built.
    pub(super) fn new_nic(&self, nic: &InterfaceName) -> NicPins {
        NicPins {
            directory: self.path.join(NEW).join(file_name(nic)),
        }
    }

    /// The NICs that anything is pinned for.
    pub(super) fn nics(&self) -> Result<BTreeSet<InterfaceName>, KernelError> {
        let mut nics = BTreeSet::new();
        for area in self.areas()?.iter().filter(|area| !area.ends_with(NEW)) {
            nics.extend(entries(area)?.iter().filter_map(|path| interface_name(path)));
        }
        Ok(nics)
    }

    /// The NICs' directories that aren't what they are run by.
    pub(super) fn old_directories(&self) -> Result<Vec<PathBuf>, KernelError> {
        let mut directories = self.directories()?;
        directories.retain(|path| !path.starts_with(self.path.join(current())));
        Ok(directories)
    }

    /// The NICs' directories, whatever version or purpose they are of.
    pub(super) fn directories(&self) -> Result<Vec<PathBuf>, KernelError> {
        let mut directories = Vec::new();
        for area in self.areas()? {
            directories.extend(entries(&area)?);
        }
        Ok(directories)
    }

    /// The directories of one NIC, whatever version or purpose they are of.
    pub(super) fn directories_of(&self, nic: &InterfaceName) -> Result<Vec<PathBuf>, KernelError> {
        let mut directories = self.directories()?;
        directories.retain(|path| interface_name(path).as_ref() == Some(nic));
        Ok(directories)
    }

    /// Every link of ours, of any version.
    pub(super) fn links(&self) -> Result<Vec<PinnedLink>, KernelError> {
        let mut links = Vec::new();
        for directory in self.directories()? {
            links.extend(links_in(&directory)?);
        }
        Ok(links)
    }

    /// Where it is noted what was turned off on a NIC.
    pub(super) fn stripped(&self, nic: &InterfaceName) -> PathBuf {
        self.path.join(STRIPPED).join(file_name(nic))
    }

    /// The NICs on which something was turned off.
    pub(super) fn stripped_nics(&self) -> Result<Vec<InterfaceName>, KernelError> {
        let noted = entries(&self.path.join(STRIPPED))?;
        Ok(noted.iter().filter_map(|path| interface_name(path)).collect())
    }

    /// Moves a link that is alive out of the way of another; removes a dead one.
    pub(super) fn retire(&self, nic: &InterfaceName, link: &PinnedLink) -> Result<(), KernelError> {
        if !link.is_alive() {
            return remove_file(&link.path);
        }
        let directory = self.path.join(RETIRED).join(file_name(nic));
        make(&directory)?;
        rename(&link.path, &directory.join(link.info.id.to_string()))
    }

    /// The directories of directories of pins.
    fn areas(&self) -> Result<Vec<PathBuf>, KernelError> {
        let mut areas = entries(&self.path)?;
        areas.retain(|area| !area.ends_with(STRIPPED));
        Ok(areas)
    }

    /// Removes the directory itself, which must be empty by then.
    pub(super) fn remove(self) -> Result<(), KernelError> {
        for area in entries(&self.path)? {
            remove_directory(&area)?;
        }
        remove_directory(&self.path)
    }
}

impl Drop for Root {
    /// Who pinned nothing leaves nothing.
    fn drop(&mut self) {
        for area in entries(&self.path).unwrap_or_default() {
            drop(fs::remove_dir(area));
        }
        drop(fs::remove_dir(&self.path));
    }
}

impl NicPins {
    /// The pin of the attachment.
    pub(super) fn link_path(&self) -> PathBuf {
        self.directory.join(LINK)
    }

    /// The pin of the program.
    pub(super) fn program_path(&self) -> PathBuf {
        self.directory.join(PROGRAM)
    }

    /// The pin of a map.
    pub(super) fn map_path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The pin of the attachment, if it is there.
    pub(super) fn link(&self) -> Result<Option<PinnedLink>, KernelError> {
        open_link(&self.link_path())
    }

    /// Makes the directory, empty.
    pub(super) fn make_anew(&self) -> Result<(), KernelError> {
        clear(&self.directory)?;
        make(&self.directory)
    }
}

impl PinnedLink {
    /// Whether packets run through it.
    pub(super) const fn is_alive(&self) -> bool {
        self.info.interface != 0
    }
}

/// The NICs that this version has pinned something for below a mount point, whoever holds it.
pub(super) fn current_nics(bpffs: &Path) -> Result<Vec<(InterfaceName, NicPins)>, KernelError> {
    let directories = entries(&bpffs.join(ROOT).join(current()))?.into_iter();
    Ok(directories
        .filter_map(|directory| Some((interface_name(&directory)?, NicPins { directory })))
        .collect())
}

/// The links in a NIC's directory.
pub(super) fn links_in(directory: &Path) -> Result<Vec<PinnedLink>, KernelError> {
    let is_retired = directory
        .parent()
        .is_some_and(|area| area.file_name().is_some_and(|name| name == RETIRED));
    let mut links = Vec::new();
    for path in entries(directory)? {
        if is_retired || path.ends_with(LINK) {
            links.extend(open_link(&path)?);
        }
    }
    Ok(links)
}

/// The NIC that a directory of pins is for.
pub(super) fn interface_name(directory: &Path) -> Option<InterfaceName> {
    let name = directory.file_name()?.to_str()?;
    InterfaceName::new(&name.replace(':', ".")).ok()
}

/// Detaches what is attached by a directory, and removes it with all that it pins. Says whether packets still ran
/// through it.
pub(super) fn detach_and_remove(directory: &Path) -> Result<bool, KernelError> {
    let mut was_attached = false;
    for link in links_in(directory)? {
        if link.is_alive() {
            sys::detach_link(link.fd.as_fd()).doing(|| format!("detaching {}", link.path.display()))?;
            was_attached = true;
        }
        remove_file(&link.path)?;
    }
    clear(directory)?;
    Ok(was_attached)
}

/// Removes a directory that pins no link which is alive, with all that it pins.
pub(super) fn clear(directory: &Path) -> Result<(), KernelError> {
    for path in entries(directory)? {
        remove_file(&path)?;
    }
    remove_directory(directory)
}

/// Moves a pin, over another if there is one.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), KernelError> {
    fs::rename(from, to).doing(|| format!("moving {} to {}", from.display(), to.display()))
}

/// Makes a directory of pins and those above it, for root alone.
pub(super) fn make(directory: &Path) -> Result<(), KernelError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .doing(|| format!("making {}", directory.display()))
}

/// Removes a pin, if it is there.
pub(super) fn remove_file(path: &Path) -> Result<(), KernelError> {
    unless_gone(fs::remove_file(path)).doing(|| format!("removing {}", path.display()))
}

/// Removes an empty directory, if it is there.
pub(super) fn remove_directory(path: &Path) -> Result<(), KernelError> {
    unless_gone(fs::remove_dir(path)).doing(|| format!("removing {}", path.display()))
}

fn unless_gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Ok(()) | Err(_) => result,
    }
}

fn open_link(path: &Path) -> Result<Option<PinnedLink>, KernelError> {
    let doing = || format!("reading the link {}", path.display());
    let fd = match sys::open_pin(path) {
        Ok(fd) => fd,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).doing(doing),
    };
    let info = match sys::link_info(fd.as_fd()) {
        Ok(info) => info,
        // What somebody else pinned there attaches nothing of ours.
        Err(error) if error.kind() == ErrorKind::InvalidData => return Ok(None),
        Err(error) => return Err(error).doing(doing),
    };
    Ok(Some(PinnedLink {
        path: path.into(),
        fd,
        info,
    }))
}

/// What is in a directory, sorted; nothing where there is none.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, KernelError> {
    let doing = || format!("reading {}", directory.display());
    let mut paths = match fs::read_dir(directory) {
        Ok(entries) => entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<Vec<_>>>()
            .doing(doing)?,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error).doing(doing),
    };
    paths.sort_unstable();
    Ok(paths)
}

fn current() -> String {
    format!("v{ABI_VERSION}")
}

/// A BPF file system takes no dots in names, and the kernel no colons in those of interfaces.
fn file_name(nic: &InterfaceName) -> String {
    nic.as_str().replace('.', ":")
}
