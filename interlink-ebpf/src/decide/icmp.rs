//! ICMP: what routers tell each other, and errors from routers outside of every prefix.
//!
//! A router between reports that a packet of ours was too big, or can't be delivered, from whatever address it has.
//! Without these reports a path with a smaller MTU swallows packets in silence. Such an error quotes the packet that
//! it is about, and passes when that is one that could have left through this link: from the host that now hears of
//! it, which is a local one, to a remote one.

use interlink_common::{Limit, Reason};

use super::{Place, Tables};
use crate::{
    packet::Packet,
    parse::{IPV4_HEADER, IPV6_HEADER, Ipv4, Ipv6, field},
};

/// An error's own header, in front of its quote.
const HEADER: usize = 8;
/// How much of a quoted packet's payload is there at least (RFC 792; RFC 4443 asks for as much as fits).
const QUOTED_PAYLOAD: usize = 8;

/// The ICMP of a family.
#[derive(Clone, Copy)]
pub(super) enum Icmp {
    /// RFC 792.
    V4,
    /// RFC 4443.
    V6,
}

impl Icmp {
    #[inline(always)]
    pub(super) const fn protocol(self) -> u8 {
        match self {
            Self::V4 => 1,
            Self::V6 => 58,
        }
    }

    /// Whether a message of this type passes from router to router: an echo, its reply, an error.
    #[inline(always)]
    pub(super) const fn is_for_a_router(self, [kind]: [u8; 1]) -> bool {
        let is_echo = match self {
            Self::V4 => matches!(kind, 0 | 8),
            Self::V6 => matches!(kind, 128 | 129),
        };
        is_echo || self.is_error(kind)
    }

    /// Whether the message at an offset, in a packet that goes to `end`, is an error.
    #[inline(always)]
    fn has_error<P: Packet + ?Sized>(self, packet: &P, at: usize, end: usize) -> bool {
        // All of the header, not its first byte: a pointer at an offset that varies proves nothing to the verifier
        // when it is compared as it is, without a length that would be added.
        let header: Option<&[u8; HEADER]> = packet.bytes(at);
        at + HEADER <= end && header.is_some_and(|[kind, ..]| self.is_error(*kind))
    }

    /// Destination unreachable (which includes "fragmentation needed"), time exceeded, parameter problem; of ICMPv6
    /// also "packet too big".
    #[inline(always)]
    const fn is_error(self, kind: u8) -> bool {
        match self {
            Self::V4 => matches!(kind, 3 | 11 | 12),
            Self::V6 => matches!(kind, 1..=4),
        }
    }
}

/// What becomes of an IPv4 packet whose source is outside the remote prefixes.
#[inline(always)]
pub(super) fn from_outside_v4<P: Packet + ?Sized, T: Tables>(
    packet: &P,
    header: &Ipv4<'_>,
    place: &Place<'_, T>,
) -> Reason {
    if header.protocol() != Icmp::V4.protocol() || header.is_fragment() {
        return Reason::SourceNotAllowed;
    }
    let at = header.at + header.length();
    if !Icmp::V4.has_error(packet, at, header.end) {
        return Reason::SourceNotAllowed;
    }
    let Some(message) = packet.bytes::<{ HEADER + IPV4_HEADER }>(at) else {
        return Reason::IcmpErrorForged;
    };
    let [version_and_header] = field::<HEADER, _, _>(message);
    let quoted = usize::from(version_and_header & 0x0f) * 4;
    let (source, destination) = (
        field::<{ HEADER + 12 }, _, _>(message),
        field::<{ HEADER + 16 }, _, _>(message),
    );
    let is_ours = version_and_header >> 4 == 4
        && quoted >= IPV4_HEADER
        && at + HEADER + quoted + QUOTED_PAYLOAD <= header.end
        && source == header.destination()
        && place.contains_v4(&place.link.local_v4, source)
        && place.contains_v4(&place.link.remote_v4, destination);
    if is_ours {
        place.up_to(Limit::IcmpError, Reason::IcmpError)
    } else {
        Reason::IcmpErrorForged
    }
}

/// What becomes of an IPv6 packet whose source is outside the remote prefixes.
#[inline(always)]
pub(super) fn from_outside_v6<P: Packet + ?Sized, T: Tables>(
    packet: &P,
    header: &Ipv6<'_>,
    place: &Place<'_, T>,
) -> Reason {
    if header.next_header() != Icmp::V6.protocol() {
        return Reason::SourceNotAllowed;
    }
    let at = header.at + IPV6_HEADER;
    if !Icmp::V6.has_error(packet, at, header.end) {
        return Reason::SourceNotAllowed;
    }
    let Some(message) = packet.bytes::<{ HEADER + IPV6_HEADER }>(at) else {
        return Reason::IcmpErrorForged;
    };
    let [version_and_class] = field::<HEADER, _, _>(message);
    let (source, destination) = (
        field::<{ HEADER + 8 }, _, _>(message),
        field::<{ HEADER + 24 }, _, _>(message),
    );
    let is_ours = version_and_class >> 4 == 6
        && at + HEADER + IPV6_HEADER + QUOTED_PAYLOAD <= header.end
        && source == header.destination()
        && place.contains_v6(&place.link.local_v6, source)
        && place.contains_v6(&place.link.remote_v6, destination);
    if is_ours {
        place.up_to(Limit::IcmpError, Reason::IcmpError)
    } else {
        Reason::IcmpErrorForged
    }
}
