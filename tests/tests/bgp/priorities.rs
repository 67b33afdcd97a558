//! Two links of one VPC whose peers announce the same prefixes with different priorities.

use std::process::{Child, Command, Stdio};

use interlink_tests::agent::Agent;
use interlink_tests::bench::wire::counter;
use interlink_tests::lab::{LINK, Lab, ON_PREMISES, SECOND_LINK, VPC_HOST};
use interlink_tests::peer::Bird;

use crate::support::{CONFIG, learned};

/// A second link to the same router.
const SECOND: &str = r#"
[[link]]
name = "lyon"
interface = "link1"
status = "active"
vpc = "prod"
routing_policy_v4 = "prod-v4"
routing_policy_v6 = "prod-v6"
enable_route_propagation = true
scw_bgp_config  = { asn = 12876, ipv4 = "169.254.0.102/31", ipv6 = "fd00::2/127" }
peer_bgp_config = { asn = 65010, ipv4 = "169.254.0.103/31", ipv6 = "fd00::3/127" }
"#;

const HIGH: u16 = 42200;
const LOW: u16 = 42050;

/// A session of BIRD's, which marks what it announces.
struct Session {
    name: &'static str,
    family: &'static str,
    local: &'static str,
    neighbour: &'static str,
    community: u16,
}

impl Session {
    fn config(&self) -> String {
        let Self {
            name,
            family,
            local,
            neighbour,
            community,
        } = self;
        format!(
            "protocol bgp {name} {{
                local {local} as 65010; neighbor {neighbour} as 12876;
                connect retry time 1; connect delay time 1; error wait time 1, 2;
                {family} {{
                    import all;
                    export filter {{
                        bgp_community.add((12876, {community}));
                        if source = RTS_STATIC then accept; reject;
                    }};
                }};
            }}\n"
        )
    }
}

/// A router with two sessions over each link, the first link's better than the second's.
fn router(lab: &Lab) -> Bird {
    let session = |name, family, local, neighbour, community| {
        let session = Session {
            name,
            family,
            local,
            neighbour,
            community,
        };
        session.config()
    };
    let sessions = [
        session("paris4", "ipv4", "169.254.0.101", "169.254.0.100", HIGH),
        session("paris6", "ipv6", "fd00::1", "fd00::", HIGH),
        session("lyon4", "ipv4", "169.254.0.103", "169.254.0.102", LOW),
        session("lyon6", "ipv6", "fd00::3", "fd00::2", LOW),
    ];
    let own = "log stderr all; router id 10.20.0.1; protocol device { scan time 1; }
        protocol static own4 { ipv4; route 10.20.0.0/16 blackhole; }
        protocol static own6 { ipv6; route 2001:db8:20::/48 blackhole; }\n";
    Bird::start(lab, &format!("{own}{}", sessions.concat()))
}

/// A ping from the VPC host, a hundred times a second.
fn ping(lab: &Lab, from: &str, to: &str) -> Child {
    let mut command: Command = lab.vpc_host.command("ping");
    command.args(["-n", "-q", "-i", "0.01", "-c", "600", "-W", "1", "-I", from, to]);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// How many frames the gateway has sent on a link.
fn sent(lab: &Lab, link: &str) -> u64 {
    counter(&lab.gateway, link, "tx_packets")
}

#[test]
fn the_better_link_carries_the_traffic_and_losing_it_loses_no_packet() {
    let lab = Lab::new();
    lab.join_by_a_second_link();
    // The way back doesn't change, so that what is lost was lost on the way there.
    for (family, via) in [("-4", "169.254.0.102"), ("-6", "fd00::2")] {
        lab.on_premises.ip(&format!("{family} route replace default via {via}"));
    }
    lab.write_config(&(CONFIG.to_owned() + SECOND));
    let bird = router(&lab);
    let _agent = Agent::start(&lab);
    let lyon = ["10.20.0.0/16 metric 200", "2001:db8:20::/48 metric 200"];
    let both = [lyon[0], "10.20.0.0/16 metric 50", lyon[1], "2001:db8:20::/48 metric 50"];
    learned(&lab, &both);

    let pings = [
        ping(&lab, VPC_HOST.v4, ON_PREMISES.v4),
        ping(&lab, VPC_HOST.v6, ON_PREMISES.v6),
    ];
    let sessions_of_paris = ["paris4", "paris6"];
    for _ in 0..2 {
        let before = (sent(&lab, LINK), sent(&lab, SECOND_LINK));
        std::thread::sleep(std::time::Duration::from_millis(500));
        let after = (sent(&lab, LINK), sent(&lab, SECOND_LINK));
        assert!(
            after.0 - before.0 > 10 * (after.1 - before.1),
            "the better link carried the traffic: {before:?}, then {after:?}"
        );
        for session in sessions_of_paris {
            bird.ask(&["disable", session]);
        }
        learned(&lab, &lyon);
        for session in sessions_of_paris {
            bird.ask(&["enable", session]);
        }
        learned(&lab, &both);
    }
    for ping in pings {
        let output = ping.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains(" 0% packet loss"), "{said}");
    }
}
