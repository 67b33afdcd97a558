//! A network namespace with a NIC in it, a BPF file system, and the data plane on both.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use interlink_agent::dataplane::{Dataplane, DataplaneError};
use interlink_common::{ABI_VERSION, Reason};
use interlink_core::domain::{Interconnect, Vlan};
use interlink_core::name::InterfaceName;
use interlink_core::prefix::{Prefix, PrefixSet};
use interlink_core::state::{FamilyState, Interface, LinkState, ObservedNic, TagStripping};
use interlink_core::table::TableChoice;
use interlink_tests::netns::NetNs;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use serde_json::Value;

/// The dedicated NIC; `far` is the other end of its cable.
pub(crate) const NIC: &str = "near";

/// Entered by the calling thread, removed when dropped.
pub(crate) struct Bench {
    pub(crate) bpffs: PathBuf,
    _namespace: NetNs,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let namespace = NetNs::new();
        let file = File::open(Path::new("/run/netns").join(namespace.name())).unwrap();
        move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
        let bench = Self {
            bpffs: std::env::temp_dir().join(namespace.name()),
            _namespace: namespace,
        };
        fs::create_dir(&bench.bpffs).unwrap();
        // Counters are compared, so nothing may speak on its own.
        fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1").unwrap();
        add_nic(NIC);
        bench
    }

    pub(crate) fn open(&self) -> Dataplane {
        once_free(|| Dataplane::open(&self.bpffs)).unwrap()
    }

    /// The same with this kind of tables.
    pub(crate) fn loaded_with(&self, choice: TableChoice) -> Dataplane {
        let mut dataplane = self.loaded();
        dataplane.choose_tables(&nic(NIC), choice);
        dataplane
    }

    /// A data plane with a loaded NIC.
    pub(crate) fn loaded(&self) -> Dataplane {
        let mut dataplane = self.open();
        dataplane.load(&nic(NIC)).unwrap();
        dataplane
    }

    /// The pins of a NIC, as the file system spells them.
    pub(crate) fn pins(&self, name: &str) -> PathBuf {
        self.bpffs.join(format!("interlink/v{ABI_VERSION}")).join(name)
    }

    pub(crate) fn pin(&self, name: &str, pin: &str) -> String {
        self.pins(name).join(pin).to_str().unwrap().to_owned()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _may_not_be_mounted = Command::new("umount").arg("--lazy").arg(&self.bpffs).output();
        let _may_hold_something = fs::remove_dir(&self.bpffs);
    }
}

/// Tries until nobody holds the data plane. Who dropped it may have had a twin for a moment, made by another thread that
/// starts a command.
pub(crate) fn once_free<T>(mut attempt: impl FnMut() -> Result<T, DataplaneError>) -> Result<T, DataplaneError> {
    for _ in 0..100 {
        match attempt() {
            Err(DataplaneError::Held { .. }) => thread::sleep(Duration::from_millis(10)),
            result => return result,
        }
    }
    attempt()
}

/// Makes a NIC with nothing at the other end of its cable.
pub(crate) fn add_nic(name: &str) {
    run(&[
        "ip",
        "link",
        "add",
        name,
        "type",
        "veth",
        "peer",
        "name",
        &format!("{name}-far"),
    ]);
    run(&["ip", "link", "set", name, "up"]);
    run(&["ip", "link", "set", &format!("{name}-far"), "up"]);
}

