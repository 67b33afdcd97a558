//! An agent at each end, which speak BGP with each other: no other daemon is needed.

use serde_json::Value;

use super::probe::{Seen, probe};
use super::table::Table;
use super::{Interrupted, kernel, say};
use crate::agent::{self, Agent};
use crate::customer::Customer;
use crate::lab::{Lab, ON_PREMISES, SPOOFED, TABLE, VPC_HOST};
use crate::traffic::Listener;

/// Walks with both of them; `go_on` is asked between two steps.
pub(super) fn speak(table: &mut Table, go_on: impl Fn() -> Result<(), Interrupted>) -> Result<(), Interrupted> {
    let lab = Lab::new();
    let listener = Listener::new(&lab);
    let tried = |table: &mut Table, step: &str, missing: &str, wanted| {
        let seen = probe(&lab, &listener, ON_PREMISES, VPC_HOST);
        table.row(step, missing, seen, wanted);
    };

    say("\nA link with BGP, and an agent at each end. The provider's starts: nobody answers it.");
    lab.write_config(&config("provider", "link0", true));
    let provider = Agent::start(&lab);
    wait(&lab, "the provider to wait", |status| is_enforcing(status, Some("bgp")));
    tried(table, "provider alone", "bgp", Seen::all_blocked());
    go_on()?;

    say("The customer's starts. They tell each other what their policy lets them.");
    let customer = Customer::start(&lab, &config("customer", "eth0", true));
    wait(&lab, "both to be up", |status| {
        is_enforcing(status, None) && routes(&lab) == 2 && theirs(&lab) == 2
    });
    print_session("provider", &agent::run(&lab, &["session"]).stdout);
    print_session("customer", &customer.ask(&["session"]).stdout);
    tried(table, "both agents", "nothing", Seen::all_flows());
    go_on()?;
    let spoofed = probe(&lab, &listener, SPOOFED, VPC_HOST);
    table.row("spoofed, unannounced", "", spoofed, Seen::all_blocked());

    say("The provider's agent is killed, and started again: the customer keeps its routes meanwhile.");
    provider.signal("KILL");
    provider.wait();
    tried(table, "provider killed", "nothing", Seen::all_flows());
    go_on()?;
    table.check("the customer keeps the killed provider's routes", theirs(&lab) == 2);
    let provider = Agent::start(&lab);
    wait(&lab, "the provider to be back", |status| {
        is_enforcing(status, None) && routes(&lab) == 2
    });
    // Until then what it knows is from before its death, and an end that it isn't told of lets that stand for a while.
    wait(&lab, "its sessions to be back", |_status| has_sessions_again(&lab));
    tried(table, "provider back", "nothing", Seen::all_flows());
    go_on()?;

    say("The customer disables route propagation: the session ends, and what it taught goes on both sides.");
    customer.follow(&config("customer", "eth0", false));
    wait(&lab, "both to forget", |status| {
        is_enforcing(status, Some("bgp")) && routes(&lab) == 0 && theirs(&lab) == 0
    });
    tried(table, "customer's propagation off", "bgp", Seen::all_blocked());
    go_on()?;
    drop(provider);
    Ok(())
}

/// One end of the link. The customer's is told what it may announce, the provider's is connected to it.
fn config(role: &str, interface: &str, propagation: bool) -> String {
    let networks = match role {
        "customer" => "networks = [\"10.20.0.0/16\", \"2001:db8:20::/48\"]\n",
        _ => "",
    };
    format!(
        r#"[agent]
role = "{role}"

[[vpc]]
name = "prod"
table = {TABLE}

[[routing_policy]]
name = "prod-v4"
prefix_filter_in  = ["10.0.0.0/8"]
prefix_filter_out = ["172.16.4.0/22"]

[[routing_policy]]
name = "prod-v6"
is_ipv6 = true
prefix_filter_in  = ["2001:db8::/32"]
prefix_filter_out = ["2001:db8:4::/64"]

[[link]]
name = "paris"
interface = "{interface}"
vpc = "prod"
routing_policy_v4 = "prod-v4"
routing_policy_v6 = "prod-v6"
enable_route_propagation = {propagation}
scw_bgp_config  = {{ asn = 12876, ipv4 = "169.254.0.100/31", ipv6 = "fd00::/127" }}
peer_bgp_config = {{ asn = 65010, ipv4 = "169.254.0.101/31", ipv6 = "fd00::1/127" }}

[link.session]
enforce = "announced"
{networks}"#
    )
}

fn wait(lab: &Lab, what: &str, wanted: impl Fn(&Value) -> bool) {
    agent::wait_for(lab, what, wanted);
}

fn is_enforcing(status: &Value, missing: Option<&str>) -> bool {
    status["state"] == "enforcing" && (0..2).all(|family| kernel::first_unmet(status, family) == missing)
}

/// How many routes the provider has learned, and how many the customer, as `ip` counts them.
fn routes(lab: &Lab) -> usize {
    kernel::routes(&lab.gateway).len()
}

fn theirs(lab: &Lab) -> usize {
    kernel::routes(&lab.on_premises).len()
}

/// Whether both of the provider's sessions are established.
fn has_sessions_again(lab: &Lab) -> bool {
    let said = agent::run(lab, &["session", "--json"]).stdout;
    let sessions: Vec<Value> = serde_json::from_slice(&said).unwrap_or_default();
    sessions.len() == 2 && sessions.iter().all(|session| session["state"] == "established")
}

fn print_session(whose: &str, said: &[u8]) {
    say(&format!("  the {whose}'s `interlink-agent session`:"));
    for line in String::from_utf8_lossy(said).lines() {
        say(&format!("    {line}"));
    }
}
