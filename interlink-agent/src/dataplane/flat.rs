//! The flat tables of a NIC.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use interlink_common::TableId;
use interlink_common::table::Page;
use interlink_core::prefix::PrefixSet;
use interlink_core::table::{self, Decoded, Flat, RootIndex, Store};

use super::error::KernelError;
use super::pages::{PAGE_COUNT, TakenPages};
use super::segments::Segments;

/// What the flat tables hold.
#[derive(Debug, Default)]
pub(super) struct FlatTables {
    taken: TakenPages,
    v4: BTreeMap<u32, Table<Ipv4Addr>>,
    v6: BTreeMap<u32, Table<Ipv6Addr>>,
}

/// One table.
#[derive(Debug)]
pub(super) struct Table<A> {
    /// What the program finds in it, if a compiler of ours made it.
    set: Option<Arc<PrefixSet<A>>>,
    pages: Vec<u32>,
}

/// An address of the family whose tables are meant.
pub(super) trait FlatAddress: Flat {
    fn tables(flat: &FlatTables) -> &BTreeMap<u32, Table<Self>>;
    fn tables_mut(flat: &mut FlatTables) -> &mut BTreeMap<u32, Table<Self>>;
}

impl FlatTables {
    /// Reads the tables with these ids, as far as they are flat.
    pub(super) fn read(
        segments: &mut Segments,
        v4: &BTreeSet<TableId>,
        v6: &BTreeSet<TableId>,
    ) -> Result<Self, KernelError> {
        let mut flat = Self::default();
        flat.read_family::<Ipv4Addr>(segments, v4)?;
        flat.read_family::<Ipv6Addr>(segments, v6)?;
        flat.mark();
        Ok(flat)
    }

    /// The addresses that the program finds in the table of a root; none if no compiler of ours made it.
    pub(super) fn set<A: FlatAddress>(&self, root: u32) -> Option<Arc<PrefixSet<A>>> {
        A::tables(self).get(&root)?.set.clone()
    }

    /// Builds the table of a set, which nobody uses yet. One that can't be built whole leaves pages that nobody uses.
    pub(super) fn store<A: FlatAddress>(
        &mut self,
        segments: &mut Segments,
        set: &Arc<PrefixSet<A>>,
    ) -> Result<TableId, KernelError> {
        segments.open()?;
        let mut building = Building {
            segments,
            taken: &mut self.taken,
            pages: Vec::new(),
        };
        let root = table::compile(&mut building, set)?;
        let pages = building.pages;
        let set = Some(Arc::clone(set));
        A::tables_mut(self).insert(root, Table { set, pages });
        Ok(TableId::flat(root))
    }

    /// Changes one word of a table's root, so that the table is that of a set which differs in nothing else; none if
    /// there is no such table or no room. The pages of the old word stay taken until all is read anew: packets may still be
    /// judged by them.
    pub(super) fn edit<A: FlatAddress>(
        &mut self,
        segments: &mut Segments,
        root: u32,
        set: &Arc<PrefixSet<A>>,
        index: RootIndex,
    ) -> Option<Result<(), KernelError>> {
        A::tables(self).get(&root)?;
        let mut building = Building {
            segments,
            taken: &mut self.taken,
            pages: Vec::new(),
        };
        // Without room it is made anew, which frees what nobody uses any more.
        let word = table::compile_word(&mut building, set, index).ok()?;
        let new_pages = building.pages;
        if let Err(error) = segments.publish() {
            return Some(Err(error));
        }
        let (page, half) = index.place();
        segments.write_half(root + page, half, word);
        let table = A::tables_mut(self).get_mut(&root)?;
        table.set = Some(Arc::clone(set));
        table.pages.extend(new_pages);
        Some(Ok(()))
    }

    /// Forgets the tables that aren't among these, and gives back memory that no table needs.
    pub(super) fn keep_only(
        &mut self,
        segments: &mut Segments,
        v4: &BTreeSet<TableId>,
        v6: &BTreeSet<TableId>,
    ) -> Result<(), KernelError> {
        self.v4.retain(|root, _| v4.contains(&TableId::flat(*root)));
        self.v6.retain(|root, _| v6.contains(&TableId::flat(*root)));
        self.mark();
        segments.open()?;
        segments.keep_only(|segment| self.taken.segment_is_in_use(segment))
    }

    fn read_family<A: FlatAddress>(
        &mut self,
        segments: &mut Segments,
        ids: &BTreeSet<TableId>,
    ) -> Result<(), KernelError> {
        for root in ids.iter().filter_map(|id| id.root()) {
            segments.open()?;
            let Decoded { set, pages } = table::decode(segments, root, PAGE_COUNT);
            let set = set.map(Arc::new);
            A::tables_mut(self).insert(root, Table { set, pages });
        }
        Ok(())
    }

    fn mark(&mut self) {
        self.taken = TakenPages::default();
        let v4 = self.v4.values().flat_map(|table| &table.pages);
        let v6 = self.v6.values().flat_map(|table| &table.pages);
        for number in v4.chain(v6) {
            self.taken.mark(*number);
        }
    }
}

impl FlatAddress for Ipv4Addr {
    fn tables(flat: &FlatTables) -> &BTreeMap<u32, Table<Self>> {
        &flat.v4
    }

    fn tables_mut(flat: &mut FlatTables) -> &mut BTreeMap<u32, Table<Self>> {
        &mut flat.v4
    }
}

impl FlatAddress for Ipv6Addr {
    fn tables(flat: &FlatTables) -> &BTreeMap<u32, Table<Self>> {
        &flat.v6
    }

    fn tables_mut(flat: &mut FlatTables) -> &mut BTreeMap<u32, Table<Self>> {
        &mut flat.v6
    }
}

/// A table that is being built, in pages that no other takes.
struct Building<'f> {
    segments: &'f mut Segments,
    taken: &'f mut TakenPages,
    pages: Vec<u32>,
}

impl Building<'_> {
    fn have(&mut self, page: Option<u32>) -> Result<u32, KernelError> {
        let page = page.ok_or_else(|| KernelError {
            doing: "taking a page for a table".to_owned(),
            detail: format!("all {PAGE_COUNT} are taken"),
        })?;
        self.segments.make(page)?;
        Ok(page)
    }
}

impl Store for Building<'_> {
    type Error = KernelError;

    fn take_page(&mut self) -> Result<u32, KernelError> {
        let page = self.taken.take_page();
        let page = self.have(page)?;
        self.pages.push(page);
        Ok(page)
    }

    fn take_root(&mut self) -> Result<u32, KernelError> {
        let root = self.taken.take_root();
        let root = self.have(root)?;
        self.pages.extend(root..root + interlink_common::table::ROOT_PAGES);
        Ok(root)
    }

    fn write(&mut self, number: u32, page: &Page) {
        self.segments.write(number, page);
    }
}
