//! What links hold, from one state to the next.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use interlink_agent::dataplane::Dataplane;
use interlink_common::{LinkEntry, Reason, Traffic};
use interlink_core::domain::{Interconnect, Vlan};
use interlink_core::plan::OpError;
use interlink_core::prefix::{Address, Prefix, PrefixSet};
use interlink_core::state::{FamilyState, LinkState};
use interlink_core::table::TableChoice;
use interlink_tests::packet::Frame;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::bench::{
    Bench, NIC, closed_link, interfaces, json, nic, observe, open_link, prefixes_v4, prefixes_v6, run, vlan,
};

#[test]
fn what_is_set_is_what_the_kernel_holds() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded_with(TableChoice::Tries);
    let state = open_link(&["10.20.0.0/16", "10.20.4.0/24", "192.0.2.1/32"]);
    dataplane.set_link(&nic(NIC), vlan(2386), &state).unwrap();
    assert_eq!(
        observe(&mut dataplane, NIC).links,
        BTreeMap::from([(vlan(2386), state)])
    );

    assert_eq!(slot(&bench, 2386), 2);
    let entry = value(&bench, "LINKS", &["2", "0", "0", "0"]);
    assert_eq!(entry.len(), LinkEntry::SIZE);
    assert_eq!(entry[..8], [0; 8], "both gates are open");
    assert_eq!(
        entry[232..244],
        [169, 254, 0, 100, 169, 254, 0, 101, 255, 255, 255, 254]
    );
    let keys = keys(&bench, "PREFIXES_V4");
    let remote: Vec<_> = keys
        .iter()
        .filter(|key| key[4..8] == entry[8..12].iter().rev().copied().collect::<Vec<_>>())
        .collect();
    assert_eq!(remote.len(), 2, "the nested prefix adds nothing: {keys:?}");
    assert!(
        remote.iter().any(|key| key[0] == 32 + 16 && key[8..] == [10, 20, 0, 0]),
        "{remote:?}"
    );
    assert_eq!(keys.len(), 3);
}

#[test]
fn a_change_leaves_nothing_of_the_old_state() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded_with(TableChoice::Tries);
    let first = open_link(&["10.20.0.0/16"]);
    let second = LinkState {
        v4: open_link(&["10.30.0.0/16", "10.40.0.0/16"]).v4,
        ..first.clone()
    };
    dataplane.set_link(&nic(NIC), vlan(7), &first).unwrap();
    let v6 = keys(&bench, "PREFIXES_V6");
    dataplane.set_link(&nic(NIC), vlan(7), &second).unwrap();
    assert_eq!(slot(&bench, 7), 3, "the other slot of the link");
    assert_eq!(observe(&mut dataplane, NIC).links[&vlan(7)], second);
    assert_eq!(keys(&bench, "PREFIXES_V4").len(), 3);
    assert_eq!(keys(&bench, "PREFIXES_V6"), v6, "an unchanged set stays where it is");

    dataplane
        .set_link(&nic(NIC), vlan(7), &closed_link(Reason::NoVpc))
        .unwrap();
    assert_eq!(slot(&bench, 7), 2);
    assert_eq!(
        (keys(&bench, "PREFIXES_V4").len(), keys(&bench, "PREFIXES_V6").len()),
        (0, 0)
    );
    dataplane.set_link(&nic(NIC), vlan(7), &first).unwrap();
    dataplane.remove_link(&nic(NIC), vlan(7)).unwrap();
    assert_eq!(slot(&bench, 7), 0);
    assert_eq!(
        (keys(&bench, "PREFIXES_V4").len(), keys(&bench, "PREFIXES_V6").len()),
        (0, 0)
    );
    dataplane.remove_link(&nic(NIC), vlan(7)).unwrap();
    assert_eq!(observe(&mut dataplane, NIC).links, BTreeMap::new());
}

#[test]
fn a_change_that_fails_half_way_leaves_the_old_state() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded_with(TableChoice::Tries);
    let old = open_link(&["10.20.0.0/16"]);
    dataplane.set_link(&nic(NIC), vlan(7), &old).unwrap();
    run(&["bpftool", "map", "freeze", "pinned", &bench.pin(NIC, "PREFIXES_V6")]);
    let before = (
        keys(&bench, "PREFIXES_V4"),
        keys(&bench, "PREFIXES_V6"),
        slot(&bench, 7),
    );

    let mut new = open_link(&["10.30.0.0/16"]);
    new.v6.remote = prefixes_v6(&["2001:db9::/32"]);
    let refused = dataplane.set_link(&nic(NIC), vlan(7), &new);
    let Err(OpError::Kernel { doing, detail }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(doing, "writing the prefix 2001:db9::/32 into PREFIXES_V6");
    assert!(detail.contains("not permitted"), "{detail}");
    assert_eq!(observe(&mut dataplane, NIC).links[&vlan(7)], old);
    assert_eq!(
        (
            keys(&bench, "PREFIXES_V4"),
            keys(&bench, "PREFIXES_V6"),
            slot(&bench, 7)
        ),
        before
    );
}

