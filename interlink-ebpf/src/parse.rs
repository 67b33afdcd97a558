//! From bytes to headers: Ethernet (IEEE 802.3), VLAN tags (802.1Q, 802.1ad), ARP (RFC 826), IPv4 (RFC 791), IPv6
//! (RFC 8200).
//!
//! A header is returned only when the frame holds all of it and its lengths agree with each other and with the frame.
//! It is a view: a field is read where it is asked for, which keeps the program short of registers from copying
//! addresses that nobody looks at.

use interlink_common::Reason;

use crate::packet::Packet;

/// The EtherType of ARP.
pub const ETHERTYPE_ARP: u16 = 0x0806;
/// The EtherType of IPv4.
pub const ETHERTYPE_IPV4: u16 = 0x0800;
/// The EtherType of IPv6.
pub const ETHERTYPE_IPV6: u16 = 0x86dd;

/// The size in bytes of an Ethernet header without a tag.
pub const ETHERNET_HEADER: usize = 14;
/// The size in bytes of an IPv4 header without options.
pub const IPV4_HEADER: usize = 20;
/// The size in bytes of the fixed IPv6 header.
pub const IPV6_HEADER: usize = 40;

const ETHERTYPE_8021Q: u16 = 0x8100;
const ETHERTYPE_8021AD: u16 = 0x88a8;

const MAX_TAGS: usize = 2;
const VLAN_ID_MASK: u16 = 0x0fff;

const ARP_PACKET: usize = 28;
/// Hardware type Ethernet, protocol type IPv4.
const ARP_TYPES: [u8; 4] = [0x00, 0x01, 0x08, 0x00];
const ARP_LENGTHS: [u8; 2] = [6, 4];

/// More Fragments, and the fragment offset.
const FRAGMENT_MASK: u16 = 0x3fff;

/// What stands in front of a frame's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer2 {
    /// The VLAN id of the first tag that has one; 0 for frames without.
    ///
    /// A tag with id 0 carries a priority and no VLAN. The kernel looks behind it for the VLAN, so this does as well:
    /// else a frame would be judged as one link's and delivered as another's. A second id plays no part here; the
    /// kernel hands such a frame to an interface stacked on the first id's, so it passes only where the same packet
    /// without the second tag would.
    pub vlan: u16,
    /// The EtherType behind the last tag.
    pub ethertype: u16,
    /// The offset in bytes of what that EtherType describes.
    pub payload: usize,
}

/// Reads the Ethernet header and up to two VLAN tags.
#[inline(always)]
pub fn layer2<P: Packet + ?Sized>(packet: &P) -> Result<Layer2, Reason> {
    let mut payload = ETHERNET_HEADER;
    let mut ethertype = u16_at(packet, payload - 2)?;
    let mut vlan = 0;
    for _ in 0..MAX_TAGS {
        if !is_tag(ethertype) {
            break;
        }
        if vlan == 0 {
            vlan = u16_at(packet, payload)? & VLAN_ID_MASK;
        }
        ethertype = u16_at(packet, payload + 2)?;
        payload += 4;
    }
    if is_tag(ethertype) {
        return Err(Reason::TooManyTags);
    }
    Ok(Layer2 {
        vlan,
        ethertype,
        payload,
    })
}

/// An ARP packet about IPv4 on Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arp<'p> {
    bytes: &'p [u8; ARP_PACKET],
}

/// Reads an ARP packet at an offset; one about anything else is [`Reason::ArpForeign`].
#[inline(always)]
pub fn arp<P: Packet + ?Sized>(packet: &P, at: usize) -> Result<Arp<'_>, Reason> {
    let bytes = packet.bytes(at).ok_or(Reason::Truncated)?;
    if field::<0, _, _>(bytes) != ARP_TYPES || field::<4, _, _>(bytes) != ARP_LENGTHS {
        return Err(Reason::ArpForeign);
    }
    Ok(Arp { bytes })
}

impl Arp<'_> {
    /// The sender's protocol address.
    #[inline(always)]
    pub fn sender(&self) -> [u8; 4] {
        field::<14, _, _>(self.bytes)
    }

    /// The target's protocol address.
    #[inline(always)]
    pub fn target(&self) -> [u8; 4] {
        field::<24, _, _>(self.bytes)
    }
}

/// An IPv4 header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv4<'p> {
    bytes: &'p [u8; IPV4_HEADER],
    /// The offset in bytes of the header.
    pub at: usize,
    /// The offset in bytes of the packet's end, before any padding of the frame.
    pub end: usize,
}

