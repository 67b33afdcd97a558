//! Frames, written as sentences:
//! `Frame::ethernet().vlan(2386).ipv4("10.20.1.1", "172.16.4.9").tcp(5000, 443).bytes()`.
//!
//! Lengths and checksums are right unless a sentence says otherwise (`claiming_…`).

mod ip;

use std::net::{Ipv4Addr, Ipv6Addr};

pub use ip::Packet;

const HERE: [u8; 6] = [0x02, 0, 0, 0, 0, 0x01];
const THERE: [u8; 6] = [0x02, 0, 0, 0, 0, 0x02];

/// Where LLDP is sent to, and no bridge forwards (IEEE 802.1AB, section 7.1).
const NEAREST_BRIDGE: [u8; 6] = [0x01, 0x80, 0xc2, 0, 0, 0x0e];
/// Where the slow protocols are sent to (IEEE 802.3, annex 57A).
const SLOW_PROTOCOLS: [u8; 6] = [0x01, 0x80, 0xc2, 0, 0, 0x02];

/// The part of a frame in front of its EtherType.
#[derive(Clone, Debug)]
#[must_use]
pub struct Frame {
    head: Vec<u8>,
}

impl Frame {
    /// An Ethernet frame from the peer to us.
    pub fn ethernet() -> Self {
        Self {
            head: [HERE, THERE].concat(),
        }
    }

    /// Sends it to another MAC address than ours.
    pub fn to(mut self, destination: [u8; 6]) -> Self {
        self.head[..6].copy_from_slice(&destination);
        self
    }

    /// Adds an 802.1Q tag with this VLAN id behind those that are there.
    pub fn vlan(self, id: u16) -> Self {
        self.tag(0x8100, id)
    }

    /// Adds an 802.1ad tag with this VLAN id behind those that are there.
    pub fn service_vlan(self, id: u16) -> Self {
        self.tag(0x88a8, id)
    }

    /// Adds a tag: its type, then priority and VLAN id.
    pub fn tag(mut self, kind: u16, control: u16) -> Self {
        self.head.extend(kind.to_be_bytes());
        self.head.extend(control.to_be_bytes());
        self
    }

    /// A payload of any kind.
    pub fn carrying(self, ethertype: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = self.head;
        bytes.extend(ethertype.to_be_bytes());
        bytes.extend(payload);
        bytes
    }

    /// An LLDP frame that ends at once.
    pub fn lldp(self) -> Vec<u8> {
        self.to(NEAREST_BRIDGE).carrying(0x88cc, &[0; 46])
    }

    /// A frame of a slow protocol: LACP has the subtype 1.
    pub fn slow_protocol(self, subtype: u8) -> Vec<u8> {
        let mut payload = [0; 110];
        payload[0] = subtype;
        self.to(SLOW_PROTOCOLS).carrying(0x8809, &payload)
    }

    /// An ARP request: who has `target`, tell `sender`.
    pub fn arp(self, sender: impl Address<Ipv4Addr>, target: impl Address<Ipv4Addr>) -> Vec<u8> {
        let mut arp = vec![0, 1, 8, 0, 6, 4, 0, 1];
        arp.extend(THERE);
        arp.extend(sender.address().octets());
        arp.extend([0; 6]);
        arp.extend(target.address().octets());
        self.carrying(0x0806, &arp)
    }

    /// An IPv4 packet, empty so far.
    pub fn ipv4(self, source: impl Address<Ipv4Addr>, destination: impl Address<Ipv4Addr>) -> Packet {
        Packet::new(self, source.address().into(), destination.address().into())
    }

    /// An IPv6 packet, empty so far.
    pub fn ipv6(self, source: impl Address<Ipv6Addr>, destination: impl Address<Ipv6Addr>) -> Packet {
        Packet::new(self, source.address().into(), destination.address().into())
    }
}

/// Something that names an address: the address itself, or its text.
pub trait Address<A> {
    /// The address.
    fn address(self) -> A;
}

impl<A: std::str::FromStr> Address<A> for &str {
    fn address(self) -> A {
        self.parse()
            .unwrap_or_else(|_| panic!("`{self}` is no address of this family"))
    }
}

impl Address<Self> for Ipv4Addr {
    fn address(self) -> Self {
        self
    }
}

impl Address<Self> for Ipv6Addr {
    fn address(self) -> Self {
        self
    }
}

/// The internet checksum (RFC 1071).
fn checksum(bytes: &[u8]) -> [u8; 2] {
    let mut sum = 0_u32;
    for pair in bytes.chunks(2) {
        sum += u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let [.., high, low] = (!sum).to_be_bytes();
    [high, low]
}
