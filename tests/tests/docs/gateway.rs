//! The README's gateway, set up and removed by its own commands.

use std::fs::{self, File};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use interlink_tests::agent::binary;

use crate::commands::{is_run_by_ci, is_run_here};
use crate::hosts::{Hosts, NIC};
use crate::markdown::{Block, README, blocks, quoted, read, rows};

const NEEDS_VLANS: &str = "sh needs-802.1q";
const REMOVAL: &str = "Remove it";

/// How long what the README promises may take.
const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn the_readmes_commands_set_up_a_gateway_and_remove_it() {
    let blocks = blocks(&read(README));
    let (removal, set_up): (Vec<_>, Vec<_>) = blocks.iter().partition(|block| block.section == REMOVAL);
    let mut gateway = Gateway::new();
    gateway.follow(&set_up);
    let hosts = &gateway.hosts;
    assert!(
        hosts.answers("10.20.1.1"),
        "the policy's source gets no answer\n{}",
        hosts.log()
    );
    assert!(!hosts.answers("10.99.0.1"), "another source gets an answer");

    gateway.stop_agent();
    gateway.follow(&removal);
    let link = gateway.hosts.shell(&format!("ip -details link show dev {NIC}"));
    assert!(!text(&link.stdout).contains("xdp"), "{link:?}");
    let routes = gateway.hosts.shell("ip route show table 100");
    assert_eq!(text(&routes.stdout).trim(), "");
    let rules = gateway.hosts.shell("ip rule show");
    assert!(!text(&rules.stdout).contains("lookup 100"), "{rules:?}");
    let addresses = gateway.hosts.shell(&format!("ip address show dev {NIC}"));
    assert!(!text(&addresses.stdout).contains("169.254"), "{addresses:?}");
}

#[test]
fn the_paths_and_variables_of_the_readme_are_those_of_the_agent() {
    // What lies below the bpffs is not the command line's to say, and the log has no option.
    const UNSAID: [&str; 3] = ["info", "INTERLINK_LOG", "/sys/fs/bpf/interlink/"];
    let help = Command::new(binary()).args(["run", "--help"]).output().unwrap();
    let help = text(&help.stdout);
    for row in rows(README, &["what", "where", "variable"]) {
        let words = row.iter().skip(1).flat_map(|cell| quoted(cell));
        for word in words.filter(|word| !UNSAID.contains(word)) {
            assert!(
                help.contains(word),
                "`interlink-agent run --help` doesn't name {word}:\n{help}"
            );
        }
    }
}

struct Gateway {
    agent: Option<Child>,
    hosts: Hosts,
}

impl Gateway {
    fn new() -> Self {
        Self {
            agent: None,
            hosts: Hosts::new(),
        }
    }

    /// Does what the blocks say, in their order.
    fn follow(&mut self, blocks: &[&Block]) {
        let followers = blocks.iter().skip(1).map(Some).chain([None]);
        for (block, follower) in blocks.iter().zip(followers) {
            let shown = follower.filter(|next| next.follows && next.info == "text");
            if block.info == "toml" {
                self.write(block);
            } else if block.info == NEEDS_VLANS && !self.hosts.have_vlans() {
                skip(block);
            } else if block.is_shell() {
                self.run_block(block, shown.map(|shown| shown.lines.as_slice()).unwrap_or_default());
            }
        }
    }

    /// Writes a block whose first line names a file.
    fn write(&self, block: &Block) {
        if let Some(path) = block.lines.first().and_then(|line| line.strip_prefix("# /")) {
            let path = self.hosts.here(&format!("/{path}"));
            fs::write(&path, block.text()).unwrap_or_else(|error| panic!("{path}: {error}"));
        }
    }

    fn run_block(&mut self, block: &Block, shown: &[String]) {
        let is_one = block.lines.len() == 1;
        assert!(shown.is_empty() || is_one, "which of {:?} prints that?", block.lines);
        for (line, command) in block.commands().filter(|(_, command)| !is_run_by_ci(command)) {
            assert!(
                is_run_here(command),
                "{README}, line {line}: `{command}` is not to be run here"
            );
            if command.starts_with("interlink-agent run ") {
                self.start_agent(command);
            } else {
                self.run_line(line, command, shown);
            }
        }
    }

    /// Runs a command until it prints what it should; one that has no such text, and may do more than look, once.
    fn run_line(&self, line: usize, command: &str, shown: &[String]) {
        let (command, code) = match command.split_once(" # ends with ") {
            Some((command, code)) => (command.trim(), code.parse().unwrap()),
            None => (command, 0),
        };
        let give_up = Instant::now() + PATIENCE;
        loop {
            let output = self.hosts.shell(command);
            let missing = missing(shown, &output);
            if output.status.code() == Some(code) && missing.is_none() {
                return;
            }
            if shown.is_empty() || Instant::now() > give_up {
                let (printed, said) = (text(&output.stdout), text(&output.stderr));
                panic!(
                    "{README}, line {line}: `{command}` ended with {}, expected {code}; the line that it doesn't \
                     print: {missing:?}\n{printed}{said}\n{}",
                    output.status,
                    self.hosts.log()
                );
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Starts what stays in the foreground, and waits until it answers.
    fn start_agent(&mut self, command: &str) {
        let log = File::create(self.hosts.log_file()).unwrap();
        let mut agent = self.hosts.prepare(&format!("exec {command}"));
        agent.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.agent = Some(agent.spawn().unwrap());
        let give_up = Instant::now() + PATIENCE;
        while !self.hosts.shell("interlink-agent status").status.success() {
            assert!(Instant::now() < give_up, "no agent answers\n{}", self.hosts.log());
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn stop_agent(&mut self) {
        let mut agent = self.agent.take().unwrap();
        let killed = Command::new("kill")
            .args(["-TERM", &agent.id().to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
        assert_eq!(agent.wait().unwrap().code(), Some(0), "{}", self.hosts.log());
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(agent) = &mut self.agent {
            drop(agent.kill());
            drop(agent.wait());
        }
    }
}

fn skip(block: &Block) {
    interlink_tests::skip(&format!(
        "{README} from line {}, as this kernel has no 802.1Q (`ip link add … type vlan` fails); `cargo xtask test vm` \
         runs:\n{}",
        block.line,
        block.text()
    ));
}

/// The first line that should be shown and isn't.
fn missing<'s>(shown: &'s [String], output: &Output) -> Option<&'s str> {
    let printed = text(&output.stdout);
    let is_printed = |line: &str| printed.lines().any(|printed| printed.trim_end() == line);
    shown.iter().map(String::as_str).find(|line| !is_printed(line))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
