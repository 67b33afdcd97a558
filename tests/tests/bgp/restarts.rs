//! What goes on while a router restarts.

use std::fs::{self, File};
use std::thread;
use std::time::Duration;

use interlink_tests::agent::Agent;

use crate::support::{
    CONFIG, Customer, established, established_with, eventually, families, learned, reaches, routes, sessions,
    wait_until_up,
};

const BOTH: [&str; 2] = ["10.20.0.0/16 metric 100", "2001:db8:20::/48 metric 100"];

#[test]
fn a_peer_that_is_killed_and_comes_back_costs_no_route_and_no_packet() {
    let (lab, _agent, mut bird) = established();
    learned(&lab, &BOTH);
    eventually(&lab, "packets to arrive", || reaches(&lab));
    bird.kill();
    eventually(&lab, "the end to be noticed", || {
        families(&lab)[0]["kept_seconds"].is_u64()
    });
    for _ in 0..5 {
        assert_eq!(routes(&lab), BOTH);
        assert!(reaches(&lab), "its kernel goes on forwarding, and so do we");
    }
    bird.recover();
    eventually(&lab, "the second session", || {
        sessions(&lab).iter().all(|session| session["established"] == 2)
    });
    eventually(&lab, "everything to be said again", || {
        families(&lab).iter().all(|family| family["kept_seconds"].is_null())
    });
    assert_eq!(routes(&lab), BOTH);
}

#[test]
fn a_peer_that_stays_away_is_forgotten_after_its_restart_time() {
    let customer = Customer {
        session: "graceful restart time 3;".to_owned(),
        ..Customer::default()
    };
    let (lab, _agent, mut bird) = established_with(CONFIG, &customer);
    learned(&lab, &BOTH);
    bird.kill();
    thread::sleep(Duration::from_secs(1));
    assert_eq!(routes(&lab), BOTH);
    learned(&lab, &[]);
    assert!(!reaches(&lab));
}

#[test]
fn a_daemon_that_is_killed_and_comes_back_costs_no_route_on_either_side() {
    for signal in ["KILL", "TERM"] {
        let (lab, agent, bird) = established();
        learned(&lab, &BOTH);
        eventually(&lab, "packets to arrive", || reaches(&lab));
        eventually(&lab, "BIRD to learn", || bird.routes("v4") == ["172.16.4.0/22"]);
        let watched = lab.directory.join("monitor");
        let mut monitor = lab.gateway.command("ip");
        monitor
            .args(["monitor", "route"])
            .stdout(File::create(&watched).unwrap());
        let mut monitor = monitor.spawn().unwrap();
        agent.signal(signal);
        agent.wait();
        thread::sleep(Duration::from_secs(2));
        assert_eq!(bird.routes("v4"), ["172.16.4.0/22"], "kept by BIRD after {signal}");
        assert!(reaches(&lab));
        let _agent = Agent::start(&lab);
        wait_until_up(&lab);
        eventually(&lab, "everything to be said again", || {
            let again = |family: &serde_json::Value| family["kept_seconds"].is_null() && family["received"] == 1;
            families(&lab).iter().all(again)
        });
        assert_eq!(routes(&lab), BOTH);
        assert_eq!(bird.routes("v4"), ["172.16.4.0/22"]);
        assert!(reaches(&lab));
        monitor.kill().unwrap();
        monitor.wait().unwrap();
        let changes = fs::read_to_string(&watched).unwrap();
        let of_ours = changes.lines().filter(|line| line.contains("proto 73"));
        assert_eq!(
            of_ours.count(),
            0,
            "no route of ours was touched after {signal}: {changes}"
        );
    }
}

#[test]
fn a_daemon_whose_peer_is_gone_lets_go_of_the_routes_in_the_end() {
    let short = CONFIG.to_owned() + "graceful_restart_time = 5\n";
    let (lab, agent, mut bird) = established_with(&short, &Customer::default());
    learned(&lab, &BOTH);
    agent.signal("KILL");
    agent.wait();
    bird.kill();
    let _agent = Agent::start(&lab);
    eventually(&lab, "the agent to answer", || sessions(&lab).len() == 2);
    assert_eq!(routes(&lab), BOTH);
    learned(&lab, &[]);
}
