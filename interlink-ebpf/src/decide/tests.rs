//! The decision over tables that are lists. What the loaded program makes of far more frames is tested in the crate
//! `interlink-tests`.

extern crate std;

mod errors;
mod nic;
mod policy;
mod properties;
mod routers;

use std::{cell::Cell, collections::BTreeMap, vec, vec::Vec};

use interlink_common::{Interconnect4, Interconnect6};

use super::*;

const VLAN: u16 = 7;
const SLOT: u32 = 5;
const REMOTE: TableId = TableId(1);
const LOCAL: TableId = TableId(2);

const OURS4: [u8; 4] = [169, 254, 0, 101];
const PEER4: [u8; 4] = [169, 254, 0, 100];
const OURS6: [u8; 16] = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
const PEER6: [u8; 16] = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const REMOTE4: [u8; 4] = [10, 20, 0, 1];
const LOCAL4: [u8; 4] = [172, 16, 4, 9];
const REMOTE6: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const LOCAL6: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0x16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];

/// Tables of single addresses.
#[derive(Clone, Default)]
struct Lists {
    slots: BTreeMap<u16, u32>,
    links: BTreeMap<u32, LinkEntry>,
    v4: Vec<(TableId, [u8; 4])>,
    v6: Vec<(TableId, [u8; 16])>,
    nic: NicFlags,
    /// How many more packets pass of each kind that has a limit.
    left: Cell<u32>,
    taken: Cell<Option<(u32, Limit)>>,
}

impl Tables for Lists {
    fn nic(&self) -> NicFlags {
        self.nic
    }

    fn slot(&self, vlan: u16) -> u32 {
        self.slots.get(&vlan).copied().unwrap_or(0)
    }

    fn link(&self, slot: u32) -> Option<&LinkEntry> {
        self.links.get(&slot)
    }

    fn contains_v4(&self, table: TableId, address: [u8; 4]) -> bool {
        self.v4.contains(&(table, address))
    }

    fn contains_v6(&self, table: TableId, address: [u8; 16]) -> bool {
        self.v6.contains(&(table, address))
    }

    fn take(&self, slot: u32, limit: Limit) -> bool {
        self.taken.set(Some((slot, limit)));
        let left = self.left.get().checked_sub(1);
        self.left.set(left.unwrap_or(0));
        left.is_some()
    }
}

fn reason(frame: &[u8], lists: &Lists) -> (Traffic, Reason) {
    let decision = decide(frame, lists);
    assert_eq!((decision.slot, decision.bytes), (SLOT, frame.len()));
    (decision.traffic, decision.reason)
}

fn closed_link() -> Lists {
    one_link(|link| (link.gate_v4, link.gate_v6) = (Reason::BgpDown.code(), Reason::BgpDown.code()))
}

fn one_link(change: impl FnOnce(&mut LinkEntry)) -> Lists {
    let mut link = LinkEntry {
        remote_v4: Set4::in_table(REMOTE),
        local_v4: Set4::in_table(LOCAL),
        remote_v6: Set6::in_table(REMOTE),
        local_v6: Set6::in_table(LOCAL),
        v4: Interconnect4 {
            ours: OURS4,
            peer: PEER4,
            mask: [255, 255, 255, 254],
        },
        v6: Interconnect6 {
            ours: OURS6,
            peer: PEER6,
            mask: (!0_u128 << 64).to_be_bytes(),
        },
        ..LinkEntry::default()
    };
    change(&mut link);
    Lists {
        slots: [(VLAN, SLOT)].into(),
        links: [(SLOT, link)].into(),
        v4: vec![(REMOTE, REMOTE4), (LOCAL, LOCAL4)],
        v6: vec![(REMOTE, REMOTE6), (LOCAL, LOCAL6)],
        left: Cell::new(u32::MAX),
        ..Lists::default()
    }
}

fn frame(ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0; 12];
    frame.extend(0x8100_u16.to_be_bytes());
    frame.extend(VLAN.to_be_bytes());
    frame.extend(ethertype.to_be_bytes());
    frame.extend(payload);
    frame
}

fn arp_frame(sender: [u8; 4], target: [u8; 4]) -> Vec<u8> {
    let mut packet = vec![0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1];
    packet.extend(sender);
    packet.extend([0; 6]);
    packet.extend(target);
    frame(0x0806, &packet)
}

fn ipv4_frame(source: [u8; 4], destination: [u8; 4], protocol: u8, payload: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x45, 0, high, low, 0, 0, 0, 0, 64, protocol, 0, 0];
    packet.extend(source);
    packet.extend(destination);
    packet.extend(payload);
    frame(0x0800, &packet)
}

fn ipv6_frame(source: [u8; 16], destination: [u8; 16], protocol: u8, payload: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(payload.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x60, 0, 0, 0, high, low, protocol, 255];
    packet.extend(source);
    packet.extend(destination);
    packet.extend(payload);
    frame(0x86dd, &packet)
}
