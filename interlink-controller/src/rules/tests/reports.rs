use std::collections::BTreeMap;
use std::time::Duration;

use interlink_core::family::{Family, PerFamily};

use crate::rules::testing::{PROD, World, report};
use crate::rules::{Command, LinkId, PartnerAct, Region, Report, SILENCE, vpc_routes};

fn with_policies(world: &mut World, families: &[Family]) -> LinkId {
    let link = world.provisioned();
    for family in families {
        let policy = world.policy(*family);
        world.ask(Command::AttachPolicy(link, policy)).unwrap();
    }
    link
}

/// The families with a policy, whether each session is up, and the three statuses.
type Case = (&'static [Family], bool, bool, &'static str, &'static str, &'static str);

#[test]
fn the_status_is_what_the_expected_sessions_say() {
    use Family::{V4, V6};
    let cases: [Case; 9] = [
        (&[], false, false, "active", "disabled", "disabled"),
        (&[], true, true, "active", "disabled", "disabled"),
        (&[V4], true, false, "active", "up", "disabled"),
        (&[V4], false, true, "all_down", "down", "disabled"),
        (&[V6], false, true, "active", "disabled", "up"),
        (&[V4, V6], true, true, "active", "up", "up"),
        (&[V4, V6], true, false, "limited_connectivity", "up", "down"),
        (&[V4, V6], false, true, "limited_connectivity", "down", "up"),
        (&[V4, V6], false, false, "all_down", "down", "down"),
    ];
    for (families, up_v4, up_v6, status, v4, v6) in cases {
        let mut world = World::new();
        let link = with_policies(&mut world, families);
        world.ask(Command::Report(link, report(up_v4, up_v6))).unwrap();
        assert_eq!(world.status(link), status, "{families:?} {up_v4} {up_v6}");
        assert_eq!(world.link(link).bgp_status(V4).as_str(), v4);
        assert_eq!(world.link(link).bgp_status(V6).as_str(), v6);
    }
}

#[test]
fn a_dedicated_link_leaves_ready_with_its_first_expected_session_for_good() {
    let mut world = World::new();
    let link = world.dedicated();
    world.ask(Command::Report(link, report(true, true))).unwrap();
    assert_eq!(world.status(link), "ready");
    let policy = world.policy(Family::V4);
    world.ask(Command::AttachPolicy(link, policy)).unwrap();
    assert_eq!(world.status(link), "ready");
    world.ask(Command::Report(link, report(true, false))).unwrap();
    assert_eq!(world.status(link), "active");
    world.ask(Command::Report(link, report(false, false))).unwrap();
    assert_eq!(world.status(link), "all_down");
}

#[test]
fn sessions_make_no_link_active_that_its_partner_has_not_finished() {
    let mut world = World::new();
    let link = world.hosted();
    let policy = world.policy(Family::V4);
    world.ask(Command::AttachPolicy(link, policy)).unwrap();
    for (act, status) in [
        (None, "requested"),
        (Some(PartnerAct::Approve), "provisioning"),
        (Some(PartnerAct::Complete), "active"),
    ] {
        if let Some(act) = act {
            world.ask(Command::Partner(link, act)).unwrap();
        }
        world.ask(Command::Report(link, report(true, false))).unwrap();
        assert_eq!(world.status(link), status);
    }
}

#[test]
fn a_report_moves_no_date_and_one_that_says_nothing_new_changes_nothing() {
    let mut world = World::new();
    let link = with_policies(&mut world, &[Family::V4]);
    let before = world.link(link).updated_at;
    world.pass(Duration::from_secs(1));
    world.ask(Command::Report(link, report(true, false))).unwrap();
    assert_eq!(world.link(link).updated_at, before);
    let again = world
        .decide("fr-par", Command::Report(link, report(true, false)))
        .unwrap();
    assert!(again.changes.is_empty());
}

#[test]
fn a_session_that_nobody_tells_of_any_more_is_down_after_the_silence() {
    let mut world = World::new();
    let link = with_policies(&mut world, &[Family::V4]);
    world.ask(Command::Report(link, report(true, false))).unwrap();
    world.pass(SILENCE.saturating_sub(Duration::from_micros(1)));
    world.ask(Command::Tick).unwrap();
    assert_eq!(world.status(link), "active");
    world.ask(Command::Report(link, report(true, false))).unwrap();
    world.pass(Duration::from_micros(1));
    world.ask(Command::Tick).unwrap();
    assert_eq!(world.status(link), "active");
    world.pass(SILENCE);
    world.ask(Command::Tick).unwrap();
    assert_eq!(world.status(link), "all_down");
}

#[test]
fn after_a_start_agents_have_the_whole_silence_to_be_heard() {
    let mut world = World::new();
    let link = with_policies(&mut world, &[Family::V4]);
    world.ask(Command::Report(link, report(true, false))).unwrap();
    world.pass(SILENCE * 10);
    let up = world.up();
    world.state.hear_all(up);
    world.ask(Command::Tick).unwrap();
    assert_eq!(world.status(link), "active");
}

