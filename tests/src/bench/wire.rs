//! A gateway whose dedicated link gets frames in a closed loop: the generator and the gateway's receiving take turns on
//! one CPU, so nothing is lost for want of time, and every frame is accounted for.
//!
//! What passes is forwarded to an interface of the kind `ifb`, which drops it: the cheapest way out that counts.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::thread::{CpuSet, sched_setaffinity};

use super::generator::Generator;
use super::rivals::Filter;
use crate::lab::{LINK, Lab, run};
use crate::netns::NetNs;

/// Where forwarded frames go, which the policy's local prefix contains.
pub const DESTINATION: Ipv4Addr = Ipv4Addr::new(172, 16, 7, 7);

const SINK: &str = "sink0";

/// How many frames are sent before the clock is looked at.
const CHUNK: u32 = 1 << 15;

/// The gateway, and who sends.
#[derive(Debug)]
pub struct Wire {
    /// The hosts.
    pub lab: Arc<Lab>,
    generator: Generator,
}

/// What became of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// Sent by the generator.
    pub sent: u64,
    /// That the gateway's NIC received.
    pub received: u64,
    /// That the filter says it dropped.
    pub dropped: u64,
    /// That came out at the other side.
    pub forwarded: u64,
}

impl Wire {
    /// Makes the hosts.
    pub fn new() -> Self {
        let lab = Lab::new();
        // Counters are compared, so nothing may speak on its own.
        for (host, interface) in [(&lab.gateway, LINK), (&lab.on_premises, "eth0")] {
            set(host, &format!("net.ipv6.conf.{interface}.disable_ipv6=1"));
        }
        lab.gateway.ip(&format!("link add {SINK} type ifb"));
        lab.gateway.ip(&format!("link set {SINK} up"));
        lab.gateway.ip(&format!("address add 172.16.7.1/24 dev {SINK}"));
        set(&lab.gateway, &format!("net.ipv6.conf.{SINK}.disable_ipv6=1"));
        let generator = Generator::new(
            u32::try_from(index(&lab.on_premises, "eth0")).unwrap(),
            mac(&lab.gateway, LINK),
            DESTINATION,
        );
        let lab = Arc::new(lab);
        Self { lab, generator }
    }

    /// Says where frames come from.
    pub fn aim(&mut self, sources: &[Ipv4Addr]) {
        self.generator.aim(sources);
    }

    /// Sends frames for about so long: how many a second, and what became of them.
    pub fn flood(&mut self, filter: &dyn Filter, time: Duration) -> (f64, Fate) {
        self.generator.rewind();
        let chunk = CHUNK.min(self.generator.sources());
        let before = self.fate(filter);
        let (generator, host) = (&mut self.generator, &self.lab.on_premises);
        let (sent, took) = host.run(|| {
            pin(0);
            let (mut sent, start) = (0, Instant::now());
            while start.elapsed() < time {
                generator.send(chunk);
                sent += u64::from(chunk);
                if generator.sources() == chunk {
                    generator.rewind();
                }
            }
            (sent, start.elapsed())
        });
        let after = self.fate(filter);
        let fate = Fate {
            sent,
            received: after.received - before.received,
            dropped: after.dropped - before.dropped,
            forwarded: after.forwarded - before.forwarded,
        };
        #[expect(clippy::cast_precision_loss, reason = "frames are fewer than 2^52")]
        let rate = sent as f64 / took.as_secs_f64();
        (rate, fate)
    }

    /// Sends each of these once, and says what became of them.
    pub fn once(&mut self, filter: &dyn Filter, sources: &[Ipv4Addr]) -> Fate {
        self.generator.aim(sources);
        let before = self.fate(filter);
        let generator = &self.generator;
        self.lab.on_premises.run(|| generator.send(generator.sources()));
        let after = self.fate(filter);
        Fate {
            sent: u64::from(self.generator.sources()),
            received: after.received - before.received,
            dropped: after.dropped - before.dropped,
            forwarded: after.forwarded - before.forwarded,
        }
    }

    fn fate(&self, filter: &dyn Filter) -> Fate {
        Fate {
            sent: 0,
            received: counter(&self.lab.gateway, LINK, "rx_packets"),
            dropped: filter.dropped(),
            // Where it came from nowhere, `ifb` counts what it drops as received and lost.
            forwarded: counter(&self.lab.gateway, SINK, "rx_dropped"),
        }
    }
}

impl Default for Wire {
    fn default() -> Self {
        Self::new()
    }
}

impl Fate {
    /// Whether each frame was received, and then dropped by the filter or forwarded.
    pub fn is_complete(&self) -> bool {
        self.sent == self.received && self.received == self.dropped + self.forwarded
    }
}

/// One of an interface's counters.
pub fn counter(host: &NetNs, interface: &str, name: &str) -> u64 {
    let shown = host.ip_json(&format!("-s link show {interface}"));
    let (direction, what) = name.split_once('_').unwrap();
    shown[0]["stats64"][direction][what]
        .as_u64()
        .unwrap_or_else(|| panic!("{interface} has no counter {name}"))
}

/// The index of an interface.
pub fn index(host: &NetNs, interface: &str) -> u64 {
    host.ip_json(&format!("link show {interface}"))[0]["ifindex"]
        .as_u64()
        .unwrap()
}

/// The hardware address of an interface.
pub fn mac(host: &NetNs, interface: &str) -> [u8; 6] {
    let shown = host.ip_json(&format!("link show {interface}"));
    let text = shown[0]["address"].as_str().unwrap().to_owned();
    let octets: Vec<u8> = text
        .split(':')
        .map(|octet| u8::from_str_radix(octet, 16).unwrap())
        .collect();
    octets.try_into().unwrap()
}

/// Sets a variable of the kernel's.
pub fn set(host: &NetNs, variable: &str) {
    run(host.command("sysctl").args(["-qw", variable]));
}

/// Keeps the calling thread on one CPU; the last one, where there are fewer.
pub fn pin(cpu: usize) {
    let online = thread::available_parallelism().map_or(1, usize::from);
    let mut set = CpuSet::new();
    set.set(cpu.min(online - 1));
    sched_setaffinity(None, &set).unwrap_or_else(|error| panic!("cannot stay on CPU {cpu}: {error}"));
}
