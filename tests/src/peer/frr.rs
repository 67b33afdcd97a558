//! FRR: `zebra` and `bgpd`, asked by `vtysh`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::{Process, eventually};
use crate::lab::{Lab, run};

/// Where Debian has its daemons.
const DAEMONS: &str = "/usr/lib/frr";

/// A running FRR.
#[derive(Debug)]
pub struct Frr {
    _zebra: Process,
    _bgpd: Process,
    directory: PathBuf,
}

impl Frr {
    /// Starts it with a configuration for `bgpd`.
    pub fn start(lab: &Lab, config: &str) -> Self {
        let directory = lab.directory.join("frr");
        fs::create_dir(&directory).unwrap();
        let (zebra, bgpd) = (directory.join("zebra.conf"), directory.join("bgpd.conf"));
        fs::write(&zebra, "").unwrap();
        fs::write(&bgpd, config).unwrap();
        run(Command::new("chown").args(["-R", "frr:frr"]).arg(&directory));
        // The daemons give up root, and have to get through to their directory.
        run(Command::new("chmod").arg("755").arg(&lab.directory));
        let start = |name: &str| {
            let file = |kind: &str| directory.join(format!("{name}.{kind}"));
            let mut command = lab.on_premises.command(&format!("{DAEMONS}/{name}"));
            command.args(["-u", "frr", "-g", "frr", "-A", "127.0.0.1"]);
            command.arg("-f").arg(file("conf")).arg("-i").arg(file("pid"));
            command
                .arg("-z")
                .arg(directory.join("zserv.api"))
                .arg("--vty_socket")
                .arg(&directory);
            Process::start(&mut command, &file("log"))
        };
        let zebra = start("zebra");
        eventually("zebra to listen", || directory.join("zserv.api").exists());
        let frr = Self {
            _zebra: zebra,
            _bgpd: start("bgpd"),
            directory: directory.clone(),
        };
        eventually("bgpd to answer", || directory.join("bgpd.vty").exists());
        frr
    }

    /// What `vtysh` answers.
    pub fn ask(&self, command: &str) -> String {
        let mut vtysh = Command::new("vtysh");
        vtysh.arg("--vty_socket").arg(&self.directory).args(["-c", command]);
        String::from_utf8(run(&mut vtysh).stdout).unwrap()
    }

    /// What it answers to a command that ends in `json`.
    pub fn json(&self, command: &str) -> Value {
        let text = self.ask(command);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{command}: {error}: {text}"))
    }

    /// Changes its configuration.
    pub fn configure(&self, lines: &[&str]) {
        let mut vtysh = Command::new("vtysh");
        vtysh
            .arg("--vty_socket")
            .arg(&self.directory)
            .args(["-c", "configure terminal"]);
        for line in lines {
            vtysh.args(["-c", line]);
        }
        run(&mut vtysh);
    }
}
