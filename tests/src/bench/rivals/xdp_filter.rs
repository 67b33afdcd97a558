//! xdp-filter of xdp-tools: a hash of single addresses, at most 10,000, in native XDP.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use aya::maps::{Map, MapData, PerCpuHashMap, PerCpuValues};
use aya::util::nr_cpus;

use super::{Filter, Policy};
use crate::lab::{LINK, Lab, run};

/// As many as its map takes.
const ROOM: usize = 10_000;

/// Its flag for a source address.
const SOURCE: u64 = 1;

pub(super) struct XdpFilter<'l> {
    lab: &'l Lab,
    /// Who holds the file systems that the pins are in.
    place: Child,
}

impl<'l> XdpFilter<'l> {
    pub(super) fn new(lab: &'l Lab, policy: &Policy) -> Result<Self, String> {
        if policy.set.prefixes().any(|prefix| prefix.length() < 32) {
            return Err("it knows single addresses, no prefixes".to_owned());
        }
        if policy.listed.len() > ROOM {
            return Err(format!("its map takes {ROOM} addresses"));
        }
        let place = Command::new("unshare")
            .args(["--mount", "--propagation", "private", "sh", "-c"])
            .arg("mount -t bpf bpf /sys/fs/bpf && echo ready && exec sleep infinity")
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("unshare: {error}"))?;
        let mut filter = Self { lab, place };
        // Before that its mount is the machine's own, where the pins would stay.
        let stdout = filter.place.stdout.take().ok_or("it has no output")?;
        let mut ready = String::new();
        BufReader::new(stdout)
            .read_line(&mut ready)
            .map_err(|error| error.to_string())?;
        if ready.trim() != "ready" {
            return Err("no BPF file system could be mounted for it".to_owned());
        }
        let loaded = filter
            .command("xdp-filter")
            .args(["load", "-m", "native", "-p", "deny", "-f", "ipv4", LINK])
            .output();
        let loaded = loaded.map_err(|error| format!("xdp-filter: {error}"))?;
        if !loaded.status.success() {
            return Err(String::from_utf8_lossy(&loaded.stderr).trim().to_owned());
        }
        filter.fill(policy);
        Ok(filter)
    }

    /// A program with the place's file systems, in the gateway's network.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--mount=/proc/{}/ns/mnt", self.place.id()))
            .arg(format!("--net=/run/netns/{}", self.lab.gateway.name()))
            .arg(program);
        command
    }

    /// The addresses by system calls, where its own command would be started once for each.
    fn fill(&self, policy: &Policy) {
        let shown =
            run(self
                .command("bpftool")
                .args(["-j", "map", "show", "pinned", "/sys/fs/bpf/xdp-filter/filter_ipv4"]));
        let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
        let id = u32::try_from(shown["id"].as_u64().unwrap()).unwrap();
        let map = Map::PerCpuHashMap(MapData::from_id(id).unwrap());
        let mut addresses: PerCpuHashMap<_, [u8; 4], u64> = map.try_into().unwrap();
        for address in policy.listed.iter().map(|prefix| prefix.network()) {
            let value = PerCpuValues::try_from(vec![SOURCE; nr_cpus().unwrap()]).unwrap();
            addresses.insert(address.octets(), value, 0).unwrap();
        }
    }
}

impl Filter for XdpFilter<'_> {
    fn dropped(&self) -> u64 {
        super::dropped_by_xdp(self.lab)
    }
}

impl Drop for XdpFilter<'_> {
    fn drop(&mut self) {
        drop(self.command("xdp-filter").args(["unload", LINK]).output());
        drop(self.place.kill());
        drop(self.place.wait());
    }
}
