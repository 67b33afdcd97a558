//! The customer's agent, on the on-premises host, as the other end of the gateway's.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::agent::binary;
use crate::lab::{Lab, run};

/// A running agent, killed when it is dropped.
#[derive(Debug)]
pub struct Customer {
    child: Child,
    directory: PathBuf,
}

impl Customer {
    /// Starts it with a configuration.
    pub fn start(lab: &Lab, config: &str) -> Self {
        let directory = lab.directory.join("customer");
        fs::create_dir_all(directory.join("bpf")).unwrap();
        run(Command::new("mount")
            .args(["-t", "bpf", "bpf"])
            .arg(directory.join("bpf")));
        fs::write(directory.join("interlink.toml"), config).unwrap();
        let log = File::create(directory.join("agent.log")).unwrap();
        let mut command = lab.on_premises.command(binary().to_str().unwrap());
        command
            .args(["run", "--config"])
            .arg(directory.join("interlink.toml"))
            .env("INTERLINK_SOCKET", directory.join("agent.sock"))
            .env("INTERLINK_BPFFS", directory.join("bpf"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        // Ctrl-C is for the test, as with the gateway's.
        Self {
            child: command.process_group(0).spawn().unwrap(),
            directory,
        }
    }

    /// Puts another configuration in force.
    pub fn follow(&self, config: &str) {
        let beside = self.directory.join("interlink.toml.new");
        fs::write(&beside, config).unwrap();
        fs::rename(beside, self.directory.join("interlink.toml")).unwrap();
        let reloaded = self.ask(&["reload"]);
        assert!(
            reloaded.status.success(),
            "{}",
            String::from_utf8_lossy(&reloaded.stderr)
        );
    }

    /// Runs a command of the agent to its end.
    pub fn ask(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .env("INTERLINK_SOCKET", self.directory.join("agent.sock"));
        command.output().unwrap()
    }

    /// What `session --json` says; nothing while it doesn't answer.
    pub fn sessions(&self) -> Vec<Value> {
        serde_json::from_slice(&self.ask(&["session", "--json"]).stdout).unwrap_or_default()
    }
}

impl Drop for Customer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        drop(Command::new("umount").arg(self.directory.join("bpf")).status());
    }
}
