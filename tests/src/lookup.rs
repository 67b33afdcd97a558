//! What a look-up costs: the program behind a rotation of source addresses, against one that drops.

mod xdp_filter;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use interlink_common::bench::ADDRESS_COUNT;
use interlink_common::{LinkEntry, Reason, Set, TableId, Verdict};
use interlink_core::prefix::{Address, Prefix, PrefixSet};
use interlink_core::table::{Flat, Keyed, TableChoice};

use self::xdp_filter::XdpFilter;
use crate::bench::ask::{Ask, NO_SUCH_PREFIXES, size};
use crate::dfz;
use crate::figures::{Figures, Rounds};
use crate::kernel::Kernel;
use crate::packet::Frame;
use crate::random::Random;

/// How the prefixes are kept, each with a link of its own.
const KINDS: [Kind; 3] = [Kind::Interlink, Kind::Lpm, Kind::LpmMerged];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// In flat tables.
    Interlink,
    /// In tries, each prefix as it was listed.
    Lpm,
    /// In tries, as the fewest prefixes that make up the set.
    LpmMerged,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Interlink => "interlink",
            Self::Lpm => "lpm",
            Self::LpmMerged => "lpm-merged",
        }
    }
}

const SEED: u64 = 4;
const DESTINATION_V4: Ipv4Addr = Ipv4Addr::new(10, 20, 1, 2);
const DESTINATION_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x20, 1, 0, 0, 0, 0, 2);

/// A policy of one family: its prefixes, the addresses in them, and the first slot of its links.
struct Policy<A> {
    listed: Vec<Prefix<A>>,
    set: PrefixSet<A>,
    slot: u32,
}

/// Measures every case, in as many rounds.
pub fn measure(ask: &Ask, progress: impl Fn(&str)) -> Figures {
    let random = &mut Random::new(SEED);
    let mut bench = Bench::new(ask);
    let sizes: (&[usize], &[usize]) = ask.of(
        (&[10, 1_000], &[10, 250]),
        (&[10, 1_000, 100_000, 1_000_000], &[10, 1_000, 100_000, 250_000]),
        (&[10, 1_000, 100_000, 1_000_000], &[10, 1_000, 100_000, 250_000]),
    );
    for count in sizes.0 {
        progress(&format!("{count} IPv4 prefixes"));
        let name = format!("v4-{}", size(*count));
        let listed = ask.prefixes_v4(random, *count);
        if listed.is_empty() {
            bench.rounds.lacks(&name, "interlink", NO_SUCH_PREFIXES.to_owned());
            continue;
        }
        let policy = bench.add(listed);
        bench.kinds(&name, random, &policy, dfz::unicast_v4, false);
    }
    for count in sizes.1 {
        progress(&format!("{count} IPv6 prefixes"));
        let name = format!("v6-{}", size(*count));
        let listed = ask.prefixes_v6(random, *count);
        if listed.is_empty() {
            bench.rounds.lacks(&name, "interlink", NO_SUCH_PREFIXES.to_owned());
            continue;
        }
        let policy = bench.add(listed);
        bench.kinds(&name, random, &policy, any_v6, false);
        let mut allocated = || dfz::outside(random, &policy.set, dfz::allocated_v6).into();
        bench.case(
            &format!("{name}-spoof-allocated"),
            policy.slot,
            Some(Verdict::Drop),
            false,
            &mut allocated,
        );
    }
    for (count, is_small) in [
        (ask.of(100, 10_000, 10_000), true),
        (ask.of(1_000, 1_000_000, 1_000_000), false),
    ] {
        progress(&format!("{count} IPv4 hosts"));
        let policy = bench.add(dfz::hosts_v4(random, count));
        if is_small {
            bench.load_xdp_filter(&policy.listed);
        }
        bench.kinds(
            &format!("v4-{}-hosts", size(count)),
            random,
            &policy,
            dfz::unicast_v4,
            is_small,
        );
    }
    bench.rounds.figures(&["bare"], ask.source())
}

/// Of all that is given out.
fn any_v6(random: &mut Random) -> Ipv6Addr {
    Ipv6Addr::from_bits(0x2 << 124 | random.wide() >> 3)
}

/// The loaded object, and which tables and slots are free.
struct Bench {
    kernel: Kernel,
    xdp_filter: Option<XdpFilter>,
    next_slot: u32,
    next_table: u32,
    rounds: Rounds,
    count: usize,
    /// How often a program runs: at most once for each address, and in each round with others.
    repeat: u32,
}

impl Bench {
    fn new(ask: &Ask) -> Self {
        Self {
            kernel: Kernel::load_bench(),
            xdp_filter: None,
            next_slot: 2,
            next_table: 1,
            rounds: Rounds::default(),
            count: ask.rounds(),
            repeat: ask.of(ADDRESS_COUNT / 64, ADDRESS_COUNT / 4, ADDRESS_COUNT),
        }
    }