#[test]
fn what_somebody_else_changes_is_seen_and_put_back() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded_with(TableChoice::Tries);
    let state = open_link(&["10.20.0.0/16"]);
    dataplane.set_link(&nic(NIC), vlan(7), &state).unwrap();
    let v4 = bench.pin(NIC, "PREFIXES_V4");
    let (vlans, links) = (bench.pin(NIC, "VLANS"), bench.pin(NIC, "LINKS"));
    let entry: Vec<_> = value(&bench, "LINKS", &["2", "0", "0", "0"])
        .iter()
        .map(ToString::to_string)
        .collect();
    let damages: [Vec<&str>; 5] = [
        // A key that matches in every table.
        vec![
            "update", "pinned", &v4, "key", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "value", "1",
            "0", "0", "0",
        ],
        // One more prefix in the table of the remote ones.
        vec![
            "update", "pinned", &v4, "key", "33", "0", "0", "0", "0", "0", "0", &entry[8], "128", "0", "0", "0",
            "value", "1", "0", "0", "0",
        ],
        vec![
            "delete", "pinned", &v4, "key", "48", "0", "0", "0", "0", "0", "0", &entry[8], "10", "20", "0", "0",
        ],
        vec![
            "update", "pinned", &vlans, "key", "7", "0", "0", "0", "value", "200", "0", "0", "0",
        ],
        [
            vec!["update", "pinned", &links, "key", "2", "0", "0", "0", "value"],
            vec!["99"; LinkEntry::SIZE],
        ]
        .concat(),
    ];
    for damage in damages {
        run(&[vec!["bpftool", "map"], damage.clone()].concat());
        let observed = observe(&mut dataplane, NIC).links;
        assert_ne!(observed.get(&vlan(7)), Some(&state), "{damage:?}");
        dataplane.set_link(&nic(NIC), vlan(7), &state).unwrap();
        assert_eq!(observe(&mut dataplane, NIC).links[&vlan(7)], state, "{damage:?}");
        dataplane.remove_link(&nic(NIC), vlan(7)).unwrap();
        assert_eq!(keys(&bench, "PREFIXES_V4").len(), 0, "{damage:?}");
        dataplane.set_link(&nic(NIC), vlan(7), &state).unwrap();
        assert_eq!(slot(&bench, 7), 2);
    }
}

#[test]
fn nothing_can_be_set_where_nothing_is_loaded() {
    let bench = Bench::new();
    let mut dataplane = bench.open();
    let refused = dataplane.set_link(&nic(NIC), vlan(7), &open_link(&["10.0.0.0/8"]));
    assert!(matches!(refused, Err(OpError::Kernel { .. })), "{refused:?}");
}

#[test]
fn random_links_come_back_as_they_were_set() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded_with(TableChoice::Tries);
    let model = set_random_links(&mut dataplane, |_| {});
    let expected = |count: fn(&LinkState) -> usize| model.values().map(count).sum::<usize>();
    let v4 = expected(|state| state.v4.remote.prefixes().count() + state.v4.local.prefixes().count());
    let v6 = expected(|state| state.v6.remote.prefixes().count() + state.v6.local.prefixes().count());
    assert_eq!(
        (keys(&bench, "PREFIXES_V4").len(), keys(&bench, "PREFIXES_V6").len()),
        (v4, v6)
    );
}

#[test]
fn random_links_come_back_from_flat_tables_too() {
    let bench = Bench::new();
    set_random_links(&mut bench.loaded(), |_| {});
}

#[test]
fn random_links_come_back_whatever_their_old_tables_were() {
    let bench = Bench::new();
    let mut turn = 0;
    set_random_links(&mut bench.loaded(), |dataplane| {
        turn += 1;
        let choice = if turn % 3 == 0 {
            TableChoice::Tries
        } else {
            TableChoice::Flat
        };
        dataplane.choose_tables(&nic(NIC), choice);
    });
}

