//! The decision about one frame. Every path ends in a [`Reason`], and only the reasons that say so let a frame pass.
//!
//! 1. The VLAN id selects the link.
//! 2. What the link itself needs passes whatever its gate says: ARP, neighbour discovery, and the BGP session between
//!    the two interconnect addresses.
//! 3. The gate of the IP family.
//! 4. The source among the remote prefixes, then the destination among the local ones. Both stand in the fixed
//!    header, so fragments, options and extension headers change nothing.

use interlink_common::{Interconnect4, Interconnect6, LinkEntry, Reason, TableId, Traffic, Verdict};

use crate::{
    packet::Packet,
    parse::{self, Arp, ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6, IPV4_HEADER, IPV6_HEADER, Ipv4, Ipv6, field},
};

const PROTOCOL_TCP: u8 = 6;
const PROTOCOL_ICMPV6: u8 = 58;
const PORT_BGP: [u8; 2] = 179_u16.to_be_bytes();
const PORTS: usize = 4;

const NEIGHBOUR_SOLICITATION: u8 = 135;
const NEIGHBOUR_ADVERTISEMENT: u8 = 136;
/// The size in bytes of both, without options (RFC 4861, sections 4.3 and 4.4).
const NEIGHBOUR_MESSAGE: usize = 24;
const NEIGHBOUR_TARGET: usize = 8;
/// Proves that no router forwarded the packet (RFC 4861, section 7.1).
const HOP_LIMIT_UNROUTED: u8 = 255;

/// The policy, as the maps hold it.
pub trait Tables {
    /// The slot of the link with this VLAN id; 0 where there is none.
    fn slot(&self, vlan: u16) -> u32;

    /// The link's state in a slot.
    fn link(&self, slot: u32) -> Option<&LinkEntry>;

    /// Whether a prefix of the table contains the address.
    fn contains_v4(&self, table: TableId, address: [u8; 4]) -> bool;

    /// Whether a prefix of the table contains the address.
    fn contains_v6(&self, table: TableId, address: [u8; 16]) -> bool;
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
        return no_link(Reason::UnknownVlan);
    }
    let Some(link) = tables.link(slot) else {
        return no_link(Reason::NoTables);
    };

    let at = layer2.payload;
    let (traffic, reason, end) = match layer2.ethertype {
        ETHERTYPE_IPV4 => match parse::ipv4(packet, at) {
            Ok(header) => (Traffic::V4, ipv4(packet, &header, link, tables), header.end),
            Err(reason) => (Traffic::V4, reason, 0),
        },
        ETHERTYPE_IPV6 => match parse::ipv6(packet, at) {
            Ok(header) => (Traffic::V6, ipv6(packet, &header, link, tables), header.end),
            Err(reason) => (Traffic::V6, reason, 0),
        },
        ETHERTYPE_ARP => match parse::arp(packet, at) {
            Ok(arp) => (Traffic::Other, self::arp(&arp, &link.v4), 0),
            Err(reason) => (Traffic::Other, reason, 0),
        },
        _ => (Traffic::Other, Reason::UnknownEthertype, 0),
    };
    Decision {
        slot,
        traffic,
        reason,
        bytes: first_buffer.max(end),
    }
}

/// Whoever asks for an address of the subnet is let in: a router asks with whatever address its packet has (Linux
/// does, unless `arp_announce` is set), and with none while it probes (RFC 5227, section 2.1.1). Our own address is
/// the one that nobody else may claim.
#[inline(always)]
fn arp(arp: &Arp<'_>, interconnect: &Interconnect4) -> Reason {
    if in_subnet_v4(interconnect, arp.target()) && arp.sender() != interconnect.ours {
        Reason::Arp
    } else {
        Reason::ArpForeign
    }
}

#[inline(always)]
fn ipv4<P: Packet + ?Sized, T: Tables>(packet: &P, header: &Ipv4<'_>, link: &LinkEntry, tables: &T) -> Reason {
    if is_bgp_v4(packet, header, &link.v4) {
        return Reason::Bgp;
    }
    let gate = gate(link.gate_v4);
    if gate != Reason::Allowed {
        return gate;
    }
    if link.remote_v4 == TableId::EMPTY || !tables.contains_v4(link.remote_v4, header.source()) {
        return Reason::SourceNotAllowed;
    }
    if link.local_v4 == TableId::EMPTY || !tables.contains_v4(link.local_v4, header.destination()) {
        return Reason::DestinationNotAllowed;
    }
    Reason::Allowed
}

