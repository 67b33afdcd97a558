//! BIRD 2.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{Process, eventually};
use crate::lab::{Lab, run};

/// A running BIRD.
#[derive(Debug)]
pub struct Bird {
    process: Process,
    command: Vec<String>,
    config: PathBuf,
    socket: PathBuf,
    log: PathBuf,
}

impl Bird {
    /// Starts it with a configuration.
    pub fn start(lab: &Lab, config: &str) -> Self {
        let file = |name: &str| lab.directory.join(name);
        let (config_file, socket, log) = (file("bird.conf"), file("bird.ctl"), file("bird.log"));
        fs::write(&config_file, config).unwrap();
        let mut start = lab.on_premises.command("bird");
        start.arg("-f").arg("-c").arg(&config_file).arg("-s").arg(&socket);
        let command = std::iter::once(start.get_program())
            .chain(start.get_args())
            .map(|word| word.to_str().unwrap().to_owned())
            .collect();
        let bird = Self {
            process: Process::start(&mut start, &log),
            command,
            config: config_file,
            socket,
            log,
        };
        bird.wait_until_it_answers();
        bird
    }

    /// Starts it again after [`Self::kill`], as a router that restarts gracefully.
    pub fn recover(&mut self) {
        let (program, arguments) = self.command.split_first().unwrap();
        let mut command = Command::new(program);
        command.args(arguments).arg("-R");
        self.process = Process::start(&mut command, &self.log);
        self.wait_until_it_answers();
    }

    /// Kills it, so that it can't say goodbye.
    pub fn kill(&mut self) {
        // `ip netns exec` becomes the program that it runs.
        self.process.kill();
        drop(fs::remove_file(&self.socket));
    }

    /// Gives it another configuration.
    pub fn configure(&self, config: &str) {
        fs::write(&self.config, config).unwrap();
        self.ask(&["configure"]);
    }

    /// What `birdc` answers.
    pub fn ask(&self, words: &[&str]) -> String {
        let output = run(Command::new("birdc").arg("-s").arg(&self.socket).args(words));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The routes that a protocol has learned, each as its prefix.
    pub fn routes(&self, protocol: &str) -> Vec<String> {
        let mut prefixes: Vec<_> = self
            .ask(&["show", "route", "protocol", protocol])
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .filter(|word| word.contains('/'))
            .map(str::to_owned)
            .collect();
        prefixes.sort_unstable();
        prefixes
    }

    /// Everything that it knows of a route.
    pub fn route(&self, prefix: &str) -> String {
        self.ask(&["show", "route", "all", prefix])
    }

    /// Everything that it knows of a protocol.
    pub fn protocol(&self, protocol: &str) -> String {
        self.ask(&["show", "protocols", "all", protocol])
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn wait_until_it_answers(&self) {
        eventually("BIRD to answer", || {
            let asked = Command::new("birdc")
                .arg("-s")
                .arg(&self.socket)
                .args(["show", "status"])
                .output();
            asked.is_ok_and(|output| output.status.success())
        });
    }
}
