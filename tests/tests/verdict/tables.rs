//! The tables of random sets, up to a million prefixes, against a model that tries each length.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use interlink_common::{LinkEntry, Reason, TableId, Verdict};
use interlink_core::prefix::{Address, Prefix, PrefixSet};
use interlink_core::table::{Flat, TableChoice, few};
use interlink_tests::{dfz, kernel::Kernel, packet::Frame, random::Random};

use crate::support::{KINDS, UNTAGGED};

/// How many prefixes of a set are looked at from all sides.
const SAMPLE: usize = 300;
/// How many addresses are asked for besides.
const OTHERS: usize = 1000;

#[test]
fn sets_of_every_size_are_found_whole() {
    let random = &mut Random::new(1);
    for count in [0, 1, 2, 10, 100, 3000] {
        let v4 = dfz::prefixes_v4(random, count);
        let v6 = dfz::prefixes_v6(random, count);
        for tables in KINDS {
            check(random, tables, &v4, &v6);
        }
    }
}

#[test]
fn a_million_prefixes_are_found_whole() {
    let random = &mut Random::new(2);
    let v4 = dfz::prefixes_v4(random, 1_000_000);
    let v6 = dfz::prefixes_v6(random, 250_000);
    check(random, TableChoice::Flat, &v4, &v6);
}

#[test]
fn a_million_hosts_are_found_and_not_their_neighbours() {
    let random = &mut Random::new(3);
    let v4 = dfz::hosts_v4(random, 1_000_000);
    let v6: Vec<_> = (0..100_000)
        .map(|_| Prefix::containing(dfz::allocated_v6(random), 128))
        .collect();
    check(random, TableChoice::Flat, &v4, &v6);
}

#[test]
fn everything_but_some_holes_is_found_whole() {
    let random = &mut Random::new(4);
    for count in [1, 10, 1000, 50_000] {
        let v4 = all_but(&dfz::hosts_v4(random, count));
        let v6 = all_but(&dfz::prefixes_v6(random, count));
        check(random, TableChoice::Flat, &v4, &v6);
    }
}

#[test]
fn prefixes_of_all_lengths_close_to_each_other_are_found_whole() {
    let random = &mut Random::new(5);
    for count in [30, 300, 3000] {
        let near = |bits: u32, random: &mut Random| random.wide() >> (128 - bits);
        let v4: Vec<_> = (0..count)
            .map(|_| {
                let address = Ipv4Addr::from_number(0x0a00_0000 | near(18, random));
                Prefix::containing(address, u8::try_from(14 + random.below(19)).unwrap())
            })
            .collect();
        let v6: Vec<_> = (0..count)
            .map(|_| {
                let low = random.pick(&[0, 60, 70, 100]);
                let address = Ipv6Addr::from_bits(0x2001_0db8 << 96 | near(20, random) << low);
                Prefix::containing(address, u8::try_from(36 + random.below(93)).unwrap())
            })
            .collect();
        for tables in KINDS {
            check(random, tables, &v4, &v6);
        }
    }
}

/// Asks the program for addresses in and around some of the prefixes, and for any.
fn check(random: &mut Random, tables: TableChoice, v4: &[Prefix<Ipv4Addr>], v6: &[Prefix<Ipv6Addr>]) {
    let mut kernel = Kernel::load();
    kernel.set_tables(tables);
    kernel.set_vlan(0, UNTAGGED);
    let (set_v4, set_v6) = (v4.iter().copied().collect(), v6.iter().copied().collect());
    let in_tables = LinkEntry {
        gate_v4: Reason::Allowed.code(),
        gate_v6: Reason::Allowed.code(),
        remote_v4: kernel.add_table(&set_v4, TableId(0x0102_0304)),
        local_v4: kernel.add_set(&everything::<Ipv4Addr>(), TableId(7)),
        remote_v6: kernel.add_table(&set_v6, TableId(0x0506_0708)),
        local_v6: kernel.add_set(&everything::<Ipv6Addr>(), TableId(8)),
        ..LinkEntry::default()
    };
    let of_few = LinkEntry {
        remote_v4: few(&set_v4).unwrap_or(in_tables.remote_v4),
        remote_v6: few(&set_v6).unwrap_or(in_tables.remote_v6),
        ..in_tables
    };
    let entries = if of_few == in_tables {
        vec![in_tables]
    } else {
        vec![in_tables, of_few]
    };
    for entry in entries {
        kernel.set_entry(UNTAGGED, &entry);
        ask(random, &kernel, tables, v4, |source| {
            Frame::ethernet().ipv4(source, "203.0.113.9").bytes()
        });
        ask(random, &kernel, tables, v6, |source| {
            Frame::ethernet().ipv6(source, "2a00::9").bytes()
        });
    }
}

fn ask<A: Flat>(
    random: &mut Random,
    kernel: &Kernel,
    tables: TableChoice,
    prefixes: &[Prefix<A>],
    frame: impl Fn(A) -> Vec<u8>,
) {
    let model: BTreeSet<(u8, A)> = prefixes.iter().map(|it| (it.length(), it.network())).collect();
    let lengths: BTreeSet<u8> = model.iter().map(|(length, _)| *length).collect();
    let contains = |address: A| {
        lengths
            .iter()
            .any(|length| model.contains(&(*length, Prefix::containing(address, *length).network())))
    };
    let mut addresses: Vec<A> = (0..OTHERS).map(|_| A::from_number(random.wide())).collect();
    for _ in 0..SAMPLE.min(prefixes.len() * 4) {
        let prefix = random.pick(prefixes);
        let (first, last) = (prefix.network(), prefix.last());
        addresses.extend(
            [first.predecessor(), Some(first), Some(last), last.successor()]
                .into_iter()
                .flatten(),
        );
        addresses.push(dfz::inside(random, prefixes));
    }
    for address in addresses.into_iter().filter(|address| !is_martian((*address).into())) {
        let expected = if contains(address) {
            Verdict::Pass
        } else {
            Verdict::Drop
        };
        let address_text: IpAddr = address.into();
        assert_eq!(
            kernel.run(&frame(address)),
            expected,
            "{address_text} among {} prefixes, {tables:?}",
            prefixes.len()
        );
    }
}

/// Whether an address is dropped whatever a policy says, so that it tells nothing of tables.
fn is_martian(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_multicast() || address.is_broadcast() || address.is_unspecified() || address.is_loopback()
        }
        IpAddr::V6(address) => {
            address.is_multicast()
                || address.is_unspecified()
                || address.is_loopback()
                || address.to_ipv4_mapped().is_some()
        }
    }
}

fn everything<A: Address>() -> PrefixSet<A> {
    [Prefix::containing(A::from_number(0), 0)].into_iter().collect()
}

fn all_but<A: Address>(holes: &[Prefix<A>]) -> Vec<Prefix<A>> {
    let holes: PrefixSet<A> = holes.iter().copied().collect();
    everything().difference(&holes).prefixes().collect()
}
