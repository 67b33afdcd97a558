//! What flat tables take, and what becomes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Instant;

use interlink_common::{Reason, map};
use interlink_core::plan::OpError;
use interlink_core::prefix::{Address, Prefix, PrefixSet};
use interlink_core::state::LinkState;
use interlink_tests::dfz;
use interlink_tests::random::Random;

use crate::bench::{Bench, NIC, closed_link, interfaces, json, nic, observe, open_link, prefixes_v6, run, vlan};

const MIB: u64 = 1 << 20;

/// More ranges than stand in a link's entry.
const SEVERAL: [&str; 6] = [
    "10.20.0.0/16",
    "10.22.0.0/16",
    "10.24.0.0/16",
    "10.26.3.0/25",
    "192.0.2.1/32",
    "198.51.100.0/24",
];

#[test]
fn a_change_gives_back_the_memory_of_the_old_state() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    assert_eq!(segments(&bench), BTreeMap::new(), "none before the first table");
    dataplane
        .set_link(&nic(NIC), vlan(7), &open_link(&["10.20.0.0/16"]))
        .unwrap();
    assert_eq!(segments(&bench), BTreeMap::new(), "few ranges need none");
    let small = open_link(&SEVERAL);
    dataplane.set_link(&nic(NIC), vlan(7), &small).unwrap();
    assert_eq!(segments(&bench).len(), 1);

    let random = &mut Random::new(1);
    let mut large = small.clone();
    large.v4.remote = set(&dfz::hosts_v4(random, 50_000));
    dataplane.set_link(&nic(NIC), vlan(7), &large).unwrap();
    assert!(segments(&bench).len() > 10);
    assert_eq!(observe(&mut dataplane, NIC).links[&vlan(7)], large);

    dataplane.set_link(&nic(NIC), vlan(7), &small).unwrap();
    let in_use = distinct(&segments(&bench));
    assert!(in_use <= 3, "{in_use} segments, one of them for the empty places");
    dataplane.set_link(&nic(NIC), vlan(7), &large).unwrap();
    dataplane.set_link(&nic(NIC), vlan(8), &large).unwrap();
    drop(dataplane);

    let mut next = bench.open();
    let links = observe(&mut next, NIC).links;
    assert_eq!(links, [7, 8].map(|id| (vlan(id), large.clone())).into());
    next.remove_link(&nic(NIC), vlan(7)).unwrap();
    next.set_link(&nic(NIC), vlan(8), &closed_link(Reason::NoVpc)).unwrap();
    assert_eq!(distinct(&segments(&bench)), 1);
}

#[test]
fn a_change_that_fails_half_way_leaves_the_old_state() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    let old = open_link(&SEVERAL);
    dataplane.set_link(&nic(NIC), vlan(7), &old).unwrap();
    let before = segments(&bench);
    run(&["bpftool", "map", "freeze", "pinned", &bench.pin(NIC, map::SEGMENTS)]);
    let mut new = old.clone();
    new.v4.remote = set(&dfz::hosts_v4(&mut Random::new(1), 50_000));
    let refused = dataplane.set_link(&nic(NIC), vlan(7), &new);
    let Err(OpError::Kernel { doing, detail }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(doing, "adding segments to SEGMENTS");
    assert!(detail.contains("not permitted"), "{detail}");
    assert_eq!(observe(&mut dataplane, NIC).links[&vlan(7)], old);
    assert_eq!(segments(&bench), before);
    let mut other = old.clone();
    other.v6.remote = prefixes_v6(&["2001:db9::/32"]);
    dataplane.set_link(&nic(NIC), vlan(7), &other).unwrap();
    assert_eq!(observe(&mut dataplane, NIC).links[&vlan(7)], other, "there was room");
}

#[test]
fn what_somebody_else_writes_into_a_page_is_seen_and_put_back() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    let state = open_link(&SEVERAL);
    let pages: BTreeSet<u32> = {
        dataplane.set_link(&nic(NIC), vlan(7), &state).unwrap();
        (2..64).collect()
    };
    let mut seen = 0;
    for page in pages {
        let id = segments(&bench)[&0].to_string();
        let key = page.to_string();
        let words = ["bpftool", "-j", "map", "lookup", "id", &id, "key", &key, "0", "0", "0"];
        let content = json(&words)["value"].clone();
        let mut bytes: Vec<String> = content
            .as_array()
            .unwrap()
            .iter()
            .map(|byte| byte.as_str().unwrap().to_owned())
            .collect();
        for byte in &mut bytes[..4] {
            "0xff".clone_into(byte);
        }
        let mut words = vec![
            "bpftool", "map", "update", "id", &id, "key", &key, "0", "0", "0", "value",
        ];
        words.extend(bytes.iter().map(String::as_str));
        run(&words);
        if observe(&mut dataplane, NIC).links[&vlan(7)] != state {
            seen += 1;
        }
        dataplane.set_link(&nic(NIC), vlan(7), &state).unwrap();
        assert_eq!(observe(&mut dataplane, NIC).links[&vlan(7)], state);
    }
    assert!(seen > 2, "{seen}");
}

