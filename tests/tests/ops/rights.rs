//! What the agent can do with exactly the rights that its unit gives it, and what others can do with its socket.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::{Child, Command, Output, Stdio};

use interlink_tests::agent;
use interlink_tests::datagram::arrives;
use interlink_tests::lab::{self, CONFIG, Lab, ON_PREMISES, SPOOFED, VPC_HOST};

use crate::support::read;

const UNIT: &str = "systemd/interlink-agent.service";

/// A group that every Debian has, whose number isn't root's.
const GROUP: &str = "nogroup";

#[test]
fn the_capabilities_of_the_unit_are_enough_also_for_long_lists() {
    let lab = Lab::new();
    // More ranges than an entry holds, so that flat tables are made, and opened again by the next agent.
    let many: Vec<_> = (0..40).map(|number| format!("\"10.20.{}.0/24\"", number * 2)).collect();
    let many = CONFIG.replace("[\"10.20.0.0/16\"]", &format!("[{}]", many.join(", ")));
    lab.write_config(&many);
    for round in 0..2 {
        let running = Confined::start(&lab, &capabilities());
        agent::wait_for(&lab, "the agent to enforce", |status| status["state"] == "enforcing");
        assert!(arrives(&lab, ON_PREMISES.v4, VPC_HOST.v4), "round {round}");
        assert!(!arrives(&lab, SPOOFED.v4, VPC_HOST.v4), "round {round}");
        lab.write_config(&many.replace("\"10.20.4.0/24\", ", ""));
        assert!(agent::run(&lab, &["reload"]).status.success());
        agent::wait_for(&lab, "the change", |status| {
            status["state"] == "enforcing" && status["links"][0]["families"][0]["remote_prefixes"] == 39
        });
        lab.write_config(&many);
        let status = agent::status(&lab).unwrap();
        assert_eq!(status["troubles"], serde_json::json!([]));
        drop(running);
    }
}

#[test]
fn members_of_the_sockets_group_may_look_and_change_nothing() {
    let lab = Lab::new();
    lab.write_config(CONFIG);
    lab::run(Command::new("chmod").arg("755").arg(&lab.directory));
    let _running = Confined::start(&lab, &[]);
    agent::wait_for(&lab, "the agent to enforce", |status| status["state"] == "enforcing");
    let socket = fs::metadata(lab.socket()).unwrap();
    assert_eq!(
        (socket.uid(), socket.gid(), socket.permissions().mode() & 0o777),
        (0, 65534, 0o660)
    );
    for look in [
        &["status"][..],
        &["plan"],
        &["routes"],
        &["session"],
        &["metrics"],
        &["explain", "10.20.0.1", "172.16.4.10"],
    ] {
        let output = as_nobody(&lab, &["--regid=65534", "--clear-groups"], look);
        assert_eq!(output.status.code(), Some(0), "{look:?}: {output:?}");
    }
    for change in [&["reload"][..], &["confirm"], &["undo"]] {
        let output = as_nobody(&lab, &["--regid=65534", "--clear-groups"], change);
        assert_eq!(output.status.code(), Some(4), "{change:?}: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains("may look, and change nothing: run this as root"),
            "{said}"
        );
    }
    let stranger = as_nobody(&lab, &["--regid=65533", "--clear-groups"], &["status"]);
    assert_eq!(stranger.status.code(), Some(4), "{stranger:?}");
}

#[test]
fn a_group_that_is_not_there_is_named() {
    let lab = Lab::new();
    lab.write_config(CONFIG);
    let mut command = agent::command(&lab, &["run", "--socket-group", "il-nobody-has-this", "--config"]);
    let output = command.arg(lab.config()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("groupadd --system il-nobody-has-this"), "{said}");
}

/// The capabilities that the unit leaves the agent.
fn capabilities() -> Vec<String> {
    let unit = read(UNIT);
    let line = unit
        .lines()
        .find_map(|line| line.strip_prefix("CapabilityBoundingSet="));
    let names = line.unwrap().split(' ');
    names
        .map(|name| name.strip_prefix("CAP_").unwrap().to_lowercase())
        .collect()
}

/// An agent with these capabilities and no others; with all where none is named. It ends when this is dropped.
struct Confined(Child);

impl Confined {
    fn start(lab: &Lab, capabilities: &[String]) -> Self {
        let log = fs::File::create(lab.directory.join("agent.log")).unwrap();
        let mut command = lab.gateway.command("setpriv");
        if !capabilities.is_empty() {
            command.arg(format!("--bounding-set=-all,+{}", capabilities.join(",+")));
        }
        // As systemd does it for `Group=`: the socket gets this group, as its maker has it.
        command
            .args(["--regid=65534", "--clear-groups"])
            .arg(copy(lab))
            .args(["run", "--socket-group", GROUP, "--config"])
            .arg(lab.config())
            .env("INTERLINK_SOCKET", lab.socket())
            .env("INTERLINK_BPFFS", lab.bpffs())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        Self(command.spawn().unwrap())
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        drop(Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status());
        drop(self.0.wait());
    }
}

fn as_nobody(lab: &Lab, ids: &[&str], arguments: &[&str]) -> Output {
    let mut command = lab.gateway.command("setpriv");
    command.arg("--reuid=65534").args(ids).arg(copy(lab)).args(arguments);
    command.env("INTERLINK_SOCKET", lab.socket()).output().unwrap()
}

/// The agent where every user finds it.
fn copy(lab: &Lab) -> std::path::PathBuf {
    let copy = lab.directory.join("interlink-agent");
    if !copy.exists() {
        lab::run(
            Command::new("install")
                .arg("--mode=755")
                .args([&agent::binary(), &copy]),
        );
    }
    copy
}
