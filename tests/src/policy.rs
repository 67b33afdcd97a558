//! What it takes to put another policy in force, and what the policy takes.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use interlink_agent::dataplane::Dataplane;
use interlink_common::{ABI_VERSION, Reason, map};
use interlink_core::domain::Vlan;
use interlink_core::name::InterfaceName;
use interlink_core::prefix::{Address, Prefix, PrefixSet};
use interlink_core::state::{FamilyState, LinkState};
use interlink_core::table::TableChoice;
use serde_json::Value;

use crate::bench::ask::{Ask, size};
use crate::dfz;
use crate::figures::{Figures, Row};
use crate::netns::NetNs;
use crate::random::Random;

const SEED: u64 = 8;
const NIC: &str = "near";

/// IPv4 prefixes, with a quarter as many of IPv6 beside them.
const SIZES: [usize; 3] = [1_000, 100_000, 1_000_000];

/// Tries of more prefixes are filled in this many rounds at most: it takes seconds.
const ROUNDS_OF_TRIES: usize = 3;

/// How many single changes a round has.
const EDITS: usize = 50;

/// Measures every size.
pub fn measure(ask: &Ask, progress: impl Fn(&str) + Sync) -> Figures {
    let sizes = ask.of(&SIZES[..1], &SIZES[..2], &SIZES[..]);
    let namespace = NetNs::new();
    namespace.ip("link add near type veth peer name far");
    namespace.run(|| {
        let rows = sizes.iter().flat_map(|count| {
            progress(&format!("{count} prefixes"));
            of_size(&namespace, ask, *count)
        });
        Figures {
            rows: rows.collect(),
            absent: Vec::new(),
            table: ask.source(),
        }
    })
}

fn of_size(namespace: &NetNs, ask: &Ask, count: usize) -> Vec<Row> {
    let (size, rounds) = (size(count), ask.rounds());
    let random = &mut Random::new(SEED);
    let states = [(); 2].map(|()| state(random, ask, count));
    let flat = kind(namespace, TableChoice::Flat, &states, rounds);
    let tries = kind(namespace, TableChoice::Tries, &states, rounds.min(ROUNDS_OF_TRIES));
    let edits = edits(namespace, random, &states[0], rounds);
    let mut rows = Vec::new();
    for (what, unit, flat, tries) in [
        ("replace", "ms", &flat.replace, &tries.replace),
        ("observe", "ms", &flat.observe, &tries.observe),
        ("memory", "KiB", &flat.memory, &tries.memory),
    ] {
        let case = format!("{size}-{what}");
        let reference = vec![Row::new(&case, "", unit, tries, tries).median; flat.len()];
        rows.push(Row::new(&case, "interlink", unit, flat, &reference));
        rows.push(Row::new(&case, "lpm", unit, tries, tries));
    }
    // A change through tries is a replacement of the whole.
    let reference = vec![Row::new("", "", "", &tries.replace, &tries.replace).median * 1e3; edits.len()];
    rows.push(Row::new(&format!("{size}-edit"), "interlink", "us", &edits, &reference));
    rows
}

struct Measured {
    replace: Vec<f64>,
    observe: Vec<f64>,
    memory: Vec<f64>,
}

/// Replaces one state by the other, again and again.
fn kind(namespace: &NetNs, choice: TableChoice, states: &[LinkState; 2], rounds: usize) -> Measured {
    let bpffs = BpfFs::new(namespace);
    let mut dataplane = bpffs.loaded(choice);
    let mut measured = Measured {
        replace: Vec::new(),
        observe: Vec::new(),
        memory: Vec::new(),
    };
    // The first round fills empty tables.
    for (round, state) in states.iter().cycle().take(rounds + 1).enumerate() {
        let replace = timed(|| dataplane.set_link(&nic(), untagged(), state).unwrap());
        let mut observed = BTreeMap::new();
        let observe = timed(|| observed = dataplane.observe(&BTreeMap::new()).unwrap());
        assert!(observed[&nic()].links[&untagged()] == *state);
        if round > 0 {
            measured.replace.push(milliseconds(replace));
            measured.observe.push(milliseconds(observe));
            measured.memory.push(bpffs.memory());
        }
    }
    measured
}

