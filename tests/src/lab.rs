//! Three hosts in a row: an on-premises host, a gateway, a VPC host.
//!
//! ```text
//!   on-premises                    gateway                       VPC host
//!   lo  10.20.0.1/16               link0 169.254.0.100/31        eth0 172.16.4.10/22
//!       2001:db8:20::1/48                fd00::/127                   2001:db8:4::10/64
//!   eth0 169.254.0.101/31  ──────  vpc0  172.16.4.1/22    ─────  (default via vpc0)
//!        fd00::1/127                     2001:db8:4::1/64
//! ```
//!
//! Both hosts have more addresses than any policy here allows ([`SPOOFED`], [`OUTSIDE`]). The gateway forwards and
//! filters nothing on its own, so what doesn't arrive was stopped by the agent.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::netns::NetNs;

/// The dedicated NIC of the gateway.
pub const LINK: &str = "link0";
/// Another dedicated NIC, where a lab has one.
pub const SECOND_LINK: &str = "link1";
/// The gateway's side of the VPC.
pub const VPC: &str = "vpc0";
/// The VPC's routing table on the gateway.
pub const TABLE: u32 = 100;

/// An address for each family.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// IPv4.
    pub v4: &'static str,
    /// IPv6.
    pub v6: &'static str,
}

/// The provider's end of one untagged static link, open for both families.
pub const CONFIG: &str = r#"[agent]
role = "provider"

[[vpc]]
name = "prod"
table = 100

[[routing_policy]]
name = "prod-v4"
prefix_filter_in  = ["10.20.0.0/16"]
prefix_filter_out = ["172.16.4.0/22"]

[[routing_policy]]
name = "prod-v6"
is_ipv6 = true
prefix_filter_in  = ["2001:db8:20::/48"]
prefix_filter_out = ["2001:db8:4::/64"]

[[link]]
name = "paris"
interface = "link0"
status = "active"
vpc = "prod"
routing_policy_v4 = "prod-v4"
routing_policy_v6 = "prod-v6"
enable_route_propagation = true
scw_bgp_config  = { ipv4 = "169.254.0.100/31", ipv6 = "fd00::/127" }
peer_bgp_config = { ipv4 = "169.254.0.101/31", ipv6 = "fd00::1/127" }
"#;

/// The on-premises host, inside the policy.
pub const ON_PREMISES: Pair = Pair {
    v4: "10.20.0.1",
    v6: "2001:db8:20::1",
};
/// Another address of the on-premises host, outside every policy.
pub const SPOOFED: Pair = Pair {
    v4: "10.99.0.1",
    v6: "2001:db8:99::1",
};
/// The VPC host, inside the policy.
pub const VPC_HOST: Pair = Pair {
    v4: "172.16.4.10",
    v6: "2001:db8:4::10",
};
/// Another address of the VPC host, which the gateway has a route to, and no policy allows.
pub const OUTSIDE: Pair = Pair {
    v4: "172.16.99.10",
    v6: "2001:db8:5::10",
};

/// The hosts, and a place for the agent's files. Everything goes when it is dropped.
#[derive(Debug)]
pub struct Lab {
    /// Where the agent finds its configuration, its socket and its bpffs.
    pub directory: PathBuf,
    /// The on-premises host.
    pub on_premises: NetNs,
    /// Where the agent runs.
    pub gateway: NetNs,
    /// The VPC host.
    pub vpc_host: NetNs,
}

impl Lab {
    /// Makes the hosts and joins them.
    pub fn new() -> Self {
        let (on_premises, gateway, vpc_host) = (NetNs::new(), NetNs::new(), NetNs::new());
        let directory = std::env::temp_dir().join(format!("{}{DIRECTORY}", gateway.name()));
        let lab = Self {
            directory,
            on_premises,
            gateway,
            vpc_host,
        };
        fs::create_dir_all(lab.bpffs()).unwrap();
        run(Command::new("mount").args(["-t", "bpf", "bpf"]).arg(lab.bpffs()));
        lab.join_hosts();
        lab
    }

    /// A bpffs that outlives the agent, and goes with the lab.
    pub fn bpffs(&self) -> PathBuf {
        self.directory.join("bpf")
    }

    /// The agent's configuration.
    pub fn config(&self) -> PathBuf {
        self.directory.join("interlink.toml")
    }

