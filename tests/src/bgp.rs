//! What a million routes cost from the peer's socket on, and how soon a packet follows one: ours, and BIRD doing the
//! same, with the same bytes from the same feeder.
//!
//! Both keep what was announced beside what the policy accepts. What is waited for is asked by each one's own command,
//! or counted in the kernel, at most every fiftieth of a second; packets are datagrams, two milliseconds apart.

pub mod feeder;
pub mod rivals;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use interlink_core::prefix::Prefix;

use crate::customer::Customer;
use crate::datagram::Stream;
use crate::dfz;
use crate::fib::{Figures, prefixes_in_fib, resident};
use crate::figures::Row;
use crate::lab::{Lab, VPC_HOST};
use crate::random::Random;
use feeder::Feeder;
use rivals::{Accepted, Bird, GATEWAY, Interlink, Rival, Task};

const SEED: u64 = 6;

/// How long anything may take before it is given up.
const PATIENCE: Duration = Duration::from_mins(5);

/// Between two looks.
const GLANCE: Duration = Duration::from_millis(20);

/// A source that every policy here lists, and one that the narrower doesn't.
const KEPT: &str = "10.20.0.1";
const DROPPED: &str = "11.20.0.1";

/// After so long without a packet nothing passes any more.
const BLOCKED: Duration = Duration::from_millis(50);

/// How often one prefix is announced in a round.
const ANNOUNCEMENTS: usize = 15;

/// Measures everything in as many rounds. `INTERLINK_ROUTES=20000` makes the million fewer, to try it.
pub fn measure(rounds: usize, progress: impl Fn(&str)) -> Vec<Row> {
    let count = std::env::var("INTERLINK_ROUTES").map_or(1_000_000, |text| text.parse().unwrap());
    let random = &mut Random::new(SEED);
    let prefixes: BTreeSet<_> = dfz::prefixes_v4(random, count).into_iter().collect();
    let prefixes: Vec<_> = prefixes.into_iter().filter(is_taken).collect();
    let table = Table {
        all: prefixes.len(),
        half: prefixes
            .iter()
            .filter(|prefix| Accepted::Half.contains(prefix.network()))
            .count(),
        bytes: feeder::announce_all(random, &prefixes),
    };
    progress(&format!("{} prefixes in {} bytes", table.all, table.bytes.len()));
    let mut figures = Figures::default();
    for round in 1..=rounds {
        progress(&format!("round {round}: interlink"));
        table.of::<Interlink>(&mut figures);
        between_agents(&mut figures);
        progress(&format!("round {round}: bird"));
        table.of::<Bird>(&mut figures);
    }
    figures.rows()
}

/// Neither of the two takes loopback or link-local addresses.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "filter gives a reference")]
fn is_taken(prefix: &Prefix<Ipv4Addr>) -> bool {
    !prefix.network().is_loopback() && !prefix.network().is_link_local()
}

/// What the feeder says, and how many prefixes of it are accepted.
struct Table {
    all: usize,
    half: usize,
    bytes: Vec<u8>,
}

impl Table {
    fn of<R: Rival>(&self, figures: &mut Figures) {
        self.kept::<R>(figures);
        self.routed::<R>(figures);
        one::<R>(figures);
    }

    /// From the socket to what the policy accepts, and what that takes up.
    fn kept<R: Rival>(&self, figures: &mut Figures) {
        let lab = Lab::new();
        let task = Task {
            to_kernel: false,
            accepted: Accepted::All,
            strict: false,
        };
        let rival = R::start(&lab, task);
        let feeder = Feeder::connect(&lab.on_premises, GATEWAY);
        let began = Instant::now();
        feeder.say(&self.bytes);
        let took = until("the routes to be accepted", began, || rival.accepted(&lab) >= self.all);
        figures.add("v4-1m-rib", R::VARIANT, seconds(took), "s", "bird");
        thread::sleep(Duration::from_secs(2));
        assert_eq!(rival.accepted(&lab), self.all);
        figures.add("v4-1m-memory", R::VARIANT, resident(rival.id()), "MiB", "bird");
    }

