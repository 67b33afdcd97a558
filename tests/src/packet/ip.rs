//! IP packets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Address, Frame, checksum};

const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// An IP packet in a frame.
#[derive(Clone, Debug)]
#[must_use]
pub struct Packet {
    frame: Frame,
    source: IpAddr,
    destination: IpAddr,
    hop_limit: u8,
    options: Vec<u8>,
    fragment: u16,
    protocol: u8,
    payload: Vec<u8>,
    claimed_version: Option<u8>,
    claimed_header: Option<u8>,
    claimed_length: Option<u16>,
}

impl Packet {
    pub(super) fn new(frame: Frame, source: IpAddr, destination: IpAddr) -> Self {
        Self {
            frame,
            source,
            destination,
            hop_limit: 64,
            options: Vec::new(),
            fragment: 0,
            // No payload, and "no next header" (RFC 8200, section 4.7).
            protocol: 59,
            payload: Vec::new(),
            claimed_version: None,
            claimed_header: None,
            claimed_length: None,
        }
    }

    /// Sets the hop limit, or time to live.
    pub fn hop_limit(mut self, hop_limit: u8) -> Self {
        self.hop_limit = hop_limit;
        self
    }

    /// Puts IPv4 options behind the fixed header; a multiple of four bytes.
    pub fn options(mut self, options: &[u8]) -> Self {
        self.options = options.to_vec();
        self
    }

    /// Makes it an IPv4 fragment, with an offset in units of eight bytes.
    pub fn fragment(mut self, offset: u16, more: bool) -> Self {
        self.fragment = offset | if more { 0x2000 } else { 0 };
        self
    }

    /// Sets the IPv4 flag "don't fragment".
    pub fn dont_fragment(mut self) -> Self {
        self.fragment |= 0x4000;
        self
    }

    /// Overwrites the version.
    pub fn claiming_version(mut self, version: u8) -> Self {
        self.claimed_version = Some(version);
        self
    }

    /// Overwrites the size of the IPv4 header, in units of four bytes.
    pub fn claiming_header(mut self, words: u8) -> Self {
        self.claimed_header = Some(words);
        self
    }

    /// Overwrites the total length (IPv4) or the payload length (IPv6), in bytes.
    pub fn claiming_length(mut self, length: u16) -> Self {
        self.claimed_length = Some(length);
        self
    }

    /// A TCP segment without data.
    pub fn tcp(self, source: u16, destination: u16) -> Self {
        let mut segment = [source.to_be_bytes(), destination.to_be_bytes()].concat();
        segment.extend([0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0]);
        self.checked(TCP, segment, 16)
    }

    /// A UDP datagram.
    pub fn udp(self, source: u16, destination: u16, data: &[u8]) -> Self {
        let length = u16::try_from(8 + data.len()).unwrap();
        let mut datagram = [source, destination, length, 0].map(u16::to_be_bytes).concat();
        datagram.extend(data);
        self.checked(UDP, datagram, 6)
    }

    /// An echo request, of the family's own ICMP.
    pub fn echo(self) -> Self {
        match self.source {
            IpAddr::V4(_) => self.icmp(8, 0, &[0, 1, 0, 1]),
            IpAddr::V6(_) => self.icmp(128, 0, &[0, 1, 0, 1]),
        }
    }

    /// A message of the family's own ICMP.
    pub fn icmp(mut self, kind: u8, code: u8, body: &[u8]) -> Self {
        let mut message = vec![kind, code, 0, 0];
        message.extend(body);
        if self.source.is_ipv4() {
            let checksum = checksum(&message);
            message[2..4].copy_from_slice(&checksum);
            self.protocol = ICMP;
            self.payload = message;
            return self;
        }
        self.checked(ICMPV6, message, 2)
    }

    /// An ICMP error that quotes so much of a packet.
    pub fn icmp_error(self, kind: u8, quote: &[u8]) -> Self {
        let body = [&[0, 0, 5, 0], quote].concat();
        self.icmp(kind, 0, &body)
    }

    /// A neighbour solicitation or advertisement (RFC 4861, sections 4.3 and 4.4), with the hop limit it has to have.
    pub fn neighbour(self, kind: u8, target: impl Address<Ipv6Addr>) -> Self {
        let mut body = vec![0; 4];
        body.extend(target.address().octets());
        self.hop_limit(255).icmp(kind, 0, &body)
    }