#[test]
fn ten_prefixes_take_less_than_a_mebibyte() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    let random = &mut Random::new(10);
    let mut state = open_link(&[]);
    state.v4.remote = set(&dfz::hosts_v4(random, 10));
    state.v4.local = set(&dfz::hosts_v4(random, 10));
    state.v6.remote = set(&dfz::prefixes_v6(random, 10));
    state.v6.local = set(&dfz::prefixes_v6(random, 10));
    dataplane.set_link(&nic(NIC), vlan(7), &state).unwrap();
    let bytes = memory(&bench);
    println!("ten prefixes in each of four sets: {} KiB", bytes >> 10);
    assert!(bytes <= MIB, "{bytes}");
}

#[test]
fn a_million_prefixes_take_less_than_64_mebibytes() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    let random = &mut Random::new(4);
    let v6 = set(&dfz::prefixes_v6(random, 250_000));
    let other_v6 = set(&dfz::prefixes_v6(random, 250_000));
    let shapes = [
        ("a routing table", dfz::prefixes_v4(random, 1_000_000), &v6),
        ("another", dfz::prefixes_v4(random, 1_000_000), &other_v6),
        ("scattered hosts", dfz::hosts_v4(random, 1_000_000), &v6),
        ("pairs of hosts", pairs(random, 500_000), &other_v6),
    ];
    let interfaces = interfaces();
    for (what, v4, v6) in shapes {
        let mut state: LinkState = open_link(&[]);
        state.v4.remote = set(&v4);
        state.v6.remote = Arc::clone(v6);
        let start = Instant::now();
        dataplane.set_link(&nic(NIC), vlan(7), &state).unwrap();
        let replaced = start.elapsed();
        let start = Instant::now();
        let observed = dataplane.observe(&interfaces).unwrap();
        let read = start.elapsed();
        assert!(observed[&nic(NIC)].links[&vlan(7)] == state, "{what}");
        let bytes = memory(&bench);
        let kib = bytes >> 10;
        println!("1.25 million prefixes, {what}: set_link {replaced:?}, observe {read:?}, {kib} KiB");
        assert!(bytes <= 64 * MIB, "{what}: {bytes}");
    }
}

/// Two hosts that don't touch, in each of so many /24.
fn pairs(random: &mut Random, count: usize) -> Vec<Prefix<Ipv4Addr>> {
    dfz::hosts_v4(random, count)
        .into_iter()
        .flat_map(|host| {
            let near = Ipv4Addr::from_bits(host.network().to_bits() ^ 0x55);
            [host, Prefix::containing(near, 32)]
        })
        .collect()
}

pub(crate) fn set<A: Address>(prefixes: &[Prefix<A>]) -> Arc<PrefixSet<A>> {
    Arc::new(prefixes.iter().copied().collect())
}

/// The ids of the segments, by their places.
fn segments(bench: &Bench) -> BTreeMap<u64, u64> {
    let dumped = json(&["bpftool", "-j", "map", "dump", "pinned", &bench.pin(NIC, map::SEGMENTS)]);
    dumped
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| Some((number(&entry["key"])?, number(&entry["value"])?)))
        .collect()
}

/// Four bytes as bpftool prints them; nothing where it prints an error.
fn number(bytes: &serde_json::Value) -> Option<u64> {
    let bytes: Vec<u8> = bytes
        .as_array()?
        .iter()
        .map(|byte| u8::from_str_radix(byte.as_str().unwrap().trim_start_matches("0x"), 16).unwrap())
        .collect();
    Some(u64::from(u32::from_ne_bytes(bytes.try_into().ok()?)))
}

fn distinct(segments: &BTreeMap<u64, u64>) -> usize {
    segments.values().collect::<BTreeSet<_>>().len()
}

/// The memory of all maps of the NIC, by the kernel's account.
pub(crate) fn memory(bench: &Bench) -> u64 {
    let size = |words: &[&str]| {
        let shown = json(&[&["bpftool", "-j", "map", "show"], words].concat());
        shown["bytes_memlock"].as_u64().unwrap()
    };
    let maps = map::ALL.map(|name| size(&["pinned", &bench.pin(NIC, name)]));
    let segments: BTreeSet<u64> = segments(bench).into_values().collect();
    let segments = segments.into_iter().map(|id| size(&["id", &id.to_string()]));
    maps.into_iter().chain(segments).sum()
}