#[test]
fn a_new_policy_waits_for_its_session() {
    let mut world = World::new();
    let link = with_policies(&mut world, &[Family::V4]);
    world.ask(Command::Report(link, report(true, true))).unwrap();
    let six = world.policy(Family::V6);
    world.ask(Command::AttachPolicy(link, six)).unwrap();
    assert_eq!(world.status(link), "limited_connectivity");
}

fn learned(routes: &[(&str, &str)]) -> Report {
    Report {
        up: PerFamily { v4: true, v6: false },
        learned: Some(
            routes
                .iter()
                .map(|(destination, nexthop)| (destination.parse().unwrap(), nexthop.parse().unwrap()))
                .collect::<BTreeMap<_, _>>(),
        ),
    }
}

fn table(world: &World) -> Vec<String> {
    let region = Region::new("fr-par").unwrap();
    let routes = vpc_routes(&world.state, &region);
    routes.iter().map(|route| route.destination.to_string()).collect()
}

#[test]
fn the_vpcs_routes_are_what_was_learned_and_may_pass() {
    let mut world = World::new();
    let link = with_policies(&mut world, &[Family::V4]);
    let routes = [
        ("10.20.1.0/24", "169.254.0.1"),
        // Outside of the policy, and of a family without one.
        ("10.21.0.0/24", "169.254.0.1"),
        ("2001:db8:20::/48", "fd00:10::1"),
    ];
    world.ask(Command::Report(link, learned(&routes))).unwrap();
    assert!(table(&world).is_empty());
    world.ask(Command::AttachVpc(link, PROD)).unwrap();
    assert!(table(&world).is_empty());
    world.ask(Command::SetPropagation(link, true)).unwrap();
    assert_eq!(table(&world), ["10.20.1.0/24"]);
    for (closing, opening) in [
        (
            Command::SetPropagation(link, false),
            Command::SetPropagation(link, true),
        ),
        (
            Command::Partner(link, PartnerAct::Lock),
            Command::Partner(link, PartnerAct::Unlock),
        ),
        (
            Command::Report(link, report(false, false)),
            Command::Report(link, report(true, false)),
        ),
    ] {
        world.ask(closing).unwrap();
        assert!(table(&world).is_empty());
        world.ask(opening).unwrap();
        assert_eq!(table(&world), ["10.20.1.0/24"]);
    }
}

#[test]
fn a_route_keeps_its_id_and_date_while_it_is_learned() {
    let mut world = World::new();
    let link = with_policies(&mut world, &[Family::V4]);
    world.ask(Command::AttachVpc(link, PROD)).unwrap();
    world.ask(Command::SetPropagation(link, true)).unwrap();
    world
        .ask(Command::Report(link, learned(&[("10.20.1.0/24", "169.254.0.1")])))
        .unwrap();
    let region = Region::new("fr-par").unwrap();
    let first = vpc_routes(&world.state, &region);
    world.pass(Duration::from_secs(5));
    let both = [("10.20.1.0/24", "169.254.0.1"), ("10.20.2.0/24", "169.254.0.1")];
    world.ask(Command::Report(link, learned(&both))).unwrap();
    let second = vpc_routes(&world.state, &region);
    assert_eq!(second.len(), 2);
    assert_eq!((second[0].id, second[0].since), (first[0].id, first[0].since));
    assert_ne!(second[1].id, second[0].id);
    assert_eq!(second[1].since, world.now);
    // An agent at the peer's end says nothing of routes, and takes none away.
    world.ask(Command::Report(link, report(true, false))).unwrap();
    assert_eq!(vpc_routes(&world.state, &region).len(), 2);
    world.ask(Command::Report(link, learned(&[]))).unwrap();
    assert!(vpc_routes(&world.state, &region).is_empty());
}

#[test]
fn followers_hear_of_each_object_once_and_of_those_that_are_gone() {
    let mut world = World::new();
    let (gone, stays) = (world.hosted(), world.hosted());
    let policy = world.policy(Family::V4);
    let since = world.state.sequence();
    assert_eq!(since, 3);
    world.ask(Command::AttachVpc(stays, PROD)).unwrap();
    world.ask(Command::SetPropagation(stays, true)).unwrap();
    world.ask(Command::DeleteLink(gone)).unwrap();
    let changed = world.state.changed_since(since).unwrap();
    assert_eq!(changed.sequence, 6);
    assert_eq!(changed.links, [stays, gone]);
    assert!(changed.policies.is_empty());
    assert_eq!(world.state.changed_since(2).unwrap().policies, [policy]);
    assert!(world.state.changed_since(6).unwrap().links.is_empty());
    assert_eq!(world.state.changed_since(7), None);
}
