//! A configuration that works in the lab, agents that enforce it, and what commands say.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use interlink_tests::agent::{self, Agent};
pub(crate) use interlink_tests::lab::CONFIG;
use interlink_tests::lab::{self, Lab};
use serde_json::Value;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Its routes.
pub(crate) const ROUTES: [&str; 2] = [
    "10.20.0.0/16 via 169.254.0.101 dev link0 proto 73 metric 100",
    "2001:db8:20::/48 via fd00::1 dev link0 proto 73 metric 100",
];

/// The same with propagation disabled.
pub(crate) fn closed() -> String {
    with(CONFIG, "propagation = true", "propagation = false")
}

/// A text with something else in a place that must be there.
#[track_caller]
pub(crate) fn with(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "{old:?} isn't in {text}");
    text.replace(old, new)
}

/// A second link with its own NIC, to append to [`CONFIG`].
pub(crate) fn second_link(interface: &str) -> String {
    format!("\n[[link]]\nname = \"milan\"\ninterface = \"{interface}\"\n")
}

/// A lab whose agent enforces [`CONFIG`].
pub(crate) fn enforcing() -> (Lab, Agent) {
    enforcing_this(CONFIG)
}

/// A lab whose agent enforces a configuration.
pub(crate) fn enforcing_this(config: &str) -> (Lab, Agent) {
    let lab = Lab::new();
    lab.write_config(config);
    let agent = start(&lab);
    (lab, agent)
}

/// An agent that has come as far as to enforce.
pub(crate) fn start(lab: &Lab) -> Agent {
    let agent = Agent::start(lab);
    settled(lab);
    agent
}

/// Has a running agent enforce another configuration.
#[track_caller]
pub(crate) fn apply(lab: &Lab, config: &str) -> Value {
    lab.write_config(config);
    succeeds(lab, &["reload"]);
    settled(lab)
}

/// Waits until the kernel holds what it should, and gives the status.
pub(crate) fn settled(lab: &Lab) -> Value {
    agent::wait_for(lab, "the agent to enforce", |status| status["state"] == "enforcing")
}

/// Waits for something that follows a change.
#[track_caller]
pub(crate) fn eventually(what: &str, holds: impl Fn() -> bool) {
    let give_up = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < give_up, "{what}: not within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// What a command printed, and its exit code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// What a command says that fails with this code and these words.
pub(crate) fn fails(code: i32, words: &str) -> Said {
    Said {
        code: Some(code),
        stdout: String::new(),
        stderr: format!("interlink-agent: {words}\n"),
    }
}

/// Runs a command of the agent, which must end.
pub(crate) fn ask(lab: &Lab, arguments: &[&str]) -> Said {
    to_its_end(agent::command(lab, arguments))
}

/// Runs an agent on the lab's configuration, which must refuse.
pub(crate) fn run(lab: &Lab) -> Said {
    ask(lab, &["run", "--config", path(&lab.config())])
}

/// What a command prints that succeeds without a complaint.
#[track_caller]
pub(crate) fn succeeds(lab: &Lab, arguments: &[&str]) -> String {
    let said = ask(lab, arguments);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    said.stdout
}

/// Runs a command, without the log, and not for longer than anything may take.
pub(crate) fn to_its_end(mut command: Command) -> Said {
    command.env("INTERLINK_LOG", "off").stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let give_up = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > give_up {
            child.kill().unwrap();
            panic!("{command:?} doesn't end: {:?}", child.wait_with_output());
        }
        thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output().unwrap();
    Said {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Copies the agent to where every user finds it, as the built one may lie where others have no access. Done by another
/// process, because a program can't be executed while a thread that starts one has it open for writing.
pub(crate) fn copy_for_anybody(lab: &Lab) -> PathBuf {
    let copy = lab.directory.join("interlink-agent");
    lab::run(
        Command::new("install")
            .arg("--mode=755")
            .args([&agent::binary(), &copy]),
    );
    copy
}

/// Writes a file beside the configuration.
pub(crate) fn file(lab: &Lab, name: &str, text: &str) -> String {
    let file = lab.directory.join(name);
    fs::write(&file, text).unwrap();
    path(&file).to_owned()
}

pub(crate) fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A BPF file system beside the lab's own, for an agent that doesn't see what the first one pinned.
pub(crate) struct OtherBpffs(pub(crate) PathBuf);

impl OtherBpffs {
    pub(crate) fn new(lab: &Lab) -> Self {
        let directory = lab.directory.join("other-bpf");
        fs::create_dir(&directory).unwrap();
        lab::run(Command::new("mount").args(["-t", "bpf", "bpf"]).arg(&directory));
        Self(directory)
    }
}

impl Drop for OtherBpffs {
    fn drop(&mut self) {
        lab::run(Command::new("umount").arg(&self.0));
    }
}
