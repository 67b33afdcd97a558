//! IPv4 and IPv6 headers, up to what they carry.

use std::fmt;
use std::net::IpAddr;

use super::bytes::Bytes;
use super::{icmp, transport};

const V4_HEADER: usize = 20;
const V6_HEADER: usize = 40;
/// How many extension headers are looked behind.
const MAX_EXTENSIONS: usize = 8;
const MORE_FRAGMENTS: u16 = 0x2000;
const OFFSET: u16 = 0x1fff;

/// The two ends of a packet.
#[derive(Clone, Copy)]
pub(super) struct Ends {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
}

impl fmt::Display for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} > {}:", self.source, self.destination)
    }
}

pub(super) fn v4(f: &mut fmt::Formatter<'_>, packet: Bytes<'_>) -> fmt::Result {
    let Some(version_and_header) = packet.u8(0) else {
        return f.write_str("[|ip]");
    };
    let header = usize::from(version_and_header & 0x0f).saturating_mul(4);
    f.write_str("IP")?;
    if version_and_header >> 4 != 4 {
        return write!(
            f,
            ", wrong version {}, length {}",
            version_and_header >> 4,
            packet.length()
        );
    }
    let (Some(total), Some(fragment), Some(protocol), Some(source), Some(destination)) =
        (packet.u16(2), packet.u16(6), packet.u8(9), packet.v4(12), packet.v4(16))
    else {
        return f.write_str(" [|ip]");
    };
    let total = usize::from(total);
    if header < V4_HEADER {
        return write!(f, " bad-hlen {header}, length {}", packet.length());
    }
    if total < header {
        return write!(f, " bad-len {total}, length {}", packet.length());
    }
    missing(f, "ip", total, packet.length())?;
    let ends = Ends {
        source: source.into(),
        destination: destination.into(),
    };
    let payload = packet.limit(total).skip(header);
    let offset = usize::from(fragment & OFFSET).saturating_mul(8);
    if offset != 0 {
        return later_fragment(f, ends, protocol, offset, payload);
    }
    above(f, ends, protocol, payload)?;
    if fragment & MORE_FRAGMENTS != 0 {
        f.write_str(", first fragment")?;
    }
    Ok(())
}

pub(super) fn v6(f: &mut fmt::Formatter<'_>, packet: Bytes<'_>) -> fmt::Result {
    let Some(version_and_class) = packet.u8(0) else {
        return f.write_str("[|ip6]");
    };
    f.write_str("IP6")?;
    if version_and_class >> 4 != 6 {
        return write!(
            f,
            ", wrong version {}, length {}",
            version_and_class >> 4,
            packet.length()
        );
    }
    let (Some(length), Some(next), Some(source), Some(destination)) =
        (packet.u16(4), packet.u8(6), packet.v6(8), packet.v6(24))
    else {
        return f.write_str(" [|ip6]");
    };
    let total = usize::from(length).saturating_add(V6_HEADER);
    missing(f, "ip6", total, packet.length())?;
    let ends = Ends {
        source: source.into(),
        destination: destination.into(),
    };
    extensions(f, ends, next, packet.limit(total).skip(V6_HEADER))
}

/// What stands behind a fixed IPv6 header.
fn extensions(f: &mut fmt::Formatter<'_>, ends: Ends, first: u8, behind: Bytes<'_>) -> fmt::Result {
    let (mut next, mut rest) = (first, behind);
    let mut names = Vec::new();
    let mut is_first_fragment = false;
    for _ in 0..MAX_EXTENSIONS {
        let name = match next {
            0 => "hop-by-hop",
            43 => "routing",
            44 => "fragment",
            51 => "AH",
            60 => "destination",
            _ => break,
        };
        let (Some(following), Some(length)) = (rest.u8(0), rest.u8(1)) else {
            return write!(f, " {ends} [|{name}]");
        };
        let units = usize::from(length);
        let size = match next {
            44 => 8,
            51 => units.saturating_add(2).saturating_mul(4),
            _ => units.saturating_add(1).saturating_mul(8),
        };
        if next == 44 {
            let Some(field) = rest.u16(2) else {
                return write!(f, " {ends} [|{name}]");
            };
            if field >> 3 != 0 {
                return later_fragment(f, ends, following, usize::from(field & 0xfff8), rest.skip(size));
            }
            is_first_fragment = field & 1 != 0;
        }
        names.push(name);
        next = following;
        rest = rest.skip(size);
    }
    above(f, ends, next, rest)?;
    if is_first_fragment {
        f.write_str(", first fragment")?;
    }
    if !names.is_empty() {
        write!(f, ", behind {}", names.join(" and "))?;
    }
    Ok(())
}

/// What an IP header says is inside.
fn above(f: &mut fmt::Formatter<'_>, ends: Ends, protocol: u8, payload: Bytes<'_>) -> fmt::Result {
    match (protocol, ends.source) {
        (6, _) => transport::tcp(f, ends, payload),
        (17, _) => transport::udp(f, ends, payload),
        (1, IpAddr::V4(_)) => icmp::v4(f, ends, payload),
        (58, IpAddr::V6(_)) => icmp::v6(f, ends, payload),
        (59, IpAddr::V6(_)) => write!(f, " {ends} no next header"),
        _ => write!(f, " {ends} {}, length {}", Protocol(protocol), payload.length()),
    }
}

fn later_fragment(
    f: &mut fmt::Formatter<'_>,
    ends: Ends,
    protocol: u8,
    offset: usize,
    payload: Bytes<'_>,
) -> fmt::Result {
    let protocol = Protocol(protocol);
    write!(
        f,
        " {ends} {protocol} fragment at {offset}, length {}",
        payload.length()
    )
}

fn missing(f: &mut fmt::Formatter<'_>, name: &str, total: usize, length: usize) -> fmt::Result {
    match total.saturating_sub(length) {
        0 => Ok(()),
        missing => write!(f, " truncated-{name} - {missing} bytes missing!"),
    }
}

/// A protocol number, by its name where that is common.
pub(super) struct Protocol(pub(super) u8);

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.0 {
            1 => "ICMP",
            2 => "IGMP",
            4 => "IPIP",
            6 => "TCP",
            17 => "UDP",
            41 => "IPv6",
            47 => "GRE",
            50 => "ESP",
            51 => "AH",
            58 => "ICMP6",
            89 => "OSPF",
            103 => "PIM",
            112 => "VRRP",
            132 => "SCTP",
            other => return write!(f, "ip-proto-{other}"),
        };
        f.write_str(name)
    }
}