    /// A link for each kind of table.
    fn add<A: Flat + Remote + Address>(&mut self, listed: Vec<Prefix<A>>) -> Policy<A> {
        let slot = self.next_slot;
        for kind in KINDS {
            let local_v4 = self.set(kind, &[Prefix::containing(DESTINATION_V4, 16)]);
            let local_v6 = self.set(kind, &[Prefix::containing(DESTINATION_V6, 48)]);
            let mut entry = LinkEntry {
                gate_v4: Reason::Allowed.code(),
                gate_v6: Reason::Allowed.code(),
                local_v4,
                local_v6,
                ..LinkEntry::default()
            };
            let remote = self.set(kind, &listed);
            A::put(&mut entry, remote);
            self.kernel.set_entry(self.next_slot, &entry);
            self.next_slot += 1;
        }
        let set = listed.iter().copied().collect();
        Policy { listed, set, slot }
    }

    fn set<A: Flat + Keyed>(&mut self, kind: Kind, prefixes: &[Prefix<A>]) -> Set<A::Key> {
        let table = TableId(self.next_table);
        self.next_table += 1;
        self.kernel.set_tables(match kind {
            Kind::Interlink => TableChoice::Flat,
            Kind::Lpm => return Set::in_table(self.kernel.add_prefixes_to_trie(prefixes, table)),
            Kind::LpmMerged => TableChoice::Tries,
        });
        self.kernel.add_set(&prefixes.iter().copied().collect(), table)
    }

    /// xdp-filter takes its place beside the others, if it is there.
    fn load_xdp_filter(&mut self, hosts: &[Prefix<Ipv4Addr>]) {
        match XdpFilter::load(hosts) {
            Ok(filter) => {
                self.kernel.set_rival(filter.program());
                self.xdp_filter = Some(filter);
            }
            Err(why) => self.rounds.lacks("v4-hosts", "xdp-filter", why),
        }
    }

    /// Sources that are listed, that aren't, and half of each.
    fn kinds<A: Flat + Keyed + Address>(
        &mut self,
        name: &str,
        random: &mut Random,
        policy: &Policy<A>,
        any: impl Fn(&mut Random) -> A,
        with_xdp_filter: bool,
    ) {
        let mut case = |kind: &str, verdict, address: &mut dyn FnMut() -> IpAddr| {
            self.case(
                &format!("{name}-{kind}"),
                policy.slot,
                verdict,
                with_xdp_filter,
                address,
            );
        };
        case("hit", Some(Verdict::Pass), &mut || {
            dfz::inside(random, &policy.listed).into()
        });
        case("spoof", Some(Verdict::Drop), &mut || {
            dfz::outside(random, &policy.set, &any).into()
        });
        case("mixed", None, &mut || {
            if random.one_in(2) {
                dfz::inside(random, &policy.listed).into()
            } else {
                dfz::outside(random, &policy.set, &any).into()
            }
        });
    }

    /// Measures one case: each round has each variant once. The verdict is that of every source, where there is one.
    fn case(
        &mut self,
        case: &str,
        slot: u32,
        verdict: Option<Verdict>,
        with_xdp_filter: bool,
        address: &mut dyn FnMut() -> IpAddr,
    ) {
        let sources: Vec<IpAddr> = (0..ADDRESS_COUNT).map(|_| address()).collect();
        self.kernel.set_sources(&sources);
        let (family, frame) = match sources[0] {
            IpAddr::V4(_) => {
                let frame = Frame::ethernet().ipv4("192.0.2.1", DESTINATION_V4).udp(1, 2, &[]);
                ("v4", frame.bytes())
            }
            IpAddr::V6(_) => {
                let frame = Frame::ethernet().ipv6("2001:db8::1", DESTINATION_V6).udp(1, 2, &[]);
                ("v6", frame.bytes())
            }
        };
        let judged = (slot..)
            .zip(KINDS)
            .map(|(slot, kind)| ("judged", kind.name(), Some(slot), verdict));
        let mut variants = vec![
            ("bare", "bare", None, Some(Verdict::Drop)),
            ("parsed", "parse", None, Some(Verdict::Drop)),
        ];
        variants.extend(judged);
        if with_xdp_filter && self.xdp_filter.is_some() {
            variants.push(("handed", "xdp-filter", None, verdict));
        }
        // The first round warms up.
        for round in 0..=self.count {
            for (program, variant, slot, expected) in &variants {
                if let Some(slot) = slot {
                    self.kernel.set_vlan(0, *slot);
                }
                let program = format!("{program}_{family}");
                let (verdict, time) = self.kernel.run_repeatedly(&program, &frame, self.repeat);
                assert!(
                    expected.is_none_or(|it| it == verdict),
                    "{case}, {variant}: {verdict:?}"
                );
                if round > 0 {
                    self.rounds.add(case, variant, "ns", nanoseconds(time));
                }
            }
        }
    }
}

/// Where an entry has the remote set of a family.
trait Remote: Keyed {
    fn put(entry: &mut LinkEntry, set: Set<Self::Key>);
}

impl Remote for Ipv4Addr {
    fn put(entry: &mut LinkEntry, set: Set<Self::Key>) {
        entry.remote_v4 = set;
    }
}

impl Remote for Ipv6Addr {
    fn put(entry: &mut LinkEntry, set: Set<Self::Key>) {
        entry.remote_v6 = set;
    }
}

/// A mean of whole nanoseconds, as the kernel gives it.
fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}