/// Sets and removes links at random, and compares what is observed after each step.
fn set_random_links(dataplane: &mut Dataplane, mut before: impl FnMut(&mut Dataplane)) -> BTreeMap<Vlan, LinkState> {
    let mut model = BTreeMap::new();
    let mut runner = TestRunner::new(Config {
        cases: 60,
        failure_persistence: None,
        ..Config::default()
    });
    // Few VLAN ids, so that links meet their old states.
    let strategy = (0_u32..4, proptest::option::weighted(0.85, any_link()));
    for _ in 0..runner.config().cases {
        let (id, state) = proptest::strategy::ValueTree::current(&strategy.new_tree(&mut runner).unwrap());
        before(dataplane);
        if let Some(state) = state {
            dataplane.set_link(&nic(NIC), vlan(id), &state).unwrap();
            model.insert(vlan(id), state);
        } else {
            dataplane.remove_link(&nic(NIC), vlan(id)).unwrap();
            model.remove(&vlan(id));
        }
        assert_eq!(observe(dataplane, NIC).links, model);
    }
    model
}

#[test]
fn no_packet_is_judged_by_halves_of_two_states() {
    switch_under_traffic(TableChoice::Flat, &[]);
}

#[test]
fn no_packet_is_judged_by_halves_of_two_states_in_tables() {
    // With these there are more ranges than stand in an entry.
    let others = ["192.0.2.0/26", "192.0.2.128/26", "198.51.100.0/24", "203.0.113.7/32"];
    switch_under_traffic(TableChoice::Flat, &others);
}

#[test]
fn no_packet_is_judged_by_halves_of_two_states_in_tries() {
    switch_under_traffic(TableChoice::Tries, &[]);
}

fn switch_under_traffic(choice: TableChoice, others: &[&str]) {
    const SWITCHES: usize = 1000;
    let bench = Bench::new();
    let mut dataplane = bench.loaded_with(choice);
    let state = |remote_v4, local_v4, remote_v6, local_v6| {
        let mut state = open_link(&[&[remote_v4], others].concat());
        state.v4.local = prefixes_v4(&[&[local_v4], others].concat());
        state.v6.remote = prefixes_v6(&[remote_v6]);
        state.v6.local = prefixes_v6(&[local_v6]);
        state
    };
    let states = [
        state("10.1.0.0/16", "172.1.0.0/16", "2001:db8::/32", "2001:db8:1::/48"),
        state("10.2.0.0/16", "172.2.0.0/16", "2001:db8::/31", "2001:db8::/47"),
    ];
    dataplane.set_link(&nic(NIC), vlan(0), &states[0]).unwrap();

    let by_neither = Frame::ethernet().ipv4("10.1.0.1", "172.2.0.1").udp(1, 2, &[]).bytes();
    let by_both = Frame::ethernet()
        .ipv6("2001:db8::1", "2001:db8:1::1")
        .udp(1, 2, &[])
        .bytes();
    let senders = [
        Sender::start(&bench, "neither", &by_neither),
        Sender::start(&bench, "both", &by_both),
    ];
    for state in states.iter().rev().cycle().take(SWITCHES) {
        dataplane.set_link(&nic(NIC), vlan(0), state).unwrap();
    }
    drop(senders);

    let counted: BTreeMap<_, _> = dataplane
        .counters(&nic(NIC))
        .unwrap()
        .into_iter()
        .map(|row| ((row.traffic, row.reason), row.packets))
        .collect();
    let expected = [
        (Traffic::V4, Reason::SourceNotAllowed),
        (Traffic::V4, Reason::DestinationNotAllowed),
        (Traffic::V6, Reason::Allowed),
    ];
    assert_eq!(counted.keys().copied().collect::<Vec<_>>(), expected, "{choice:?}");
    assert!(counted.values().all(|packets| *packets > 10_000), "{counted:?}");
}

#[test]
fn ten_thousand_prefixes_in_tries() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded_with(TableChoice::Tries);
    let hosts = |first: u32| -> Arc<PrefixSet<Ipv4Addr>> {
        Arc::new(
            (0..10_000)
                .map(|i| Prefix::containing(Ipv4Addr::from_bits(first + 2 * i), 32))
                .collect(),
        )
    };
    let mut state = open_link(&[]);
    for (what, first) in [("from nothing", 0x0a00_0000), ("all of them others", 0x0b00_0000)] {
        state.v4.remote = hosts(first);
        let start = Instant::now();
        dataplane.set_link(&nic(NIC), vlan(7), &state).unwrap();
        println!("set_link, 10000 prefixes, {what}: {:?}", start.elapsed());
    }
    state.v4.local = prefixes_v4(&["172.16.0.0/12"]);
    let start = Instant::now();
    dataplane.set_link(&nic(NIC), vlan(7), &state).unwrap();
    println!("set_link, 1 prefix beside 10000 that stay: {:?}", start.elapsed());
    let interfaces = interfaces();
    let start = Instant::now();
    let observed = dataplane.observe(&interfaces).unwrap();
    println!("observe, 10000 prefixes: {:?}", start.elapsed());
    assert_eq!(observed[&nic(NIC)].links[&vlan(7)], state);
    let start = Instant::now();
    dataplane.remove_link(&nic(NIC), vlan(7)).unwrap();
    println!("remove_link, 10000 prefixes: {:?}", start.elapsed());
    let start = Instant::now();
    dataplane
        .set_link(&nic(NIC), vlan(7), &closed_link(Reason::NoVpc))
        .unwrap();
    println!("set_link, no prefix: {:?}", start.elapsed());
}

