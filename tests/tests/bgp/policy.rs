//! What is accepted, and what is announced.

use crate::support::{
    CONFIG, Customer, apply, established, established_with, eventually, families, learned, reaches, routes, sessions,
    succeeds, wait_until_up,
};

const BOTH: [&str; 2] = ["10.20.0.0/16 metric 100", "2001:db8:20::/48 metric 100"];

#[test]
fn what_the_policy_does_not_allow_is_kept_and_says_why() {
    let customer = Customer::announcing(&[
        "10.20.0.0/16",
        "10.20.7.0/24",
        "10.21.0.0/16",
        "0.0.0.0/0",
        "169.254.9.0/24",
        "2001:db8:20:1::/64",
    ]);
    let (lab, _agent, _bird) = established_with(CONFIG, &customer);
    learned(
        &lab,
        &[
            "10.20.0.0/16 metric 100",
            "10.20.7.0/24 metric 100",
            "2001:db8:20:1::/64 metric 100",
        ],
    );
    let v4 = &families(&lab)[0];
    assert_eq!((&v4["received"], &v4["accepted"]), (&5.into(), &2.into()), "{v4}");
    for reason in ["not_whitelisted", "default_not_listed", "martian"] {
        assert_eq!(v4["rejected"][reason], 1, "{v4}");
    }
    let text = succeeds(&lab, &["session", "paris"]);
    assert!(text.contains("rejected for default_not_listed: 1"), "{text}");
}

#[test]
fn a_policy_edit_is_followed_without_a_flap() {
    let customer = Customer::announcing(&["10.20.0.0/16", "10.30.0.0/16", "2001:db8:20::/48"]);
    let (lab, _agent, bird) = established_with(CONFIG, &customer);
    learned(&lab, &BOTH);
    let before = bird.protocol("v4");
    let (narrow, wide) = ("[\"10.20.0.0/16\"]", "[\"10.20.0.0/16\", \"10.30.0.0/16\"]");
    apply(&lab, narrow, wide);
    learned(&lab, &[BOTH[0], "10.30.0.0/16 metric 100", BOTH[1]]);
    apply(&lab, wide, narrow);
    learned(&lab, &BOTH);
    assert_eq!(sessions(&lab)[0]["established"], 1);
    let exported = |told: &str| {
        told.lines()
            .find(|line| line.contains("Export updates"))
            .map(str::to_owned)
    };
    assert_eq!(
        exported(&bird.protocol("v4")),
        exported(&before),
        "BIRD had nothing to say again"
    );
}

#[test]
fn a_community_decides_the_metric() {
    for (community, metric) in [("42050", 200), ("42100", 100), ("42200", 50)] {
        let customer = Customer {
            mark: format!("bgp_community.add((12876, {community}));"),
            ..Customer::default()
        };
        let (lab, _agent, _bird) = established_with(CONFIG, &customer);
        let expected = [
            format!("10.20.0.0/16 metric {metric}"),
            format!("2001:db8:20::/48 metric {metric}"),
        ];
        learned(&lab, &[&expected[0], &expected[1]]);
    }
}

#[test]
fn a_link_that_is_about_to_go_is_behind_all_others_on_both_sides() {
    let customer = Customer {
        mark: "bgp_community.add((12876, 42200)); bgp_community.add((65535, 0));".to_owned(),
        ..Customer::default()
    };
    let config = CONFIG.to_owned() + "graceful_shutdown = true\npriority = \"high\"\n";
    let (lab, _agent, bird) = established_with(&config, &customer);
    learned(&lab, &["10.20.0.0/16 metric 200", "2001:db8:20::/48 metric 200"]);
    eventually(&lab, "BIRD to be told", || {
        let route = bird.route("172.16.4.0/22");
        route.contains("(12876,42200)") && route.contains("(65535,0)")
    });
    apply(&lab, "graceful_shutdown = true", "graceful_shutdown = false");
    eventually(&lab, "BIRD to be told again", || {
        let route = bird.route("172.16.4.0/22");
        route.contains("(12876,42200)") && !route.contains("(65535,0)")
    });
    assert_eq!(sessions(&lab)[0]["established"], 1);
}

