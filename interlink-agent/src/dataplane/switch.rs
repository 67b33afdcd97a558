//! Switching a link from one state to the next.
//!
//! The next state is written beside the one in use, under table ids and into a slot that nothing points to. One store
//! of the slot's number is the switch. What the old state alone used is removed when no packet can be judged by it.

use std::collections::BTreeMap;
use std::io;

use aya::maps::PerCpuValues;
use aya::util::nr_cpus;
use interlink_common::{LinkEntry, Reason, Traffic, VLAN_IDS, counter_index, map};
use interlink_core::domain::Vlan;
use interlink_core::state::LinkState;
use interlink_core::table::TableChoice;

use super::contents::Contents;
use super::entry::{self, EntrySets};
use super::error::{Doing as _, KernelError};
use super::grace::GracePeriod;
use super::maps::Maps;
use super::slots::{self, Place};

/// Why a link isn't switched; its old state goes on.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Each slot is taken.
    NoRoom,
    /// The kernel said no.
    Kernel(KernelError),
}

impl From<KernelError> for Refusal {
    fn from(error: KernelError) -> Self {
        Self::Kernel(error)
    }
}

impl From<Refusal> for KernelError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Kernel(error) => error,
            Refusal::NoRoom => Self {
                doing: format!("looking for room in {}", map::LINKS),
                detail: "every VLAN id has a link".to_owned(),
            },
        }
    }
}

/// Switches a link to a state.
pub(super) fn set_link(
    maps: &mut Maps,
    grace: &mut GracePeriod,
    vlan: Vlan,
    state: &LinkState,
    choice: TableChoice,
) -> Result<(), Refusal> {
    let slots = slots(maps);
    let Some(place) = slots::place(&slots, vlan, maps.capacity) else {
        return Err(Refusal::NoRoom);
    };
    let old = match slots.get(&vlan) {
        Some(slot) => entry(maps, *slot)?,
        None => None,
    };
    let mut contents = Contents::read(maps)?;
    grace.settle()?;
    contents.sweep(maps)?;

    let done = contents
        .store(maps, old.as_ref().map(EntrySets::from), state, choice)
        .and_then(|sets| prepare(maps, place, &entry::encode(state, sets)))
        .and_then(|()| point(maps, grace, vlan, place.slot));
    contents.clean_up(maps, grace);
    Ok(done?)
}

/// Forgets a link.
pub(super) fn remove_link(maps: &mut Maps, grace: &mut GracePeriod, vlan: Vlan) -> Result<(), KernelError> {
    point(maps, grace, vlan, 0)?;
    Contents::read(maps)?.clean_up(maps, grace);
    Ok(())
}

/// The slots that the VLAN ids point to.
pub(super) fn slots(maps: &Maps) -> BTreeMap<Vlan, u32> {
    (0..VLAN_IDS)
        .filter_map(|id| Some((Vlan::from_index(id)?, maps.vlans.load(id)?)))
        .filter(|(_, slot)| *slot != 0)
        .collect()
}

/// The entry in a slot; none where the slot can't be a link's.
pub(super) fn entry(maps: &Maps, slot: u32) -> Result<Option<LinkEntry>, KernelError> {
    if !slots::is_a_links(slot, maps.capacity) {
        return Ok(None);
    }
    let bytes = maps
        .links
        .get(&slot, 0)
        .doing(|| format!("reading slot {slot} of {}", map::LINKS))?;
    Ok(Some(LinkEntry::from_bytes(&bytes)))
}

fn prepare(maps: &mut Maps, place: Place, entry: &LinkEntry) -> Result<(), KernelError> {
    let Place { slot, is_new } = place;
    if is_new {
        zero_counters(maps, slot).doing(|| format!("clearing the counters of slot {slot}"))?;
    }
    maps.links
        .set(slot, entry.to_bytes(), 0)
        .doing(|| format!("writing slot {slot} of {}", map::LINKS))
}

fn point(maps: &Maps, grace: &mut GracePeriod, vlan: Vlan, slot: u32) -> Result<(), KernelError> {
    grace.owe();
    if maps.vlans.store(vlan.index(), slot) {
        return Ok(());
    }
    Err(KernelError {
        doing: format!("switching {vlan}"),
        detail: format!("{} has no such id", map::VLANS),
    })
}

fn zero_counters(maps: &mut Maps, slot: u32) -> io::Result<()> {
    let cpus = nr_cpus().map_err(|(_, error)| error)?;
    for traffic in Traffic::ALL {
        for reason in Reason::ALL {
            let zero = PerCpuValues::try_from(vec![[0; 2]; cpus])?;
            maps.counters
                .set(counter_index(slot, traffic, *reason), zero, 0)
                .map_err(io::Error::other)?;
        }
    }
    Ok(())
}
