//! IPv4.

use interlink_common::Reason;

use super::{
    Place, Tables,
    address::is_martian_v4,
    gate,
    icmp::{self, Icmp},
    routers::{self, Segment},
};
use crate::{
    packet::Packet,
    parse::{IPV4_HEADER, Ipv4},
};

/// What becomes of an IPv4 packet.
#[inline(always)]
pub(super) fn decide<P: Packet + ?Sized, T: Tables>(packet: &P, header: &Ipv4<'_>, place: &Place<'_, T>) -> Reason {
    let (link, interconnect) = (place.link, &place.link.v4);
    let has_interconnect = interconnect.mask != [0; 4];
    if header.source() == interconnect.ours && has_interconnect {
        return Reason::OwnSource;
    }
    if is_martian_v4(header.source()) {
        return Reason::MartianSource;
    }
    if is_martian_v4(header.destination()) {
        return Reason::MartianDestination;
    }
    let is_between_routers =
        header.source() == interconnect.peer && header.destination() == interconnect.ours && has_interconnect;
    if is_between_routers && !header.has_options() && !header.is_fragment() {
        let segment = Segment {
            protocol: header.protocol(),
            hop_limit: header.time_to_live(),
            at: header.at + IPV4_HEADER,
            end: header.end,
        };
        if let Some(reason) = routers::decide(packet, &segment, Icmp::V4, place) {
            return reason;
        }
    }
    let gate = gate(link.gate_v4);
    if gate != Reason::Allowed {
        return gate;
    }
    if !place.contains_v4(&link.remote_v4, header.source()) {
        return icmp::from_outside_v4(packet, header, place);
    }
    if !place.contains_v4(&link.local_v4, header.destination()) {
        return Reason::DestinationNotAllowed;
    }
    Reason::Allowed
}
