//! Having a NIC leave the VLAN tags in frames, and giving it back as it was.
//!
//! What was turned off is noted in our directory first, as one empty directory for each feature: a BPF file system
//! holds nothing else that is small. So it is turned on again by whoever unloads, however long after.

use std::path::Path;

use interlink_core::name::InterfaceName;
use interlink_core::plan::OpError;
use interlink_core::state::TagStripping;

use super::error::{Doing as _, KernelError};
use super::ethtool::{self, FEATURES, Stripping};
use super::pins::{self, Root};
use super::xdp::Refused;

/// Whether an interface takes tags out of frames. Where the kernel can't be asked, what it would do is unknown, and
/// [`TagStripping::Off`] is said.
pub fn tag_stripping(interface: &InterfaceName) -> TagStripping {
    match Stripping::of(interface) {
        Ok(stripping) => stripping.state(),
        Err(error) => {
            tracing::debug!(%interface, %error, "can't tell whether it strips VLAN tags");
            TagStripping::Off
        }
    }
}

/// Has a NIC leave tags in frames from now on.
pub(super) fn keep(root: &Root, nic: &InterfaceName) -> Result<(), OpError> {
    let refused = |error: &Refused| OpError::TagsStripped {
        nic: nic.clone(),
        detail: error.to_string(),
    };
    let before = Stripping::of(nic).map_err(|error| refused(&error))?;
    for feature in &before.active {
        pins::make(&root.stripped(nic).join(feature))?;
    }
    ethtool::set(nic, &before.active, false).map_err(|error| refused(&error))?;
    let after = Stripping::of(nic).map_err(|error| refused(&error))?;
    if !after.active.is_empty() {
        return Err(OpError::TagsStripped {
            nic: nic.clone(),
            detail: format!("{} stays on", after.active.join(" and ")),
        });
    }
    tracing::info!(%nic, features = before.active.join(" "), "turned off what takes VLAN tags out of frames");
    Ok(())
}

/// Gives a NIC back what was turned off, if anything was, and if it is still there.
pub(super) fn give_back(root: &Root, nic: &InterfaceName) -> Result<(), KernelError> {
    let noted = root.stripped(nic);
    let features: Vec<_> = FEATURES
        .into_iter()
        .filter(|feature| noted.join(feature).is_dir())
        .collect();
    if !features.is_empty() {
        match ethtool::set(nic, &features, true) {
            Err(error) if error.is_gone() => {}
            result => result.doing(|| format!("turning {} of {nic} on again", features.join(" and ")))?,
        }
    }
    forget(&noted)
}

fn forget(noted: &Path) -> Result<(), KernelError> {
    for feature in FEATURES {
        pins::remove_directory(&noted.join(feature))?;
    }
    pins::remove_directory(noted)
}
