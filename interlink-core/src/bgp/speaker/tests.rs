//! Two speakers against each other.

mod hostile;
mod lab;
mod limits;
mod restarts;

use std::time::Duration;

use super::*;
use crate::bgp::effect::{ConnectionId, Side};
use crate::family::Family;
use lab::{CUSTOMER, Lab, PROVIDER, TAUGHT, Weather};

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn two_speakers_teach_each_other_what_their_policies_allow() {
    let mut lab = Lab::start(1);
    lab.run(MINUTE);
    assert_converged(&lab, 1);
    for node in &lab.nodes {
        assert_eq!(node.told, ["up", "up"], "one session for each family");
        assert_eq!(node.history, [node.knows()[0].len()], "learned at once");
    }
}

#[test]
fn two_that_connect_to_each_other_at_once_keep_one_connection() {
    for seed in 0..200 {
        let mut lab = Lab::start(seed);
        // As long as the time in which the first try is made, so that they often do.
        lab.weather.delay = Duration::from_millis(200);
        lab.run(MINUTE);
        assert_converged(&lab, seed);
    }
}

/// Where each believes in another connection for a moment, one of them may see its first one end.
#[test]
fn a_race_ends_no_session_twice_and_none_that_is_older_than_a_few_seconds() {
    for seed in 0..200 {
        let mut lab = Lab::start(seed);
        lab.weather.delay = Duration::from_millis(200);
        lab.run(Duration::from_secs(5));
        let ended = |lab: &Lab| [PROVIDER, CUSTOMER].map(|node| lab.nodes[node].was_told(": down: "));
        let early = ended(&lab);
        assert!(
            early.iter().all(|ended| *ended <= 2),
            "seed {seed}: {:?}",
            lab.nodes[0].told
        );
        lab.run(10 * MINUTE);
        assert_eq!(ended(&lab), early, "seed {seed}: {:?}", lab.nodes[0].told);
        assert_converged(&lab, seed);
    }
}

/// What the daemon does when the handling of a session panics.
#[test]
fn an_abandoned_session_leaves_the_others_alone_and_begins_anew() {
    let mut lab = Lab::start(17);
    lab.run(MINUTE);
    let id = lab.nodes[CUSTOMER].speaker.ids().next().unwrap().clone();
    assert_eq!(id.transport, Family::V4);
    let now = lab.now;
    lab.nodes[CUSTOMER].speaker.abandon(&id, now);
    lab.carry_out(CUSTOMER);
    assert_eq!(lab.nodes[CUSTOMER].is_up(), [false, true], "the other session stays");
    let [v4, v6] = lab.nodes[CUSTOMER].knows();
    assert_eq!((v4.len(), v6), (0, TAUGHT[CUSTOMER][1].to_vec()));
    assert_eq!(lab.connection(CUSTOMER), None, "it is closed");
    // Twice, or for a session that isn't there, it does nothing.
    lab.nodes[CUSTOMER].speaker.abandon(&id, now);
    assert_eq!(lab.nodes[CUSTOMER].speaker.poll_effect(), None);
    lab.run(Duration::from_secs(1));
    lab.follow(CUSTOMER);
    lab.run(5 * MINUTE);
    assert_converged(&lab, 17);
}

#[test]
fn a_connection_that_lost_the_race_is_closed_and_one_that_comes_later_is_a_restart() {
    for (wait, restarted) in [(Duration::from_secs(1), 0), (Duration::from_secs(20), 1)] {
        let mut lab = Lab::start(16);
        lab.run(wait);
        assert_eq!(lab.nodes[CUSTOMER].is_up(), [true; 2]);
        let connection = ConnectionId {
            session: lab.nodes[CUSTOMER].speaker.ids().next().unwrap().clone(),
            side: Side::Incoming,
            number: 999,
        };
        let from = "169.254.0.100".parse().unwrap();
        lab.input(
            CUSTOMER,
            Input::Accepted {
                connection: connection.clone(),
                from,
            },
        );
        let bytes = crate::bgp::codec::open(&crate::bgp::testing::offer(12876, 65010));
        lab.input(CUSTOMER, Input::Bytes { connection, bytes });
        assert_eq!(lab.nodes[CUSTOMER].was_told("began anew"), restarted, "after {wait:?}");
        assert_eq!(lab.nodes[CUSTOMER].is_up(), [true; 2]);
    }
}

