//! Two agents, the provider's and the customer's, and no other daemon.

use std::time::{Duration, Instant};

use interlink_tests::agent::Agent;
use interlink_tests::customer::Customer;
use interlink_tests::lab::Lab;

use crate::support::{CONFIG, apply, eventually, learned, reaches, sessions};

/// The customer's end.
fn customer() -> String {
    CONFIG
        .replace("\"provider\"", "\"customer\"")
        .replace("\"link0\"", "\"eth0\"")
        + "networks = [\"10.20.0.0/16\", \"2001:db8:20::/48\"]\n"
}

#[test]
fn two_agents_open_the_link_for_each_other_and_close_it() {
    let lab = Lab::new();
    lab.write_config(CONFIG);
    let _provider = Agent::start(&lab);
    eventually(&lab, "the agent to answer", || sessions(&lab).len() == 2);
    assert!(!reaches(&lab));
    let _customer = Customer::start(&lab, &customer());
    learned(&lab, &["10.20.0.0/16 metric 100", "2001:db8:20::/48 metric 100"]);
    let theirs = || lab.on_premises.ip("route show table 100 proto 73");
    eventually(&lab, "the customer to learn", || {
        theirs().contains("172.16.4.0/22 via 169.254.0.100 dev eth0")
    });
    eventually(&lab, "packets to arrive", || reaches(&lab));

    apply(
        &lab,
        "enable_route_propagation = true",
        "enable_route_propagation = false",
    );
    let began = Instant::now();
    eventually(&lab, "the customer to forget", || theirs().is_empty());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(!reaches(&lab));
    apply(
        &lab,
        "enable_route_propagation = false",
        "enable_route_propagation = true",
    );
    eventually(&lab, "packets to arrive", || reaches(&lab));
}