    /// Who has `target`?
    pub fn neighbour_solicitation(self, target: impl Address<Ipv6Addr>) -> Self {
        self.neighbour(135, target)
    }

    /// We have `target`.
    pub fn neighbour_advertisement(self, target: impl Address<Ipv6Addr>) -> Self {
        self.neighbour(136, target)
    }

    /// A payload of any kind.
    pub fn carrying(mut self, protocol: u8, payload: &[u8]) -> Self {
        self.protocol = protocol;
        self.payload = payload.to_vec();
        self
    }

    /// Puts an extension header or a tunnel's header in front of what is there. IPv6 extension headers start with the
    /// protocol of what follows, which is filled in.
    pub fn behind(mut self, protocol: u8, header: &[u8]) -> Self {
        let mut payload = header.to_vec();
        if let Some(first) = payload.first_mut() {
            *first = self.protocol;
        }
        payload.extend(&self.payload);
        self.protocol = protocol;
        self.payload = payload;
        self
    }

    /// The frame.
    pub fn bytes(&self) -> Vec<u8> {
        let ethertype = if self.source.is_ipv4() { 0x0800 } else { 0x86dd };
        self.frame.clone().carrying(ethertype, &self.ip_bytes())
    }

    /// The packet without the frame, as errors quote it.
    pub fn ip_bytes(&self) -> Vec<u8> {
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => self.ipv4_bytes(source, destination),
            (IpAddr::V6(source), IpAddr::V6(destination)) => self.ipv6_bytes(source, destination),
            (source, destination) => panic!("{source} and {destination} are of two families"),
        }
    }

    /// The frame, with zeros behind the packet up to a length that Ethernet's minimum may need.
    pub fn padded_to(&self, length: usize) -> Vec<u8> {
        let mut bytes = self.bytes();
        assert!(bytes.len() <= length, "the frame has {} bytes already", bytes.len());
        bytes.resize(length, 0);
        bytes
    }

    fn ipv4_bytes(&self, source: Ipv4Addr, destination: Ipv4Addr) -> Vec<u8> {
        let header = 20 + self.options.len();
        let words = self.claimed_header.unwrap_or(u8::try_from(header / 4).unwrap());
        let length = self
            .claimed_length
            .unwrap_or(u16::try_from(header + self.payload.len()).unwrap());
        let mut packet = vec![self.claimed_version.unwrap_or(4) << 4 | words, 0];
        packet.extend(length.to_be_bytes());
        packet.extend([0, 0]);
        packet.extend(self.fragment.to_be_bytes());
        packet.extend([self.hop_limit, self.protocol, 0, 0]);
        packet.extend(source.octets());
        packet.extend(destination.octets());
        packet.extend(&self.options);
        let checksum = checksum(&packet);
        packet[10..12].copy_from_slice(&checksum);
        packet.extend(&self.payload);
        packet
    }

    fn ipv6_bytes(&self, source: Ipv6Addr, destination: Ipv6Addr) -> Vec<u8> {
        let length = self
            .claimed_length
            .unwrap_or(u16::try_from(self.payload.len()).unwrap());
        let mut packet = vec![self.claimed_version.unwrap_or(6) << 4, 0, 0, 0];
        packet.extend(length.to_be_bytes());
        packet.extend([self.protocol, self.hop_limit]);
        packet.extend(source.octets());
        packet.extend(destination.octets());
        packet.extend(&self.payload);
        packet
    }

    /// Takes a payload whose checksum covers the addresses as well (RFC 9293, section 3.1; RFC 8200, section 8.1).
    fn checked(self, protocol: u8, mut payload: Vec<u8>, checksum_at: usize) -> Self {
        let mut covered = match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => [source.octets(), destination.octets()].concat(),
            (IpAddr::V6(source), IpAddr::V6(destination)) => [source.octets(), destination.octets()].concat(),
            (source, destination) => panic!("{source} and {destination} are of two families"),
        };
        covered.extend(u32::try_from(payload.len()).unwrap().to_be_bytes());
        covered.extend([0, 0, 0, protocol]);
        covered.extend(&payload);
        let checksum = checksum(&covered);
        payload[checksum_at..checksum_at + 2].copy_from_slice(&checksum);
        self.carrying(protocol, &payload)
    }
}
