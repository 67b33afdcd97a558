//! What stays when a session doesn't.

use super::*;
use crate::config::Config;
use crate::family::Family;
use crate::gate::Session as Standing;
use crate::state::{Attachment, LinkState, NextHop, Observed, ObservedNic, Path, ROUTE_METRIC, Route, RouteKey};
use crate::testing::interface;
use std::collections::BTreeSet;

#[test]
fn a_peer_that_is_killed_and_comes_back_costs_no_route() {
    let mut lab = Lab::start(20);
    lab.run(MINUTE);
    lab.kill(PROVIDER);
    lab.run(Duration::from_secs(30));
    assert_eq!(lab.nodes[CUSTOMER].is_up(), [true; 2], "kept for 120 s");
    assert_eq!(lab.nodes[CUSTOMER].knows()[0].len(), 2);
    assert_eq!(lab.nodes[CUSTOMER].was_told("the peer's routes are kept for 120 s"), 2);
    restart(&mut lab, PROVIDER);
    lab.run(MINUTE);
    assert_converged(&lab, 20);
    assert_eq!(lab.nodes[CUSTOMER].history, [2], "nothing was lost and learned again");
}

#[test]
fn a_peer_that_forgot_some_has_them_swept_when_it_has_said_everything() {
    let mut lab = Lab::start(21);
    lab.run(MINUTE);
    lab.kill(PROVIDER);
    lab.nodes[PROVIDER].config = lab.nodes[PROVIDER].config.replace("\"172.16.5.0/24\", ", "");
    lab.run(Duration::from_secs(30));
    restart(&mut lab, PROVIDER);
    lab.run(MINUTE);
    assert_eq!(lab.nodes[CUSTOMER].knows()[0], ["172.16.4.0/24"]);
    assert_eq!(lab.nodes[CUSTOMER].history, [2, 1]);
    assert_eq!(lab.nodes[CUSTOMER].was_told("forgot IPv4 routes"), 1);
}

#[test]
fn a_peer_that_stays_away_is_forgotten_after_the_time_that_it_gave() {
    let mut lab = Lab::start(22);
    lab.run(MINUTE);
    lab.kill(PROVIDER);
    lab.run(Duration::from_secs(119));
    assert_eq!(lab.nodes[CUSTOMER].is_up(), [true; 2]);
    lab.run(Duration::from_secs(2));
    assert_eq!(
        (lab.nodes[CUSTOMER].is_up(), lab.nodes[CUSTOMER].knows()),
        ([false; 2], [vec![], vec![]])
    );
}

#[test]
fn a_peer_that_lost_its_forwarding_state_is_not_waited_for() {
    let mut lab = Lab::start(23);
    lab.run(MINUTE);
    lab.kill(PROVIDER);
    lab.run(Duration::from_secs(10));
    // Another router in its place: nothing was preserved.
    lab.follow(PROVIDER);
    lab.run(MINUTE);
    assert_converged(&lab, 23);
    assert_eq!(lab.nodes[CUSTOMER].history, [2, 0, 2]);
}

#[test]
fn without_graceful_restart_nothing_is_kept() {
    let mut lab = Lab::new(24);
    lab.nodes[PROVIDER].config += "\ngraceful_restart_time = 0\n";
    lab.follow(PROVIDER);
    lab.follow(CUSTOMER);
    lab.run(MINUTE);
    lab.kill(PROVIDER);
    lab.run(Duration::from_secs(1));
    assert_eq!(
        (lab.nodes[CUSTOMER].is_up(), lab.nodes[CUSTOMER].knows()),
        ([false; 2], [vec![], vec![]])
    );
}

#[test]
fn a_silent_peer_is_given_up_after_the_hold_time_and_its_routes_kept_for_a_while() {
    let mut lab = Lab::start(25);
    lab.run(MINUTE);
    lab.weather.hole = true;
    lab.run(MINUTE);
    assert_eq!(lab.nodes[CUSTOMER].was_told("Hold Timer Expired"), 0);
    lab.run(Duration::from_secs(31));
    assert_eq!(lab.nodes[CUSTOMER].was_told("we ended it: Hold Timer Expired (4/0)"), 2);
    assert_eq!(lab.nodes[CUSTOMER].is_up(), [true; 2], "kept (RFC 8538)");
    lab.run(Duration::from_secs(121));
    assert_eq!(lab.nodes[CUSTOMER].is_up(), [false; 2]);
}

#[test]
fn a_peer_that_takes_nothing_is_given_up_after_the_send_hold_time() {
    let mut lab = Lab::new(26);
    for node in [PROVIDER, CUSTOMER] {
        lab.nodes[node].config += "\nhold_time = 0\n";
        lab.follow(node);
    }
    lab.run(MINUTE);
    lab.stuck = Some(CUSTOMER);
    lab.run(60 * MINUTE);
    assert_converged(&lab, 26);
    lab.edit(CUSTOMER, "networks = [\"10.20.0.0/16\"", "networks = [\"10.20.1.0/24\"");
    lab.run(7 * MINUTE);
    assert_eq!(lab.nodes[CUSTOMER].was_told("down"), 0);
    lab.run(2 * MINUTE);
    assert_eq!(
        lab.nodes[CUSTOMER].was_told("we ended it: Send Hold Timer Expired (8/0)"),
        1
    );
}