#[test]
fn they_do_in_any_weather_once_it_is_over() {
    for seed in 0..60 {
        let mut lab = Lab::start(seed);
        lab.weather = Weather {
            refuse: 300,
            breaks: 100,
            delay: Duration::from_millis(400),
            hole: false,
        };
        lab.run(5 * MINUTE);
        lab.weather = Weather {
            delay: Duration::from_millis(50),
            ..Weather::default()
        };
        lab.run(3 * MINUTE);
        assert_converged(&lab, seed);
    }
}

#[test]
fn they_do_after_a_network_that_swallowed_everything() {
    for seed in 0..10 {
        let mut lab = Lab::start(seed);
        lab.run(MINUTE);
        lab.weather.hole = true;
        lab.run(10 * MINUTE);
        assert_eq!(lab.nodes[CUSTOMER].is_up(), [false; 2], "seed {seed}");
        assert_eq!(lab.nodes[CUSTOMER].knows(), [vec![], Vec::<&str>::new()], "seed {seed}");
        lab.weather.hole = false;
        lab.run(2 * MINUTE);
        assert_converged(&lab, seed);
    }
}

#[test]
fn the_same_seed_gives_the_same_effects_and_another_does_not() {
    let trace = |seed| {
        let mut lab = Lab::start(seed);
        lab.weather.breaks = 100;
        lab.run(2 * MINUTE);
        lab.trace
    };
    assert_eq!(trace(7), trace(7));
    assert_ne!(trace(7), trace(8));
}

#[test]
fn one_session_carries_both_families_where_that_is_wanted() {
    let mut lab = Lab::new(3);
    for node in [PROVIDER, CUSTOMER] {
        lab.nodes[node].config += "\ntransport = \"ipv6\"\n";
        lab.follow(node);
    }
    lab.run(MINUTE);
    assert_converged(&lab, 3);
    assert_eq!(lab.nodes[CUSTOMER].told, ["up"]);
}

#[test]
fn a_passive_router_is_connected_to() {
    for passive in [PROVIDER, CUSTOMER] {
        let mut lab = Lab::new(4);
        lab.nodes[passive].config += "\npassive = true\n";
        lab.follow(PROVIDER);
        lab.follow(CUSTOMER);
        lab.run(MINUTE);
        assert_converged(&lab, 4);
        let dialed = format!(" {passive} Connect");
        assert!(!lab.trace.iter().any(|line| line.contains(&dialed)));
    }
}

#[test]
fn another_policy_is_followed_without_the_session_ending_or_an_untouched_route_going() {
    let mut lab = Lab::start(5);
    lab.run(MINUTE);
    let sent = lab.trace.iter().filter(|line| line.contains(" 0 Send")).count();
    lab.edit(CUSTOMER, "172.16.4.0/22", "172.16.5.0/24");
    assert_eq!(lab.nodes[CUSTOMER].knows()[0], ["172.16.5.0/24"], "at once");
    lab.edit(CUSTOMER, "172.16.5.0/24", "172.16.0.0/16");
    assert_eq!(lab.nodes[CUSTOMER].knows()[0], ["172.16.4.0/24", "172.16.5.0/24"]);
    assert_eq!(lab.nodes[CUSTOMER].history, [2, 1, 2]);
    let sent_now = lab.trace.iter().filter(|line| line.contains(" 0 Send")).count();
    assert_eq!(sent, sent_now, "the peer had nothing to say again");
    lab.run(MINUTE);
    assert_eq!(lab.nodes[CUSTOMER].told, ["up", "up"]);
}

#[test]
fn what_is_announced_follows_the_policy_and_the_networks() {
    let mut lab = Lab::start(6);
    lab.run(MINUTE);
    lab.edit(PROVIDER, "\"172.16.5.0/24\"", "\"172.16.6.0/24\"");
    lab.run(Duration::from_secs(1));
    assert_eq!(lab.nodes[CUSTOMER].knows()[0], ["172.16.4.0/24", "172.16.6.0/24"]);
    lab.edit(
        PROVIDER,
        "prefix_filter_out = [\"172.16.4.0/22\"]",
        "prefix_filter_out = []",
    );
    lab.run(Duration::from_secs(1));
    assert_eq!(lab.nodes[CUSTOMER].knows()[0], [""; 0]);
    assert_eq!(lab.nodes[CUSTOMER].told, ["up", "up"]);
}

