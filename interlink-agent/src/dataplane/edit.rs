//! Changing a link in place, by one word of one table.

use std::fmt;
use std::sync::Arc;

use interlink_common::Set;
use interlink_core::domain::Vlan;
use interlink_core::prefix::PrefixSet;
use interlink_core::state::{Edit, LinkState, List};
use interlink_core::table::{RootIndex, few};

use super::contents::{Contents, TableAddress};
use super::entry::EntrySets;
use super::error::KernelError;
use super::grace::GracePeriod;
use super::maps::{Loaded, Maps};
use super::switch;

/// A NIC's maps as they were found, with what the tables hold. No packet was judged any more by what they don't name.
pub(super) struct Found {
    pub(super) loaded: Loaded,
    pub(super) contents: Contents,
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = self.loaded.program_id;
        f.debug_struct("Found")
            .field("program", &program)
            .finish_non_exhaustive()
    }
}

/// Makes an edit. False where it can't be made in place: then nothing was changed, and the link is to be switched.
pub(super) fn edit_link(
    found: &mut Found,
    grace: &mut GracePeriod,
    vlan: Vlan,
    state: &LinkState,
    edit: Edit,
) -> Result<bool, KernelError> {
    let Found { loaded, contents } = found;
    let maps = &mut loaded.maps;
    let Some(slot) = maps.vlans.load(vlan.index()) else {
        return Ok(false);
    };
    let Some(entry) = switch::entry(maps, slot)? else {
        return Ok(false);
    };
    let EntrySets {
        remote_v4,
        local_v4,
        remote_v6,
        local_v6,
    } = EntrySets::from(&entry);
    // Before the change, so that it isn't forgotten whatever comes of it.
    grace.owe();
    let Edit { list, index } = edit;
    let (v4, v6) = (&state.v4, &state.v6);
    match list {
        List::RemoteV4 => edit_set(maps, contents, remote_v4, &v4.remote, index),
        List::LocalV4 => edit_set(maps, contents, local_v4, &v4.local, index),
        List::RemoteV6 => edit_set(maps, contents, remote_v6, &v6.remote, index),
        List::LocalV6 => edit_set(maps, contents, local_v6, &v6.local, index),
    }
}

fn edit_set<A: TableAddress>(
    maps: &mut Maps,
    contents: &mut Contents,
    present: Set<A::Key>,
    set: &Arc<PrefixSet<A>>,
    index: RootIndex,
) -> Result<bool, KernelError> {
    let root = present.table.root().filter(|_| present.count == 0);
    let Some(root) = root.filter(|_| !set.is_empty() && few(set).is_none()) else {
        return Ok(false);
    };
    contents
        .flat
        .edit(&mut maps.segments, root, set, index)
        .transpose()
        .map(|done| done.is_some())
}
