//! Two links of one VPC that carry the same prefix.

use std::process::{Child, Command, Stdio};

use interlink_tests::lab::{Lab, VPC_HOST};
use serde_json::Value;

use crate::support::{CONFIG, apply, start, with};

/// A second link to the same router, with the policies of the first.
const SECOND: &str = r#"
[[link]]
name = "lyon"
interface = "link1"
status = "active"
vpc = "prod"
routing_policy_v4 = "prod-v4"
routing_policy_v6 = "prod-v6"
enable_route_propagation = true
scw_bgp_config  = { ipv4 = "169.254.0.102/31", ipv6 = "fd00::2/127" }
peer_bgp_config = { ipv4 = "169.254.0.103/31", ipv6 = "fd00::3/127" }
"#;

fn two_links() -> Lab {
    let lab = Lab::new();
    lab.join_by_a_second_link();
    lab
}

/// The interfaces that a route of ours leads to.
fn legs(lab: &Lab, family: &str, prefix: &str) -> Vec<String> {
    let rows = lab
        .gateway
        .ip_json(&format!("{family} route show {prefix} table 100 proto 73"));
    let [row] = &rows[..] else {
        panic!("one route: {rows:?}")
    };
    let hops = row["nexthops"].as_array().cloned().unwrap_or_else(|| vec![row.clone()]);
    hops.iter().map(|hop| hop["dev"].as_str().unwrap().to_owned()).collect()
}

/// Pings from the VPC host to addresses across the links, a hundred times a second each.
struct Pings(Vec<Child>);

impl Pings {
    fn start(lab: &Lab) -> Self {
        let ping = |number: u8| {
            let mut command: Command = lab.vpc_host.command("ping");
            command.args(["-n", "-q", "-i", "0.01", "-c", "400", "-W", "1", "-I", VPC_HOST.v4]);
            command.arg(format!("10.20.0.{number}"));
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
        };
        // So many that both legs have some.
        Self((1..=8).map(ping).collect())
    }

    /// What each of them says in the end.
    fn finish(self) -> Vec<String> {
        let outputs = self.0.into_iter().map(|child| child.wait_with_output().unwrap().stdout);
        outputs
            .map(|output| String::from_utf8_lossy(&output).into_owned())
            .collect()
    }
}

#[test]
fn equal_links_share_their_routes_and_losing_one_leg_loses_no_packet() {
    let lab = two_links();
    let both = CONFIG.to_owned() + SECOND;
    lab.write_config(&both);
    let _agent = start(&lab);
    let routes = [("-4", "10.20.0.0/16"), ("-6", "2001:db8:20::/48")];
    let are = |wanted: &[&str]| {
        for (family, prefix) in routes {
            assert_eq!(legs(&lab, family, prefix), wanted, "{prefix}");
        }
    };
    are(&["link0", "link1"]);
    let sent = || {
        let row: Value = lab.gateway.ip_json("-s link show link1")[0]["stats64"]["tx"]["packets"].clone();
        row.as_u64().unwrap()
    };
    let before = sent();
    let pings = Pings::start(&lab);
    let locked = with(
        &both,
        "name = \"lyon\"\ninterface = \"link1\"\nstatus = \"active\"",
        "name = \"lyon\"\ninterface = \"link1\"\nstatus = \"locked\"",
    );
    for _ in 0..4 {
        apply(&lab, &locked);
        are(&["link0"]);
        apply(&lab, &both);
        are(&["link0", "link1"]);
    }
    for said in pings.finish() {
        assert!(said.contains(" 0% packet loss"), "{said}");
    }
    assert!(
        sent() > before + 50,
        "the second leg carried {} packets",
        sent() - before
    );
}
