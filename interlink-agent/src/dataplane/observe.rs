//! Reading back what the kernel holds.

use std::collections::BTreeMap;

use interlink_common::{Meta, map};
use interlink_core::domain::Vlan;
use interlink_core::name::InterfaceName;
use interlink_core::state::{Attachment, Interface, LinkState, ObservedNic};

use super::contents::Contents;
use super::edit::Found;
use super::entry::{self, Sets};
use super::error::{DataplaneError, Doing as _, KernelError};
use super::maps::{Loaded, Maps, Unusable};
use super::object::DIGEST;
use super::pins::{PinnedLink, Root};
use super::switch;
use super::{attach, nic, xdp};

/// Every NIC that holds something of ours, and every one whose place for XDP is taken by others.
///
/// Of what is pinned in a way that can't be used, [`Attachment::Absent`] is reported, together with `outdated`: there
/// is nothing to adopt, yet something of ours. If that is attached it is not reported as foreign.
pub(super) fn observe(
    root: &Root,
    interfaces: &BTreeMap<InterfaceName, Interface>,
    found: &mut BTreeMap<InterfaceName, Found>,
) -> Result<BTreeMap<InterfaceName, ObservedNic>, DataplaneError> {
    found.clear();
    let links = root.links()?;
    let mut nics = root.nics()?;
    nics.extend(
        interfaces
            .iter()
            .filter(|(_, interface)| interface.xdp_program.is_some())
            .map(|(name, _)| name.clone()),
    );
    let mut observed = BTreeMap::new();
    for nic in nics {
        let state = observe_nic(root, &links, &nic, interfaces.get(&nic), found)?;
        if state != ObservedNic::default() {
            observed.insert(nic, state);
        }
    }
    Ok(observed)
}

/// The links in a NIC's tables, given what those hold.
pub(super) fn links(maps: &Maps, contents: &Contents) -> Result<BTreeMap<Vlan, LinkState>, KernelError> {
    let (mut sets_v4, mut sets_v6) = (Sets::of(contents), Sets::of(contents));
    let mut links = BTreeMap::new();
    for (vlan, slot) in switch::slots(maps) {
        let entry = switch::entry(maps, slot)?;
        links.insert(vlan, entry::decode(entry.as_ref(), &mut sets_v4, &mut sets_v6));
    }
    Ok(links)
}

fn observe_nic(
    root: &Root,
    ours: &[PinnedLink],
    name: &InterfaceName,
    interface: Option<&Interface>,
    found: &mut BTreeMap<InterfaceName, Found>,
) -> Result<ObservedNic, KernelError> {
    let mut observed = ObservedNic::default();
    let attached = interface.and_then(|interface| {
        let program = interface.xdp_program?;
        Some((interface.index, program))
    });
    let link = attached.and_then(|(index, program)| {
        ours.iter()
            .find(|link| link.info.interface == index && link.info.program == program)
    });
    if let (None, Some((index, program))) = (link, attached) {
        // It may have been ours, and detached since the interfaces were read.
        let is_there = running(name, index)?.is_some_and(|running| running.program == program);
        observed.foreign = is_there.then(|| attach::foreign(program));
    }

    let pins = root.nic(name);
    match Loaded::open(&pins) {
        Ok(mut loaded) => {
            observed.attachment = match link {
                Some(link) if link.path == pins.link_path() && link.info.program == loaded.program_id => {
                    attachment(name, link)?
                }
                Some(_) | None => Attachment::Loaded,
            };
            observed.outdated = is_outdated(&loaded.maps)?;
            observed.settings = nic::read(&loaded.maps)?;
            let contents = Contents::read(&mut loaded.maps)?;
            observed.links = links(&loaded.maps, &contents)?;
            found.insert(name.clone(), Found { loaded, contents });
        }
        Err(Unusable::Broken(detail)) => {
            observed.outdated = !root.directories_of(name)?.is_empty();
            if observed.outdated {
                tracing::debug!(nic = %name, detail, "what is pinned can't be used");
            }
        }
        Err(Unusable::Kernel(error)) => return Err(error),
    }
    Ok(observed)
}

fn attachment(nic: &InterfaceName, link: &PinnedLink) -> Result<Attachment, KernelError> {
    Ok(running(nic, link.info.interface)?
        .filter(|running| running.program == link.info.program)
        .and_then(|running| running.mode)
        .map_or(Attachment::Loaded, Attachment::Attached))
}

/// What runs on an interface now; nothing where it went away since the interfaces were read.
fn running(nic: &InterfaceName, interface: u32) -> Result<Option<xdp::Running>, KernelError> {
    match xdp::running(interface) {
        Err(error) if error.is_gone() => Ok(None),
        running => running.doing(|| format!("asking what runs on {nic}")),
    }
}

fn is_outdated(maps: &Maps) -> Result<bool, KernelError> {
    let bytes = maps.meta.get(&0, 0).doing(|| format!("reading {}", map::META))?;
    Ok(Meta::from_bytes(&bytes) != Meta::new(DIGEST))
}
