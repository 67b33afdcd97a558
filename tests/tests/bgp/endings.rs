//! How sessions end.

use std::time::{Duration, Instant};

use crate::support::{
    CONFIG, Customer, apply, established, established_with, eventually, learned, reaches, routes, sessions, succeeds,
    wait_until_up,
};

#[test]
fn a_silent_peer_is_given_up_after_the_hold_time() {
    let short = CONFIG.replace("hold_time = 90", "hold_time = 3\ngraceful_restart_time = 0");
    let (lab, _agent, _bird) = established_with(&short, &Customer::default());
    eventually(&lab, "packets to arrive", || reaches(&lab));
    // What the peer sends goes nowhere, and nobody is told.
    lab.on_premises
        .ip("neighbour replace 169.254.0.100 lladdr 02:00:00:00:00:99 dev eth0 nud permanent");
    lab.on_premises
        .ip("neighbour replace fd00:: lladdr 02:00:00:00:00:99 dev eth0 nud permanent");
    let began = Instant::now();
    learned(&lab, &[]);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert!(interlink_tests::agent::log(&lab).contains("we ended it: Hold Timer Expired"));
}

#[test]
fn a_cable_that_is_pulled_ends_everything_at_once_and_one_that_is_back_restores_it() {
    let (lab, _agent, _bird) = established();
    eventually(&lab, "packets to arrive", || reaches(&lab));
    lab.on_premises.ip("link set eth0 down");
    let began = Instant::now();
    learned(&lab, &[]);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    eventually(&lab, "the reason to be said", || {
        sessions(&lab)
            .iter()
            .all(|session| session["stopped"] == "its interface has no carrier")
    });
    lab.on_premises.ip("link set eth0 up");
    // The kernel takes IPv6 addresses away with the link, and routes through it.
    lab.on_premises.ip("address replace fd00::1/127 dev eth0 nodad");
    lab.on_premises.ip("route replace default via 169.254.0.100");
    wait_until_up(&lab);
    eventually(&lab, "packets to arrive", || reaches(&lab));
}

#[test]
fn a_peer_that_is_stopped_by_its_operator_is_forgotten_at_once() {
    let (lab, _agent, bird) = established();
    eventually(&lab, "both to be learned", || routes(&lab).len() == 2);
    bird.ask(&["disable", "v4", "\"going home\""]);
    learned(&lab, &["2001:db8:20::/48 metric 100"]);
    let log = interlink_tests::agent::log(&lab);
    assert!(
        log.contains("Administrative Shutdown") && log.contains("going home"),
        "{log}"
    );
    bird.ask(&["enable", "v4"]);
    eventually(&lab, "both to be learned", || routes(&lab).len() == 2);
}

#[test]
fn a_reset_by_the_operator_is_said_and_begins_anew() {
    let (lab, _agent, bird) = established();
    eventually(&lab, "both to be learned", || routes(&lab).len() == 2);
    succeeds(&lab, &["session", "reset", "paris"]);
    eventually(&lab, "the second session", || {
        sessions(&lab).iter().all(|session| session["established"] == 2)
    });
    eventually(&lab, "both to be learned", || routes(&lab).len() == 2);
    assert!(bird.log().contains("reset by the operator"), "{}", bird.log());
}

#[test]
fn a_link_that_is_locked_loses_its_session_and_its_packets() {
    let (lab, _agent, bird) = established();
    eventually(&lab, "packets to arrive", || reaches(&lab));
    apply(&lab, "status = \"active\"", "status = \"locked\"");
    learned(&lab, &[]);
    assert!(!reaches(&lab));
    assert_eq!(bird.routes("v4"), [""; 0]);
    assert_eq!(sessions(&lab)[0]["stopped"], "the link's status blocks it");
}