#[test]
fn only_networks_within_the_policy_are_announced_and_never_what_was_learned() {
    let config = CONFIG.to_owned() + "networks = [\"172.16.5.0/24\", \"192.0.2.0/24\", \"10.20.0.0/16\"]\n";
    let (lab, _agent, bird) = established_with(&config, &Customer::default());
    eventually(&lab, "BIRD to learn both", || {
        bird.routes("v4") == ["172.16.4.0/22", "172.16.5.0/24"]
    });
    apply(&lab, "[link.session]", "[link.session]\nannounce_connected = false");
    eventually(&lab, "BIRD to forget one", || bird.routes("v4") == ["172.16.5.0/24"]);
    lab.gateway.ip("address add 172.16.6.1/24 dev vpc0");
    apply(&lab, "announce_connected = false", "announce_connected = true");
    eventually(&lab, "BIRD to learn what is connected", || {
        bird.routes("v4") == ["172.16.4.0/22", "172.16.5.0/24", "172.16.6.0/24"]
    });
    lab.gateway.ip("address delete 172.16.6.1/24 dev vpc0");
    eventually(&lab, "BIRD to forget what isn't any more", || {
        bird.routes("v4") == ["172.16.4.0/22", "172.16.5.0/24"]
    });
}

#[test]
fn more_than_the_limit_is_left_out_or_ends_the_session() {
    let customer = Customer {
        networks: (0..20).map(|number| format!("10.20.{number}.0/24")).collect(),
        ..Customer::default()
    };
    let limited = CONFIG.to_owned() + "max_prefixes = 10\n";
    let (lab, _agent, bird) = established_with(&limited, &Customer::default());
    bird.configure(&customer.config());
    eventually(&lab, "ten routes", || routes(&lab).len() == 10);
    assert_eq!(sessions(&lab)[0]["established"], 1);
    apply(&lab, "max_prefixes = 10", "max_prefixes = 100");
    eventually(&lab, "all of them", || routes(&lab).len() == 20);

    apply(
        &lab,
        "max_prefixes = 100",
        "max_prefixes = 10\non_max_prefixes = \"idle\"\nidle_time = 0",
    );
    succeeds(&lab, &["session", "reset", "paris"]);
    eventually(&lab, "the session to end", || sessions(&lab)[0]["state"] == "idle");
    eventually(&lab, "its routes to go", || {
        !routes(&lab).iter().any(|route| route.starts_with("10."))
    });
    assert!(
        bird.log().contains("Maximum number of prefixes reached"),
        "{}",
        bird.log()
    );
    bird.configure(&Customer::default().config());
    succeeds(&lab, &["session", "reset", "paris"]);
    learned(&lab, &BOTH);
}

#[test]
fn without_propagation_everything_goes_and_the_peer_is_told_why() {
    let (lab, _agent, bird) = established();
    eventually(&lab, "packets to arrive", || reaches(&lab));
    apply(
        &lab,
        "enable_route_propagation = true",
        "enable_route_propagation = false",
    );
    learned(&lab, &[]);
    assert!(!reaches(&lab));
    assert_eq!(bird.routes("v4"), [""; 0]);
    let log = bird.log();
    assert!(log.contains("route propagation is disabled"), "{log}");
    apply(
        &lab,
        "enable_route_propagation = false",
        "enable_route_propagation = true",
    );
    wait_until_up(&lab);
    eventually(&lab, "packets to arrive", || reaches(&lab));
}

#[test]
fn without_propagation_the_session_may_stay() {
    let config = CONFIG.to_owned() + "keep_when_disabled = true\n";
    let (lab, _agent, bird) = established_with(&config, &Customer::default());
    eventually(&lab, "packets to arrive", || reaches(&lab));
    apply(
        &lab,
        "enable_route_propagation = true",
        "enable_route_propagation = false",
    );
    learned(&lab, &[]);
    assert!(!reaches(&lab));
    eventually(&lab, "BIRD to forget", || bird.routes("v4").is_empty());
    let session = &sessions(&lab)[0];
    assert_eq!(
        (&session["state"], &session["established"]),
        (&"established".into(), &1.into())
    );
}
