//! Random frames that aim at the edges of a network.
//!
//! Frames of random bytes end at the first check. These are valid ones for the most part, between addresses on both
//! sides of a prefix's ends, and then damaged.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::{
    model::{Interconnect, Link, Network},
    packet::{Frame, Packet},
    random::{Random, VLANS},
};

const ETHERTYPES: [u16; 8] = [0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x88cc, 0x8847, 0x9100];

const SPECIAL_V4: [Ipv4Addr; 5] = [
    Ipv4Addr::UNSPECIFIED,
    Ipv4Addr::BROADCAST,
    Ipv4Addr::LOCALHOST,
    Ipv4Addr::new(224, 0, 0, 5),
    Ipv4Addr::new(169, 254, 0, 1),
];

const LINK_LOCAL: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// Both ends of fe80::/10 and of ff02::/16 with their neighbours, a mapped address (RFC 4291) and one of 6to4.
const SPECIAL_V6: [Ipv6Addr; 12] = [
    Ipv6Addr::UNSPECIFIED,
    Ipv6Addr::LOCALHOST,
    Ipv6Addr::new(0xfe7f, 0xffff, 0, 0, 0, 0, 0, 1),
    LINK_LOCAL,
    Ipv6Addr::new(0xfebf, 0xffff, 0, 0, 0, 0, 0, 1),
    Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 1),
    Ipv6Addr::new(0xff01, 0, 0, 0, 0, 0, 0, 1),
    ALL_NODES,
    Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00, 1),
    Ipv6Addr::new(0xff03, 0, 0, 0, 0, 0, 0, 1),
    Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0x0a14, 0x0101),
    Ipv6Addr::new(0x2002, 0x0a14, 0x0101, 0, 0, 0, 0, 1),
];

/// The frames of a network.
#[derive(Debug)]
pub struct Frames {
    random: Random,
    sites: Vec<Site>,
}

/// What a link's frames are made of.
#[derive(Debug)]
struct Site {
    vlan: u16,
    remote: Edges,
    local: Edges,
    interconnects: Vec<Interconnect>,
}

/// Addresses at the ends of prefixes, on both sides.
#[derive(Debug)]
struct Edges {
    v4: Vec<Ipv4Addr>,
    v6: Vec<Ipv6Addr>,
}

impl Frames {
    /// The sequence of a seed.
    pub fn new(network: &Network, seed: u64) -> Self {
        let sites = network.links.iter().map(|(vlan, link)| Site {
            vlan: *vlan,
            remote: Edges::new(&link.remote, link),
            local: Edges::new(&link.local, link),
            interconnects: link.interconnects.clone(),
        });
        let nobody = Site {
            vlan: 99,
            remote: Edges::of(&[]),
            local: Edges::of(&[]),
            interconnects: Vec::new(),
        };
        Self {
            random: Random::new(seed),
            sites: sites.chain([nobody]).collect(),
        }
    }

    /// The next frame, of at least the 14 bytes without which `BPF_PROG_TEST_RUN` takes none.
    pub fn next_frame(&mut self) -> Vec<u8> {
        let Self { random, sites } = self;
        let site = &sites[random.below(sites.len())];
        let mut frame = valid_frame(random, site);
        if random.one_in(3) {
            damage(random, &mut frame);
        }
        if random.one_in(8) {
            let padding = random.below(24);
            frame.extend(random.bytes(padding));
        }
        frame.resize(frame.len().max(14), 0);
        frame
    }
}

impl Edges {
    fn new(prefixes: &[IpNet], link: &Link) -> Self {
        let subnets = link.interconnects.iter().map(|interconnect| interconnect.subnet);
        let mut edges = Self::of(&subnets.chain(prefixes.iter().copied()).collect::<Vec<_>>());
        for interconnect in &link.interconnects {
            for address in [interconnect.ours, interconnect.peer] {
                match address {
                    IpAddr::V4(address) => edges.v4.push(address),
                    IpAddr::V6(address) => edges.v6.push(address),
                }
            }
        }
        edges
    }

    fn of(prefixes: &[IpNet]) -> Self {
        let mut edges = Self {
            v4: SPECIAL_V4.to_vec(),
            v6: SPECIAL_V6.to_vec(),
        };
        for prefix in prefixes {
            match prefix {
                IpNet::V4(prefix) => {
                    let (first, last) = (u32::from(prefix.network()), u32::from(prefix.broadcast()));
                    let all = [
                        first,
                        last,
                        first.wrapping_sub(1),
                        last.wrapping_add(1),
                        first | 1,
                        last & !1,
                    ];
                    edges.v4.extend(all.map(Ipv4Addr::from));
                }
                IpNet::V6(prefix) => {
                    let (first, last) = (u128::from(prefix.network()), u128::from(prefix.broadcast()));
                    let all = [
                        first,
                        last,
                        first.wrapping_sub(1),
                        last.wrapping_add(1),
                        first | 1,
                        last & !1,
                    ];
                    edges.v6.extend(all.map(Ipv6Addr::from));
                }
            }
        }
        edges
    }
}

