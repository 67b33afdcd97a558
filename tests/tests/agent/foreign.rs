//! Routes of others, which are left alone.

use std::process::Command;

use interlink_tests::agent;
use interlink_tests::lab;

use crate::kernel::routes;
use crate::support::{ROUTES, apply, closed, enforcing, settled, start, succeeds};

const THEIRS: [&str; 3] = [
    "10.20.0.0/16 via 172.16.4.10 dev vpc0 proto 4 metric 7",
    "192.0.2.0/24 via 172.16.4.10 dev vpc0 proto 4",
    "2001:db8:77::/48 via 2001:db8:4::10 dev vpc0 proto 4 metric 1024",
];

#[test]
fn routes_of_others_are_counted_and_never_touched() {
    let (lab, agent) = enforcing();
    for route in THEIRS {
        lab.gateway.ip(&format!("route add {route} table 100"));
    }
    agent::wait_for(&lab, "theirs to be counted", |status| status["foreign_routes"] == 3);
    let text = succeeds(&lab, &["status"]);
    let words = "3 routes of others are in the tables of the VPCs; they are left alone\n  \
                 10.20.0.0/16 table 100 proto static metric 7\n  \
                 192.0.2.0/24 table 100 proto static metric 0\n  \
                 2001:db8:77::/48 table 100 proto static metric 1024\n";
    assert!(text.contains(words), "{text}");

    apply(&lab, &closed());
    assert_eq!(routes(&lab), THEIRS);
    agent.signal("TERM");
    agent.wait();
    succeeds(&lab, &["unload"]);
    assert_eq!(routes(&lab), THEIRS);
}

#[test]
fn a_place_that_anothers_route_holds_is_told_and_taken_when_it_is_free() {
    let (lab, agent) = enforcing();
    agent.signal("TERM");
    agent.wait();
    succeeds(&lab, &["unload"]);
    let theirs = "10.20.0.0/16 via 172.16.4.10 dev vpc0 proto 4 metric 100";
    lab.gateway.ip(&format!("route add {theirs} table 100"));

    let agent = interlink_tests::agent::Agent::start(&lab);
    let status = agent::wait_for(&lab, "the refusal", |status| status["state"] == "degraded");
    let refused = &status["links"][0]["families"][0]["routes"];
    assert_eq!((&refused["wanted"], &refused["installed"]), (&1.into(), &0.into()));
    let words = refused["refused"][0].as_str().unwrap();
    assert!(words.starts_with("10.20.0.0/16 via 169.254.0.101 dev link0"), "{words}");
    assert_eq!(routes(&lab), [theirs, ROUTES[1]]);

    lab.gateway.ip(&format!("route del {theirs} table 100"));
    settled(&lab);
    assert_eq!(routes(&lab), ROUTES);
    drop(agent);
}

#[test]
fn routes_of_ours_that_no_configuration_wants_are_removed_by_the_next_agent() {
    let (lab, agent) = enforcing();
    agent.signal("KILL");
    agent.wait();
    for stale in [
        "198.51.100.0/24 via 169.254.0.101 dev link0 table 100 metric 100 proto 73",
        "198.51.100.0/24 via 169.254.0.101 dev link0 table 200 metric 100 proto 73",
    ] {
        lab.gateway.ip(&format!("route add {stale}"));
    }
    let _agent = start(&lab);
    assert_eq!(routes(&lab), ROUTES);
    let mut others = Command::new("ip");
    others.args(["-n", lab.gateway.name(), "route", "show", "table", "200"]);
    assert_eq!(String::from_utf8_lossy(&lab::run(&mut others).stdout), "");
}
