//! What the peer's interconnect address may send to ours, whatever the gate says: BGP, BFD and ICMP.

use interlink_common::{Limit, Reason};

use super::{Place, Tables, icmp::Icmp};
use crate::{packet::Packet, parse::field};

const PROTOCOL_TCP: u8 = 6;
const PROTOCOL_UDP: u8 = 17;

const PORT_BGP: [u8; 2] = 179_u16.to_be_bytes();
const PORT_BFD_CONTROL: [u8; 2] = 3784_u16.to_be_bytes();
const PORT_BFD_ECHO: [u8; 2] = 3785_u16.to_be_bytes();

/// The ports of TCP and UDP, or the type, code and checksum of ICMP.
const START: usize = 4;
/// A whole header of UDP, and the shortest of ICMP.
const HEADER: usize = 8;

/// Proves that no router forwarded the packet.
pub(super) const HOP_LIMIT_UNROUTED: u8 = 255;

/// What an IP packet carries from router to router, right behind its fixed header.
pub(super) struct Segment {
    pub(super) protocol: u8,
    pub(super) hop_limit: u8,
    /// Where it starts.
    pub(super) at: usize,
    /// Where the packet ends.
    pub(super) end: usize,
}

/// What becomes of a segment from the peer to us; none where its addresses decide.
#[inline(always)]
pub(super) fn decide<P: Packet + ?Sized, T: Tables>(
    packet: &P,
    segment: &Segment,
    icmp: Icmp,
    place: &Place<'_, T>,
) -> Option<Reason> {
    let start = packet.bytes::<START>(segment.at)?;
    let length = segment.end - segment.at;
    match segment.protocol {
        PROTOCOL_TCP if length >= START && has_bgp_port(start) => Some(Reason::Bgp),
        PROTOCOL_UDP if length >= HEADER && is_bfd(start, segment.hop_limit) => Some(Reason::Bfd),
        protocol
            if protocol == icmp.protocol() && length >= HEADER && icmp.is_for_a_router(field::<0, _, _>(start)) =>
        {
            Some(place.up_to(Limit::Icmp, Reason::Icmp))
        }
        _ => None,
    }
}

#[inline(always)]
fn has_bgp_port(ports: &[u8; START]) -> bool {
    field::<0, _, _>(ports) == PORT_BGP || field::<2, _, _>(ports) == PORT_BGP
}

/// A control packet that was forwarded isn't the neighbour's (RFC 5881, section 5). Of an echo it can't be said: it
/// has the hop limit that its sender likes.
#[inline(always)]
fn is_bfd(ports: &[u8; START], hop_limit: u8) -> bool {
    match field::<2, _, _>(ports) {
        PORT_BFD_CONTROL => hop_limit == HOP_LIMIT_UNROUTED,
        PORT_BFD_ECHO => true,
        _ => false,
    }
}