    /// The agent's socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.join("agent.sock")
    }

    /// Writes the configuration as an editor does: whole, in the place of the old.
    pub fn write_config(&self, text: &str) {
        let beside = self.directory.join("interlink.toml.new");
        fs::write(&beside, text).unwrap();
        fs::rename(beside, self.config()).unwrap();
    }

    /// Joins the on-premises host and the gateway a second time, by [`SECOND_LINK`].
    pub fn join_by_a_second_link(&self) {
        self.gateway.veth(SECOND_LINK, &self.on_premises, "eth1");
        for (host, interface, addresses) in [
            (&self.gateway, SECOND_LINK, ["169.254.0.102/31", "fd00::2/127"]),
            (&self.on_premises, "eth1", ["169.254.0.103/31", "fd00::3/127"]),
        ] {
            for address in addresses {
                host.address(interface, address);
            }
        }
        // What comes in through one link may be answered through the other.
        for interface in ["all", "eth1"] {
            let setting = format!("net.ipv4.conf.{interface}.rp_filter=0");
            run(self.on_premises.command("sysctl").args(["-qw", &setting]));
        }
    }

    fn join_hosts(&self) {
        let (gateway, on_premises, vpc_host) = (&self.gateway, &self.on_premises, &self.vpc_host);
        for host in [gateway, on_premises, vpc_host] {
            // Neighbours are asked for from the link-local address, which else is not usable in its first seconds.
            run(host.command("sysctl").args([
                "-qw",
                "net.ipv6.conf.all.accept_dad=0",
                "net.ipv6.conf.default.accept_dad=0",
            ]));
        }
        gateway.veth(LINK, on_premises, "eth0");
        gateway.veth(VPC, vpc_host, "eth0");
        for (host, interface, addresses) in [
            (on_premises, "eth0", &["169.254.0.101/31", "fd00::1/127"][..]),
            (
                on_premises,
                "lo",
                &["10.20.0.1/16", "10.99.0.1/16", "2001:db8:20::1/48", "2001:db8:99::1/48"],
            ),
            (gateway, LINK, &["169.254.0.100/31", "fd00::/127"]),
            (
                gateway,
                VPC,
                &[
                    "172.16.4.1/22",
                    "172.16.99.1/24",
                    "2001:db8:4::1/64",
                    "2001:db8:5::1/64",
                ],
            ),
            (
                vpc_host,
                "eth0",
                &[
                    "172.16.4.10/22",
                    "172.16.99.10/24",
                    "2001:db8:4::10/64",
                    "2001:db8:5::10/64",
                ],
            ),
        ] {
            for address in addresses {
                // Without `nodad` an IPv6 address may not be used for its first seconds.
                let nodad = if address.contains("::") { " nodad" } else { "" };
                host.ip(&format!("address add {address} dev {interface}{nodad}"));
            }
        }
        for (host, gateway) in [
            (on_premises, ["169.254.0.100", "fd00::"]),
            (vpc_host, ["172.16.4.1", "2001:db8:4::1"]),
        ] {
            for via in gateway {
                host.ip(&format!("route add default via {via}"));
            }
        }
        run(gateway
            .command("sysctl")
            .args(["-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"]));
        run(gateway.command("sysctl").args(["-qw", "net.ipv4.conf.all.rp_filter=0"]));
        run(gateway
            .command("sysctl")
            .arg("-qw")
            .arg(format!("net.ipv4.conf.{LINK}.rp_filter=0")));
        for family in ["-4", "-6"] {
            gateway.ip(&format!("{family} rule add iif {VPC} lookup {TABLE}"));
        }
    }
}

impl Default for Lab {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // What is pinned in a bpffs goes with its last mount.
        let unmounted = Command::new("umount").arg(self.bpffs()).status();
        if unmounted.is_ok_and(|status| status.success()) {
            drop(fs::remove_dir_all(&self.directory));
        }
    }
}

/// What the name of a lab's directory ends in, behind the name of its gateway.
const DIRECTORY: &str = ".lab";

/// Removes what labs left behind whose process was killed before it could.
pub fn sweep() {
    let entries = fs::read_dir(std::env::temp_dir()).into_iter().flatten();
    for directory in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = directory.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.strip_suffix(DIRECTORY).is_some_and(is_of_a_dead_process) {
            for mount in ["bpf", "customer/bpf"] {
                drop(Command::new("umount").arg(directory.join(mount)).output());
            }
            drop(fs::remove_dir_all(&directory));
        }
    }
    let names = run(Command::new("ip").args(["netns", "list"])).stdout;
    for name in String::from_utf8_lossy(&names)
        .lines()
        .filter_map(|line| line.split(' ').next())
    {
        if is_of_a_dead_process(name) {
            run(Command::new("ip").args(["netns", "delete", name]));
        }
    }
}

/// Whether a name is that of a namespace of ours (`il-PID-NUMBER`), made by a process that is gone.
fn is_of_a_dead_process(name: &str) -> bool {
    let pid = name.strip_prefix("il-").and_then(|rest| rest.split('-').next());
    pid.and_then(|pid| pid.parse::<u32>().ok())
        .is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists())
}

/// Runs a command that must succeed.
pub fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