/// Adds a prefix and takes it away: the median of each round, in microseconds.
fn edits(namespace: &NetNs, random: &mut Random, state: &LinkState, rounds: usize) -> Vec<f64> {
    let bpffs = BpfFs::new(namespace);
    let mut dataplane = bpffs.loaded(TableChoice::Flat);
    let mut state = state.clone();
    dataplane.set_link(&nic(), untagged(), &state).unwrap();
    (0..rounds)
        .map(|_| {
            dataplane.observe(&BTreeMap::new()).unwrap();
            let mut times: Vec<f64> = (0..EDITS)
                .map(|_| {
                    let (new, edit) = edited(random, &state);
                    let time = timed(|| dataplane.edit_link(&nic(), untagged(), &new, edit).unwrap());
                    state = new;
                    time.as_secs_f64() * 1e6
                })
                .collect();
            assert!(dataplane.observe(&BTreeMap::new()).unwrap()[&nic()].links[&untagged()] == state);
            times.sort_by(f64::total_cmp);
            times[EDITS / 2]
        })
        .collect()
}

/// The state with a prefix more or less.
fn edited(random: &mut Random, state: &LinkState) -> (LinkState, interlink_core::state::Edit) {
    loop {
        let prefix = Prefix::containing(dfz::unicast_v4(random), random.pick(&[16, 22, 24, 32]));
        let one: PrefixSet<Ipv4Addr> = [prefix].into_iter().collect();
        let mut new = state.clone();
        new.v4.remote = Arc::new(if state.v4.remote.covers(prefix) {
            state.v4.remote.difference(&one)
        } else {
            state.v4.remote.union(&one)
        });
        if let Some(edit) = new.edit_from(state) {
            return (new, edit);
        }
    }
}

fn state(random: &mut Random, ask: &Ask, count: usize) -> LinkState {
    LinkState {
        v4: open(
            ask.prefixes_v4(random, count),
            Prefix::containing(Ipv4Addr::new(172, 16, 4, 0), 22),
        ),
        v6: open(
            ask.prefixes_v6(random, count / 4),
            Prefix::containing(Ipv6Addr::new(0xfd00, 4, 0, 0, 0, 0, 0, 0), 32),
        ),
    }
}

fn open<A: Address>(remote: Vec<Prefix<A>>, local: Prefix<A>) -> FamilyState<A> {
    FamilyState {
        gate: Reason::Allowed,
        interconnect: None,
        remote: Arc::new(remote.into_iter().collect()),
        local: Arc::new([local].into_iter().collect()),
    }
}

/// A BPF file system of its own, gone when it is dropped.
struct BpfFs(PathBuf);

impl BpfFs {
    fn new(namespace: &NetNs) -> Self {
        let path = std::env::temp_dir().join(namespace.name());
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn loaded(&self, choice: TableChoice) -> Dataplane {
        let mut dataplane = Dataplane::open(&self.0).unwrap();
        dataplane.load(&nic()).unwrap();
        dataplane.choose_tables(&nic(), choice);
        dataplane
    }

    /// What the kernel accounts for the prefixes, in KiB. It doesn't count the inner nodes of tries.
    fn memory(&self) -> f64 {
        let pins = self.0.join(format!("interlink/v{ABI_VERSION}")).join(NIC);
        let pinned = |name| bpftool(&["map", "show", "pinned"], pins.join(name).to_str().unwrap());
        let tables = [map::PREFIXES_V4, map::PREFIXES_V6, map::SEGMENTS].map(pinned);
        let dumped = bpftool(&["map", "dump", "pinned"], pins.join(map::SEGMENTS).to_str().unwrap());
        let segments = dumped.as_array().into_iter().flatten().filter_map(|entry| {
            let byte = |text: &Value| u8::from_str_radix(text.as_str()?.trim_start_matches("0x"), 16).ok();
            let bytes: Vec<u8> = entry["value"].as_array()?.iter().map(byte).collect::<Option<_>>()?;
            Some(u32::from_ne_bytes(bytes.try_into().ok()?))
        });
        let mut segments: Vec<u32> = segments.collect();
        segments.sort_unstable();
        segments.dedup();
        let segments = segments
            .iter()
            .map(|id| bpftool(&["map", "show", "id"], &id.to_string()));
        let bytes = |shown: Value| shown["bytes_memlock"].as_u64().unwrap_or(0);
        let total: u64 = tables.into_iter().chain(segments).map(bytes).sum();
        u32::try_from(total / 1024).map_or(f64::NAN, f64::from)
    }
}

impl Drop for BpfFs {
    fn drop(&mut self) {
        let _is_mounted = Command::new("umount").arg("--lazy").arg(&self.0).output();
        let _is_empty = fs::remove_dir(&self.0);
    }
}

fn bpftool(arguments: &[&str], what: &str) -> Value {
    let output = Command::new("bpftool").arg("-j").args(arguments).arg(what).output();
    output.map_or(Value::Null, |output| {
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    })
}

fn nic() -> InterfaceName {
    InterfaceName::new(NIC).unwrap()
}

fn untagged() -> Vlan {
    Vlan::from_index(0).unwrap()
}

fn timed(body: impl FnOnce()) -> Duration {
    let start = Instant::now();
    body();
    start.elapsed()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
