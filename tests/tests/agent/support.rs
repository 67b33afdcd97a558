//! A configuration that works in the lab, and what the kernel holds.

use std::path::PathBuf;
use std::process::Output;

use interlink_common::ABI_VERSION;
use interlink_tests::agent::{self, Agent};
use interlink_tests::lab::{LINK, Lab, TABLE};
use interlink_tests::traffic::{Outcome, Ping};
use serde_json::Value;

/// The provider's end of one untagged static link, open for IPv4.
pub(crate) const CONFIG: &str = r#"
[agent]
role = "provider"

[[vpc]]
name = "prod"
table = 100

[[routing_policy]]
name = "prod-v4"
prefix_filter_in  = ["10.20.0.0/16"]
prefix_filter_out = ["172.16.4.0/22"]

[[link]]
name = "paris"
interface = "link0"
vpc = "prod"
routing_policy_v4 = "prod-v4"
enable_route_propagation = true
scw_bgp_config  = { ipv4 = "169.254.0.100/31" }
peer_bgp_config = { ipv4 = "169.254.0.101/31" }
"#;

/// The same with propagation disabled.
pub(crate) fn closed() -> String {
    CONFIG.replace("propagation = true", "propagation = false")
}

/// A lab whose agent enforces [`CONFIG`].
pub(crate) fn enforcing() -> (Lab, Agent) {
    let lab = Lab::new();
    lab.write_config(CONFIG);
    let agent = Agent::start(&lab);
    agent::wait_for(&lab, "the agent to enforce", is_enforcing);
    (lab, agent)
}

pub(crate) fn is_enforcing(status: &Value) -> bool {
    status["state"] == "enforcing"
}

/// The routes of the VPC's table, as iproute2 prints them. One that was there before the NIC's address is `onlink`,
/// which makes no difference here.
pub(crate) fn routes(lab: &Lab) -> Vec<String> {
    let output = lab.gateway.try_ip(&format!("-N route show table {TABLE}"));
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| line.trim().trim_end_matches(" onlink").to_owned())
        .collect()
}

/// The one route of [`CONFIG`].
pub(crate) const ROUTE: &str = "10.20.0.0/16 via 169.254.0.101 dev link0 proto 73 metric 100";

/// The id of the XDP program on an interface.
pub(crate) fn program(lab: &Lab, interface: &str) -> Option<u64> {
    lab.gateway.ip_json(&format!("link show {interface}"))[0]["xdp"]["prog"]["id"].as_u64()
}

/// Asserts that the gateway is as the lab made it.
#[track_caller]
pub(crate) fn assert_untouched(lab: &Lab) {
    assert_eq!(program(lab, LINK), None, "a program is on the NIC");
    assert_eq!(routes(lab), [""; 0], "routes are in the VPC's table");
    let nics = std::fs::read_dir(pins(lab)).map_or(0, Iterator::count);
    assert_eq!(nics, 0, "something is pinned");
    assert!(!lab.socket().exists(), "a socket is left");
}

/// Where the NICs are pinned.
pub(crate) fn pins(lab: &Lab) -> PathBuf {
    lab.bpffs().join(format!("interlink/v{ABI_VERSION}"))
}

/// Waits for something that follows a change by at most some seconds.
#[track_caller]
pub(crate) fn eventually(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..200 {
        if holds() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    panic!("{what}: not within five seconds");
}

/// Whether the allowed ping is answered.
pub(crate) fn flows(lab: &Lab) -> bool {
    Ping::start(lab, "10.20.0.1", "172.16.4.10").finish() == Outcome::Flows
}

/// What a command printed as its error, and its exit code.
pub(crate) fn failure(output: &Output) -> (i32, String) {
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stderr.clone()).unwrap(),
    )
}
