//! Attaching a NIC's program, and detaching it.

use std::io;
use std::os::fd::AsFd as _;

use interlink_core::name::InterfaceName;
use interlink_core::plan::{Hindrance, OpError};
use interlink_core::state::{AttachMode, ForeignProgram, Interface};

use super::error::{Doing as _, KernelError};
use super::maps::Loaded;
use super::pins::{self, PinnedLink, Root};
use super::{sys, xdp};

/// Runs every packet of a NIC through its loaded program.
///
/// A link of ours that is there already goes on with this program, with no packet in between; so does one that another
/// version made, or one that the NIC had under another name.
pub(super) fn attach(root: &Root, nic: &InterfaceName, mode: AttachMode, interface: &Interface) -> Result<(), OpError> {
    let loaded = Loaded::open(&root.nic(nic)).map_err(KernelError::from)?;
    let running = match xdp::running(interface.index) {
        Err(error) if error.is_gone() => return Err(OpError::NoInterface(nic.clone())),
        running => running.doing(|| format!("asking what runs on {nic}"))?,
    };
    match running {
        None => attach_anew(root, nic, mode, interface, &loaded)?,
        Some(running) => {
            let link = root
                .links()?
                .into_iter()
                .find(|link| link.info.interface == interface.index && link.info.program == running.program)
                .ok_or_else(|| OpError::ForeignProgram {
                    nic: nic.clone(),
                    program: foreign(running.program),
                })?;
            if let Some(attached) = running.mode.filter(|attached| *attached != mode) {
                return Err(OpError::ModeChange {
                    nic: nic.clone(),
                    attached,
                    wanted: mode,
                });
            }
            take_over(root, nic, &link, &loaded)?;
        }
    }
    if let Err(KernelError { doing, detail }) = tidy(root) {
        tracing::warn!(doing, detail, "what an earlier program left stays");
    }
    Ok(())
}

/// Detaches a NIC's program, of any version, and removes all that was pinned for it. Says whether packets still ran
/// through it.
pub(super) fn detach(root: &Root, nic: &InterfaceName) -> Result<bool, KernelError> {
    let mut was_attached = false;
    for directory in root.directories_of(nic)? {
        was_attached |= pins::detach_and_remove(&directory)?;
    }
    Ok(was_attached)
}

/// Who a program is.
pub(super) fn foreign(id: u32) -> ForeignProgram {
    let name = sys::open_program(id).and_then(|program| sys::program_info(program.as_fd()));
    ForeignProgram {
        id,
        name: name.map(|info| info.name).unwrap_or_default(),
    }
}

fn attach_anew(
    root: &Root,
    nic: &InterfaceName,
    mode: AttachMode,
    interface: &Interface,
    loaded: &Loaded,
) -> Result<(), OpError> {
    let pins = root.nic(nic);
    if let Some(link) = pins.link()? {
        root.retire(nic, &link)?;
    }
    pins::remove_file(&pins.link_path())?;
    let link = sys::create_link(loaded.program.as_fd(), interface.index, xdp::flags(mode))
        .map_err(|error| refused(nic, mode, interface, loaded, &error))?;
    let path = pins.link_path();
    sys::pin(link.as_fd(), &path).doing(|| format!("pinning {}", path.display()))?;
    Ok(())
}

/// Has a link of ours run a NIC's loaded program, with no packet in between.
pub(super) fn take_over(
    root: &Root,
    nic: &InterfaceName,
    link: &PinnedLink,
    loaded: &Loaded,
) -> Result<(), KernelError> {
    let path = root.nic(nic).link_path();
    if link.path != path {
        if let Some(other) = root.nic(nic).link()? {
            root.retire(nic, &other)?;
        }
        pins::rename(&link.path, &path)?;
    }
    if link.info.program != loaded.program_id {
        sys::update_link(link.fd.as_fd(), loaded.program.as_fd())
            .doing(|| format!("putting the program in the place of the one on {nic}"))?;
    }
    Ok(())
}

/// Removes what was retired, or is of another version, as far as no packet runs through it.
fn tidy(root: &Root) -> Result<(), KernelError> {
    for directory in root.old_directories()? {
        let (alive, dead): (Vec<_>, Vec<_>) = pins::links_in(&directory)?.into_iter().partition(PinnedLink::is_alive);
        for link in dead {
            pins::remove_file(&link.path)?;
        }
        if alive.is_empty() {
            pins::clear(&directory)?;
        }
    }
    Ok(())
}

fn refused(
    nic: &InterfaceName,
    mode: AttachMode,
    interface: &Interface,
    loaded: &Loaded,
    error: &io::Error,
) -> OpError {
    let refusal = || {
        let refused = xdp::refusal(interface.index, loaded.program.as_fd(), mode);
        refused.unwrap_or_else(|| io::Error::from_raw_os_error(error.raw_os_error().unwrap_or_default()).into())
    };
    match (error.raw_os_error(), mode) {
        (Some(libc::ENODEV), _) => OpError::NoInterface(nic.clone()),
        (Some(libc::EBUSY), _) if let Ok(Some(running)) = xdp::running(interface.index) => OpError::ForeignProgram {
            nic: nic.clone(),
            program: foreign(running.program),
        },
        (Some(libc::EPERM), _) => kernel(nic, mode, error.to_string()),
        // Some drivers also say so when queues are what they lack.
        (Some(libc::ENOMEM), _) if refusal().hindrance() != Hindrance::Queues => kernel(nic, mode, error.to_string()),
        (_, AttachMode::Native) => {
            let refused = refusal();
            OpError::NoNativeXdp {
                nic: nic.clone(),
                hindrance: refused.hindrance(),
                detail: refused.to_string(),
            }
        }
        (_, AttachMode::Generic) => kernel(nic, mode, refusal().to_string()),
    }
}

fn kernel(nic: &InterfaceName, mode: AttachMode, detail: String) -> OpError {
    OpError::Kernel {
        doing: format!("attaching the program to {nic} in {mode} mode"),
        detail,
    }
}
