//! Changes that are made in place.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Instant;

use interlink_common::{Reason, Traffic};
use interlink_core::prefix::{Address, Prefix, PrefixSet};
use interlink_core::state::LinkState;
use interlink_core::table::TableChoice;
use interlink_tests::dfz;
use interlink_tests::packet::Frame;
use interlink_tests::random::Random;

use crate::bench::{Bench, NIC, interfaces, nic, observe, open_link, vlan};
use crate::flat::{memory, set};
use crate::switching::{Sender, slot};

/// A link with large lists of both families, and the prefixes of its IPv4 `remote`.
fn large(random: &mut Random, count: usize) -> (LinkState, PrefixSet<Ipv4Addr>) {
    let mut state = open_link(&[]);
    state.v4.remote = set(&dfz::prefixes_v4(random, count));
    state.v4.local = set(&dfz::prefixes_v4(random, 100));
    state.v6.remote = set(&dfz::prefixes_v6(random, count / 4));
    state.v6.local = set(&dfz::prefixes_v6(random, 100));
    let remote = state.v4.remote.as_ref().clone();
    (state, remote)
}

/// The list with a prefix more, or without it.
fn toggled<A: Address>(list: &PrefixSet<A>, prefix: Prefix<A>) -> Arc<PrefixSet<A>> {
    let one: PrefixSet<A> = [prefix].into_iter().collect();
    Arc::new(if list.covers(prefix) {
        list.difference(&one)
    } else {
        list.union(&one)
    })
}

#[test]
fn an_edit_is_what_the_kernel_holds_then_and_in_the_same_slot() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    let random = &mut Random::new(1);
    let (mut state, _) = large(random, 2000);
    dataplane.set_link(&nic(NIC), vlan(7), &state).unwrap();
    assert_eq!(observe(&mut dataplane, NIC).links[&vlan(7)], state);
    let (before, bytes) = (slot(&bench, 7), memory(&bench));
    for round in 0..400 {
        let mut new = state.clone();
        let v4 = Prefix::containing(dfz::unicast_v4(random), random.pick(&[12, 16, 23, 24, 25, 32]));
        let v6 = Prefix::containing(dfz::allocated_v6(random), random.pick(&[16, 32, 48, 60, 64, 128]));
        match round % 4 {
            0 => new.v4.remote = toggled(&state.v4.remote, v4),
            1 => new.v4.local = toggled(&state.v4.local, v4),
            2 => new.v6.remote = toggled(&state.v6.remote, v6),
            _ => new.v6.local = toggled(&state.v6.local, v6),
        }
        if let Some(edit) = new.edit_from(&state) {
            dataplane.edit_link(&nic(NIC), vlan(7), &new, edit).unwrap();
            state = new;
        }
        if random.one_in(3) {
            assert_eq!(observe(&mut dataplane, NIC).links[&vlan(7)], state, "round {round}");
        }
    }
    assert_eq!(observe(&mut dataplane, NIC).links[&vlan(7)], state);
    assert_eq!(slot(&bench, 7), before, "another slot would be a switch");
    assert!(memory(&bench) < bytes * 2, "{} after {bytes}", memory(&bench));
    drop(dataplane);
    assert_eq!(
        observe(&mut bench.open(), NIC).links[&vlan(7)],
        state,
        "the next agent reads the same"
    );
}

#[test]
fn what_cant_be_edited_is_switched() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    let random = &mut Random::new(2);
    let (old, list) = large(random, 50);
    let added = Prefix::containing(Ipv4Addr::new(10, 20, 0, 0), 16);
    let mut new = old.clone();
    new.v4.remote = toggled(&list, added);
    let edit = new.edit_from(&old).unwrap();
    let mut switched = |before: &mut dyn FnMut(&mut _), old: &LinkState, new: &LinkState| {
        dataplane.set_link(&nic(NIC), vlan(7), old).unwrap();
        before(&mut dataplane);
        let slot_before = slot(&bench, 7);
        dataplane.edit_link(&nic(NIC), vlan(7), new, edit).unwrap();
        assert_eq!(observe(&mut dataplane, NIC).links[&vlan(7)], *new);
        slot(&bench, 7) != slot_before
    };
    let mut look = |dataplane: &mut _| drop(observe(dataplane, NIC));
    assert!(!switched(&mut look, &old, &new));
    assert!(
        switched(&mut |_| {}, &old, &new),
        "nothing was looked at since the last change"
    );
    let mut few = old.clone();
    few.v4.remote = set(&[Prefix::containing(Ipv4Addr::new(10, 21, 0, 0), 16)]);
    let mut few_more = few.clone();
    few_more.v4.remote = toggled(&few.v4.remote, added);
    assert!(switched(&mut look, &few, &few_more), "few ranges are in no table");
    let mut tries = |dataplane: &mut interlink_agent::dataplane::Dataplane| {
        dataplane.choose_tables(&nic(NIC), TableChoice::Tries);
        drop(observe(dataplane, NIC));
    };
    assert!(switched(&mut tries, &old, &new), "tries are wanted");
}

