//! Who is measured: the agent, and BIRD doing the same, each on the lab's gateway, asked by its own command.

use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::agent::{self, Agent};
use crate::lab::{LINK, Lab, TABLE, run};

/// The gateway's end of the link.
pub const GATEWAY: Ipv4Addr = Ipv4Addr::new(169, 254, 0, 100);
const GATEWAYS_AS: u32 = 12_876;

/// What somebody is to do with a table of routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// Whether the routes go to the kernel, or are only kept, as announced and as accepted.
    pub to_kernel: bool,
    /// What is accepted.
    pub accepted: Accepted,
    /// Whether packets of other sources than the announced are dropped, by who filters packets.
    pub strict: bool,
}

/// A policy that lists blocks of a size of which an operator may have some hundred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// Every /8 that hosts are in.
    All,
    /// Every other one of them.
    Half,
}

impl Accepted {
    /// Whether an address is in it.
    pub fn contains(self, address: Ipv4Addr) -> bool {
        let first = address.octets()[0];
        (1..224).contains(&first)
            && match self {
                Self::All => true,
                Self::Half => first.is_multiple_of(2),
            }
    }

    fn blocks(self) -> impl Iterator<Item = String> {
        let blocks = (1..224).map(|first| Ipv4Addr::new(first, 0, 0, 0));
        blocks
            .filter(move |block| self.contains(*block))
            .map(|block| format!("{block}/8"))
    }
}

/// Somebody who speaks BGP with the feeder.
pub trait Rival {
    /// Its name in the report.
    const VARIANT: &'static str;

    /// Starts it.
    fn start(lab: &Lab, task: Task) -> Self;

    /// Has it do something else.
    fn follow(&self, lab: &Lab, task: Task);

    /// Has it stop propagating: the session and all routes go.
    fn disable(&self, lab: &Lab);

    /// How many routes its policy has accepted.
    fn accepted(&self, lab: &Lab) -> usize;

    /// Its process.
    fn id(&self) -> u32;
}

/// The agent.
#[derive(Debug)]
pub struct Interlink(Agent);

impl Interlink {
    /// Its configuration; propagation is what has routes go to the kernel.
    fn config(task: Task) -> String {
        let blocks: Vec<_> = task.accepted.blocks().map(|block| format!("\"{block}\"")).collect();
        format!(
            "[agent]\nrole = \"provider\"\n[[vpc]]\nname = \"prod\"\ntable = {TABLE}\n[[routing_policy]]\n\
             name = \"blocks\"\nprefix_filter_in = [{}]\nprefix_filter_out = [\"172.16.4.0/22\"]\n[[link]]\n\
             name = \"paris\"\ninterface = \"{LINK}\"\nvpc = \"prod\"\nrouting_policy_v4 = \"blocks\"\n\
             enable_route_propagation = {}\nscw_bgp_config = {{ asn = {GATEWAYS_AS}, ipv4 = \"{GATEWAY}/31\" }}\n\
             peer_bgp_config = {{ asn = {}, ipv4 = \"{}/31\" }}\n[link.session]\npassive = true\n\
             max_prefixes = 4000000\nkeep_when_disabled = {}\nenforce = \"{}\"\n",
            blocks.join(", "),
            task.to_kernel,
            super::feeder::AS,
            super::feeder::ADDRESS,
            !task.to_kernel,
            if task.strict { "announced" } else { "policy" },
        )
    }
}

impl Rival for Interlink {
    const VARIANT: &'static str = "interlink";

    fn start(lab: &Lab, task: Task) -> Self {
        lab.write_config(&Self::config(task));
        let agent = Agent::start(lab);
        agent::wait_for(lab, "the agent to guard its NIC", |status| {
            status["state"] == "enforcing"
        });
        Self(agent)
    }

    fn follow(&self, lab: &Lab, task: Task) {
        lab.write_config(&Self::config(task));
        run(&mut asked(lab, &["reload"]));
    }