/// Runs a command and returns what it printed.
pub(crate) fn run(words: &[&str]) -> String {
    let output = Command::new(words[0]).args(&words[1..]).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{words:?}: {}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

pub(crate) fn json(words: &[&str]) -> Value {
    serde_json::from_str(&run(words)).unwrap()
}

/// A NIC as the kernel reports it.
pub(crate) fn interface(name: &str) -> Interface {
    interfaces().remove(&nic(name)).unwrap()
}

pub(crate) fn interfaces() -> BTreeMap<InterfaceName, Interface> {
    let listed = json(&["ip", "-j", "-d", "link", "show"]);
    listed
        .as_array()
        .unwrap()
        .iter()
        .map(|link| {
            let number = |value: &Value| u32::try_from(value.as_u64().unwrap()).unwrap();
            let interface = Interface {
                index: number(&link["ifindex"]),
                up: true,
                carrier: true,
                mtu: number(&link["mtu"]),
                addresses: std::collections::BTreeSet::new(),
                our_addresses: std::collections::BTreeSet::new(),
                is_ours: false,
                vrf: None,
                vlan: None,
                xdp_program: link["xdp"]["prog"]["id"].as_u64().map(|id| u32::try_from(id).unwrap()),
                tag_stripping: TagStripping::Off,
            };
            (nic(link["ifname"].as_str().unwrap()), interface)
        })
        .collect()
}

/// The link that is pinned for a NIC, as bpftool sees it.
pub(crate) fn link(bench: &Bench, name: &str) -> Value {
    json(&["bpftool", "-j", "link", "show", "pinned", &bench.pin(name, "link")])
}

/// The id of the program that runs on an interface, and where, as bpftool sees it.
pub(crate) fn running(name: &str) -> Option<(u64, String)> {
    let listed = json(&["bpftool", "-j", "net", "show"]);
    let entry = listed[0]["xdp"]
        .as_array()?
        .iter()
        .find(|entry| entry["devname"] == name)?;
    let modes = entry.get("multi_attachments").unwrap_or(entry);
    let mode = modes["mode"].as_str().unwrap_or("driver").to_owned();
    Some((entry["id"].as_u64()?, mode))
}

pub(crate) fn observe(dataplane: &mut Dataplane, name: &str) -> ObservedNic {
    dataplane
        .observe(&interfaces())
        .unwrap()
        .remove(&nic(name))
        .unwrap_or_default()
}

pub(crate) fn nic(name: &str) -> InterfaceName {
    InterfaceName::new(name).unwrap()
}

pub(crate) fn vlan(id: u32) -> Vlan {
    Vlan::from_index(id).unwrap()
}

pub(crate) fn prefixes_v4(texts: &[&str]) -> Arc<PrefixSet<Ipv4Addr>> {
    Arc::new(
        texts
            .iter()
            .map(|text| Prefix::try_from_net(text.parse().unwrap()).unwrap())
            .collect(),
    )
}

pub(crate) fn prefixes_v6(texts: &[&str]) -> Arc<PrefixSet<Ipv6Addr>> {
    Arc::new(
        texts
            .iter()
            .map(|text| Prefix::try_from_net(text.parse().unwrap()).unwrap())
            .collect(),
    )
}

/// A link with both families open.
pub(crate) fn open_link(remote_v4: &[&str]) -> LinkState {
    LinkState {
        v4: FamilyState {
            gate: Reason::Allowed,
            interconnect: Some(
                Interconnect::new(
                    (Ipv4Addr::new(169, 254, 0, 100), 31),
                    (Ipv4Addr::new(169, 254, 0, 101), 31),
                )
                .unwrap(),
            ),
            remote: prefixes_v4(remote_v4),
            local: prefixes_v4(&["172.16.4.0/22"]),
        },
        v6: FamilyState {
            gate: Reason::Allowed,
            interconnect: Some(
                Interconnect::new(("fd00::1".parse().unwrap(), 64), ("fd00::2".parse().unwrap(), 64)).unwrap(),
            ),
            remote: prefixes_v6(&["2001:db8::/32"]),
            local: prefixes_v6(&["2001:db8:ffff::/48", "::/1"]),
        },
    }
}

/// A link with both families closed.
pub(crate) fn closed_link(reason: Reason) -> LinkState {
    LinkState {
        v4: FamilyState {
            gate: reason,
            interconnect: None,
            remote: Arc::default(),
            local: Arc::default(),
        },
        v6: FamilyState {
            gate: reason,
            interconnect: None,
            remote: Arc::default(),
            local: Arc::default(),
        },
    }
}
