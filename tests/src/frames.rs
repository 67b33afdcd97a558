//! Random frames that aim at the edges of a network.
//!
//! Frames of random bytes end at the first check. These are valid ones for the most part, between addresses on both
//! sides of a prefix's ends, and then damaged.

mod ip;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::{
    model::{Interconnect, Link, Network},
    packet::Frame,
    random::{Random, VLANS},
};

use ip::{icmp_error, ipv4_variant, ipv6_variant, neighbour, session, transport};

const ETHERTYPES: [u16; 9] = [0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x88cc, 0x8809, 0x8847, 0x9100];

/// The ends of what no host has, with their neighbours.
const SPECIAL_V4: [Ipv4Addr; 12] = [
    Ipv4Addr::UNSPECIFIED,
    Ipv4Addr::new(0, 0, 0, 1),
    Ipv4Addr::new(126, 255, 255, 255),
    Ipv4Addr::LOCALHOST,
    Ipv4Addr::new(127, 255, 255, 255),
    Ipv4Addr::new(128, 0, 0, 0),
    Ipv4Addr::new(223, 255, 255, 255),
    Ipv4Addr::new(224, 0, 0, 5),
    Ipv4Addr::new(240, 0, 0, 0),
    Ipv4Addr::new(255, 255, 255, 254),
    Ipv4Addr::BROADCAST,
    Ipv4Addr::new(169, 254, 0, 1),
];

const LINK_LOCAL: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// Both ends of fe80::/10 and of ff02::/16 with their neighbours, a mapped address (RFC 4291), its neighbours, and one
/// of 6to4.
const SPECIAL_V6: [Ipv6Addr; 16] = [
    Ipv6Addr::UNSPECIFIED,
    Ipv6Addr::LOCALHOST,
    Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0, 2),
    Ipv6Addr::new(0, 0, 0, 0, 0, 0xfffe, 0x0a14, 0x0101),
    Ipv6Addr::new(0, 0, 0, 0, 1, 0xffff, 0x0a14, 0x0101),
    Ipv6Addr::new(0, 0, 0, 1, 0, 0xffff, 0x0a14, 0x0101),
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
    /// Addresses inside, which errors quote.
    inside: Inside,
}

/// Addresses inside of prefixes.
#[derive(Debug, Default)]
struct Inside {
    remote: Vec<IpAddr>,
    local: Vec<IpAddr>,
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
            inside: Inside {
                remote: link.remote.iter().map(IpNet::network).collect(),
                local: link.local.iter().map(IpNet::network).collect(),
            },
        });
        let nobody = Site {
            vlan: 99,
            remote: Edges::of(&[]),
            local: Edges::of(&[]),
            interconnects: Vec::new(),
            inside: Inside::default(),
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
        if random.one_in(2000) {
            grow(random, &mut frame);
        }
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
    match random.below(20) {
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
        14 => of_the_nic(random),
        15..=17 => icmp_error(random, frame, site),
        _ => session(random, frame, site),
    }
}

/// A frame of the NIC itself, or nearly one.
fn of_the_nic(random: &mut Random) -> Vec<u8> {
    let frame = if random.one_in(6) {
        tagged(random, 0)
    } else {
        Frame::ethernet()
    };
    match random.below(6) {
        0 => frame.carrying(0x8809, &[1; 46]),
        1 | 2 => frame.lldp(),
        _ => frame.slow_protocol(random.pick(&[1, 1, 1, 2, 0, 3])),
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

/// Makes it a frame of several buffers, whose IPv4 length covers all of it, nearly all, or more.
fn grow(random: &mut Random, frame: &mut Vec<u8>) {
    let length = random.pick(&[4000, 8950, 9000, 16000]);
    frame.resize(length, 0xab);
    if frame[12..14] == [0x08, 0] {
        let claimed = length - 14 - 1 + random.below(3);
        frame[16..18].copy_from_slice(&u16::try_from(claimed).unwrap().to_be_bytes());
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
