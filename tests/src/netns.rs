//! Network namespaces that last as long as their test.

use std::fs::File;
use std::os::fd::AsFd;
use std::process::{self, Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{panic, thread};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use serde_json::Value;

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// A network namespace with `lo` up, removed on drop.
#[derive(Debug)]
pub struct NetNs {
    name: String,
}

impl NetNs {
    /// Makes one, named `il-` and what no other test has.
    #[expect(clippy::new_without_default, reason = "it makes something in the kernel")]
    pub fn new() -> Self {
        let name = format!("il-{}-{}", process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        succeed(Command::new("ip").args(["netns", "add", &name]));
        let ns = Self { name };
        ns.ip("link set lo up");
        ns
    }

    /// Its name in `ip netns`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A command that will run in it.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]);
        command
    }

    /// Runs `ip` in it, with arguments split at spaces, and gives what it printed. Panics unless it succeeds.
    pub fn ip(&self, arguments: &str) -> String {
        succeed(
            Command::new("ip")
                .args(["-n", &self.name])
                .args(arguments.split_whitespace()),
        )
    }

    /// Runs `ip` in it, whatever comes of it.
    pub fn try_ip(&self, arguments: &str) -> Output {
        let mut command = Command::new("ip");
        command.args(["-n", &self.name]).args(arguments.split_whitespace());
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    /// Runs `ip -json -details -Numeric` in it and gives the rows that it printed.
    pub fn ip_json(&self, arguments: &str) -> Vec<Value> {
        let text = self.ip(&format!("-j -d -N {arguments}"));
        if text.trim().is_empty() {
            return Vec::new();
        }
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("`ip {arguments}` printed {text:?}: {error}"))
    }

    /// Runs each line as an `ip` command, in one process.
    pub fn ip_batch(&self, lines: &str) {
        let file = std::env::temp_dir().join(format!("{}.batch", self.name));
        std::fs::write(&file, lines).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let output = Command::new("ip")
            .args(["-n", &self.name, "-batch"])
            .arg(&file)
            .output();
        std::fs::remove_file(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let output = output.unwrap_or_else(|error| panic!("ip -batch: {error}"));
        assert!(
            output.status.success(),
            "ip -batch: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Makes a veth pair, this end in this namespace and the other in the other, both up.
    pub fn veth(&self, name: &str, other: &Self, other_name: &str) {
        self.ip(&format!(
            "link add {name} type veth peer name {other_name} netns {}",
            other.name
        ));
        self.ip(&format!("link set {name} up"));
        other.ip(&format!("link set {other_name} up"));
    }

    /// Adds an address, usable at once.
    pub fn address(&self, interface: &str, address: &str) {
        let nodad = if address.contains(':') { " nodad" } else { "" };
        self.ip(&format!("address add {address} dev {interface}{nodad}"));
    }

    /// Runs a closure on a thread of its own, whose network namespace is this one and which ends with it.
    pub fn run<T: Send>(&self, body: impl FnOnce() -> T + Send) -> T {
        within(&self.name, body)
    }

    /// Runs an asynchronous closure likewise, in a tokio runtime of that thread.
    pub fn block_on<T: Send>(&self, body: impl AsyncFnOnce() -> T + Send) -> T {
        self.run(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime
                .unwrap_or_else(|error| panic!("tokio: {error}"))
                .block_on(body())
        })
    }
}

impl Drop for NetNs {
    fn drop(&mut self) {
        let output = Command::new("ip").args(["netns", "del", &self.name]).output();
        if !thread::panicking() {
            let output = output.unwrap_or_else(|error| panic!("ip netns del {}: {error}", self.name));
            assert!(output.status.success(), "ip netns del {}: {output:?}", self.name);
        }
    }
}

/// Runs a closure on a thread of its own, whose network namespace is the one of this name and which ends with it.
pub fn within<T: Send>(name: &str, body: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let inside = scope.spawn(|| {
            let path = format!("/run/netns/{name}");
            let file = File::open(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
                .unwrap_or_else(|error| panic!("setns to {path}: {error}"));
            body()
        });
        inside.join().unwrap_or_else(|payload| panic::resume_unwind(payload))
    })
}

fn succeed(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error} (the tests need root)"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?} ended with {}: {said}",
        output.status
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
