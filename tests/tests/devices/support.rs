//! A lab whose dedicated link is of another kind, and what comes through it.

use std::path::Path;

use interlink_tests::agent::{self, Agent};
use interlink_tests::lab::{self, CONFIG, Lab, ON_PREMISES, OUTSIDE, Pair, SPOOFED, VPC_HOST};
use interlink_tests::netns::NetNs;
use interlink_tests::traffic::{Outcome, Ping};
use serde_json::Value;

/// An agent on a NIC, with the link of a VLAN id, untagged where there is none.
pub(crate) fn start(lab: &Lab, nic: &str, vlan: Option<u16>) -> Agent {
    configure(lab, nic, vlan);
    Agent::start(lab)
}

fn configure(lab: &Lab, nic: &str, vlan: Option<u16>) {
    let vlan = vlan.map(|id| format!("vlan = {id}\n")).unwrap_or_default();
    let interface = "interface = \"link0\"\n";
    assert!(CONFIG.contains(interface));
    lab.write_config(&CONFIG.replace(interface, &format!("interface = \"{nic}\"\n{vlan}")));
}

/// Waits until all is as it should be, and gives the status.
pub(crate) fn settled(lab: &Lab) -> Value {
    agent::wait_for(lab, "the agent to enforce", |status| status["state"] == "enforcing")
}

/// Gives the interconnect's addresses to two interfaces that don't have them yet, and to no others.
pub(crate) fn address(lab: &Lab, near: &str, far: &str) {
    for (host, interface, addresses) in [
        (&lab.gateway, near, ["169.254.0.100/31", "fd00::/127"]),
        (&lab.on_premises, far, ["169.254.0.101/31", "fd00::1/127"]),
    ] {
        host.ip(&format!("link set {interface} up"));
        for old in host.ip_json("address show") {
            let name = old["ifname"].as_str().unwrap();
            let inherits = old["addr_info"].as_array().into_iter().flatten();
            for held in inherits.map(|it| format!("{}/{}", it["local"].as_str().unwrap(), it["prefixlen"])) {
                if addresses.contains(&held.as_str()) {
                    host.ip(&format!("address del {held} dev {name}"));
                }
            }
        }
        for address in addresses {
            host.address(interface, address);
        }
        lab::run(
            host.command("sysctl")
                .arg("-qw")
                .arg(format!("net/ipv4/conf/{interface}/rp_filter=0")),
        );
    }
    for via in ["169.254.0.100", "fd00::"] {
        lab.on_premises
            .ip(&format!("route replace default via {via} dev {far}"));
    }
}

/// What the agent says when it refuses the one NIC that it has.
pub(crate) fn refusal(lab: &Lab, nic: &str) -> String {
    configure(lab, nic, None);
    let output = agent::run(lab, &["run", "--config", lab.config().to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(7), "{said}");
    said.lines().last().unwrap_or_default().to_owned()
}

/// What the policy allows passes in both families, and nothing else.
#[track_caller]
pub(crate) fn is_guarded(lab: &Lab) {
    let cases = |source: Pair, destination: Pair, expected| {
        [
            (source.v4, destination.v4, expected),
            (source.v6, destination.v6, expected),
        ]
    };
    let cases = [
        cases(ON_PREMISES, VPC_HOST, Outcome::Flows),
        cases(SPOOFED, VPC_HOST, Outcome::Blocked),
        cases(ON_PREMISES, OUTSIDE, Outcome::Blocked),
    ];
    // The first packet between two routers may wait for their neighbours longer than a ping does.
    for (source, destination, _) in cases[0] {
        for _ in 0..3 {
            if Ping::start(lab, source, destination).finish() == Outcome::Flows {
                break;
            }
        }
    }
    let pings: Vec<_> = cases
        .iter()
        .flatten()
        .map(|(from, to, _)| Ping::start(lab, from, to))
        .collect();
    for ((source, destination, expected), ping) in cases.iter().flatten().zip(pings) {
        let log = agent::log(lab);
        assert_eq!(ping.finish(), *expected, "from {source} to {destination}\n{log}");
    }
}

/// The mode in which an interface of the gateway runs an XDP program, as `ip` says it.
pub(crate) fn mode(lab: &Lab, interface: &str) -> Option<u64> {
    lab.gateway.ip_json(&format!("link show dev {interface}"))[0]["xdp"]["mode"].as_u64()
}

/// What [`mode`] is in the driver.
pub(crate) const NATIVE: Option<u64> = Some(1);

/// Makes an interface, or says loudly that this kernel can't.
pub(crate) fn makes(host: &NetNs, arguments: &str) -> bool {
    let made = host.try_ip(&format!("link add {arguments}"));
    if !made.status.success() {
        let said = String::from_utf8_lossy(&made.stderr).into_owned();
        interlink_tests::skip(&format!("this kernel can't `ip link add {arguments}`: {}", said.trim()));
    }
    made.status.success()
}

/// Moves an interface of this machine's own into a namespace, under another name. It comes back with the namespace's end.
pub(crate) fn take(interface: &str, host: &NetNs, name: &str) {
    assert!(
        Path::new("/sys/class/net").join(interface).exists(),
        "{interface} is gone"
    );
    lab::run(std::process::Command::new("ip").args(["link", "set", interface, "netns", host.name(), "name", name]));
}
