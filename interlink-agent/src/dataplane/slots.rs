//! Which slots, counters and table ids are free.

use std::collections::{BTreeMap, BTreeSet};

use interlink_common::{SLOTS_PER_LINK, TableId};
use interlink_core::domain::Vlan;

/// Where the next state of a link goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Its slot, which nothing points to.
    pub(super) slot: u32,
    /// Whether the link gets the slot's counters with it, and with them what another link has counted.
    pub(super) is_new: bool,
}

/// The place for the next state of a link in tables with room for so many, given the slots that the VLAN ids point to;
/// none when all are taken.
pub(super) fn place(slots: &BTreeMap<Vlan, u32>, vlan: Vlan, capacity: u32) -> Option<Place> {
    let taken = |block| slots.iter().filter(move |(_, slot)| counter_block(**slot) == block);
    let own = slots
        .get(&vlan)
        .filter(|slot| is_a_links(**slot, capacity) && taken(counter_block(**slot)).count() == 1);
    if let Some(slot) = own {
        return Some(Place {
            slot: slot ^ 1,
            is_new: false,
        });
    }
    let free = (1..capacity).find(|block| taken(*block).next().is_none())?;
    Some(Place {
        slot: free * SLOTS_PER_LINK,
        is_new: true,
    })
}

/// Whether a slot can hold a link's state.
pub(super) fn is_a_links(slot: u32, capacity: u32) -> bool {
    (1..capacity).contains(&counter_block(slot))
}

/// The counters that belong to a slot.
pub(super) const fn counter_block(slot: u32) -> u32 {
    slot / SLOTS_PER_LINK
}

/// The lowest id of a table in the tries that isn't taken.
pub(super) fn free_table(taken: &BTreeSet<TableId>) -> TableId {
    (1..=TableId::LAST_TRIE.0)
        .map(TableId)
        .find(|id| !taken.contains(id))
        .unwrap_or(TableId::EMPTY)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPACITY: u32 = 64;

    fn place(slots: &BTreeMap<Vlan, u32>, vlan: Vlan) -> Option<Place> {
        super::place(slots, vlan, CAPACITY)
    }

    fn vlan(id: u32) -> Vlan {
        Vlan::from_index(id).unwrap()
    }

    fn slots(pairs: &[(u32, u32)]) -> BTreeMap<Vlan, u32> {
        pairs.iter().map(|(id, slot)| (vlan(*id), *slot)).collect()
    }

    #[test]
    fn a_link_alternates_between_its_two_slots() {
        let other = Place { slot: 7, is_new: false };
        assert_eq!(place(&slots(&[(5, 6)]), vlan(5)), Some(other));
        let back = Place { slot: 6, is_new: false };
        assert_eq!(place(&slots(&[(5, 7)]), vlan(5)), Some(back));
    }

    #[test]
    fn a_new_link_takes_the_lowest_free_counters_but_never_the_nics_own() {
        let first = Place { slot: 2, is_new: true };
        assert_eq!(place(&slots(&[]), vlan(0)), Some(first));
        let gap = Place { slot: 4, is_new: true };
        assert_eq!(place(&slots(&[(1, 2), (2, 7)]), vlan(3)), Some(gap));
    }

    #[test]
    fn what_nobody_of_ours_wrote_is_built_beside() {
        let beside = Place { slot: 4, is_new: true };
        assert_eq!(
            place(&slots(&[(1, 2), (2, 3)]), vlan(1)),
            Some(beside),
            "two VLAN ids share one link's slots"
        );
        let fresh = Place { slot: 2, is_new: true };
        assert_eq!(place(&slots(&[(1, 1)]), vlan(1)), Some(fresh), "the NIC's own slot");
        assert_eq!(place(&slots(&[(1, u32::MAX)]), vlan(1)), Some(fresh), "no slot at all");
    }

    #[test]
    fn as_many_links_fit_as_the_limit_says() {
        let mut taken = BTreeMap::new();
        for id in 1..CAPACITY {
            let place = place(&taken, vlan(id)).unwrap();
            assert!(place.is_new && is_a_links(place.slot, CAPACITY));
            taken.insert(vlan(id), place.slot);
        }
        assert_eq!(place(&taken, vlan(CAPACITY)), None);
        assert!(
            place(&taken, vlan(1)).is_some(),
            "those that are there can still change"
        );
    }

    #[test]
    fn table_ids_are_taken_from_the_lowest_and_never_that_of_the_empty_table() {
        assert_eq!(free_table(&BTreeSet::new()), TableId(1));
        assert_eq!(free_table(&[1, 2, 4].map(TableId).into()), TableId(3));
    }
}
