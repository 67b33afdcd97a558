//! The sets in a NIC's tables, in tries and flat.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use interlink_common::{Set, TableId};
use interlink_core::prefix::PrefixSet;
use interlink_core::state::LinkState;
use interlink_core::table::{Keyed, TableChoice, few};

use super::entry::EntrySets;
use super::error::KernelError;
use super::flat::{FlatAddress, FlatTables};
use super::grace::GracePeriod;
use super::maps::{Maps, Prefixes};
use super::switch;
use super::tables::{Tables, TrieAddress};

/// What the tables hold.
#[derive(Debug)]
pub(super) struct Contents {
    v4: Tables<Ipv4Addr>,
    v6: Tables<Ipv6Addr>,
    pub(super) flat: FlatTables,
}

/// An address of the family whose tables are meant.
pub(super) trait TableAddress: TrieAddress + FlatAddress + Keyed {
    fn tries(contents: &Contents) -> &Tables<Self>;
    fn tries_mut(contents: &mut Contents) -> &mut Tables<Self>;
    fn trie(maps: &mut Maps) -> &mut Prefixes<Self::Data>;
}

/// The tables that some entry in use names.
#[derive(Debug, Default)]
struct InUse {
    v4: BTreeSet<TableId>,
    v6: BTreeSet<TableId>,
}

impl Contents {
    /// Reads both tries, and the flat tables that are in use.
    pub(super) fn read(maps: &mut Maps) -> Result<Self, KernelError> {
        let InUse { v4, v6 } = InUse::read(maps)?;
        Ok(Self {
            v4: Tables::read(&maps.prefixes_v4)?,
            v6: Tables::read(&maps.prefixes_v6)?,
            flat: FlatTables::read(&mut maps.segments, &v4, &v6)?,
        })
    }

    /// The addresses that the program finds in a table that is in use; none if nobody of ours made it.
    pub(super) fn set<A: TableAddress>(&self, table: TableId) -> Option<Arc<PrefixSet<A>>> {
        match table.root() {
            Some(root) => self.flat.set(root),
            None => Some(A::tries(self).set(table)),
        }
    }

    /// Removes what no entry in use names.
    pub(super) fn sweep(&mut self, maps: &mut Maps) -> Result<(), KernelError> {
        let InUse { v4, v6 } = InUse::read(maps)?;
        self.v4.keep_only(&mut maps.prefixes_v4, &v4)?;
        self.v6.keep_only(&mut maps.prefixes_v6, &v6)?;
        self.flat.keep_only(&mut maps.segments, &v4, &v6)
    }

    /// The same after a change, whether that is done or failed: what can't be removed goes with the next.
    pub(super) fn clean_up(&mut self, maps: &mut Maps, grace: &mut GracePeriod) {
        if let Err(KernelError { doing, detail }) = grace.settle().and_then(|()| self.sweep(maps)) {
            tracing::warn!(
                doing,
                detail,
                "prefixes without use stay in a table until the next change"
            );
        }
    }

    /// The sets of a state: in the tables of the old one where they are such, else in new ones, which the program can
    /// read by then.
    pub(super) fn store(
        &mut self,
        maps: &mut Maps,
        old: Option<EntrySets>,
        state: &LinkState,
        choice: TableChoice,
    ) -> Result<EntrySets, KernelError> {
        let LinkState { v4, v6 } = state;
        let sets = EntrySets {
            remote_v4: self.store_set(maps, old.map(|old| old.remote_v4), &v4.remote, choice)?,
            local_v4: self.store_set(maps, old.map(|old| old.local_v4), &v4.local, choice)?,
            remote_v6: self.store_set(maps, old.map(|old| old.remote_v6), &v6.remote, choice)?,
            local_v6: self.store_set(maps, old.map(|old| old.local_v6), &v6.local, choice)?,
        };
        maps.segments.publish()?;
        Ok(sets)
    }

    fn store_set<A: TableAddress>(
        &mut self,
        maps: &mut Maps,
        present: Option<Set<A::Key>>,
        set: &Arc<PrefixSet<A>>,
        choice: TableChoice,
    ) -> Result<Set<A::Key>, KernelError> {
        if set.is_empty() {
            return Ok(Set::default());
        }
        if let Some(few) = few(set).filter(|_| choice == TableChoice::Flat) {
            return Ok(few);
        }
        let kind = |table: TableId| match table.root() {
            Some(_) => TableChoice::Flat,
            None => TableChoice::Tries,
        };
        let fits = |table: &TableId| kind(*table) == choice && self.set(*table).as_ref() == Some(set);
        let present = present.filter(|set| set.count == 0).map(|set| set.table);
        let table = match (present.filter(fits), choice) {
            (Some(table), _) => table,
            (None, TableChoice::Flat) => self.flat.store(&mut maps.segments, set)?,
            (None, TableChoice::Tries) => A::tries_mut(self).store(A::trie(maps), set)?,
        };
        Ok(Set::in_table(table))
    }
}

impl TableAddress for Ipv4Addr {
    fn tries(contents: &Contents) -> &Tables<Self> {
        &contents.v4
    }

    fn tries_mut(contents: &mut Contents) -> &mut Tables<Self> {
        &mut contents.v4
    }

    fn trie(maps: &mut Maps) -> &mut Prefixes<Self::Data> {
        &mut maps.prefixes_v4
    }
}

impl TableAddress for Ipv6Addr {
    fn tries(contents: &Contents) -> &Tables<Self> {
        &contents.v6
    }

    fn tries_mut(contents: &mut Contents) -> &mut Tables<Self> {
        &mut contents.v6
    }

    fn trie(maps: &mut Maps) -> &mut Prefixes<Self::Data> {
        &mut maps.prefixes_v6
    }
}

impl InUse {
    fn read(maps: &Maps) -> Result<Self, KernelError> {
        let mut in_use = Self::default();
        for slot in switch::slots(maps).values() {
            if let Some(sets) = switch::entry(maps, *slot)?.as_ref().map(EntrySets::from) {
                in_use.v4.extend([sets.remote_v4, sets.local_v4].map(|set| set.table));
                in_use.v6.extend([sets.remote_v6, sets.local_v6].map(|set| set.table));
            }
        }
        in_use.v4.remove(&TableId::EMPTY);
        in_use.v6.remove(&TableId::EMPTY);
        Ok(in_use)
    }
}
