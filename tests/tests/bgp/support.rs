//! The provider's end with BGP, the customer's router as BIRD, and what both say.

use std::thread;
use std::time::{Duration, Instant};

use interlink_tests::agent::{self, Agent};
use interlink_tests::lab::{Lab, TABLE};
use interlink_tests::peer::Bird;
use serde_json::Value;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The provider's end of one untagged link with BGP.
pub(crate) const CONFIG: &str = r#"[agent]
role = "provider"

[[vpc]]
name = "prod"
table = 100

[[routing_policy]]
name = "prod-v4"
prefix_filter_in  = ["10.20.0.0/16"]
prefix_filter_out = ["172.16.4.0/22"]

[[routing_policy]]
name = "prod-v6"
is_ipv6 = true
prefix_filter_in  = ["2001:db8:20::/48"]
prefix_filter_out = ["2001:db8:4::/64"]

[[link]]
name = "paris"
interface = "link0"
status = "active"
vpc = "prod"
routing_policy_v4 = "prod-v4"
routing_policy_v6 = "prod-v6"
enable_route_propagation = true
scw_bgp_config  = { asn = 12876, ipv4 = "169.254.0.100/31", ipv6 = "fd00::/127" }
peer_bgp_config = { asn = 65010, ipv4 = "169.254.0.101/31", ipv6 = "fd00::1/127" }

[link.session]
hold_time = 90
"#;

/// What every router of the customer begins with.
const BIRD: &str = "
log stderr all;
router id 10.20.0.1;
protocol device { scan time 1; }
protocol static own4 { ipv4; OWN4 }
protocol static own6 { ipv6; OWN6 }
protocol bgp v4 {
    local 169.254.0.101 as 65010;
    neighbor 169.254.0.100 as 12876;
    connect retry time 1; connect delay time 1; error wait time 1, 2;
    graceful restart on;
    SESSION
    ipv4 { import all; export filter { MARK if source = RTS_STATIC then accept; reject; }; };
}
protocol bgp v6 {
    local fd00::1 as 65010;
    neighbor fd00:: as 12876;
    connect retry time 1; connect delay time 1; error wait time 1, 2;
    graceful restart on;
    SESSION
    ipv6 { import all; export filter { MARK if source = RTS_STATIC then accept; reject; }; };
}
";

/// What the customer's BIRD is told.
#[derive(Clone, Debug)]
pub(crate) struct Customer {
    pub(crate) networks: Vec<String>,
    /// Options of both sessions.
    pub(crate) session: String,
    /// What is done to each route that is announced.
    pub(crate) mark: String,
}

impl Default for Customer {
    fn default() -> Self {
        Self {
            networks: vec!["10.20.0.0/16".to_owned(), "2001:db8:20::/48".to_owned()],
            session: String::new(),
            mark: String::new(),
        }
    }
}

impl Customer {
    pub(crate) fn announcing(networks: &[&str]) -> Self {
        Self {
            networks: networks.iter().map(ToString::to_string).collect(),
            ..Self::default()
        }
    }

    pub(crate) fn config(&self) -> String {
        let routes = |is_v6: bool| {
            let of_family = self.networks.iter().filter(|network| network.contains(':') == is_v6);
            let routes: Vec<_> = of_family.map(|network| format!("route {network} blackhole;")).collect();
            routes.join(" ")
        };
        BIRD.replace("OWN4", &routes(false))
            .replace("OWN6", &routes(true))
            .replace("SESSION", &self.session)
            .replace("MARK", &self.mark)
    }

    pub(crate) fn start(&self, lab: &Lab) -> Bird {
        Bird::start(lab, &self.config())
    }
}

/// Both sides, with their sessions established and their routes exchanged.
pub(crate) fn established() -> (Lab, Agent, Bird) {
    established_with(CONFIG, &Customer::default())
}

pub(crate) fn established_with(config: &str, customer: &Customer) -> (Lab, Agent, Bird) {
    let lab = Lab::new();
    lab.write_config(config);
    let bird = customer.start(&lab);
    let agent = Agent::start(&lab);
    wait_until_up(&lab);
    (lab, agent, bird)
}

pub(crate) fn wait_until_up(lab: &Lab) {
    eventually(lab, "both families to be up and told", || {
        families(lab)
            .iter()
            .all(|family| family["status"] == "up" && family["announced"] != 0)
    });
}

/// Waits for something that follows a change.
#[track_caller]
pub(crate) fn eventually(lab: &Lab, what: &str, holds: impl Fn() -> bool) {
    let give_up = Instant::now() + PATIENCE;
    while !holds() {
        if Instant::now() > give_up {
            let session = agent::run(lab, &["session"]).stdout;
            panic!(
                "{what}: not within {PATIENCE:?}; {}\nlog {}\nroutes {:?}",
                String::from_utf8_lossy(&session),
                agent::log(lab),
                routes(lab)
            );
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Has a running agent enforce another configuration.
#[track_caller]
pub(crate) fn apply(lab: &Lab, old: &str, new: &str) {
    let config = std::fs::read_to_string(lab.config()).unwrap();
    assert!(config.contains(old), "{old:?} isn't in {config}");
    lab.write_config(&config.replace(old, new));
    succeeds(lab, &["reload"]);
}

#[track_caller]
pub(crate) fn succeeds(lab: &Lab, arguments: &[&str]) -> String {
    let output = agent::run(lab, arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// What `session --json` says.
pub(crate) fn sessions(lab: &Lab) -> Vec<Value> {
    let output = agent::run(lab, &["session", "--json"]);
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

/// The families of all sessions, IPv4's first.
pub(crate) fn families(lab: &Lab) -> Vec<Value> {
    let mut families: Vec<Value> = sessions(lab)
        .iter()
        .flat_map(|session| session["families"].as_array().unwrap().clone())
        .collect();
    families.resize(2, Value::Null);
    families
}

/// The routes of ours in the VPC's table, as prefix and metric.
pub(crate) fn routes(lab: &Lab) -> Vec<String> {
    let mut routes = Vec::new();
    for family in ["-4", "-6"] {
        // A table that never held a route isn't there.
        let output = lab
            .gateway
            .try_ip(&format!("-j -d -N {family} route show table {TABLE} proto 73"));
        let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap_or_default();
        for route in rows {
            routes.push(format!("{} metric {}", route["dst"].as_str().unwrap(), route["metric"]));
        }
    }
    routes.sort_unstable();
    routes
}

/// Whether packets from the on-premises host reach the VPC's, for IPv4.
pub(crate) fn reaches(lab: &Lab) -> bool {
    let mut ping = lab.on_premises.command("ping");
    ping.args(["-c", "1", "-W", "1", "-I", "10.20.0.1", "172.16.4.10"]);
    ping.output().unwrap().status.success()
}

/// Waits until the kernel holds exactly these routes.
#[track_caller]
pub(crate) fn learned(lab: &Lab, expected: &[&str]) {
    eventually(lab, &format!("exactly {expected:?}"), || routes(lab) == expected);
}