#[inline(always)]
fn ipv6<P: Packet + ?Sized, T: Tables>(packet: &P, header: &Ipv6<'_>, link: &LinkEntry, tables: &T) -> Reason {
    if header.next_header() == PROTOCOL_ICMPV6 {
        if is_neighbour_discovery(packet, header, &link.v6) {
            return Reason::NeighbourDiscovery;
        }
        if is_link_local(header.destination()) || is_link_multicast(header.destination()) {
            return Reason::NeighbourDiscoveryForeign;
        }
    }
    if is_bgp_v6(packet, header, &link.v6) {
        return Reason::Bgp;
    }
    let gate = gate(link.gate_v6);
    if gate != Reason::Allowed {
        return gate;
    }
    if link.remote_v6 == TableId::EMPTY || !tables.contains_v6(link.remote_v6, header.source()) {
        return Reason::SourceNotAllowed;
    }
    if link.local_v6 == TableId::EMPTY || !tables.contains_v6(link.local_v6, header.destination()) {
        return Reason::DestinationNotAllowed;
    }
    Reason::Allowed
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

#[inline(always)]
fn is_bgp_v4<P: Packet + ?Sized>(packet: &P, header: &Ipv4<'_>, interconnect: &Interconnect4) -> bool {
    header.source() == interconnect.peer
        && header.destination() == interconnect.ours
        && interconnect.mask != [0; 4]
        && header.protocol() == PROTOCOL_TCP
        && !header.has_options()
        && !header.is_fragment()
        && has_bgp_port(packet, header.at + IPV4_HEADER, header.end)
}

#[inline(always)]
fn is_bgp_v6<P: Packet + ?Sized>(packet: &P, header: &Ipv6<'_>, interconnect: &Interconnect6) -> bool {
    header.source() == interconnect.peer
        && header.destination() == interconnect.ours
        && interconnect.mask != [0; 16]
        && header.next_header() == PROTOCOL_TCP
        && has_bgp_port(packet, header.at + IPV6_HEADER, header.end)
}

/// Whether the TCP header at an offset, in a packet that goes to `end`, has the port at one of its ends.
#[inline(always)]
fn has_bgp_port<P: Packet + ?Sized>(packet: &P, at: usize, end: usize) -> bool {
    let Some(ports) = packet.bytes::<PORTS>(at) else {
        return false;
    };
    at + PORTS <= end && (field::<0, _, _>(ports) == PORT_BGP || field::<2, _, _>(ports) == PORT_BGP)
}

#[inline(always)]
fn is_neighbour_discovery<P: Packet + ?Sized>(packet: &P, header: &Ipv6<'_>, interconnect: &Interconnect6) -> bool {
    let message = header.at + IPV6_HEADER;
    let (Some(&[kind, code]), Some(&target)) = (packet.bytes(message), packet.bytes(message + NEIGHBOUR_TARGET)) else {
        return false;
    };
    let is_near = |address| is_link_local(address) || in_subnet_v6(interconnect, address);
    // Who asks whether the address that it is about to take is free has no address yet (RFC 4862, section 5.4.2).
    let source_is_near = match kind {
        NEIGHBOUR_SOLICITATION => is_near(header.source()) || header.source() == [0; 16],
        NEIGHBOUR_ADVERTISEMENT => is_near(header.source()),
        _ => false,
    };
    interconnect.mask != [0; 16]
        && header.hop_limit() == HOP_LIMIT_UNROUTED
        && message + NEIGHBOUR_MESSAGE <= header.end
        && code == 0
        && source_is_near
        && (is_near(header.destination()) || is_link_multicast(header.destination()))
        && is_near(target)
}

/// Whether an address is in the interconnect subnet; a link without an interconnect has none.
#[inline(always)]
fn in_subnet_v4(interconnect: &Interconnect4, address: [u8; 4]) -> bool {
    let mask = u32::from_ne_bytes(interconnect.mask);
    mask != 0 && (u32::from_ne_bytes(address) ^ u32::from_ne_bytes(interconnect.ours)) & mask == 0
}

/// The same for IPv6, of a link that has an interconnect.
#[inline(always)]
fn in_subnet_v6(interconnect: &Interconnect6, address: [u8; 16]) -> bool {
    let mask = u128::from_ne_bytes(interconnect.mask);
    (u128::from_ne_bytes(address) ^ u128::from_ne_bytes(interconnect.ours)) & mask == 0
}

/// fe80::/10.
#[inline(always)]
fn is_link_local(address: [u8; 16]) -> bool {
    u16::from_be_bytes(field::<0, _, _>(&address)) & 0xffc0 == 0xfe80
}

/// ff02::/16.
#[inline(always)]
fn is_link_multicast(address: [u8; 16]) -> bool {
    field::<0, _, _>(&address) == [0xff, 0x02]
}

#[cfg(test)]
mod tests;
