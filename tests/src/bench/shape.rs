//! What the tables are like that everything is measured on: lengths, nesting, clustering, how much of the space.

use std::collections::{BTreeMap, BTreeSet};

use interlink_core::prefix::{Address, Prefix, PrefixSet};

use super::ask::{Ask, size};
use crate::figures::{Figures, Rounds};
use crate::random::Random;

const SEED: u64 = 4;

/// The statistics of both families' largest tables.
pub fn measure(ask: &Ask, _progress: impl Fn(&str)) -> Figures {
    let random = &mut Random::new(SEED);
    let mut rounds = Rounds::default();
    let v4 = ask.prefixes_v4(random, ask.of(10_000, 1_000_000, 1_000_000));
    let v6 = ask.prefixes_v6(random, ask.of(2_500, 250_000, 250_000));
    of_family(&mut rounds, "v4", &v4, 16);
    of_family(&mut rounds, "v6", &v6, 32);
    rounds.figures(&[], ask.source())
}

/// Of one table. A cluster is what has the same first bits.
#[expect(clippy::cast_precision_loss, reason = "parts of a space are not exact anyway")]
fn of_family<A: Address>(rounds: &mut Rounds, family: &str, prefixes: &[Prefix<A>], cluster: u8) {
    let name = if prefixes.is_empty() {
        return;
    } else {
        format!("{family}-{}", size(prefixes.len()))
    };
    let mut add = |what: &str, unit, value| rounds.add(&format!("{name}-{what}"), "table", unit, value);
    let all = prefixes.len() as f64;
    let mut lengths: BTreeMap<u8, usize> = BTreeMap::new();
    for prefix in prefixes {
        *lengths.entry(prefix.length()).or_default() += 1;
    }
    for (length, count) in &lengths {
        add(&format!("length-{length}"), "%", *count as f64 * 100.0 / all);
    }
    let set: PrefixSet<A> = prefixes.iter().copied().collect();
    let listed: BTreeSet<_> = prefixes.iter().copied().collect();
    let nested = listed.iter().filter(|prefix| has_shorter(&listed, **prefix)).count();
    let clusters: BTreeSet<_> = prefixes
        .iter()
        .map(|prefix| Prefix::containing(prefix.network(), cluster))
        .collect();
    let covered: f64 = set
        .ranges()
        .iter()
        .map(|range| (range.last.number() - range.first.number()) as f64 + 1.0)
        .sum();
    add("nested", "%", nested as f64 * 100.0 / all);
    add(&format!("clusters-of-{cluster}"), "count", clusters.len() as f64);
    add("merged-prefixes", "count", set.prefixes().count() as f64);
    add("merged-ranges", "count", set.ranges().len() as f64);
    add("space-covered", "%", covered / 2_f64.powi(i32::from(A::WIDTH)) * 100.0);
}

/// Whether another prefix of the table contains this one.
fn has_shorter<A: Address>(listed: &BTreeSet<Prefix<A>>, prefix: Prefix<A>) -> bool {
    (0..prefix.length()).any(|length| listed.contains(&Prefix::containing(prefix.network(), length)))
}