#[test]
fn an_edit_is_seen_whole_by_every_packet() {
    const EDITS: usize = 2000;
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    let random = &mut Random::new(3);
    let (mut state, list) = large(random, 2000);
    // In one word of the root: one that stays, one that never is, and between them one that comes and goes.
    let stays = Prefix::containing(Ipv4Addr::new(10, 17, 0, 0), 16);
    let never = Prefix::containing(Ipv4Addr::new(10, 20, 0, 0), 16);
    let toggles = Prefix::containing(Ipv4Addr::new(10, 19, 7, 0), 24);
    let fixed = list
        .union(&[stays].into_iter().collect())
        .difference(&[never, toggles].into_iter().collect());
    state.v4.remote = Arc::new(fixed.clone());
    state.v4.local = toggled(&state.v4.local, Prefix::containing(Ipv4Addr::new(172, 16, 0, 0), 16));
    dataplane.set_link(&nic(NIC), vlan(0), &state).unwrap();
    let with: LinkState = {
        let mut with = state.clone();
        with.v4.remote = toggled(&fixed, toggles);
        with
    };
    let frame = |from: &str| Frame::ethernet().ipv4(from, "172.16.0.1").udp(1, 2, &[]).bytes();
    let senders = [
        Sender::start(&bench, "stays", &frame("10.17.0.1")),
        Sender::start(&bench, "never", &frame("10.20.0.1")),
    ];
    let mut current = &state;
    let start = Instant::now();
    for (round, next) in [&with, &state].into_iter().cycle().take(EDITS).enumerate() {
        if round % 100 == 0 {
            assert_eq!(observe(&mut dataplane, NIC).links[&vlan(0)], *current);
        }
        let edit = next.edit_from(current).unwrap();
        dataplane.edit_link(&nic(NIC), vlan(0), next, edit).unwrap();
        current = next;
    }
    println!("{EDITS} edits under traffic took {:?}", start.elapsed());
    drop(senders);
    let counted = dataplane.counters(&nic(NIC)).unwrap();
    let reasons: Vec<_> = counted.iter().map(|row| (row.traffic, row.reason)).collect();
    let expected = [(Traffic::V4, Reason::Allowed), (Traffic::V4, Reason::SourceNotAllowed)];
    assert_eq!(reasons, expected);
    // Each sender's frames are counted alike: what may pass always passed, what may not never did.
    assert!(counted.iter().all(|row| row.packets > 1000), "{counted:?}");
}

#[test]
fn a_prefix_of_a_million_is_edited_in_place() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    let random = &mut Random::new(4);
    let (mut state, _) = large(random, 1_000_000);
    dataplane.set_link(&nic(NIC), vlan(7), &state).unwrap();
    let interfaces = interfaces();
    let mut times = Vec::new();
    for round in 0..200 {
        if round % 20 == 0 {
            assert!(dataplane.observe(&interfaces).unwrap()[&nic(NIC)].links[&vlan(7)] == state);
        }
        let mut new = state.clone();
        let prefix = Prefix::containing(dfz::unicast_v4(random), random.pick(&[16, 24, 32]));
        new.v4.remote = toggled(&state.v4.remote, prefix);
        let Some(edit) = new.edit_from(&state) else {
            continue;
        };
        let before = slot(&bench, 7);
        let start = Instant::now();
        dataplane.edit_link(&nic(NIC), vlan(7), &new, edit).unwrap();
        times.push(start.elapsed());
        assert_eq!(slot(&bench, 7), before);
        state = new;
    }
    times.sort_unstable();
    println!(
        "{} edits among 1.25 million prefixes: median {:?}",
        times.len(),
        times[times.len() / 2]
    );
    assert!(times.len() > 100);
    assert!(dataplane.observe(&interfaces).unwrap()[&nic(NIC)].links[&vlan(7)] == state);
}
