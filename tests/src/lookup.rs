//! What a look-up costs: the program behind a rotation of source addresses, against one that drops.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use interlink_common::bench::ADDRESS_COUNT;
use interlink_common::{LinkEntry, Reason, Set, TableId, Verdict};
use interlink_core::prefix::{Prefix, PrefixSet};
use interlink_core::table::{Flat, Keyed, TableChoice};

use crate::dfz;
use crate::figures::Row;
use crate::kernel::Kernel;
use crate::packet::Frame;
use crate::random::Random;

/// What is compared with the bare program, each with a link of its own.
const VARIANTS: [Variant; 3] = [Variant::Interlink, Variant::Lpm, Variant::LpmMerged];

/// How the prefixes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Variant {
    /// In flat tables.
    Interlink,
    /// In tries, each prefix as it was listed.
    Lpm,
    /// In tries, as the fewest prefixes that make up the set.
    LpmMerged,
}

impl Variant {
    const fn name(self) -> &'static str {
        match self {
            Self::Interlink => "interlink",
            Self::Lpm => "lpm",
            Self::LpmMerged => "lpm-merged",
        }
    }
}

const SEED: u64 = 4;
const COUNT_V4: usize = 1_000_000;
const COUNT_V6: usize = 250_000;
const DESTINATION_V4: Ipv4Addr = Ipv4Addr::new(10, 20, 1, 2);
const DESTINATION_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x20, 1, 0, 0, 0, 0, 2);

/// A set of addresses, in each kind of table: the first slot of those.
struct Policy {
    slot: u32,
}

/// Measures every case, in as many rounds.
pub fn measure(rounds: usize, progress: impl Fn(&str)) -> Vec<Row> {
    let random = &mut Random::new(SEED);
    let mut bench = Bench::new();
    let v4 = dfz::prefixes_v4(random, COUNT_V4);
    let v6 = dfz::prefixes_v6(random, COUNT_V6);
    let hosts = dfz::hosts_v4(random, COUNT_V4);
    let ten_v4 = dfz::prefixes_v4(random, 10);
    let ten_v6 = dfz::prefixes_v6(random, 10);
    let [set_v4, set_hosts]: [PrefixSet<Ipv4Addr>; 2] = [&v4, &hosts].map(|it| it.iter().copied().collect());
    let set_v6: PrefixSet<Ipv6Addr> = v6.iter().copied().collect();
    progress("filling the tables");
    let large = bench.add(&v4, &v6);
    let scattered = bench.add(&hosts, &[]);
    let small = bench.add(&ten_v4, &ten_v6);
    progress(&format!(
        "{} and {} ranges, {} hosts; all flat tables take {} KiB",
        set_v4.ranges().len(),
        set_v6.ranges().len(),
        set_hosts.ranges().len(),
        bench.kernel.flat_bytes() / 1024
    ));

    let any_v6 = |random: &mut Random| Ipv6Addr::from_bits(0x2 << 124 | random.wide() >> 3);
    let mut rows = Vec::new();
    let mut case = |name, policy: &Policy, verdict, address: &mut dyn FnMut() -> IpAddr| {
        progress(name);
        rows.extend(bench.case(name, policy, verdict, rounds, address));
    };
    case("v4-1m-spoof", &large, Verdict::Drop, &mut || {
        dfz::outside(random, &set_v4, dfz::unicast_v4).into()
    });
    case("v4-1m-hit", &large, Verdict::Pass, &mut || {
        dfz::inside(random, &v4).into()
    });
    case("v4-1m-hosts-hit", &scattered, Verdict::Pass, &mut || {
        dfz::inside(random, &hosts).into()
    });
    case("v4-10-hit", &small, Verdict::Pass, &mut || {
        dfz::inside(random, &ten_v4).into()
    });
    case("v6-250k-spoof", &large, Verdict::Drop, &mut || {
        dfz::outside(random, &set_v6, any_v6).into()
    });
    case("v6-250k-spoof-allocated", &large, Verdict::Drop, &mut || {
        dfz::outside(random, &set_v6, dfz::allocated_v6).into()
    });
    case("v6-250k-hit", &large, Verdict::Pass, &mut || {
        dfz::inside(random, &v6).into()
    });
    case("v6-10-hit", &small, Verdict::Pass, &mut || {
        dfz::inside(random, &ten_v6).into()
    });
    rows
}

