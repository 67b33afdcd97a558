//! Real traffic by ordinary tools.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::lab::Lab;

/// The port that the VPC host listens on.
const PORT: &str = "8080";

/// How long a packet may take before it counts as lost, in seconds.
const PATIENCE: &str = "1";

/// How long what was sent may take to be read.
const DELIVERY: Duration = Duration::from_secs(1);

/// Listeners on the VPC host, one for each family, that write down what they receive.
#[derive(Debug)]
pub struct Listener {
    children: Vec<Child>,
    received: Vec<PathBuf>,
}

impl Listener {
    /// Listens on every address of the VPC host.
    pub fn new(lab: &Lab) -> Self {
        let mut listener = Self {
            children: Vec::new(),
            received: Vec::new(),
        };
        for (family, loopback) in [("-4", "127.0.0.1"), ("-6", "::1")] {
            let received = lab.directory.join(format!("received{family}"));
            let file = File::create(&received).unwrap();
            let mut command = lab.vpc_host.command("nc");
            // With -N and nothing to send it hangs up as soon as the other side does, and takes the next connection.
            command
                .args([family, "-l", "-k", "-N", PORT])
                .stdin(Stdio::null())
                .stdout(file)
                .stderr(Stdio::null());
            listener.children.push(command.spawn().unwrap());
            listener.received.push(received);
            wait_until_somebody_listens(lab, loopback);
        }
        listener
    }

    fn heard(&self, text: &str) -> bool {
        let give_up = Instant::now() + DELIVERY;
        let heard = |file: &PathBuf| fs::read_to_string(file).unwrap().contains(text);
        while !self.received.iter().any(heard) {
            if Instant::now() > give_up {
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        true
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for child in &mut self.children {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

fn wait_until_somebody_listens(lab: &Lab, loopback: &str) {
    let give_up = Instant::now() + Duration::from_secs(5);
    while !lab
        .vpc_host
        .command("nc")
        .args(["-z", "-w1", loopback, PORT])
        .status()
        .unwrap()
        .success()
    {
        assert!(
            Instant::now() < give_up,
            "nobody listens on port {PORT} of the VPC host"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What came of one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The answer came back.
    Flows,
    /// Nothing came back.
    Blocked,
}

/// A ping from an address of the on-premises host that has begun.
#[derive(Debug)]
pub struct Ping(Child);

impl Ping {
    /// Sends one echo request.
    pub fn start(lab: &Lab, source: &str, destination: &str) -> Self {
        let mut command = lab.on_premises.command("ping");
        command.args(["-c1", "-W", PATIENCE, "-I", source, destination]);
        Self(silently(&mut command))
    }

    /// Whether it was answered.
    pub fn finish(mut self) -> Outcome {
        outcome(self.0.wait().unwrap().success())
    }
}

/// A TCP connection from an address of the on-premises host that has begun.
#[derive(Debug)]
pub struct Tcp {
    child: Child,
    text: String,
}

impl Tcp {
    /// Connects, and sends a line that was never sent before.
    pub fn start(lab: &Lab, source: &str, destination: &str) -> Self {
        static SENT: AtomicU32 = AtomicU32::new(0);
        let number = SENT.fetch_add(1, Ordering::Relaxed);
        let text = format!("line {number} from {source}\n");
        let file = lab.directory.join(format!("sent-{number}"));
        fs::write(&file, &text).unwrap();
        let mut command = lab.on_premises.command("nc");
        command
            .args(["-N", "-w", PATIENCE, "-s", source, destination, PORT])
            .stdin(File::open(file).unwrap());
        Self {
            child: command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap(),
            text,
        }
    }

    /// Whether the line arrived at the listener.
    pub fn finish(mut self, listener: &Listener) -> Outcome {
        outcome(self.child.wait().unwrap().success() && listener.heard(&self.text))
    }
}

fn silently(command: &mut Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

const fn outcome(arrived: bool) -> Outcome {
    if arrived { Outcome::Flows } else { Outcome::Blocked }
}