/// Reads an IPv4 header at an offset.
#[inline(always)]
pub fn ipv4<P: Packet + ?Sized>(packet: &P, at: usize) -> Result<Ipv4<'_>, Reason> {
    let bytes = packet.bytes(at).ok_or(Reason::Truncated)?;
    let [version_and_header] = field::<0, _, _>(bytes);
    let header = usize::from(version_and_header & 0x0f) * 4;
    let total = usize::from(u16::from_be_bytes(field::<2, _, _>(bytes)));
    let end = at + total;
    if version_and_header >> 4 != 4 || header < IPV4_HEADER || total < header || !packet.reaches(end) {
        return Err(Reason::HeaderInvalid);
    }
    Ok(Ipv4 { bytes, at, end })
}

impl Ipv4<'_> {
    /// The size in bytes of the header, with its options: 20 to 60.
    #[inline(always)]
    pub fn length(&self) -> usize {
        let [version_and_header] = field::<0, _, _>(self.bytes);
        usize::from(version_and_header & 0x0f) * 4
    }

    /// Whether anything stands between the fixed header and the payload.
    #[inline(always)]
    pub fn has_options(&self) -> bool {
        field::<0, _, _>(self.bytes) != [0x45]
    }

    /// Whether this is one of several fragments, the first included.
    #[inline(always)]
    pub fn is_fragment(&self) -> bool {
        u16::from_be_bytes(field::<6, _, _>(self.bytes)) & FRAGMENT_MASK != 0
    }

    /// The time to live.
    #[inline(always)]
    pub fn time_to_live(&self) -> u8 {
        let [time_to_live] = field::<8, _, _>(self.bytes);
        time_to_live
    }

    /// The protocol of the payload.
    #[inline(always)]
    pub fn protocol(&self) -> u8 {
        let [protocol] = field::<9, _, _>(self.bytes);
        protocol
    }

    /// The source address.
    #[inline(always)]
    pub fn source(&self) -> [u8; 4] {
        field::<12, _, _>(self.bytes)
    }

    /// The destination address.
    #[inline(always)]
    pub fn destination(&self) -> [u8; 4] {
        field::<16, _, _>(self.bytes)
    }
}

/// A fixed IPv6 header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv6<'p> {
    bytes: &'p [u8; IPV6_HEADER],
    /// The offset in bytes of the header.
    pub at: usize,
    /// The offset in bytes of the packet's end, before any padding of the frame.
    pub end: usize,
}

/// Reads a fixed IPv6 header at an offset. A jumbogram (RFC 2675) is read as what this header says: no payload.
#[inline(always)]
pub fn ipv6<P: Packet + ?Sized>(packet: &P, at: usize) -> Result<Ipv6<'_>, Reason> {
    let bytes = packet.bytes(at).ok_or(Reason::Truncated)?;
    let [version_and_class] = field::<0, _, _>(bytes);
    let payload = usize::from(u16::from_be_bytes(field::<4, _, _>(bytes)));
    let end = at + IPV6_HEADER + payload;
    if version_and_class >> 4 != 6 || !packet.reaches(end) {
        return Err(Reason::HeaderInvalid);
    }
    Ok(Ipv6 { bytes, at, end })
}

impl Ipv6<'_> {
    /// What follows the fixed header: a payload's protocol or an extension header.
    #[inline(always)]
    pub fn next_header(&self) -> u8 {
        let [next_header] = field::<6, _, _>(self.bytes);
        next_header
    }

    /// The hop limit.
    #[inline(always)]
    pub fn hop_limit(&self) -> u8 {
        let [hop_limit] = field::<7, _, _>(self.bytes);
        hop_limit
    }

    /// The source address.
    #[inline(always)]
    pub fn source(&self) -> [u8; 16] {
        field::<8, _, _>(self.bytes)
    }

    /// The destination address.
    #[inline(always)]
    pub fn destination(&self) -> [u8; 16] {
        field::<24, _, _>(self.bytes)
    }
}

#[inline(always)]
fn u16_at<P: Packet + ?Sized>(packet: &P, at: usize) -> Result<u16, Reason> {
    packet
        .bytes(at)
        .copied()
        .map(u16::from_be_bytes)
        .ok_or(Reason::Truncated)
}

/// The field at an offset of a header. One load of its width: taking a field apart into bytes costs a load for each.
#[inline(always)]
pub(crate) fn field<const AT: usize, const N: usize, const LENGTH: usize>(header: &[u8; LENGTH]) -> [u8; N] {
    const { assert!(AT + N <= LENGTH, "the field lies outside of the header") };
    header
        .get(AT..)
        .and_then(<[u8]>::first_chunk)
        .copied()
        .unwrap_or([0; N])
}

#[inline(always)]
const fn is_tag(ethertype: u16) -> bool {
    matches!(ethertype, ETHERTYPE_8021Q | ETHERTYPE_8021AD)
}

#[cfg(test)]
mod tests;