/// The loaded object, and which tables and slots are free.
struct Bench {
    kernel: Kernel,
    next_slot: u32,
    next_table: u32,
}

impl Bench {
    fn new() -> Self {
        Self {
            kernel: Kernel::load_bench(),
            next_slot: 2,
            next_table: 1,
        }
    }

    /// A link for each variant.
    fn add(&mut self, v4: &[Prefix<Ipv4Addr>], v6: &[Prefix<Ipv6Addr>]) -> Policy {
        let slot = self.next_slot;
        for variant in VARIANTS {
            let entry = LinkEntry {
                gate_v4: Reason::Allowed.code(),
                gate_v6: Reason::Allowed.code(),
                remote_v4: self.set(variant, v4),
                local_v4: self.set(variant, &[Prefix::containing(DESTINATION_V4, 16)]),
                remote_v6: self.set(variant, v6),
                local_v6: self.set(variant, &[Prefix::containing(DESTINATION_V6, 48)]),
                ..LinkEntry::default()
            };
            self.kernel.set_entry(self.next_slot, &entry);
            self.next_slot += 1;
        }
        Policy { slot }
    }

    fn set<A: Flat + Keyed>(&mut self, variant: Variant, prefixes: &[Prefix<A>]) -> Set<A::Key> {
        let table = TableId(self.next_table);
        self.next_table += 1;
        self.kernel.set_tables(match variant {
            Variant::Interlink => TableChoice::Flat,
            Variant::Lpm => return Set::in_table(self.kernel.add_prefixes_to_trie(prefixes, table)),
            Variant::LpmMerged => TableChoice::Tries,
        });
        self.kernel.add_set(&prefixes.iter().copied().collect(), table)
    }

    /// Measures one case: each round has each variant once.
    fn case(
        &mut self,
        case: &'static str,
        policy: &Policy,
        verdict: Verdict,
        rounds: usize,
        address: &mut dyn FnMut() -> IpAddr,
    ) -> Vec<Row> {
        let sources: Vec<IpAddr> = (0..ADDRESS_COUNT).map(|_| address()).collect();
        self.kernel.set_sources(&sources);
        let (bare, judged, frame) = match sources[0] {
            IpAddr::V4(_) => {
                let frame = Frame::ethernet().ipv4("192.0.2.1", DESTINATION_V4).udp(1, 2, &[]);
                ("bare_v4", "judged_v4", frame.bytes())
            }
            IpAddr::V6(_) => {
                let frame = Frame::ethernet().ipv6("2001:db8::1", DESTINATION_V6).udp(1, 2, &[]);
                ("bare_v6", "judged_v6", frame.bytes())
            }
        };
        let mut times: Vec<Vec<f64>> = vec![Vec::new(); VARIANTS.len() + 1];
        // The first round warms up.
        for round in 0..=rounds {
            let slots = std::iter::once(None).chain((policy.slot..).map(Some));
            for (slot, times) in slots.zip(&mut times) {
                let (program, expected) = match slot {
                    Some(slot) => {
                        self.kernel.set_vlan(0, slot);
                        (judged, verdict)
                    }
                    None => (bare, Verdict::Drop),
                };
                let (verdict, time) = self.kernel.run_repeatedly(program, &frame, ADDRESS_COUNT);
                assert_eq!(verdict, expected, "{case}, {program}");
                if round > 0 {
                    times.push(nanoseconds(time));
                }
            }
        }
        let names = std::iter::once("bare").chain(VARIANTS.map(Variant::name));
        names
            .zip(&times)
            .map(|(variant, of)| Row::new(case, variant, "ns", of, &times[0]))
            .collect()
    }
}

/// A mean of whole nanoseconds, as the kernel gives it.
fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}