    /// From the socket to the kernel's table; then half of them, then none.
    fn routed<R: Rival>(&self, figures: &mut Figures) {
        let lab = Lab::new();
        lab.on_premises.ip(&format!("address add {DROPPED}/32 dev lo"));
        let of = |accepted| Task {
            to_kernel: true,
            accepted,
            strict: false,
        };
        let rival = R::start(&lab, of(Accepted::All));
        let feeder = Feeder::connect(&lab.on_premises, GATEWAY);
        let in_kernel = || prefixes_in_fib(&lab.gateway);
        let began = Instant::now();
        feeder.say(&self.bytes);
        let took = until("the routes to be in the kernel", began, || in_kernel() >= self.all);
        figures.add("v4-1m-fib", R::VARIANT, seconds(took), "s", "bird");
        thread::sleep(Duration::from_secs(3));
        figures.add("v4-1m-fib-memory", R::VARIANT, resident(rival.id()), "MiB", "bird");

        let is_filtered = R::VARIANT == Interlink::VARIANT;
        let (kept, dropped) = (
            Stream::start(&lab, KEPT, VPC_HOST.v4),
            Stream::start(&lab, DROPPED, VPC_HOST.v4),
        );
        thread::sleep(Duration::from_millis(200));
        let began = Instant::now();
        rival.follow(&lab, of(Accepted::Half));
        let routes = until("half of the routes to be left", began, || in_kernel() <= self.half);
        thread::sleep(Duration::from_millis(500));
        assert_eq!(in_kernel(), self.half);
        let packets = last(dropped, began);
        if is_filtered {
            assert!(packets.until_now > BLOCKED, "packets still pass");
        }
        let packets = if is_filtered { packets.after } else { Duration::ZERO };
        figures.add(
            "v4-1m-policy-edit",
            R::VARIANT,
            seconds(routes.max(packets)),
            "s",
            "bird",
        );

        let began = Instant::now();
        rival.disable(&lab);
        let routes = until("no route to be left", began, || in_kernel() == 0);
        figures.add("v4-1m-disable", R::VARIANT, seconds(routes), "s", "bird");
        thread::sleep(Duration::from_millis(100));
        let packets = last(kept, began);
        if is_filtered {
            assert!(packets.until_now > BLOCKED, "packets still pass");
            figures.add(
                "v4-1m-disable-blocked",
                R::VARIANT,
                milliseconds(packets.after),
                "ms",
                R::VARIANT,
            );
        }
    }
}

/// From the announcement of one prefix to the first answer from there, where nothing else is announced: the route is in
/// the kernel, and for ours, which here goes by what is announced, the source passes.
fn one<R: Rival>(figures: &mut Figures) {
    let lab = Lab::new();
    let rival = R::start(
        &lab,
        Task {
            to_kernel: true,
            accepted: Accepted::All,
            strict: true,
        },
    );
    let feeder = Feeder::connect(&lab.on_premises, GATEWAY);
    thread::sleep(Duration::from_secs(1));
    let host = Ipv4Addr::new(10, 77, 0, 1);
    lab.on_premises.ip(&format!("address add {host}/32 dev lo"));
    let prefix = Prefix::containing(host, 24);
    let echo = Echo::new(&lab, host);
    let median = echo.median_until_answered(|is_announced| {
        if is_announced {
            feeder.say(&feeder::announce(&[prefix], &[64_501], &[]));
        } else {
            feeder.say(&feeder::withdraw(prefix));
        }
    });
    drop(rival);
    figures.add("v4-1-announce", R::VARIANT, median, "ms", "bird");
}

