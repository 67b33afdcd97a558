//! The hosts that the README speaks of, and a directory for all the paths that it names.
//!
//! ```text
//!   router                           gateway                        VPC host
//!   eth0 169.254.0.101/31  --------  enp1s0f0 (down)    vpc0  ----  eth0 172.16.4.10/22
//!   lo   10.20.1.1, 10.99.0.1                  172.16.4.1/22
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use interlink_tests::agent::binary;
use interlink_tests::netns::NetNs;

/// The gateway's dedicated NIC.
pub(crate) const NIC: &str = "enp1s0f0";

pub(crate) struct Hosts {
    router: NetNs,
    gateway: NetNs,
    _vpc_host: NetNs,
    directory: PathBuf,
}

impl Hosts {
    pub(crate) fn new() -> Self {
        let (router, gateway, vpc_host) = (NetNs::new(), NetNs::new(), NetNs::new());
        gateway.ip(&format!(
            "link add {NIC} type veth peer name eth0 netns {}",
            router.name()
        ));
        gateway.veth("vpc0", &vpc_host, "eth0");
        gateway.address("vpc0", "172.16.4.1/22");
        vpc_host.address("eth0", "172.16.4.10/22");
        vpc_host.ip("route add default via 172.16.4.1");
        router.ip("link set eth0 up");
        router.address("eth0", "169.254.0.101/31");
        router.address("lo", "10.20.1.1/32");
        router.address("lo", "10.99.0.1/32");
        router.ip("route add default via 169.254.0.100 dev eth0 onlink");
        // Else it asks from the address of the waiting packet, which the gateway's strict rp_filter doesn't answer.
        set(&router, "net.ipv4.conf.all.arp_announce=2");
        // The strictest that a distribution may have chosen.
        set(&gateway, "net.ipv4.conf.all.rp_filter=1");

        let directory = std::env::temp_dir().join(format!("{}-readme", gateway.name()));
        for folder in ["sbin", "bpf"] {
            fs::create_dir_all(directory.join(folder)).unwrap();
        }
        Self {
            router,
            gateway,
            _vpc_host: vpc_host,
            directory,
        }
    }

    /// Runs a command line on the gateway.
    pub(crate) fn shell(&self, line: &str) -> Output {
        self.prepare(line).output().unwrap()
    }

    /// A command line in the gateway's network, with its paths in the directory. The mounts are everybody's: a BPF
    /// file system that only this command saw would be refused.
    pub(crate) fn prepare(&self, line: &str) -> Command {
        let here = self.here(line);
        let outside = |word: &&str| word.starts_with('/') && !Path::new(word).starts_with(&self.directory);
        let agent = binary();
        let stray = here.split(' ').filter(|word| Path::new(word) != agent).find(outside);
        assert_eq!(stray, None, "`{line}` would touch this machine's own files");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = enter(&self.gateway);
        shell.args(["sh", "-c", &here]).current_dir(&self.directory);
        shell.env("PATH", format!("{}:{path}", self.directory.join("sbin").display()));
        shell.env("INTERLINK_SOCKET", self.directory.join("agent.sock"));
        shell.env("INTERLINK_BPFFS", self.directory.join("bpf"));
        shell
    }

    /// A text with its paths in the directory.
    pub(crate) fn here(&self, text: &str) -> String {
        let below = |folder: &str| self.directory.join(folder).to_str().unwrap().to_owned();
        text.replace("/etc/interlink", &below("etc"))
            .replace("/usr/local/sbin", &below("sbin"))
            .replace("/sys/fs/bpf", &below("bpf"))
            .replace("target/release/interlink-agent", binary().to_str().unwrap())
    }

    pub(crate) fn log_file(&self) -> PathBuf {
        self.directory.join("agent.log")
    }

    /// What the agent said.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Whether the VPC host answers an address of the router's.
    pub(crate) fn answers(&self, source: &str) -> bool {
        let mut ping = enter(&self.router);
        ping.args(["ping", "-c1", "-W1", "-I", source, "172.16.4.10"]);
        ping.output().unwrap().status.success()
    }

    /// Whether the kernel makes VLAN interfaces.
    pub(crate) fn have_vlans(&self) -> bool {
        let made = self.gateway.try_ip("link add link vpc0 name probe type vlan id 1");
        if made.status.success() {
            self.gateway.ip("link delete probe");
        }
        made.status.success()
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        // What is pinned goes with the file system, which is there only once a command mounted it.
        drop(Command::new("umount").arg(self.directory.join("bpf")).output());
        drop(fs::remove_dir_all(&self.directory));
    }
}

fn set(host: &NetNs, variable: &str) {
    let output = enter(host).args(["sysctl", "-qw", variable]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn enter(host: &NetNs) -> Command {
    let mut command = Command::new("nsenter");
    command.arg(format!("--net=/run/netns/{}", host.name())).arg("--");
    command
}
