//! What the kernel holds, as `ip` and `bpftool` say.

use std::path::Path;
use std::process::Command;

use aya::EbpfLoader;
use aya::programs::Xdp;
use interlink_agent::dataplane::object::OBJECT;
use interlink_common::{Reason, Traffic, counter_index};
use interlink_tests::lab::{self, LINK, Lab, TABLE};
use interlink_tests::maps::Maps;
use serde_json::Value;

/// The id of the XDP program on an interface.
pub(crate) fn program(lab: &Lab, interface: &str) -> Option<u64> {
    xdp(lab, interface)["prog"]["id"].as_u64()
}

/// Where an interface's XDP program runs.
pub(crate) fn mode(lab: &Lab, interface: &str) -> Option<&'static str> {
    match xdp(lab, interface)["mode"].as_u64()? {
        1 => Some("native"),
        2 => Some("generic"),
        other => panic!("mode {other} of {interface}"),
    }
}

fn xdp(lab: &Lab, interface: &str) -> Value {
    lab.gateway.ip_json(&format!("link show {interface}"))[0]["xdp"].clone()
}

/// The pinned attachment of a NIC.
pub(crate) fn attachment(lab: &Lab) -> Value {
    let link = interlink_tests::maps::bpftool(&["link", "show"], &Maps::of(lab, LINK).pins.join("link"));
    link["id"].clone()
}

/// The routes of the VPC's table, as iproute2 prints them but for two words that change nothing here.
pub(crate) fn routes(lab: &Lab) -> Vec<String> {
    ["-4", "-6"]
        .iter()
        .flat_map(|family| lines(lab, &format!("{family} -N route show table {TABLE}")))
        .collect()
}

/// The routes of our protocol, in any table.
fn ours_anywhere(lab: &Lab) -> Vec<String> {
    ["-4", "-6"]
        .iter()
        .flat_map(|family| lines(lab, &format!("{family} route show table all proto 73")))
        .collect()
}

fn lines(lab: &Lab, arguments: &str) -> Vec<String> {
    // A table that never held a route doesn't exist, which `ip` calls an error.
    let output = lab.gateway.try_ip(arguments).stdout;
    let text = String::from_utf8(output).unwrap();
    let plain = text.replace(" onlink", "").replace(" pref medium", "");
    plain.lines().map(|line| line.trim().to_owned()).collect()
}

/// How many packets of a family the link's program counted for a reason.
pub(crate) fn counted(lab: &Lab, traffic: Traffic, reason: Reason) -> u64 {
    let maps = Maps::of(lab, LINK);
    maps.packets(counter_index(maps.slot(0), traffic, reason))
}

/// Asserts that nothing of ours is in the gateway's kernel or in its files.
#[track_caller]
pub(crate) fn assert_untouched(lab: &Lab) {
    for link in lab.gateway.ip_json("link show") {
        assert!(link["xdp"].is_null(), "a program is on {}", link["ifname"]);
    }
    assert_eq!(ours_anywhere(lab), [""; 0]);
    assert!(!lab.bpffs().join("interlink").exists(), "something is pinned");
    assert!(!lab.socket().exists(), "a socket is left");
}

/// The name that the kernel has for the program of [`attach_a_strangers`].
pub(crate) const STRANGER: &str = "interlink_selft";

/// Puts a program on an interface that no agent has loaded, which is all that makes one a stranger's: the self-test of
/// our object. Gives its id.
pub(crate) fn attach_a_strangers(lab: &Lab, interface: &str) -> u64 {
    let pin = lab.bpffs().join("strangers");
    let mut object = EbpfLoader::new().btf(None).load(OBJECT).unwrap();
    let program: &mut Xdp = object.program_mut("interlink_selftest").unwrap().try_into().unwrap();
    program.load().unwrap();
    program.pin(&pin).unwrap();
    let mut attach = lab.gateway.command("bpftool");
    attach.args(["net", "attach", "xdp", "pinned"]).arg(&pin);
    lab::run(attach.args(["dev", interface]));
    self::program(lab, interface).unwrap()
}

pub(crate) fn detach_a_strangers(lab: &Lab, interface: &str) {
    let mut detach = lab.gateway.command("bpftool");
    lab::run(detach.args(["net", "detach", "xdp", "dev", interface]));
}

/// Runs bpftool on something pinned.
pub(crate) fn bpftool(arguments: &[&str], pin: &Path, rest: &[&str]) {
    let mut command = Command::new("bpftool");
    lab::run(command.args(arguments).arg("pinned").arg(pin).args(rest));
}
