//! What closes blocks packets first, and withdraws routes then.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use interlink_tests::datagram::Stream;
use interlink_tests::lab::{Lab, ON_PREMISES, VPC_HOST};

use crate::kernel::routes;
use crate::support::{CONFIG, closed, enforcing_this, eventually, settled, with};

/// There are so many routes that it takes a while until the last is gone.
#[test]
fn packets_are_blocked_before_the_first_route_is_withdrawn() {
    const MANY: usize = 6000;
    let (open, closed) = (with_many_routes(CONFIG, MANY), with_many_routes(&closed(), MANY));
    let (lab, agent) = enforcing_this(&open);
    let withdrawals = Withdrawals::watch(&lab);
    let stream = Stream::start(&lab, ON_PREMISES.v4, VPC_HOST.v4);
    thread::sleep(Duration::from_millis(100));
    lab.write_config(&closed);
    agent.signal("HUP");
    let first = withdrawals.wait_for("via 169.254.0.101");
    settled(&lab);
    assert_eq!(routes(&lab), [""; 0]);
    let stream = stream.finish();
    assert_eq!(stream.sent_after(first), 0, "of those sent after the first route went");
    assert!(stream.arrived.len() > 10, "{} arrived before", stream.arrived.len());
}

/// What the kernel tells of routes that are deleted.
struct Withdrawals {
    monitor: Child,
    lines: Receiver<(Instant, String)>,
}

impl Withdrawals {
    fn watch(lab: &Lab) -> Self {
        let mut command = lab.gateway.command("ip");
        let mut monitor = command
            .args(["monitor", "route"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(monitor.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            let lines = output.lines().map_while(Result::ok);
            let told = lines.filter(|line| line.starts_with("Deleted"));
            // Nobody listens any more once the test is over.
            told.map(|line| (Instant::now(), line))
                .all(|line| sender.send(line).is_ok())
        });
        let watching = Self { monitor, lines };
        eventually("the kernel to be heard", || {
            lab.gateway.ip("route add 192.0.2.0/24 dev vpc0 table 200");
            lab.gateway.ip("route del 192.0.2.0/24 dev vpc0 table 200");
            watching.lines.try_recv().is_ok()
        });
        watching
    }

    /// When the first was deleted that has these words.
    fn wait_for(&self, words: &str) -> Instant {
        loop {
            let (at, line) = self.lines.recv_timeout(Duration::from_secs(10)).unwrap();
            if line.contains(words) {
                return at;
            }
        }
    }
}

impl Drop for Withdrawals {
    fn drop(&mut self) {
        drop(self.monitor.kill());
        drop(self.monitor.wait());
    }
}

fn with_many_routes(config: &str, many: usize) -> String {
    let mut prefixes = "\"10.20.0.0/16\"".to_owned();
    for number in 0..many {
        write!(
            prefixes,
            ", \"100.{}.{}.{}/30\"",
            64 + number / 16384,
            number / 64 % 256,
            number % 64 * 4
        )
        .unwrap();
    }
    with(config, "\"10.20.0.0/16\"", &prefixes)
}