#[test]
fn without_propagation_the_session_is_shut_and_the_peer_is_told_why() {
    let mut lab = Lab::start(7);
    lab.run(MINUTE);
    lab.edit(
        PROVIDER,
        "enable_route_propagation = true",
        "enable_route_propagation = false",
    );
    lab.run(Duration::from_secs(5));
    for node in &lab.nodes {
        assert_eq!((node.is_up(), node.knows()), ([false; 2], [vec![], vec![]]));
    }
    let told = "the peer ended it: Hard Reset (6/9): Administrative Shutdown (6/2): \"route propagation is disabled\"";
    assert_eq!(lab.nodes[CUSTOMER].was_told(told), 2, "{:?}", lab.nodes[CUSTOMER].told);
    lab.edit(
        PROVIDER,
        "enable_route_propagation = false",
        "enable_route_propagation = true",
    );
    lab.run(MINUTE);
    assert_converged(&lab, 7);
}

#[test]
fn without_propagation_the_session_may_be_kept_and_emptied() {
    let mut lab = Lab::new(8);
    lab.nodes[PROVIDER].config += "\nkeep_when_disabled = true\n";
    lab.follow(PROVIDER);
    lab.follow(CUSTOMER);
    lab.run(MINUTE);
    lab.edit(
        PROVIDER,
        "enable_route_propagation = true",
        "enable_route_propagation = false",
    );
    lab.run(Duration::from_secs(5));
    assert_eq!(lab.nodes[PROVIDER].knows(), [vec![], Vec::<&str>::new()]);
    assert_eq!(lab.nodes[CUSTOMER].knows(), [vec![], Vec::<&str>::new()]);
    assert_eq!(lab.nodes[CUSTOMER].is_up(), [true; 2]);
    lab.edit(
        PROVIDER,
        "enable_route_propagation = false",
        "enable_route_propagation = true",
    );
    lab.run(Duration::from_secs(5));
    assert_converged(&lab, 8);
    assert_eq!(lab.nodes[CUSTOMER].told, ["up", "up"]);
}

#[test]
fn a_session_runs_in_the_statuses_that_let_it_and_in_no_other() {
    for status in crate::domain::LinkStatus::KNOWN {
        let mut lab = Lab::new(9);
        let line = format!("name = \"paris\"\nstatus = \"{status}\"");
        let config = lab.nodes[PROVIDER].config.replace("name = \"paris\"", &line);
        lab.nodes[PROVIDER].config = config;
        lab.follow(PROVIDER);
        lab.follow(CUSTOMER);
        lab.run(MINUTE);
        let runs = ["active", "limited_connectivity", "all_down", "ready"].contains(&status.as_str());
        assert_eq!(lab.nodes[PROVIDER].is_up(), [runs; 2], "{status}");
        let announces = ["active", "limited_connectivity"].contains(&status.as_str());
        assert_eq!(!lab.nodes[CUSTOMER].knows()[0].is_empty(), announces, "{status}");
    }
}

#[test]
fn a_peer_of_another_as_is_refused_and_says_so() {
    let mut lab = Lab::new(10);
    lab.nodes[PROVIDER].config = lab.nodes[PROVIDER].config.replace("65010", "65011");
    lab.follow(PROVIDER);
    lab.follow(CUSTOMER);
    lab.run(MINUTE);
    assert_eq!(lab.nodes[PROVIDER].is_up(), [false; 2]);
    let told = &lab.nodes[PROVIDER].told;
    assert_eq!(told.len(), 2, "said once for each session: {told:?}");
    assert!(told[0].contains("we ended it: Bad Peer AS (2/2)"), "{told:?}");
    assert_eq!(lab.nodes[CUSTOMER].was_told("the peer ended it: Bad Peer AS (2/2)"), 2);
}

#[test]
fn a_cable_that_is_pulled_ends_the_session_at_once_and_one_that_is_back_begins_it() {
    let mut lab = Lab::start(11);
    lab.run(MINUTE);
    lab.weather.hole = true;
    lab.nodes[CUSTOMER].carrier = false;
    lab.follow(CUSTOMER);
    assert_eq!(lab.nodes[CUSTOMER].is_up(), [false; 2]);
    assert_eq!(lab.nodes[CUSTOMER].was_told("its interface has no carrier"), 2);
    lab.run(MINUTE);
    lab.weather.hole = false;
    lab.nodes[CUSTOMER].carrier = true;
    lab.follow(CUSTOMER);
    lab.run(3 * MINUTE);
    assert_converged(&lab, 11);
}

