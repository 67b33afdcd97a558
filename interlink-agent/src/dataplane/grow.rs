//! Room for more links.

use aya::maps::PerCpuValues;
use interlink_common::{MOST_LINKS, Reason, SLOTS_PER_LINK, Traffic, counter_index, map};
use interlink_core::name::InterfaceName;
use interlink_core::table::TableChoice;

use super::contents::Contents;
use super::error::{Doing as _, KernelError};
use super::grace::GracePeriod;
use super::maps::{Loaded, Maps};
use super::pins::Root;
use super::{attach, load, nic, observe, slots, switch};

/// How many times as many links there is room for then.
const GROWTH: u32 = 4;

/// Gives a NIC's tables room for more links: program and maps are made anew beside, with all that the old ones hold, and
/// put in their place by one update of the link. What is counted in the moment of that update is lost.
///
/// If the agent dies on the way the old ones go on, and what comes of it is what comes of an attachment that was cut
/// short.
pub(super) fn grow(
    root: &Root,
    name: &InterfaceName,
    mut old: Loaded,
    grace: &mut GracePeriod,
    choice: TableChoice,
) -> Result<Loaded, KernelError> {
    let capacity = (old.maps.capacity * GROWTH).min(MOST_LINKS);
    tracing::info!(nic = %name, links = capacity - 1, "making room for more links");
    let building = load::build(root, name, capacity)?;
    let mut new = Loaded::open(&building)?;
    nic::set(&new.maps, nic::read(&old.maps)?)?;
    let contents = Contents::read(&mut old.maps)?;
    for (vlan, state) in observe::links(&old.maps, &contents)? {
        switch::set_link(&mut new.maps, grace, vlan, &state, choice)?;
    }
    copy_counters(&old.maps, &mut new.maps)?;
    load::publish(root, name, &building)?;
    let mut links = root.links()?.into_iter();
    if let Some(link) = links.find(|link| link.is_alive() && link.info.program == old.program_id) {
        attach::take_over(root, name, &link, &new)?;
    }
    Ok(new)
}

fn copy_counters(old: &Maps, new: &mut Maps) -> Result<(), KernelError> {
    let to = switch::slots(new);
    let from = switch::slots(old).into_iter();
    let links = from.filter(|(_, slot)| slots::is_a_links(*slot, old.capacity));
    let pairs = links.filter_map(|(vlan, slot)| Some((slot, *to.get(&vlan)?)));
    for (from, to) in pairs.chain([(0, 0)]) {
        for traffic in Traffic::ALL {
            for reason in Reason::ALL.iter().copied() {
                let doing = || format!("copying {}", map::COUNTERS);
                let index = |slot| counter_index(slot / SLOTS_PER_LINK * SLOTS_PER_LINK, traffic, reason);
                let counted = old.counters.get(&index(from), 0).doing(doing)?;
                let values = PerCpuValues::try_from(counted.to_vec()).doing(doing)?;
                new.counters.set(index(to), values, 0).doing(doing)?;
            }
        }
    }
    Ok(())
}
