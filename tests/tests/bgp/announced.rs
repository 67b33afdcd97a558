//! A link that goes by what its peer announces: no other source passes, and none is routed to that may not answer.

use std::time::{Duration, Instant};

use interlink_tests::agent;
use interlink_tests::datagram::arrives;
use interlink_tests::lab::{Lab, VPC_HOST};
use serde_json::Value;

use crate::support::{CONFIG, Customer, apply, established_with, eventually, families, learned, routes};

const ONE: &str = "10.20.0.1";
const OTHER: &str = "10.20.7.1";

/// Goes by announcements, and takes as many prefixes as anybody has here.
fn config() -> String {
    CONFIG.to_owned() + "enforce = \"announced\"\nmax_prefixes = 10000\n"
}

#[test]
fn only_what_the_peer_announces_passes_and_as_long_as_it_does() {
    let both = Customer::announcing(&["10.20.0.0/24", "10.20.7.0/24", "2001:db8:20::/48"]);
    let one = Customer::announcing(&["10.20.0.0/24", "2001:db8:20::/48"]);
    let (lab, _agent, bird) = established_with(&config(), &one);
    lab.on_premises.ip("address add 10.20.7.1/32 dev lo");
    learned(&lab, &["10.20.0.0/24 metric 100", "2001:db8:20::/48 metric 100"]);
    eventually(&lab, "the announced to pass", || arrives(&lab, ONE, VPC_HOST.v4));
    assert!(
        !arrives(&lab, OTHER, VPC_HOST.v4),
        "the policy lists it, the peer doesn't announce it"
    );
    let explained = explain(&lab, OTHER);
    assert_eq!(
        (&explained["reason"], &explained["source"]),
        (&"source_not_allowed".into(), &"not_announced".into()),
        "{explained}"
    );
    let lines = explained["lines"].to_string();
    assert!(lines.contains("BGP for IPv4 is established"), "{lines}");
    assert!(lines.contains("no prefix with 10.20.7.1"), "{lines}");

    bird.configure(&both.config());
    eventually(&lab, "what is announced next to pass", || {
        arrives(&lab, OTHER, VPC_HOST.v4)
    });
    assert_eq!(explain(&lab, OTHER)["source"], "within");
    bird.configure(&one.config());
    eventually(&lab, "what is withdrawn to be blocked", || {
        !arrives(&lab, OTHER, VPC_HOST.v4)
    });
    assert!(arrives(&lab, ONE, VPC_HOST.v4));

    apply(&lab, "enforce = \"announced\"", "enforce = \"policy\"");
    eventually(&lab, "all of the policy to pass", || arrives(&lab, OTHER, VPC_HOST.v4));
    apply(&lab, "enforce = \"policy\"", "enforce = \"announced\"");
    eventually(&lab, "it to be blocked again", || !arrives(&lab, OTHER, VPC_HOST.v4));
}

#[test]
fn a_restart_of_the_agent_keeps_what_was_announced_and_no_more() {
    let (lab, agent, _bird) = established_with(&config(), &Customer::announcing(&["10.20.0.0/24", "2001:db8:20::/48"]));
    lab.on_premises.ip("address add 10.20.7.1/32 dev lo");
    eventually(&lab, "the announced to pass", || arrives(&lab, ONE, VPC_HOST.v4));
    agent.signal("KILL");
    agent.wait();
    assert!(arrives(&lab, ONE, VPC_HOST.v4), "the kernel goes on");
    assert!(!arrives(&lab, OTHER, VPC_HOST.v4));
    let _agent = interlink_tests::agent::Agent::start(&lab);
    let began = Instant::now();
    while families(&lab)[0]["status"] != "up" || families(&lab)[0]["stale"] != 0 {
        assert!(arrives(&lab, ONE, VPC_HOST.v4), "it stopped; log {}", agent::log(&lab));
        assert!(began.elapsed() < Duration::from_secs(30), "the session isn't back");
    }
    assert!(arrives(&lab, ONE, VPC_HOST.v4));
    assert!(!arrives(&lab, OTHER, VPC_HOST.v4));
    assert_eq!(routes(&lab).len(), 2);
}

#[test]
fn why_an_announced_prefix_is_not_used_is_explained() {
    let (lab, _agent, _bird) = established_with(CONFIG, &Customer::announcing(&["10.20.0.0/16", "10.99.0.0/16"]));
    eventually(&lab, "both to be heard", || families(&lab)[0]["received"] == 2);
    let text = explain(&lab, "10.99.0.1")["lines"].to_string();
    assert!(
        text.contains("10.99.0.0/16 by the peer, and rejected: the routing policy doesn't whitelist it"),
        "{text}"
    );
    let text = explain(&lab, ONE)["lines"].to_string();
    assert!(text.contains("10.20.0.0/16 by the peer, and accepted"), "{text}");
    apply(
        &lab,
        "enable_route_propagation = true",
        "enable_route_propagation = false",
    );
    eventually(&lab, "the session to be shut", || {
        explain(&lab, ONE)["lines"]
            .to_string()
            .contains("BGP for IPv4 is idle: route propagation is disabled")
    });
}

fn explain(lab: &Lab, source: &str) -> Value {
    let output = agent::run(lab, &["explain", source, VPC_HOST.v4, "--json"]);
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}