/// The same where the peer is an agent, too: from the moment that its changed file is put in force.
fn between_agents(figures: &mut Figures) {
    let lab = Lab::new();
    let task = Task {
        to_kernel: true,
        accepted: Accepted::All,
        strict: true,
    };
    let provider = Interlink::start(&lab, task);
    let customer = Customer::start(&lab, &rivals::customers_config(""));
    until("the agents to speak", Instant::now(), || {
        let sessions = customer.sessions();
        sessions.iter().any(|session| session["state"] == "established")
    });
    let host = Ipv4Addr::new(10, 77, 0, 1);
    lab.on_premises.ip(&format!("address add {host}/32 dev lo"));
    thread::sleep(Duration::from_secs(1));
    let echo = Echo::new(&lab, host);
    let median = echo.median_until_answered(|is_announced| {
        let networks = if is_announced { "\"10.77.0.0/24\"" } else { "" };
        customer.follow(&rivals::customers_config(networks));
    });
    drop(provider);
    figures.add("v4-1-announce", "both", median, "ms", "bird");
}

/// A host across the link that sends back what it gets, and one of the VPC that asks it.
struct Echo {
    asks: UdpSocket,
    answers: UdpSocket,
    host: Ipv4Addr,
}

impl Echo {
    fn new(lab: &Lab, host: Ipv4Addr) -> Self {
        let bound = |ns: &crate::netns::NetNs, address: Ipv4Addr| {
            let socket = ns.run(|| UdpSocket::bind((address, 0)).unwrap());
            socket.set_read_timeout(Some(Duration::from_micros(500))).unwrap();
            socket
        };
        Self {
            asks: bound(&lab.vpc_host, VPC_HOST.v4.parse().unwrap()),
            answers: bound(&lab.on_premises, host),
            host,
        }
    }

    /// From an announcement to the first answer, in milliseconds: the median of many.
    fn median_until_answered(&self, mut announce: impl FnMut(bool)) -> f64 {
        let times: Vec<f64> = (0..ANNOUNCEMENTS)
            .map(|_| {
                assert!(!self.answers(Duration::from_millis(20)), "it answers unannounced");
                let began = Instant::now();
                announce(true);
                assert!(self.answers(Duration::from_secs(10)), "no answer");
                let took = began.elapsed();
                announce(false);
                until("the host to be unreachable", Instant::now(), || {
                    !self.answers(Duration::from_millis(5))
                });
                thread::sleep(Duration::from_millis(100));
                milliseconds(took)
            })
            .collect();
        Row::new("", "", "", &times, &times).median
    }

    /// Asks every half millisecond until there is an answer.
    fn answers(&self, within: Duration) -> bool {
        let over = AtomicBool::new(false);
        let port = self.answers.local_addr().unwrap().port();
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut byte = [0; 8];
                while !over.load(Ordering::Relaxed) {
                    if let Ok((length, from)) = self.answers.recv_from(&mut byte) {
                        // What can't be sent is not answered.
                        drop(self.answers.send_to(&byte[..length], from));
                    }
                }
            });
            let began = Instant::now();
            let mut answered = false;
            while !answered && began.elapsed() < within {
                // Where there is no route there is an error, sometimes.
                drop(self.asks.send_to(b"?", (self.host, port)));
                answered = self.asks.recv_from(&mut [0; 8]).is_ok();
            }
            over.store(true, Ordering::Relaxed);
            answered
        })
    }
}

/// The last datagram that arrived.
struct Last {
    /// How long after the moment it was sent.
    after: Duration,
    /// How long ago that is.
    until_now: Duration,
}

fn last(stream: Stream, moment: Instant) -> Last {
    let now = Instant::now();
    let arrived = stream.finish();
    let times = arrived.arrived.iter().filter_map(|number| arrived.sent.get(*number));
    let last = *times.max().unwrap();
    Last {
        after: last.saturating_duration_since(moment),
        until_now: now.saturating_duration_since(last),
    }
}

/// Waits until something holds, and tells how long that took from a moment on.
fn until(what: &str, began: Instant, holds: impl Fn() -> bool) -> Duration {
    loop {
        let looked = Instant::now();
        if holds() {
            return looked.duration_since(began);
        }
        assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        // To look takes its time from who is looked at.
        thread::sleep(GLANCE.max(looked.elapsed() * 2));
    }
}

fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
