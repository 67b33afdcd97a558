//! ARP, and frames of no link.

use interlink_common::{Interconnect4, Limit, NicFlags, Reason};

use super::{Place, Tables, up_to};
use crate::{
    packet::Packet,
    parse::{Arp, ETHERNET_HEADER, Layer2},
};

const ETHERTYPE_LLDP: u16 = 0x88cc;
const ETHERTYPE_SLOW_PROTOCOLS: u16 = 0x8809;
/// Where no bridge forwards to (IEEE 802.3, annex 57A).
const SLOW_PROTOCOLS: [u8; 6] = [0x01, 0x80, 0xc2, 0x00, 0x00, 0x02];
const SUBTYPE_LACP: u8 = 1;
/// LACP's own way to see that a port has run empty (IEEE 802.1AX, section 6.5).
const SUBTYPE_MARKER: u8 = 2;

/// Whoever asks for an address of the subnet is let in: a router asks with whatever address its packet has (Linux
/// does, unless `arp_announce` is set), and with none while it probes (RFC 5227, section 2.1.1). Our own address is
/// the one that nobody else may claim.
#[inline(always)]
pub(super) fn arp<T: Tables>(arp: &Arp<'_>, place: &Place<'_, T>) -> Reason {
    let interconnect = &place.link.v4;
    if in_subnet(interconnect, arp.target()) && arp.sender() != interconnect.ours {
        place.up_to(Limit::Arp, Reason::Arp)
    } else {
        Reason::ArpForeign
    }
}

/// What becomes of a frame of a VLAN without a link, or without a tag where no link is untagged.
#[inline(always)]
pub(super) fn without_link<P: Packet + ?Sized, T: Tables>(packet: &P, layer2: &Layer2, tables: &T) -> Reason {
    match of_the_nic(packet, layer2, tables) {
        Some(reason) => reason,
        None if tables.nic().has(NicFlags::OTHER_VLANS) => Reason::OtherVlan,
        None => Reason::UnknownVlan,
    }
}

/// What becomes of a frame of the NIC itself, where it is one that the NIC's settings ask for.
#[inline(always)]
pub(super) fn of_the_nic<P: Packet + ?Sized, T: Tables>(packet: &P, layer2: &Layer2, tables: &T) -> Option<Reason> {
    let is_tagged = layer2.payload != ETHERNET_HEADER;
    let reason = match layer2.ethertype {
        _ if is_tagged => return None,
        ETHERTYPE_LLDP if tables.nic().has(NicFlags::LLDP) => Reason::Lldp,
        ETHERTYPE_SLOW_PROTOCOLS if tables.nic().has(NicFlags::LACP) && is_lacp(packet, layer2) => Reason::Lacp,
        _ => return None,
    };
    Some(up_to(tables, 0, Limit::Control, reason))
}

#[inline(always)]
fn is_lacp<P: Packet + ?Sized>(packet: &P, layer2: &Layer2) -> bool {
    packet.bytes(0) == Some(&SLOW_PROTOCOLS)
        && matches!(packet.bytes(layer2.payload), Some([SUBTYPE_LACP | SUBTYPE_MARKER]))
}

/// Whether an address is in the interconnect subnet; a link without an interconnect has none.
#[inline(always)]
fn in_subnet(interconnect: &Interconnect4, address: [u8; 4]) -> bool {
    let mask = u32::from_ne_bytes(interconnect.mask);
    mask != 0 && (u32::from_ne_bytes(address) ^ u32::from_ne_bytes(interconnect.ours)) & mask == 0
}
