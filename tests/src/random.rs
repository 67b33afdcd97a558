//! Random numbers, and random networks for the model and the program to disagree about.

use std::net::{Ipv4Addr, Ipv6Addr};

use interlink_common::{LINK_CAPACITY, Reason, SLOTS_PER_LINK};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::model::{Interconnect, Link, Network};

/// The VLAN ids of random networks.
pub const VLANS: [u16; 6] = [0, 1, 7, 2386, 2387, 4095];

const LENGTHS_V4: [u8; 8] = [0, 1, 8, 16, 23, 24, 31, 32];
const LENGTHS_V6: [u8; 9] = [0, 3, 10, 32, 48, 64, 65, 127, 128];

/// Slots that the program has no entry for.
const SLOTS_OUTSIDE: [u32; 3] = [
    LINK_CAPACITY * SLOTS_PER_LINK,
    LINK_CAPACITY * SLOTS_PER_LINK + 1,
    u32::MAX,
];

/// Numbers that depend on nothing but their seed (SplitMix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a limit.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.number() % limit as u64).unwrap()
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        self.number().to_le_bytes()[0]
    }

    /// So many bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.byte()).collect()
    }

    /// Any 128 bits.
    pub fn wide(&mut self) -> u128 {
        u128::from(self.number()) << 64 | u128::from(self.number())
    }
}

/// A network with links open, closed and broken, and prefixes that overlap.
pub fn network(random: &mut Random) -> Network {
    let mut network = Network {
        other_vlans: random.one_in(3),
        lldp: random.one_in(2),
        lacp: random.one_in(2),
        ..Network::default()
    };
    for (block, vlan) in (1..).zip(VLANS) {
        if random.one_in(6) {
            continue;
        }
        let slot = match random.below(24) {
            0 => random.pick(&SLOTS_OUTSIDE),
            _ => 2 * block + random.pick(&[0, 1]),
        };
        let link = Link {
            slot,
            gate_v4: gate(random),
            gate_v6: gate(random),
            remote: prefixes(random),
            local: prefixes(random),
            interconnects: interconnects(random),
        };
        network.links.insert(vlan, link);
    }
    network
}

fn gate(random: &mut Random) -> u32 {
    match random.below(8) {
        0 => u32::try_from(random.below(Reason::ALL.len() + 4)).unwrap(),
        1 if random.one_in(8) => u32::MAX,
        _ => 0,
    }
}

fn prefixes(random: &mut Random) -> Vec<IpNet> {
    let (count_v4, count_v6) = (random.below(6), random.below(6));
    let mut prefixes = Vec::new();
    for _ in 0..count_v4 {
        // Few bases: prefixes inside each other, and sources that are also destinations, should happen often.
        let base = u32::from(Ipv4Addr::new(
            10,
            random.pick(&[0, 20, 21]),
            random.byte(),
            random.byte(),
        ));
        let length = random.pick(&LENGTHS_V4);
        let length = if length == 0 && !random.one_in(8) { 24 } else { length };
        prefixes.push(IpNet::V4(Ipv4Net::new(base.into(), length).unwrap().trunc()));
    }
    for _ in 0..count_v6 {
        let site = 0x2001_0db8_u128 << 96 | u128::from(random.pick(&[0_u16, 1, 2])) << 80;
        let base = site | random.wide() >> random.pick(&[48, 64, 120]);
        let length = random.pick(&LENGTHS_V6);
        let length = if length < 10 && !random.one_in(8) { 64 } else { length };
        prefixes.push(IpNet::V6(Ipv6Net::new(base.into(), length).unwrap().trunc()));
    }
    prefixes
}

fn interconnects(random: &mut Random) -> Vec<Interconnect> {
    let mut interconnects = Vec::new();
    if !random.one_in(4) {
        let ours = Ipv4Addr::new(169, 254, 0, random.byte());
        let peer = Ipv4Addr::from(u32::from(ours) ^ 1);
        let subnet = Ipv4Net::new(ours, random.pick(&[24, 29, 30, 31])).unwrap().trunc();
        interconnects.push(Interconnect {
            ours: ours.into(),
            peer: peer.into(),
            subnet: subnet.into(),
        });
    }
    if !random.one_in(4) {
        let ours = Ipv6Addr::new(
            random.pick(&[0x2001, 0xfd00]),
            0xdb8,
            0xff,
            0,
            0,
            0,
            0,
            u16::from(random.byte()),
        );
        let peer = Ipv6Addr::from(u128::from(ours) ^ 1);
        let subnet = Ipv6Net::new(ours, random.pick(&[48, 64, 65, 126, 127]))
            .unwrap()
            .trunc();
        interconnects.push(Interconnect {
            ours: ours.into(),
            peer: peer.into(),
            subnet: subnet.into(),
        });
    }
    interconnects
}
