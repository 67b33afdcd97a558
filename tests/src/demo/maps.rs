//! The pinned maps, as bpftool dumps them: bytes in hex.

use std::path::{Path, PathBuf};
use std::process::Command;

use interlink_common::map;
use serde_json::Value;

use crate::lab::run;

/// The maps of one NIC.
pub(super) struct Maps {
    /// The directory of its pins.
    pub(super) pins: PathBuf,
}

impl Maps {
    /// The slot that a VLAN id points to.
    pub(super) fn slot(&self, vlan: u32) -> u32 {
        self.word(map::VLANS, vlan, 0)
    }

    /// A word of an entry, from a byte of it on.
    pub(super) fn word(&self, map: &str, key: u32, at: usize) -> u32 {
        let entry = self.entry(map, key).unwrap_or_default();
        let word = bytes(&entry["value"])
            .get(at..at + 4)
            .map(|word| word.try_into().unwrap());
        word.map_or(0, u32::from_ne_bytes)
    }

    /// The packets of a counter, on all CPUs together.
    pub(super) fn packets(&self, index: u32) -> u64 {
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

/// What bpftool says of something pinned.
pub(super) fn bpftool(arguments: &[&str], pin: &Path) -> Value {
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
