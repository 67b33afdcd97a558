//! Two agents, the provider's and the customer's, and no other daemon.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use interlink_tests::agent::{self, Agent};
use interlink_tests::lab::{Lab, run};

use crate::support::{CONFIG, apply, eventually, learned, reaches, sessions};

/// The customer's agent, on the on-premises host.
struct CustomersAgent {
    child: Child,
    directory: std::path::PathBuf,
}

impl CustomersAgent {
    fn start(lab: &Lab) -> Self {
        let directory = lab.directory.join("customer");
        fs::create_dir_all(directory.join("bpf")).unwrap();
        run(Command::new("mount")
            .args(["-t", "bpf", "bpf"])
            .arg(directory.join("bpf")));
        let config = CONFIG
            .replace("\"provider\"", "\"customer\"")
            .replace("\"link0\"", "\"eth0\"");
        let networks = "networks = [\"10.20.0.0/16\", \"2001:db8:20::/48\"]\n";
        fs::write(directory.join("interlink.toml"), config + networks).unwrap();
        let log = fs::File::create(directory.join("agent.log")).unwrap();
        let mut command = lab.on_premises.command(agent::binary().to_str().unwrap());
        command
            .args(["run", "--config"])
            .arg(directory.join("interlink.toml"))
            .env("INTERLINK_SOCKET", directory.join("agent.sock"))
            .env("INTERLINK_BPFFS", directory.join("bpf"))
            .stdin(Stdio::null())
            .stderr(log);
        Self {
            child: command.spawn().unwrap(),
            directory,
        }
    }
}

impl Drop for CustomersAgent {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        drop(Command::new("umount").arg(self.directory.join("bpf")).status());
    }
}

#[test]
fn two_agents_open_the_link_for_each_other_and_close_it() {
    let lab = Lab::new();
    lab.write_config(CONFIG);
    let _provider = Agent::start(&lab);
    eventually(&lab, "the agent to answer", || sessions(&lab).len() == 2);
    assert!(!reaches(&lab));
    let _customer = CustomersAgent::start(&lab);
    learned(&lab, &["10.20.0.0/16 metric 100", "2001:db8:20::/48 metric 100"]);
    let theirs = || lab.on_premises.ip("route show table 100 proto 73");
    eventually(&lab, "the customer to learn", || {
        theirs().contains("172.16.4.0/22 via 169.254.0.100 dev eth0")
    });
    eventually(&lab, "packets to arrive", || reaches(&lab));

    apply(
        &lab,
        "enable_route_propagation = true",
        "enable_route_propagation = false",
    );
    let began = Instant::now();
    eventually(&lab, "the customer to forget", || theirs().is_empty());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(!reaches(&lab));
    apply(
        &lab,
        "enable_route_propagation = false",
        "enable_route_propagation = true",
    );
    eventually(&lab, "packets to arrive", || reaches(&lab));
}
