//! Sets of the size and the shape of the Internet's routing table, from a seed.
//!
//! The shares of the lengths are those that published tables have; prefixes are clustered as allocations cluster them.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use interlink_core::prefix::{Address, Prefix, PrefixSet};

use crate::random::Random;

/// A length, and how many of all prefixes have it, in proportion.
type Share = (u8, usize);

const SHARES_V4: [Share; 15] = [
    (24, 6_000),
    (23, 1_000),
    (22, 1_150),
    (21, 500),
    (20, 450),
    (19, 250),
    (18, 140),
    (17, 80),
    (16, 140),
    (15, 20),
    (14, 12),
    (13, 6),
    (12, 3),
    (11, 1),
    (10, 1),
];
const CLUSTERS_V4: usize = 30_000;

const SHARES_V6: [Share; 11] = [
    (48, 470),
    (32, 115),
    (44, 95),
    (40, 90),
    (36, 50),
    (29, 40),
    (33, 40),
    (34, 30),
    (47, 30),
    (46, 30),
    (64, 10),
];
const CLUSTERS_V6: usize = 20_000;
/// What the registries give out of.
const BLOCKS_V6: [(u128, u8); 6] = [
    (0x2001, 16),
    (0x2400, 12),
    (0x2600, 12),
    (0x2800, 12),
    (0x2a00, 12),
    (0x2c00, 12),
];

/// So many IPv4 prefixes.
pub fn prefixes_v4(random: &mut Random, count: usize) -> Vec<Prefix<Ipv4Addr>> {
    let clusters: Vec<u32> = (0..CLUSTERS_V4)
        .map(|_| unicast_v4(random).to_bits() >> 16 << 16)
        .collect();
    distinct(count, || {
        let address = random.pick(&clusters) | u32::from(random.byte()) << 8;
        Prefix::containing(address.into(), length(random, &SHARES_V4))
    })
}

/// So many IPv6 prefixes.
pub fn prefixes_v6(random: &mut Random, count: usize) -> Vec<Prefix<Ipv6Addr>> {
    let clusters: Vec<u128> = (0..CLUSTERS_V6)
        .map(|_| allocated_v6(random).to_bits() >> 96 << 96)
        .collect();
    distinct(count, || {
        // Within a cluster, low numbers are taken first.
        let site = u128::from(random.number() >> random.pick(&[32, 33, 34, 36, 40])) << 64;
        let address = random.pick(&clusters) | site;
        Prefix::containing(address.into(), length(random, &SHARES_V6))
    })
}

/// So many IPv4 hosts, anywhere.
pub fn hosts_v4(random: &mut Random, count: usize) -> Vec<Prefix<Ipv4Addr>> {
    distinct(count, || Prefix::containing(unicast_v4(random), 32))
}

/// An address outside of what is reserved as a whole: no class D or E, no 0/8, no loopback.
pub fn unicast_v4(random: &mut Random) -> Ipv4Addr {
    loop {
        let address = Ipv4Addr::from_bits(u32::try_from(random.number() >> 32).unwrap());
        if (1..224).contains(&address.octets()[0]) && !address.is_loopback() {
            return address;
        }
    }
}

/// An address of what the registries give out of.
pub fn allocated_v6(random: &mut Random) -> Ipv6Addr {
    let (block, length) = random.pick(&BLOCKS_V6);
    let rest = u128::MAX >> length;
    Ipv6Addr::from_bits(block << 112 | random.wide() & rest)
}

/// An address of a set.
pub fn inside<A: Address>(random: &mut Random, prefixes: &[Prefix<A>]) -> A {
    let prefix = random.pick(prefixes);
    let hosts = prefix.last().number() - prefix.network().number();
    A::from_number(prefix.network().number() | random.wide() & hosts)
}

/// An address that isn't in a set.
pub fn outside<A: Address>(random: &mut Random, set: &PrefixSet<A>, mut any: impl FnMut(&mut Random) -> A) -> A {
    loop {
        let address = any(random);
        if !set.contains(address) {
            return address;
        }
    }
}

/// So many prefixes, no two of them the same.
fn distinct<A: Address>(count: usize, mut any: impl FnMut() -> Prefix<A>) -> Vec<Prefix<A>> {
    let mut seen = BTreeSet::new();
    let mut prefixes = Vec::with_capacity(count);
    while prefixes.len() < count {
        let prefix = any();
        if seen.insert(prefix) {
            prefixes.push(prefix);
        }
    }
    prefixes
}

fn length(random: &mut Random, shares: &[Share]) -> u8 {
    let mut at = random.below(shares.iter().map(|(_, share)| share).sum());
    for (length, share) in shares {
        if at < *share {
            return *length;
        }
        at -= share;
    }
    shares[0].0
}
