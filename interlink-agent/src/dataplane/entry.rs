//! A link's state, as the maps hold it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use interlink_common::{Interconnect4, Interconnect6, LinkEntry, Reason, Set, Set4, Set6, TableId};
use interlink_core::domain::Interconnect;
use interlink_core::prefix::{Address, Prefix, PrefixSet};
use interlink_core::state::{FamilyState, LinkState};
use interlink_core::table;

use super::contents::{Contents, TableAddress};

/// The sets of an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct EntrySets {
    pub(super) remote_v4: Set4,
    pub(super) local_v4: Set4,
    pub(super) remote_v6: Set6,
    pub(super) local_v6: Set6,
}

/// The sets in tables, each made once.
#[derive(Debug)]
pub(super) struct Sets<'a, A> {
    contents: &'a Contents,
    made: BTreeMap<TableId, Option<Arc<PrefixSet<A>>>>,
}

impl<'a, A: TableAddress> Sets<'a, A> {
    pub(super) const fn of(contents: &'a Contents) -> Self {
        let made = BTreeMap::new();
        Self { contents, made }
    }

    fn get(&mut self, set: &Set<A::Key>) -> Option<Arc<PrefixSet<A>>> {
        if set.count > 0 {
            return table::of_few(set).map(Arc::new);
        }
        let Self { contents, made } = self;
        let table = set.table;
        made.entry(table).or_insert_with(|| contents.set(table)).clone()
    }
}

impl From<&LinkEntry> for EntrySets {
    fn from(entry: &LinkEntry) -> Self {
        Self {
            remote_v4: entry.remote_v4,
            local_v4: entry.local_v4,
            remote_v6: entry.remote_v6,
            local_v6: entry.local_v6,
        }
    }
}

/// The entry for a state with these sets.
pub(super) fn encode(state: &LinkState, sets: EntrySets) -> LinkEntry {
    let LinkState { v4, v6 } = state;
    let EntrySets {
        remote_v4,
        local_v4,
        remote_v6,
        local_v6,
    } = sets;
    LinkEntry {
        gate_v4: v4.gate.code(),
        gate_v6: v6.gate.code(),
        remote_v4,
        local_v4,
        remote_v6,
        local_v6,
        v4: v4.interconnect.map_or_else(Interconnect4::default, |interconnect| {
            let [ours, peer, mask] = addresses(interconnect).map(|address| address.octets());
            Interconnect4 { ours, peer, mask }
        }),
        v6: v6.interconnect.map_or_else(Interconnect6::default, |interconnect| {
            let [ours, peer, mask] = addresses(interconnect).map(|address| address.octets());
            Interconnect6 { ours, peer, mask }
        }),
        reserved: 0,
    }
}

/// The state that an entry stands for. One that stands for none, because nobody of ours wrote it, is read as closed
/// for [`Reason::NoTables`], which no state that is wanted ever is.
pub(super) fn decode(
    entry: Option<&LinkEntry>,
    sets_v4: &mut Sets<'_, Ipv4Addr>,
    sets_v6: &mut Sets<'_, Ipv6Addr>,
) -> LinkState {
    entry
        .and_then(|entry| exactly(entry, sets_v4, sets_v6))
        .unwrap_or_else(unreadable)
}

fn exactly(entry: &LinkEntry, sets_v4: &mut Sets<'_, Ipv4Addr>, sets_v6: &mut Sets<'_, Ipv6Addr>) -> Option<LinkState> {
    let state = LinkState {
        v4: FamilyState {
            gate: Reason::from_code(entry.gate_v4)?,
            interconnect: interconnect([entry.v4.ours, entry.v4.peer, entry.v4.mask].map(Ipv4Addr::from)),
            remote: sets_v4.get(&entry.remote_v4)?,
            local: sets_v4.get(&entry.local_v4)?,
        },
        v6: FamilyState {
            gate: Reason::from_code(entry.gate_v6)?,
            interconnect: interconnect([entry.v6.ours, entry.v6.peer, entry.v6.mask].map(Ipv6Addr::from)),
            remote: sets_v6.get(&entry.remote_v6)?,
            local: sets_v6.get(&entry.local_v6)?,
        },
    };
    (encode(&state, entry.into()) == *entry).then_some(state)
}

fn unreadable() -> LinkState {
    LinkState {
        v4: closed(),
        v6: closed(),
    }
}

fn closed<A>() -> FamilyState<A> {
    FamilyState {
        gate: Reason::NoTables,
        interconnect: None,
        remote: Arc::default(),
        local: Arc::default(),
    }
}

/// Our address, the peer's, the mask.
fn addresses<A: Address>(interconnect: Interconnect<A>) -> [A; 3] {
    let host_bits = Prefix::containing(A::from_number(0), interconnect.subnet().length()).last();
    [
        interconnect.ours(),
        interconnect.peer(),
        A::from_number(!host_bits.number()),
    ]
}

fn interconnect<A: Address>([ours, peer, mask]: [A; 3]) -> Option<Interconnect<A>> {
    let bits = mask.number().count_ones();
    let length = u8::try_from(bits).ok()?;
    Interconnect::new((ours, length), (peer, length)).ok()
}
