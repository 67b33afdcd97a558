//! The agent as a process.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::lab::Lab;

/// How long a change may take to be enforced before the test gives up on it. An emulated processor needs seconds for the
/// verifier's work alone.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running agent, killed when it is dropped.
#[derive(Debug)]
pub struct Agent {
    child: Child,
}

/// The built agent: `INTERLINK_AGENT`, as `cargo xtask` sets it, or the one beside this program.
pub fn binary() -> PathBuf {
    std::env::var_os("INTERLINK_AGENT").map_or_else(
        || {
            let here = std::env::current_exe().unwrap();
            let profile = here.ancestors().find(|path| path.join("interlink-agent").is_file());
            profile
                .unwrap_or_else(|| panic!("no built interlink-agent: run `cargo build -p interlink-agent`"))
                .join("interlink-agent")
        },
        PathBuf::from,
    )
}

/// A command of the agent on the gateway, with the lab's socket and bpffs.
pub fn command<S: AsRef<OsStr>>(lab: &Lab, arguments: &[S]) -> Command {
    let binary = binary();
    let mut command = lab.gateway.command(binary.to_str().unwrap());
    command
        .args(arguments)
        .env("INTERLINK_SOCKET", lab.socket())
        .env("INTERLINK_BPFFS", lab.bpffs());
    command
}

/// Runs a command of the agent to its end.
pub fn run(lab: &Lab, arguments: &[&str]) -> Output {
    command(lab, arguments).output().unwrap()
}

/// What `status --json` says; nothing while no agent answers.
pub fn status(lab: &Lab) -> Option<Value> {
    let output = run(lab, &["status", "--json"]);
    output
        .status
        .success()
        .then(|| serde_json::from_slice(&output.stdout).unwrap())
}

/// Waits until the status is as wanted, and gives it.
pub fn wait_for(lab: &Lab, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let give_up = Instant::now() + PATIENCE;
    loop {
        let status = status(lab);
        match &status {
            Some(status) if wanted(status) => return status.clone(),
            Some(_) | None => assert!(
                Instant::now() < give_up,
                "{what}: not within {PATIENCE:?}; status {}\nlog {}",
                status.unwrap_or_default(),
                log(lab)
            ),
        }
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// What the agents of this lab have logged.
pub fn log(lab: &Lab) -> String {
    std::fs::read_to_string(log_file(lab)).unwrap_or_default()
}

impl Agent {
    /// Starts an agent on the gateway, whose log goes on in the lab's directory.
    pub fn start(lab: &Lab) -> Self {
        let log = File::options().create(true).append(true).open(log_file(lab)).unwrap();
        let mut command = command(lab, &["run", "--config"]);
        command
            .arg(lab.config())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        // Ctrl-C is for the test, which then takes the agent down itself.
        Self {
            child: command.process_group(0).spawn().unwrap(),
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        crate::lab::run(
            Command::new("kill")
                .arg(format!("-{name}"))
                .arg(self.child.id().to_string()),
        );
    }

    /// Waits for its end, and gives the exit code; none if a signal ended it.
    pub fn wait(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn log_file(lab: &Lab) -> PathBuf {
    lab.directory.join("agent.log")
}
