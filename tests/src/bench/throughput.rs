//! Frames a second through a gateway's link, in a closed loop in which no frame is lost.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use interlink_common::bench::ADDRESS_COUNT;
use interlink_core::prefix::{Prefix, PrefixSet};

use super::ask::{Ask, NO_SUCH_PREFIXES, size};
use super::rivals::{Filter, Policy, Rival};
use super::wire::{Fate, Wire};
use crate::dfz;
use crate::figures::{Figures, Rounds};
use crate::random::Random;

const SEED: u64 = 9;

/// Of how many addresses the verdicts are compared before anything is timed.
const CHECKED: usize = 2048;

/// A policy, and what is sent.
struct Case {
    policy: Policy,
    spoof: String,
    forward: String,
}

/// Measures every policy with everything that can express it.
pub fn measure(ask: &Ask, progress: impl Fn(&str) + Sync) -> Figures {
    let random = &mut Random::new(SEED);
    let sizes: &[usize] = ask.of(&[10, 1_000], &[10, 10_000, 1_000_000], &[10, 10_000, 1_000_000]);
    let mut rounds = Rounds::default();
    let mut cases = Vec::new();
    for count in sizes {
        let listed = ask.prefixes_v4(random, *count);
        if listed.is_empty() {
            let name = format!("v4-{}", size(*count));
            rounds.lacks(&name, "interlink", NO_SUCH_PREFIXES.to_owned());
        } else {
            cases.push(case(&size(*count), listed));
        }
    }
    let hosts = ask.of(100, 10_000, 10_000);
    cases.push(case(&format!("{}-hosts", size(hosts)), dfz::hosts_v4(random, hosts)));
    let mut wire = Wire::new();
    let namespace = wire.lab.gateway.name().to_owned();
    crate::netns::within(&namespace, || {
        for case in &cases {
            progress(&format!("{} prefixes", case.policy.listed.len()));
            of_case(ask, random, &mut wire, case, &mut rounds, &progress);
        }
    });
    rounds.figures(&["bare", "none"], ask.source())
}

fn case(name: &str, listed: Vec<Prefix<Ipv4Addr>>) -> Case {
    Case {
        policy: Policy::new(listed),
        spoof: format!("v4-{name}-spoof"),
        forward: format!("v4-{name}-forward"),
    }
}

fn of_case(
    ask: &Ask,
    random: &mut Random,
    wire: &mut Wire,
    case: &Case,
    rounds: &mut Rounds,
    progress: &impl Fn(&str),
) {
    let many = ask.of(1 << 12, ADDRESS_COUNT as usize, ADDRESS_COUNT as usize);
    let (outside, inside) = (
        spoofed(random, &case.policy.set, many),
        listed(random, &case.policy, many),
    );
    let time = Duration::from_millis(ask.of(20, 250, 1_000));
    for rival in Rival::ALL {
        let lab = Arc::clone(&wire.lab);
        let filter = match rival.install(&lab, &case.policy) {
            Ok(filter) => filter,
            Err(why) => {
                progress(&format!("{}: {why}", rival.name()));
                for name in [&case.spoof, &case.forward] {
                    rounds.lacks(name, rival.name(), why.clone());
                }
                continue;
            }
        };
        progress(rival.name());
        check(wire, rival, &*filter, &outside[..CHECKED], &inside[..CHECKED]);
        for (name, sources) in [(&case.spoof, &outside), (&case.forward, &inside)] {
            if rival == Rival::Bare && name == &case.forward {
                continue;
            }
            wire.aim(sources);
            // The first one warms up.
            for round in 0..=ask.rounds() {
                let (rate, fate) = wire.flood(&*filter, time);
                assert!(fate.is_complete(), "{name}, {}: {fate:?}", rival.name());
                if round > 0 {
                    rounds.add(name, rival.name(), "Mframe/s", rate / 1e6);
                }
            }
        }
    }
}

/// That it does with these what the policy says.
fn check(wire: &mut Wire, rival: Rival, filter: &dyn Filter, outside: &[Ipv4Addr], inside: &[Ipv4Addr]) {
    for (sources, is_listed) in [(outside, false), (inside, true)] {
        let fate = wire.once(filter, sources);
        let passes = rival == Rival::Nobody || is_listed && rival != Rival::Bare;
        let all = u64::try_from(sources.len()).unwrap();
        let expected = Fate {
            sent: all,
            received: all,
            dropped: if passes { 0 } else { all },
            forwarded: if passes { all } else { 0 },
        };
        assert_eq!(
            fate,
            expected,
            "{} and sources that are listed: {is_listed}",
            rival.name()
        );
    }
}

/// Addresses that no prefix of the policy contains.
pub fn spoofed(random: &mut Random, set: &PrefixSet<Ipv4Addr>, count: usize) -> Vec<Ipv4Addr> {
    (0..count)
        .map(|_| plain(|| dfz::outside(random, set, dfz::unicast_v4)))
        .collect()
}

/// Addresses of the policy.
pub fn listed(random: &mut Random, policy: &Policy, count: usize) -> Vec<Ipv4Addr> {
    (0..count)
        .map(|_| plain(|| dfz::inside(random, &policy.listed)))
        .collect()
}

/// One that the kernel itself has nothing against as a source: not loopback, not its own, no broadcast of its own.
fn plain(mut any: impl FnMut() -> Ipv4Addr) -> Ipv4Addr {
    loop {
        let address = any();
        let [first, second, ..] = address.octets();
        if !matches!((first, second), (0 | 127 | 224.., _) | (169, 254) | (172, 16)) {
            return address;
        }
    }
}
