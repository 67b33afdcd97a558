//! Leaving the machine as it was found.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::DataplaneError;
use super::pins::{self, Root};
use super::{bpffs, check_capabilities, tags};

/// A NIC that nothing of ours is pinned for any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unloaded {
    /// Its name.
    pub nic: String,
    /// Whether packets ran through our program up to then.
    pub was_attached: bool,
}

/// Detaches all that is ours below the mount point of a BPF file system, of every version, and removes it. Refused
/// while an agent runs, which would put it back. `first` is done before, while the packets are still judged; where it
/// fails, nothing else is.
///
/// The file system itself stays mounted, whoever did that: others may have pinned to it since.
pub fn unload_all<R, E: From<DataplaneError>>(
    bpffs: &Path,
    first: impl FnOnce() -> Result<R, E>,
) -> Result<(R, Vec<Unloaded>), E> {
    check_capabilities()?;
    if !bpffs::is_mounted(bpffs)? {
        return Ok((first()?, Vec::new()));
    }
    let root = Root::hold(bpffs)?;
    let done_first = first()?;
    Ok((done_first, remove(root)?))
}

fn remove(root: Root) -> Result<Vec<Unloaded>, DataplaneError> {
    let mut unloaded = BTreeMap::new();
    for directory in root.directories()? {
        let was_attached = pins::detach_and_remove(&directory)?;
        if let Some(nic) = pins::interface_name(&directory) {
            *unloaded.entry(nic).or_insert(false) |= was_attached;
        }
    }
    for nic in root.stripped_nics()? {
        tags::give_back(&root, &nic)?;
    }
    root.remove()?;
    let unloaded = unloaded.into_iter().map(|(nic, was_attached)| Unloaded {
        nic: nic.as_str().to_owned(),
        was_attached,
    });
    Ok(unloaded.collect())
}
