//! The pinned maps, as bpftool dumps them: bytes in hex.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use interlink_common::{ABI_VERSION, map};
use serde_json::Value;

use crate::lab::{Lab, run};

/// The maps of one NIC.
#[derive(Debug)]
pub struct Maps {
    /// The directory of its pins.
    pub pins: PathBuf,
}

impl Maps {
    /// Those of a NIC of the gateway.
    pub fn of(lab: &Lab, nic: &str) -> Self {
        Self {
            pins: lab.bpffs().join(format!("interlink/v{ABI_VERSION}")).join(nic),
        }
    }

    /// The slot that a VLAN id points to.
    pub fn slot(&self, vlan: u32) -> u32 {
        self.word(map::VLANS, vlan, 0)
    }

    /// A word of an entry, from a byte of it on.
    pub fn word(&self, map: &str, key: u32, at: usize) -> u32 {
        let value = self.value(map, key);
        let word = value.get(at..at + 4).map(|word| word.try_into().unwrap());
        word.map_or(0, u32::from_ne_bytes)
    }

    /// An entry, empty where there is none.
    pub fn value(&self, map: &str, key: u32) -> Vec<u8> {
        bytes(&self.entry(map, key).unwrap_or_default()["value"])
    }

    /// Overwrites an entry behind the agent's back.
    pub fn overwrite(&self, map: &str, key: u32, value: &[u8]) {
        let pin = self.pins.join(map);
        update(&[OsStr::new("pinned"), pin.as_os_str()], key, value);
    }

    /// Overwrites all that the flat tables lie in with zeros.
    pub fn wipe_out_tables(&self) {
        let segments = bpftool(&["map", "dump"], &self.pins.join(map::SEGMENTS));
        for segment in segments.as_array().into_iter().flatten() {
            let id = u32::from_ne_bytes(bytes(&segment["value"]).try_into().unwrap()).to_string();
            let mut dump = Command::new("bpftool");
            let pages = run(dump.args(["-j", "map", "dump", "id", &id])).stdout;
            let pages: Vec<Value> = serde_json::from_slice(&pages).unwrap();
            for (key, page) in (0..).zip(&pages).filter(|(_, page)| !is_zero(page)) {
                let zeros = vec![0; bytes(&page["value"]).len()];
                update(&[OsStr::new("id"), OsStr::new(&id)], key, &zeros);
            }
        }
    }

    /// The packets of a counter, on all CPUs together.
    pub fn packets(&self, index: u32) -> u64 {
        let entry = self.entry(map::COUNTERS, index).unwrap_or_default();
        let cpus = entry["values"].as_array().into_iter().flatten();
        cpus.map(|cpu| u64::from_ne_bytes(bytes(&cpu["value"])[..8].try_into().unwrap()))
            .sum()
    }

    fn entry(&self, map: &str, key: u32) -> Option<Value> {
        let entries = bpftool(&["map", "dump"], &self.pins.join(map));
        entries
            .as_array()?
            .iter()
            .find(|entry| bytes(&entry["key"]) == key.to_ne_bytes())
            .cloned()
    }
}

fn update(map: &[&OsStr], key: u32, value: &[u8]) {
    let decimal = |bytes: &[u8]| bytes.iter().map(u8::to_string).collect::<Vec<_>>();
    let mut command = Command::new("bpftool");
    command.args(["map", "update"]).args(map);
    command.arg("key").args(decimal(&key.to_ne_bytes()));
    run(command.arg("value").args(decimal(value)));
}

fn is_zero(entry: &Value) -> bool {
    bytes(&entry["value"]).iter().all(|byte| *byte == 0)
}

/// What bpftool says of something pinned.
pub fn bpftool(arguments: &[&str], pin: &Path) -> Value {
    let mut command = Command::new("bpftool");
    let output = run(command.arg("-j").args(arguments).arg("pinned").arg(pin));
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

fn bytes(hex: &Value) -> Vec<u8> {
    let digits = hex.as_array().into_iter().flatten().filter_map(Value::as_str);
    digits
        .map(|byte| u8::from_str_radix(byte.trim_start_matches("0x"), 16).unwrap())
        .collect()
}