/// Runs one frame through the pinned program, over and over, until it is dropped.
pub(crate) struct Sender {
    child: Child,
    file: PathBuf,
}

impl Sender {
    pub(crate) fn start(bench: &Bench, name: &str, frame: &[u8]) -> Self {
        let file = bench.bpffs.with_extension(name);
        fs::write(&file, frame).unwrap();
        let child = Command::new("bpftool")
            .args(["prog", "run", "pinned", &bench.pin(NIC, "program"), "data_in"])
            .arg(&file)
            .args(["repeat", "4000000000"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, file }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        fs::remove_file(&self.file).unwrap();
    }
}

pub(crate) fn slot(bench: &Bench, id: u32) -> u64 {
    let [low, high, ..] = id.to_le_bytes();
    let bytes = value(bench, "VLANS", &[&low.to_string(), &high.to_string(), "0", "0"]);
    u64::from(u32::from_le_bytes(bytes.try_into().unwrap()))
}

fn value(bench: &Bench, map: &str, key: &[&str]) -> Vec<u8> {
    let path = bench.pin(NIC, map);
    let words = [&["bpftool", "-j", "map", "lookup", "pinned", &path, "key"], key].concat();
    bytes(&json(&words)["value"])
}

/// The keys of a trie.
fn keys(bench: &Bench, map: &str) -> Vec<Vec<u8>> {
    let dumped = json(&["bpftool", "-j", "map", "dump", "pinned", &bench.pin(NIC, map)]);
    dumped
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| bytes(&entry["key"]))
        .collect()
}

fn bytes(value: &serde_json::Value) -> Vec<u8> {
    let byte = |text: &serde_json::Value| u8::from_str_radix(text.as_str().unwrap().trim_start_matches("0x"), 16);
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|text| byte(text).unwrap())
        .collect()
}

fn any_link() -> impl Strategy<Value = LinkState> {
    (any_family::<Ipv4Addr>(), any_family::<Ipv6Addr>()).prop_map(|(v4, v6)| LinkState { v4, v6 })
}

fn any_family<A: Address>() -> impl Strategy<Value = FamilyState<A>> {
    let gate = proptest::sample::select(vec![
        Reason::Allowed,
        Reason::NoVpc,
        Reason::BgpDown,
        Reason::LinkStatus,
    ]);
    (gate, proptest::option::of(any_interconnect()), any_set(), any_set()).prop_map(
        |(gate, interconnect, remote, local)| FamilyState {
            gate,
            interconnect,
            remote,
            local,
        },
    )
}

fn any_interconnect<A: Address>() -> impl Strategy<Value = Interconnect<A>> {
    (any::<u128>(), 1..A::WIDTH, any::<u128>()).prop_filter_map("both ends are one", |(address, length, other)| {
        let subnet = Prefix::containing(A::from_number(address), length);
        let host = other & (subnet.network().number() ^ subnet.last().number());
        let peer = A::from_number(subnet.network().number() | host);
        Interconnect::new((A::from_number(address), length), (peer, length)).ok()
    })
}

/// Prefixes near each other, so that they nest and touch.
fn any_set<A: Address>() -> impl Strategy<Value = Arc<PrefixSet<A>>> {
    let near = (any::<bool>(), 0_u128..64, 0..=A::WIDTH).prop_map(|(low, number, length)| {
        let high = if low { 0 } else { 0x0a0b << (A::WIDTH - 16) };
        Prefix::containing(A::from_number(high | number), length)
    });
    let long = near.prop_filter("a short one swallows the rest", |prefix| {
        prefix.length() == 0 || prefix.length() > A::WIDTH / 2
    });
    vec(long, 0..12).prop_map(|prefixes| Arc::new(prefixes.into_iter().collect()))
}
