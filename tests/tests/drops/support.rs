//! A gateway with a link, and `interlink-agent drops` beside it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use interlink_common::Sampling;
use interlink_tests::agent::{self, Agent};
use interlink_tests::lab::{self, LINK, Lab};

/// How long a line may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open link for IPv4, called paris.
pub(crate) const CONFIG: &str = r#"
[agent]
role = "provider"

[[vpc]]
name = "prod"
table = 100

[[routing_policy]]
name = "prod-v4"
prefix_filter_in  = ["10.20.0.0/16"]
prefix_filter_out = ["172.16.4.0/22"]

[[link]]
name = "paris"
interface = "link0"
status = "active"
vpc = "prod"
routing_policy_v4 = "prod-v4"
enable_route_propagation = true
scw_bgp_config  = { ipv4 = "169.254.0.100/31" }
peer_bgp_config = { ipv4 = "169.254.0.101/31" }
"#;

/// A lab whose link is open, and its agent.
pub(crate) fn open() -> (Lab, Agent) {
    let lab = Lab::new();
    for host in [&lab.on_premises, &lab.gateway] {
        // The lines are compared, so no router may be looked for in between.
        lab::run(host.command("sysctl").args(["-qw", "net.ipv6.conf.all.disable_ipv6=1"]));
    }
    lab.write_config(CONFIG);
    let agent = Agent::start(&lab);
    agent::wait_for(&lab, "an open link", |status| {
        status["links"][0]["families"][0]["open"] == true && status["state"] == "enforcing"
    });
    (lab, agent)
}

/// A command that watches, and the lines that it printed so far.
pub(crate) struct Watcher {
    child: Child,
    lines: Receiver<String>,
}

impl Watcher {
    /// Starts it, and waits until the program samples.
    pub(crate) fn start(lab: &Lab, arguments: &[&str]) -> Self {
        let mut child = spawn(lab, arguments);
        let (sender, lines) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in output.lines() {
                if sender.send(line.unwrap()).is_err() {
                    return;
                }
            }
        });
        let watcher = Self { child, lines };
        until(|| sampling(lab).until != 0, "the program samples");
        watcher
    }

    /// The next line, without its time.
    pub(crate) fn line(&self) -> String {
        let line = self.lines.recv_timeout(PATIENCE).unwrap();
        line.split_once("Z ").map_or(line.clone(), |(_, rest)| rest.to_owned())
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.lines.recv_timeout(Duration::from_millis(300)).is_err()
    }

    pub(crate) fn signal(&self, name: &str) {
        lab::run(
            Command::new("kill")
                .arg(format!("-{name}"))
                .arg(self.child.id().to_string()),
        );
    }

    /// Ends it by a signal, and gives the exit code and what it said last.
    pub(crate) fn end(self, signal: &str) -> (Option<i32>, String) {
        self.signal(signal);
        self.wait()
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said.trim_end().to_owned())
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn spawn(lab: &Lab, arguments: &[&str]) -> Child {
    let mut command = agent::command(lab, &["drops"]);
    command.args(arguments).process_group(0);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// What the program is asked for.
pub(crate) fn sampling(lab: &Lab) -> Sampling {
    let bytes = lookup(lab, "SAMPLING", 0);
    Sampling::from_bytes(&bytes[0].clone().try_into().unwrap())
}

/// A value of a map of the link's, of each CPU where it has one for each.
pub(crate) fn lookup(lab: &Lab, map: &str, key: u32) -> Vec<Vec<u8>> {
    let path = pin(lab, map);
    let key = key.to_le_bytes().map(|byte| byte.to_string());
    let mut command = Command::new("bpftool");
    command.args(["-j", "map", "lookup", "pinned", &path, "key"]).args(key);
    let found: serde_json::Value = serde_json::from_slice(&lab::run(&mut command).stdout).unwrap();
    let bytes = |value: &serde_json::Value| {
        let digits = value.as_array().unwrap().iter();
        let byte = |text: &serde_json::Value| u8::from_str_radix(text.as_str().unwrap().trim_start_matches("0x"), 16);
        digits.map(|text| byte(text).unwrap()).collect::<Vec<_>>()
    };
    match found["values"].as_array() {
        Some(by_cpu) => by_cpu.iter().map(|cpu| bytes(&cpu["value"])).collect(),
        None => vec![bytes(&found["value"])],
    }
}

/// How many samples were taken, left out and lost, of any reason and on any CPU.
pub(crate) fn sampled(lab: &Lab, reason: interlink_common::Reason) -> [u64; 3] {
    let words = lookup(lab, "SAMPLED", reason.code()).into_iter().map(|bytes| {
        let word = |at: usize| u64::from_ne_bytes(bytes[at * 8..][..8].try_into().unwrap());
        [word(1), word(2), word(3)]
    });
    words.fold([0; 3], |[a, b, c], [x, y, z]| [a + x, b + y, c + z])
}

pub(crate) fn pin(lab: &Lab, name: &str) -> String {
    let path = lab.bpffs().join("interlink/v1").join(LINK).join(name);
    path.to_str().unwrap().to_owned()
}

/// Runs a frame through the link's program, this often in a row.
pub(crate) fn flood(lab: &Lab, name: &str, frame: &[u8], times: u32) {
    let file = lab.directory.join(name);
    fs::write(&file, frame).unwrap();
    let mut command = Command::new("bpftool");
    command
        .args(["prog", "run", "pinned", &pin(lab, "program"), "data_in"])
        .arg(&file);
    lab::run(command.args(["repeat", &times.to_string()]));
}

/// Waits until something is so.
pub(crate) fn until(mut is_so: impl FnMut() -> bool, what: &str) {
    let give_up = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < give_up, "not within {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
