//! IPv6, and neighbour discovery.

use interlink_common::{Interconnect6, Limit, Reason};

use super::{
    Place, Tables,
    address::{in_subnet_v6, is_link_local, is_link_multicast, is_martian_v6},
    gate,
    icmp::{self, Icmp},
    routers::{self, HOP_LIMIT_UNROUTED, Segment},
};
use crate::{
    packet::Packet,
    parse::{IPV6_HEADER, Ipv6},
};

const NEIGHBOUR_SOLICITATION: u8 = 135;
const NEIGHBOUR_ADVERTISEMENT: u8 = 136;
/// The size in bytes of both, without options (RFC 4861, sections 4.3 and 4.4).
const NEIGHBOUR_MESSAGE: usize = 24;
const NEIGHBOUR_TARGET: usize = 8;

/// What becomes of an IPv6 packet.
#[inline(always)]
pub(super) fn decide<P: Packet + ?Sized, T: Tables>(packet: &P, header: &Ipv6<'_>, place: &Place<'_, T>) -> Reason {
    let (link, interconnect) = (place.link, &place.link.v6);
    let has_interconnect = interconnect.mask != [0; 16];
    if header.source() == interconnect.ours && has_interconnect {
        return Reason::OwnSource;
    }
    let is_icmp = header.next_header() == Icmp::V6.protocol();
    if is_icmp && is_neighbour_discovery(packet, header, interconnect) {
        return place.up_to(Limit::NeighbourDiscovery, Reason::NeighbourDiscovery);
    }
    if is_martian_v6(header.source()) {
        return Reason::MartianSource;
    }
    if is_icmp && (is_link_local(header.destination()) || is_link_multicast(header.destination())) {
        return Reason::NeighbourDiscoveryForeign;
    }
    if is_martian_v6(header.destination()) {
        return Reason::MartianDestination;
    }
    if header.source() == interconnect.peer && header.destination() == interconnect.ours && has_interconnect {
        let segment = Segment {
            protocol: header.next_header(),
            hop_limit: header.hop_limit(),
            at: header.at + IPV6_HEADER,
            end: header.end,
        };
        if let Some(reason) = routers::decide(packet, &segment, Icmp::V6, place) {
            return reason;
        }
    }
    let gate = gate(link.gate_v6);
    if gate != Reason::Allowed {
        return gate;
    }
    if !place.contains_v6(&link.remote_v6, header.source()) {
        return icmp::from_outside_v6(packet, header, place);
    }
    if !place.contains_v6(&link.local_v6, header.destination()) {
        return Reason::DestinationNotAllowed;
    }
    Reason::Allowed
}

/// Between routers of the link, from one of which nothing can have been forwarded (RFC 4861, section 7.1).
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
