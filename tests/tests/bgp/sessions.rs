//! Two sessions, and what they do.

use interlink_tests::agent::Agent;
use interlink_tests::lab::Lab;

use crate::support::{
    CONFIG, Customer, established, established_with, eventually, families, learned, reaches, routes, sessions,
    wait_until_up,
};

#[test]
fn both_families_are_exchanged_routed_and_let_through() {
    let (lab, _agent, bird) = established();
    learned(&lab, &["10.20.0.0/16 metric 100", "2001:db8:20::/48 metric 100"]);
    eventually(&lab, "BIRD to learn IPv4", || bird.routes("v4") == ["172.16.4.0/22"]);
    eventually(&lab, "BIRD to learn IPv6", || bird.routes("v6") == ["2001:db8:4::/64"]);
    let route = bird.route("172.16.4.0/22");
    assert!(route.contains("BGP.as_path: 12876"), "{route}");
    assert!(route.contains("BGP.next_hop: 169.254.0.100"), "{route}");
    for protocol in ["v4", "v6"] {
        let told = bird.protocol(protocol);
        for capability in [
            "Route refresh",
            "Extended message",
            "Graceful restart",
            "4-octet AS numbers",
            "Enhanced refresh",
        ] {
            let neighbour = told.split("Neighbor capabilities").nth(1).unwrap();
            assert!(neighbour.contains(capability), "{capability}: {told}");
        }
    }
    eventually(&lab, "packets to arrive", || reaches(&lab));
    let status = interlink_tests::agent::status(&lab).unwrap();
    assert_eq!(status["links"][0]["families"][0]["bgp_status"], "up");
    let sessions = sessions(&lab);
    assert_eq!(
        (&sessions[0]["state"], &sessions[0]["peer_identifier"]),
        (&"established".into(), &"10.20.0.1".into())
    );
    assert_eq!(sessions[0]["hold_time"], 90);
}

#[test]
fn nothing_passes_before_the_session_is_there() {
    let lab = Lab::new();
    lab.write_config(CONFIG);
    let _agent = Agent::start(&lab);
    eventually(&lab, "the agent to answer", || sessions(&lab).len() == 2);
    assert!(!reaches(&lab));
    let _bird = Customer::default().start(&lab);
    wait_until_up(&lab);
    eventually(&lab, "packets to arrive", || reaches(&lab));
}

#[test]
fn one_session_carries_both_families() {
    let config = CONFIG.to_owned() + "transport = \"ipv6\"\n";
    let both = "protocol bgp both {
        local fd00::1 as 65010; neighbor fd00:: as 12876; connect delay time 1; error wait time 1, 2;
        ipv4 { import all; export where source = RTS_STATIC; next hop address 169.254.0.101; };
        ipv6 { import all; export where source = RTS_STATIC; };
    }";
    let customer = Customer::default().config();
    let before = &customer[..customer.find("protocol bgp v4").unwrap()];
    let lab = Lab::new();
    lab.write_config(&config);
    let bird = interlink_tests::peer::Bird::start(&lab, &format!("{before}{both}"));
    let _agent = Agent::start(&lab);
    wait_until_up(&lab);
    eventually(&lab, "both to be learned", || routes(&lab).len() == 2);
    assert_eq!(sessions(&lab).len(), 1);
    eventually(&lab, "BIRD to learn both", || {
        bird.routes("both") == ["172.16.4.0/22", "2001:db8:4::/64"]
    });
}

#[test]
fn each_side_may_wait_for_the_other_to_connect() {
    for (ours, theirs) in [("passive = true\n", ""), ("", "passive on;")] {
        let customer = Customer {
            session: theirs.to_owned(),
            ..Customer::default()
        };
        let (lab, _agent, _bird) = established_with(&(CONFIG.to_owned() + ours), &customer);
        eventually(&lab, "both to be learned", || routes(&lab).len() == 2);
    }
}

#[test]
fn a_refresh_is_answered_on_either_side_and_loses_nothing() {
    let (lab, _agent, bird) = established();
    eventually(&lab, "both to be learned", || routes(&lab).len() == 2);
    bird.ask(&["reload", "in", "v4"]);
    crate::support::succeeds(&lab, &["session", "refresh", "paris"]);
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(bird.routes("v4"), ["172.16.4.0/22"]);
    assert_eq!(routes(&lab).len(), 2);
    assert_eq!(families(&lab)[0]["received"], 1);
    let log = interlink_tests::agent::log(&lab);
    assert_eq!(sessions(&lab)[0]["established"], 1, "{log}\n{}", bird.log());
}