fn valid_frame(random: &mut Random, site: &Site) -> Vec<u8> {
    let frame = tagged(random, site.vlan);
    match random.below(16) {
        0 => {
            let length = random.below(64);
            let payload = random.bytes(length);
            frame.carrying(random.pick(&ETHERTYPES), &payload)
        }
        1 | 2 => frame.arp(random.pick(&site.remote.v4), random.pick(&site.local.v4)),
        3..=7 => {
            let packet = frame.ipv4(random.pick(&site.remote.v4), random.pick(&site.local.v4));
            let packet = transport(random, packet);
            ipv4_variant(random, packet).bytes()
        }
        8..=11 => {
            let packet = frame.ipv6(random.pick(&site.remote.v6), random.pick(&site.local.v6));
            let packet = transport(random, packet);
            ipv6_variant(random, packet).bytes()
        }
        12 | 13 => neighbour(random, frame, site),
        _ => session(random, frame, site),
    }
}

fn tagged(random: &mut Random, vlan: u16) -> Frame {
    let frame = Frame::ethernet();
    let priority = u16::from(random.byte()) << 12;
    match (random.below(12), vlan) {
        (0, _) => frame.vlan(vlan).vlan(random.pick(&VLANS)),
        (1, _) => frame.service_vlan(vlan).vlan(random.pick(&VLANS)),
        (2, _) => frame.tag(0x8100, priority).vlan(vlan),
        (3, _) => frame.vlan(random.pick(&VLANS)).vlan(vlan).vlan(random.pick(&VLANS)),
        (4, _) => frame.service_vlan(vlan),
        (_, 0) => frame,
        (_, id) => frame.tag(0x8100, priority | id),
    }
}

fn transport(random: &mut Random, packet: Packet) -> Packet {
    match random.below(6) {
        0 | 1 => packet.tcp(random.pick(&[179, 443, 5000]), random.pick(&[179, 443, 5000])),
        2 => packet.udp(random.pick(&[179, 3784]), 179, b"data"),
        3 => packet.echo(),
        4 => packet.carrying(random.byte(), &[0, 179, 0, 179, 1, 2, 3, 4]),
        _ => packet,
    }
}

fn ipv4_variant(random: &mut Random, packet: Packet) -> Packet {
    match random.below(16) {
        0 => packet.options(&[1, 1, 1, 0]),
        1 => packet.fragment(u16::from(random.byte()), random.one_in(2)),
        2 => packet.claiming_header(random.byte() % 16),
        3 => packet.claiming_version(random.byte() % 16),
        4 => packet.claiming_length(u16::from(random.byte()) % 64),
        5 => packet.dont_fragment(),
        6 => packet.claiming_length(random.pick(&[0x8000, 0xffff])),
        _ => packet,
    }
}

fn ipv6_variant(random: &mut Random, packet: Packet) -> Packet {
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
fn neighbour(random: &mut Random, frame: Frame, site: &Site) -> Vec<u8> {
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

/// A packet of the BGP session, or nearly one.
fn session(random: &mut Random, frame: Frame, site: &Site) -> Vec<u8> {
    let ports = random.pick(&[(179, 40000), (40000, 179), (179, 179), (40000, 40001), (0xb300, 0xb3)]);
    if site.interconnects.is_empty() {
        return frame
            .ipv4(Ipv4Addr::UNSPECIFIED, Ipv4Addr::UNSPECIFIED)
            .tcp(ports.0, ports.1)
            .bytes();
    }
    let Interconnect { ours, peer, .. } = random.pick(&site.interconnects);
    let (source, destination) = if random.one_in(8) { (ours, peer) } else { (peer, ours) };
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            ipv4_variant(random, frame.ipv4(source, destination).tcp(ports.0, ports.1)).bytes()
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            ipv6_variant(random, frame.ipv6(source, destination).tcp(ports.0, ports.1)).bytes()
        }
        _ => panic!("an interconnect of two families"),
    }
}

fn damage(random: &mut Random, frame: &mut Vec<u8>) {
    match random.below(4) {
        0 => frame.truncate(random.below(frame.len() + 1)),
        1 => {
            let at = random.below(frame.len());
            frame[at] = random.byte();
        }
        2 => {
            let length = random.below(96);
            *frame = random.bytes(length);
        }
        _ => {
            for _ in 0..=random.below(3) {
                let at = random.below(frame.len());
                frame[at] ^= 1 << random.below(8);
            }
        }
    }
}
