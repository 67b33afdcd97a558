//! The decision about one frame. Every path ends in a [`Reason`], and only the reasons that say so let a frame pass.
//!
//! 1. The VLAN id selects the link. What has none is dropped, unless the NIC is shared.
//! 2. Addresses that no packet of a link can have are dropped.
//! 3. What the link itself needs passes whatever its gate says, up to a limit: ARP, neighbour discovery, and BGP, BFD
//!    and ICMP between the two interconnect addresses.
//! 4. The gate of the IP family.
//! 5. The source among the remote prefixes, then the destination among the local ones. Both stand in the fixed
//!    header, so fragments, options and extension headers change nothing.
//! 6. A source outside passes with an ICMP error about a packet that steps 4 and 5 would let back in.

mod address;
mod icmp;
mod ipv4;
mod ipv6;
mod layer2;
mod routers;

use interlink_common::{Limit, LinkEntry, NicFlags, Reason, Set4, Set6, TableId, Traffic, Verdict};

use crate::{
    packet::Packet,
    parse::{self, ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6},
};

/// The policy, as the maps hold it.
pub trait Tables {
    /// What the NIC lets pass beside its links.
    fn nic(&self) -> NicFlags;

    /// The slot of the link with this VLAN id; 0 where there is none.
    fn slot(&self, vlan: u16) -> u32;

    /// The link's state in a slot.
    fn link(&self, slot: u32) -> Option<&LinkEntry>;

    /// Whether a prefix of the table contains the address.
    fn contains_v4(&self, table: TableId, address: [u8; 4]) -> bool;

    /// Whether a prefix of the table contains the address.
    fn contains_v6(&self, table: TableId, address: [u8; 16]) -> bool;

    /// Takes one packet out of what a link's slot (0: the NIC itself) may pass of a kind. False when nothing is left.
    fn take(&self, slot: u32, limit: Limit) -> bool;
}

/// What becomes of a frame, and under what it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The slot of its link; 0 where it belongs to none, or its link can't be known.
    pub slot: u32,
    /// What it carries, as far as that was read.
    pub traffic: Traffic,
    /// Why it passes or is dropped.
    pub reason: Reason,
    /// Its length in bytes.
    ///
    /// Of a frame that the driver spread over several buffers, padding isn't counted, nor anything past the first
    /// buffer where no valid IP header says how far the frame goes.
    pub bytes: usize,
}

/// Decides about one frame.
#[inline(always)]
pub fn decide<P: Packet + ?Sized, T: Tables>(packet: &P, tables: &T) -> Decision {
    let first_buffer = packet.first_buffer();
    let no_link = |reason| Decision {
        slot: 0,
        traffic: Traffic::Other,
        reason,
        bytes: first_buffer,
    };

    let layer2 = match parse::layer2(packet) {
        Ok(layer2) => layer2,
        Err(reason) => return no_link(reason),
    };
    let slot = tables.slot(layer2.vlan);
    if slot == 0 {
        return no_link(layer2::without_link(packet, &layer2, tables));
    }
    let Some(link) = tables.link(slot) else {
        return no_link(Reason::NoTables);
    };

    let place = Place { slot, link, tables };
    let at = layer2.payload;
    let (traffic, reason, end) = match layer2.ethertype {
        ETHERTYPE_IPV4 => match parse::ipv4(packet, at) {
            Ok(header) => (Traffic::V4, ipv4::decide(packet, &header, &place), header.end),
            Err(reason) => (Traffic::V4, reason, 0),
        },
        ETHERTYPE_IPV6 => match parse::ipv6(packet, at) {
            Ok(header) => (Traffic::V6, ipv6::decide(packet, &header, &place), header.end),
            Err(reason) => (Traffic::V6, reason, 0),
        },
        ETHERTYPE_ARP => match parse::arp(packet, at) {
            Ok(arp) => (Traffic::Other, layer2::arp(&arp, &place), 0),
            Err(reason) => (Traffic::Other, reason, 0),
        },
        _ => match layer2::of_the_nic(packet, &layer2, tables) {
            Some(reason) => return no_link(reason),
            None => (Traffic::Other, Reason::UnknownEthertype, 0),
        },
    };
    Decision {
        slot,
        traffic,
        reason,
        bytes: first_buffer.max(end),
    }
}

/// The link of a frame, and where to ask about it.
struct Place<'t, T> {
    slot: u32,
    link: &'t LinkEntry,
    tables: &'t T,
}

impl<T: Tables> Place<'_, T> {
    #[inline(always)]
    fn contains_v4(&self, set: &Set4, address: [u8; 4]) -> bool {
        match set.contains(u32::from_be_bytes(address)) {
            Some(contains) => contains,
            None => set.table != TableId::EMPTY && self.tables.contains_v4(set.table, address),
        }
    }

    #[inline(always)]
    fn contains_v6(&self, set: &Set6, address: [u8; 16]) -> bool {
        let [first_half, ..] = halves(address);
        match set.contains(first_half) {
            Some(contains) => contains,
            None => set.table != TableId::EMPTY && self.tables.contains_v6(set.table, address),
        }
    }

    /// A reason to pass, as long as its limit lasts.
    #[inline(always)]
    fn up_to(&self, limit: Limit, reason: Reason) -> Reason {
        up_to(self.tables, self.slot, limit, reason)
    }
}

/// The two halves of an address, as numbers.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "each half is taken")]
pub const fn halves(address: [u8; 16]) -> [u64; 2] {
    let number = u128::from_be_bytes(address);
    [(number >> 64) as u64, number as u64]
}

#[inline(always)]
fn up_to<T: Tables>(tables: &T, slot: u32, limit: Limit, reason: Reason) -> Reason {
    if tables.take(slot, limit) {
        reason
    } else {
        Reason::RateLimited
    }
}

/// The reason that a gate stands for: [`Reason::Allowed`] when it is open. A code that names no reason to drop names
/// no gate either, and is taken for a broken table.
#[inline(always)]
fn gate(code: u32) -> Reason {
    if code == Reason::Allowed.code() {
        return Reason::Allowed;
    }
    match Reason::from_code(code) {
        Some(reason) => match reason.verdict() {
            Verdict::Drop => reason,
            Verdict::Pass => Reason::NoTables,
        },
        None => Reason::NoTables,
    }
}

#[cfg(test)]
mod tests;
