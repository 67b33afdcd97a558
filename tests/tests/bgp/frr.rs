//! The same with FRR.

use std::thread;
use std::time::Duration;

use interlink_tests::agent::{self, Agent};
use interlink_tests::lab::Lab;
use interlink_tests::peer::Frr;

use crate::support::{CONFIG, eventually, families, learned, reaches, sessions, succeeds, wait_until_up};

const FRR: &str = "\
router bgp 65010
 bgp router-id 10.20.0.1
 no bgp ebgp-requires-policy
 no bgp network import-check
 bgp graceful-restart
 neighbor 169.254.0.100 remote-as 12876
 neighbor 169.254.0.100 timers connect 1
 neighbor 169.254.0.100 advertisement-interval 0
 neighbor fd00:: remote-as 12876
 neighbor fd00:: timers connect 1
 neighbor fd00:: advertisement-interval 0
 address-family ipv4 unicast
  network 10.20.0.0/16
  network 10.99.0.0/16
  no neighbor fd00:: activate
  neighbor 169.254.0.100 route-map mark out
 exit-address-family
 address-family ipv6 unicast
  network 2001:db8:20::/48
  neighbor fd00:: activate
 exit-address-family
!
route-map mark permit 10
 set community 12876:42200
";

const BOTH: [&str; 2] = ["10.20.0.0/16 metric 50", "2001:db8:20::/48 metric 100"];

fn established() -> (Lab, Agent, Frr) {
    let lab = Lab::new();
    lab.write_config(CONFIG);
    let frr = Frr::start(&lab, FRR);
    let agent = Agent::start(&lab);
    wait_until_up(&lab);
    learned(&lab, &BOTH);
    (lab, agent, frr)
}

#[test]
fn frr_and_the_agent_exchange_both_families() {
    let (lab, _agent, frr) = established();
    eventually(&lab, "packets to arrive", || reaches(&lab));
    eventually(&lab, "FRR to learn both", || {
        let best = |family: &str, prefix: &str| {
            let routes = frr.json(&format!("show bgp {family} unicast json"));
            let route = &routes["routes"][prefix][0];
            route["bestpath"] == true && route["path"] == "12876"
        };
        best("ipv4", "172.16.4.0/22") && best("ipv6", "2001:db8:4::/64")
    });
    let neighbour = &frr.json("show bgp neighbors 169.254.0.100 json")["169.254.0.100"];
    assert_eq!(neighbour["bgpState"], "Established");
    let capabilities = &neighbour["neighborCapabilities"];
    assert_eq!(capabilities["4byteAs"], "advertisedAndReceived", "{capabilities}");
    assert_eq!(
        capabilities["gracefulRestart"], "advertisedAndReceived",
        "{capabilities}"
    );
    let rejected = &families(&lab)[0]["rejected"];
    assert_eq!(
        rejected["not_whitelisted"], 2,
        "one of its own, and ours, which it sends back"
    );
}

#[test]
fn a_refresh_from_either_side_changes_nothing() {
    let (lab, _agent, frr) = established();
    frr.ask("clear bgp 169.254.0.100 soft in");
    frr.ask("clear bgp 169.254.0.100 soft out");
    succeeds(&lab, &["session", "refresh", "paris"]);
    thread::sleep(Duration::from_secs(1));
    learned(&lab, &BOTH);
    let routes = frr.json("show bgp ipv4 unicast json");
    assert_eq!(routes["routes"]["172.16.4.0/22"][0]["bestpath"], true);
    assert_eq!(sessions(&lab)[0]["established"], 1);
}

#[test]
fn a_neighbour_that_frr_shuts_is_forgotten_with_its_words() {
    let (lab, _agent, frr) = established();
    frr.configure(&[
        "router bgp 65010",
        "neighbor 169.254.0.100 shutdown message maintenance tonight",
    ]);
    learned(&lab, &[BOTH[1]]);
    let log = agent::log(&lab);
    assert!(log.contains("maintenance tonight"), "{log}");
    frr.configure(&["router bgp 65010", "no neighbor 169.254.0.100 shutdown"]);
    learned(&lab, &BOTH);
}

#[test]
fn frr_keeps_our_routes_while_the_agent_restarts() {
    let (lab, agent, frr) = established();
    eventually(&lab, "packets to arrive", || reaches(&lab));
    agent.signal("KILL");
    agent.wait();
    thread::sleep(Duration::from_secs(2));
    let route = || frr.json("show bgp ipv4 unicast json")["routes"]["172.16.4.0/22"][0].clone();
    assert_eq!(route()["valid"], true, "kept as a stale one: {}", route());
    let _agent = Agent::start(&lab);
    wait_until_up(&lab);
    eventually(&lab, "FRR to be told again", || {
        route()["valid"] == true && route()["stale"].is_null()
    });
    learned(&lab, &BOTH);
}
