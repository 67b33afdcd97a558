//! The IP packets in them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{ALL_NODES, LINK_LOCAL, Site};
use crate::{
    model::Interconnect,
    packet::{Frame, Packet},
    random::Random,
};

pub(super) fn transport(random: &mut Random, packet: Packet) -> Packet {
    match random.below(6) {
        0 | 1 => packet.tcp(random.pick(&[179, 443, 5000]), random.pick(&[179, 443, 5000])),
        2 => packet.udp(random.pick(&[179, 3784]), 179, b"data"),
        3 => packet.echo(),
        4 => packet.carrying(random.byte(), &[0, 179, 0, 179, 1, 2, 3, 4]),
        _ => packet,
    }
}

pub(super) fn ipv4_variant(random: &mut Random, packet: Packet) -> Packet {
    match random.below(16) {
        0 => packet.options(random.pick(&[&[1, 1, 1, 0][..], &[1; 8], &[1; 40]])),
        1 => packet.fragment(u16::from(random.byte()), random.one_in(2)),
        2 => packet.claiming_header(random.byte() % 16),
        3 => packet.claiming_version(random.byte() % 16),
        4 => packet.claiming_length(u16::from(random.byte()) % 64),
        5 => packet.dont_fragment(),
        6 => packet.claiming_length(random.pick(&[0x8000, 0xffff])),
        _ => packet,
    }
}

pub(super) fn ipv6_variant(random: &mut Random, packet: Packet) -> Packet {
    match random.below(16) {
        0 => packet.behind(random.pick(&[0, 43, 60]), &[0; 8]),
        1 => packet.behind(44, &[0, 0, 0, 1, 0, 0, 0, 9]),
        2 => packet.claiming_version(random.byte() % 16),
        3 => packet.claiming_length(u16::from(random.byte()) % 48),
        4 => packet.claiming_length(random.pick(&[0x8000, 0xffff])),
        _ => packet,
    }
}

/// A packet of neighbour discovery, or nearly one: as few as one of its addresses is out of place.
pub(super) fn neighbour(random: &mut Random, frame: Frame, site: &Site) -> Vec<u8> {
    let routers = site.interconnects.iter().flat_map(|it| [it.ours, it.peer]);
    let mut near = vec![LINK_LOCAL, ALL_NODES];
    near.extend(routers.filter_map(|address| match address {
        IpAddr::V6(address) => Some(address),
        IpAddr::V4(_) => None,
    }));
    let mut address = |far: &[Ipv6Addr]| {
        let from = if random.one_in(4) { far } else { &near };
        random.pick(from)
    };
    let (source, destination) = (address(&site.remote.v6), address(&site.local.v6));
    let target = address(&site.local.v6);
    let kind = random.pick(&[133, 134, 135, 135, 135, 136, 136, 136, 137, 128, 143]);
    let packet = frame.ipv6(source, destination).neighbour(kind, target);
    if random.one_in(8) {
        return packet.hop_limit(random.pick(&[0, 1, 64, 254])).bytes();
    }
    packet.bytes()
}

/// A packet from router to router, of the BGP session or another, or nearly one.
pub(super) fn session(random: &mut Random, frame: Frame, site: &Site) -> Vec<u8> {
    if site.interconnects.is_empty() {
        return frame
            .ipv4(Ipv4Addr::UNSPECIFIED, Ipv4Addr::UNSPECIFIED)
            .tcp(179, 179)
            .bytes();
    }
    let Interconnect { ours, peer, .. } = random.pick(&site.interconnects);
    let (source, destination) = if random.one_in(8) { (ours, peer) } else { (peer, ours) };
    let packet = between(frame, source, destination);
    let ports = random.pick(&[(179, 40000), (40000, 179), (179, 179), (40000, 40001), (0xb300, 0xb3)]);
    let packet = match random.below(8) {
        0 => packet.echo(),
        1 => {
            let kind = random.pick(&[0, 1, 2, 3, 4, 5, 8, 10, 11, 12, 13, 127, 128, 129, 130, 137]);
            let length = random.pick(&[0, 3, 4, 5, 28, 60]);
            packet.icmp(kind, 0, &random.bytes(length))
        }
        2 => packet
            .hop_limit(random.pick(&[255, 255, 254, 1]))
            .udp(49152, random.pick(&[3784, 3785]), b""),
        3 => packet
            .hop_limit(255)
            .udp(3784, random.pick(&[3783, 3784, 3786, 4784]), b"control"),
        _ => packet.tcp(ports.0, ports.1),
    };
    variant(random, packet, source).bytes()
}

/// An ICMP error about a packet of ours, or nearly one: from somebody else, about something else, or cut.
pub(super) fn icmp_error(random: &mut Random, frame: Frame, site: &Site) -> Vec<u8> {
    let (Some(from), Some(to)) = (one_of(random, &site.inside.local), one_of(random, &site.inside.remote)) else {
        return session(random, frame, site);
    };
    let router = router(random, from);
    let to = if to.is_ipv4() == from.is_ipv4() { to } else { router };
    let (mut quoted_from, mut quoted_to) = (from, to);
    match random.below(12) {
        0 => (quoted_from, quoted_to) = (to, from),
        1 => quoted_to = router,
        2 => quoted_from = router,
        3 => quoted_to = from,
        _ => {}
    }
    let quote = between(Frame::ethernet(), quoted_from, quoted_to).tcp(443, 5000);
    let quote = if random.one_in(3) {
        variant(random, quote, from)
    } else {
        quote
    };
    let mut quote = quote.ip_bytes();
    match random.below(6) {
        0 => quote.truncate(random.below(quote.len() + 1)),
        1 => quote.truncate(random.pick(&[27, 28, 29, 47, 48, 49])),
        2 => quote.resize(random.pick(&[128, 548, 1232]), 0xab),
        _ => {}
    }
    let kind = match from {
        IpAddr::V4(_) => random.pick(&[3, 3, 3, 11, 12, 4, 5, 0, 8]),
        IpAddr::V6(_) => random.pick(&[2, 2, 1, 3, 4, 0, 5, 128, 137]),
    };
    let destination = if random.one_in(10) { quoted_to } else { from };
    let error = between(frame, router, destination).icmp_error(kind, &quote);
    let error = if random.one_in(8) && from.is_ipv6() {
        error.behind(60, &[0; 8])
    } else {
        error
    };
    variant(random, error, from).bytes()
}

/// The address of a router that is in no prefix, for the most part.
fn router(random: &mut Random, near: IpAddr) -> IpAddr {
    let number = random.byte();
    match near {
        IpAddr::V4(_) => random
            .pick(&[Ipv4Addr::new(198, 51, 100, number), Ipv4Addr::new(10, 20, 0, number)])
            .into(),
        IpAddr::V6(_) => {
            let number = u16::from(number);
            let inside = Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, number);
            random
                .pick(&[Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, number), inside])
                .into()
        }
    }
}

fn one_of(random: &mut Random, from: &[IpAddr]) -> Option<IpAddr> {
    (!from.is_empty()).then(|| random.pick(from))
}

fn between(frame: Frame, source: IpAddr, destination: IpAddr) -> Packet {
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => frame.ipv4(source, destination),
        (IpAddr::V6(source), IpAddr::V6(destination)) => frame.ipv6(source, destination),
        _ => panic!("{source} and {destination} are of two families"),
    }
}

fn variant(random: &mut Random, packet: Packet, family: IpAddr) -> Packet {
    match family {
        IpAddr::V4(_) => ipv4_variant(random, packet),
        IpAddr::V6(_) => ipv6_variant(random, packet),
    }
}