#[test]
fn a_link_that_is_removed_takes_its_sessions_along() {
    let mut lab = Lab::start(12);
    lab.run(MINUTE);
    lab.nodes[PROVIDER].config = "agent.role = 'provider'".to_owned();
    lab.follow(PROVIDER);
    assert_eq!(lab.nodes[PROVIDER].speaker.ids().count(), 0);
    assert_eq!(lab.nodes[PROVIDER].speaker.poll_timeout(), None);
    lab.run(Duration::from_secs(1));
    assert_eq!(lab.nodes[CUSTOMER].is_up(), [false; 2]);
}

#[test]
fn a_reset_begins_anew_and_a_refresh_changes_nothing() {
    let mut lab = Lab::start(13);
    lab.run(MINUTE);
    let ids: Vec<_> = lab.nodes[CUSTOMER].speaker.ids().cloned().collect();
    lab.input(CUSTOMER, Input::Refresh(ids[0].clone()));
    lab.run(Duration::from_secs(5));
    assert_converged(&lab, 13);
    assert_eq!(lab.nodes[CUSTOMER].history, [2], "nothing was lost and learned again");
    lab.input(CUSTOMER, Input::Reset(ids[0].clone()));
    lab.run(MINUTE);
    assert_converged(&lab, 13);
    assert_eq!(
        lab.nodes[PROVIDER].was_told("reset by the operator"),
        1,
        "{:?}",
        lab.nodes[PROVIDER].told
    );
    assert_eq!(lab.nodes[CUSTOMER].was_told("up"), 3);
}

#[test]
fn an_agent_says_that_it_restarted_until_the_time_for_that_is_over() {
    let mut lab = Lab::start(18);
    let speaker = &mut lab.nodes[CUSTOMER].speaker;
    let id = speaker.ids().next().unwrap().clone();
    speaker.restarting_until = Some(Time(Duration::from_secs(10)));
    for (second, expected) in [(9, true), (10, false), (11, false)] {
        let mut restarting = !expected;
        speaker.with(&id, Time(Duration::from_secs(second)), |_, cx| {
            restarting = cx.restarting;
        });
        assert_eq!(restarting, expected, "after {second} s");
    }
}

#[test]
fn a_router_with_ipv6_only_has_an_identifier_of_its_address_or_else_of_its_as() {
    let mut lab = Lab::new(19);
    for node in [PROVIDER, CUSTOMER] {
        for v4 in [
            "ipv4 = \"169.254.0.100/31\", ",
            "ipv4 = \"169.254.0.101/31\", ",
            "routing_policy_v4 = \"v4\"\n",
        ] {
            lab.nodes[node].config = lab.nodes[node].config.replace(v4, "");
        }
        lab.follow(node);
    }
    let identifiers = lab
        .nodes
        .each_ref()
        .map(|node| node.speaker.report(lab.now)[0].local_identifier.clone());
    assert_eq!(identifiers, ["0.0.50.76", "0.0.0.1"]);
}

#[test]
fn a_stranger_who_connects_is_sent_away() {
    let mut lab = Lab::start(14);
    let id = lab.nodes[CUSTOMER].speaker.ids().next().unwrap().clone();
    let connection = ConnectionId {
        session: id,
        side: Side::Incoming,
        number: 999,
    };
    let from = "169.254.0.77".parse().unwrap();
    lab.trace.clear();
    lab.input(CUSTOMER, Input::Accepted { connection, from });
    assert_eq!(lab.trace.len(), 1);
    assert!(lab.trace[0].contains("Close"), "{:?}", lab.trace);
}

#[test]
fn roles_are_agreed_on_where_both_say_theirs() {
    let mut lab = Lab::new(15);
    for node in [PROVIDER, CUSTOMER] {
        lab.nodes[node].config += "\nannounce_role = true\n";
        lab.follow(node);
    }
    lab.run(MINUTE);
    assert_converged(&lab, 15);
    let report = lab.nodes[CUSTOMER].speaker.report(lab.now);
    assert!(report[0].capabilities.contains(&"role".to_owned()), "{report:?}");
    assert_eq!(
        (report[0].state.as_str(), report[0].families[0].announced),
        ("established", 1)
    );
}

fn assert_converged(lab: &Lab, seed: u64) {
    for (number, node) in lab.nodes.iter().enumerate() {
        let taught = TAUGHT[number].map(<[_]>::to_vec);
        assert_eq!(node.knows(), taught, "node {number}, seed {seed}: {:?}", node.told);
        assert_eq!(node.is_up(), [true; 2], "node {number}, seed {seed}");
    }
}
