//! xdp-filter's program as xdp-tools ship it, filled with addresses, and attached to nothing.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::{fs, process};

use aya::maps::{PerCpuHashMap, PerCpuValues};
use aya::programs::{ProgramFd, Xdp};
use aya::util::nr_cpus;
use aya::{Ebpf, EbpfLoader};
use interlink_core::prefix::Prefix;

use crate::kernel::offer;

/// The object for a policy that denies, and knows IP addresses only.
const OBJECT: &str = "xdpfilt_dny_ip.o";

/// Where Debian has it, and where it is if it was built here.
const FOLDERS: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/bpf",
    "/usr/lib/aarch64-linux-gnu/bpf",
    "/usr/local/lib/bpf",
    "/usr/lib/bpf",
];

/// Its flag for a source address.
const SOURCE: u64 = 1;

pub(super) struct XdpFilter {
    ebpf: Ebpf,
    name: String,
    place: PathBuf,
}

impl XdpFilter {
    /// Loads it, or says why it can't be had.
    pub(super) fn load(hosts: &[Prefix<Ipv4Addr>]) -> Result<Self, String> {
        let object = FOLDERS
            .iter()
            .map(|folder| PathBuf::from(folder).join(OBJECT))
            .find(|path| path.is_file());
        let object = object.ok_or_else(|| format!("there is no {OBJECT}: xdp-tools have it"))?;
        // Its maps want to be pinned.
        let place = std::env::temp_dir().join(format!("il-{}-xdp-filter", process::id()));
        fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
        crate::lab::run(process::Command::new("mount").args(["-t", "bpf", "bpf"]).arg(&place));
        let loaded = Self::load_from(&object, &place, hosts);
        if loaded.is_err() {
            remove(&place);
        }
        loaded
    }

    fn load_from(object: &PathBuf, place: &PathBuf, hosts: &[Prefix<Ipv4Addr>]) -> Result<Self, String> {
        let words = |error: &dyn std::fmt::Debug| format!("{}: {error:?}", object.display());
        let mut loader = EbpfLoader::new();
        loader.default_map_pin_directory(place);
        let mut ebpf = loader.load_file(object).map_err(|error| words(&error))?;
        let name = ebpf
            .programs()
            .map(|(name, _)| name.to_owned())
            .next()
            .ok_or("it has no program")?;
        let program: &mut Xdp = ebpf
            .program_mut(&name)
            .ok_or("it has no program")?
            .try_into()
            .map_err(|error| words(&error))?;
        offer(program).map_err(|error| words(&error))?;
        let map = ebpf.map_mut("filter_ipv4").ok_or("it has no map of addresses")?;
        let mut addresses: PerCpuHashMap<_, [u8; 4], u64> = map.try_into().map_err(|error| words(&error))?;
        for host in hosts {
            let value = PerCpuValues::try_from(vec![SOURCE; nr_cpus().unwrap()]).unwrap();
            addresses
                .insert(host.network().octets(), value, 0)
                .map_err(|error| words(&error))?;
        }
        Ok(Self {
            ebpf,
            name,
            place: place.clone(),
        })
    }

    /// What takes frames over.
    pub(super) fn program(&self) -> &ProgramFd {
        let program: &Xdp = self.ebpf.program(&self.name).unwrap().try_into().unwrap();
        program.fd().unwrap()
    }
}

impl Drop for XdpFilter {
    fn drop(&mut self) {
        remove(&self.place);
    }
}

fn remove(place: &PathBuf) {
    drop(process::Command::new("umount").arg("--lazy").arg(place).output());
    drop(fs::remove_dir(place));
}