    fn disable(&self, lab: &Lab) {
        let config = fs::read_to_string(lab.config()).unwrap();
        let (on, off) = ("enable_route_propagation = true", "enable_route_propagation = false");
        assert!(config.contains(on), "{config}");
        lab.write_config(&config.replace(on, off));
        run(&mut asked(lab, &["reload"]));
    }

    fn accepted(&self, lab: &Lab) -> usize {
        let output = run(&mut asked(lab, &["session", "--json"])).stdout;
        let sessions: Value = serde_json::from_slice(&output).unwrap();
        let accepted = sessions[0]["families"][0]["accepted"].as_u64().unwrap_or(0);
        usize::try_from(accepted).unwrap()
    }

    fn id(&self) -> u32 {
        self.0.id()
    }
}

/// The other end, as an agent: what it announces, as a list in quotes.
pub fn customers_config(networks: &str) -> String {
    let task = Task {
        to_kernel: true,
        accepted: Accepted::All,
        strict: false,
    };
    let config = Interlink::config(task);
    let config = config.replace("\"provider\"", "\"customer\"").replace(LINK, "eth0");
    config.replace("passive = true\n", "") + &format!("networks = [{networks}]\n")
}

/// A command of the agent, without the way through `ip netns`: its socket is a file.
fn asked(lab: &Lab, arguments: &[&str]) -> Command {
    let mut command = Command::new(agent::binary());
    command.args(arguments).env("INTERLINK_SOCKET", lab.socket());
    command
}

/// BIRD, which keeps what was announced beside what its filter accepts (`import table`), as the agent does.
#[derive(Debug)]
pub struct Bird {
    process: Child,
    config: PathBuf,
    control: PathBuf,
}

impl Bird {
    fn config(task: Task) -> String {
        let blocks: Vec<_> = task.accepted.blocks().map(|block| format!("{block}+")).collect();
        let kernel = if task.to_kernel {
            format!("protocol kernel fib {{ kernel table {TABLE}; ipv4 {{ import none; export all; }}; }}\n")
        } else {
            String::new()
        };
        format!(
            "router id {GATEWAY};\nprotocol device {{ }}\n\
             filter listed {{ if net ~ [ {} ] then accept; reject; }}\n\
             protocol bgp peer {{\n  local {GATEWAY} as {GATEWAYS_AS};\n  neighbor {} as {};\n  passive;\n\
             ipv4 {{ import table on; import filter listed; export none; }};\n}}\n{kernel}",
            blocks.join(", "),
            super::feeder::ADDRESS,
            super::feeder::AS,
        )
    }

    fn ask(&self, words: &[&str]) -> String {
        let output = Command::new("birdc").arg("-s").arg(&self.control).args(words).output();
        String::from_utf8_lossy(&output.unwrap().stdout).into_owned()
    }
}

impl Rival for Bird {
    const VARIANT: &'static str = "bird";

    fn start(lab: &Lab, task: Task) -> Self {
        let (config, control) = (lab.directory.join("gateway.conf"), lab.directory.join("gateway.ctl"));
        fs::write(&config, Self::config(task)).unwrap();
        let mut command = lab.gateway.command("bird");
        command.arg("-f").arg("-c").arg(&config).arg("-s").arg(&control);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self {
            process,
            config,
            control,
        }
    }

    fn follow(&self, _lab: &Lab, task: Task) {
        fs::write(&self.config, Self::config(task)).unwrap();
        let said = self.ask(&["configure"]);
        assert!(said.contains("Reconfig"), "{said}");
    }

    fn disable(&self, _lab: &Lab) {
        self.ask(&["disable", "peer"]);
    }

    fn accepted(&self, _lab: &Lab) -> usize {
        let said = self.ask(&["show", "protocols", "all", "peer"]);
        let routes = said.lines().find_map(|line| line.trim().strip_prefix("Routes:"));
        let imported = routes.and_then(|line| line.split_whitespace().next()?.parse().ok());
        imported.unwrap_or(0)
    }

    fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Bird {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