#[test]
fn a_daemon_that_is_killed_keeps_what_the_kernel_holds_until_it_is_taught_again() {
    let mut lab = Lab::start(27);
    lab.run(MINUTE);
    lab.kill(CUSTOMER);
    lab.nodes[CUSTOMER].learned.clear();
    lab.nodes[CUSTOMER].standing.clear();
    lab.nodes[CUSTOMER].history.clear();
    lab.run(Duration::from_secs(10));
    restart(&mut lab, CUSTOMER);
    assert_eq!(lab.nodes[CUSTOMER].standing.get(&Family::V4), Some(&Standing::Up));
    assert_eq!(lab.nodes[CUSTOMER].knows()[0], ["172.16.4.0/24", "172.16.5.0/24"]);
    lab.run(MINUTE);
    assert_converged(&lab, 27);
    assert_eq!(lab.nodes[CUSTOMER].history, [2]);
    assert_eq!(lab.nodes[PROVIDER].history, [1], "the peer kept ours");
}

#[test]
fn a_daemon_whose_peer_is_gone_lets_go_of_what_the_kernel_holds_in_the_end() {
    let mut lab = Lab::start(28);
    lab.run(MINUTE);
    lab.kill(CUSTOMER);
    lab.kill(PROVIDER);
    restart(&mut lab, CUSTOMER);
    lab.run(Duration::from_secs(119));
    assert_eq!(lab.nodes[CUSTOMER].is_up(), [true; 2]);
    lab.run(Duration::from_secs(2));
    assert_eq!(
        (lab.nodes[CUSTOMER].is_up(), lab.nodes[CUSTOMER].knows()),
        ([false; 2], [vec![], vec![]])
    );
}

#[test]
fn what_the_kernel_holds_counts_only_where_its_gate_was_open_and_its_nic_filtered() {
    let detach = |nic: &mut ObservedNic| nic.attachment = Attachment::Loaded;
    let close = |nic: &mut ObservedNic| {
        for link in nic.links.values_mut() {
            link.v4.gate = interlink_common::Reason::BgpDown;
        }
    };
    for (change, held) in [
        (detach as fn(&mut ObservedNic), [false, false]),
        (close, [false, true]),
        (|_| {}, [true, true]),
    ] {
        let mut lab = Lab::start(29);
        lab.kill(CUSTOMER);
        restart_with(&mut lab, CUSTOMER, change);
        assert_eq!(lab.nodes[CUSTOMER].is_up(), held);
    }
}

/// Starts a node with what its kernel would hold.
fn restart(lab: &mut Lab, number: usize) {
    restart_with(lab, number, |_| {});
}

/// The same, where a NIC isn't as it would be.
fn restart_with(lab: &mut Lab, number: usize, change: impl FnOnce(&mut ObservedNic)) {
    let intent = Config::parse(&lab.nodes[number].config).unwrap().intent();
    let link = &intent.links[&crate::testing::name("paris")];
    let interfaces = lab::interfaces(true);
    let taught = TAUGHT[number].iter().flat_map(|family| family.iter());
    let table = intent.vpc(link).unwrap().table.number(&interfaces).unwrap();
    let routes = taught.map(|prefix| {
        let prefix: ipnet::IpNet = prefix.parse().unwrap();
        let key = RouteKey {
            table,
            prefix,
            metric: ROUTE_METRIC,
        };
        let gateway = match prefix {
            ipnet::IpNet::V4(_) => link.interconnect_v4.unwrap().peer().into(),
            ipnet::IpNet::V6(_) => link.interconnect_v6.unwrap().peer().into(),
        };
        let path = Path::Via(BTreeSet::from([NextHop {
            interface: interface("eth1"),
            gateway,
        }]));
        Route { key, path }
    });
    let facts = crate::state::Facts {
        sessions: [(
            link.name.clone(),
            crate::family::PerFamily {
                v4: Standing::Up,
                v6: Standing::Up,
            },
        )]
        .into(),
        ..Default::default()
    };
    let derived = crate::state::derive(&intent, &facts, &interfaces);
    let links: std::collections::BTreeMap<_, LinkState> = derived.desired.nics[&interface("eth1")].links.clone();
    let mut nic = ObservedNic {
        attachment: Attachment::Attached(crate::state::AttachMode::Native),
        links,
        ..Default::default()
    };
    change(&mut nic);
    let observed = Observed {
        nics: [(interface("eth1"), nic)].into(),
        routes: std::sync::Arc::new(routes.collect()),
        ..Default::default()
    };
    let settled = BTreeMap::new();
    let world = World {
        intent: &intent,
        settled: &settled,
        interfaces: &interfaces,
    };
    let now = lab.now;
    lab.nodes[number].speaker.follow(world, now);
    lab.nodes[number].speaker.restore(world, &observed, now);
    lab.carry_out(number);
    lab.run(Duration::from_millis(1));
}
