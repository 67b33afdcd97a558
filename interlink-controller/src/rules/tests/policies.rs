use std::time::Duration;

use interlink_core::family::Family;
use ipnet::IpNet;

use crate::rules::testing::{World, new_policy};
use crate::rules::{Answer, Command, Filter, NewPolicy, PolicyEdit, Refusal, Resource};

fn nets(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn a_policy_in_use_is_not_deleted() {
    let mut world = World::new();
    let policy = world.policy(Family::V4);
    let links = [world.hosted(), world.hosted()];
    for link in links {
        world.ask(Command::AttachPolicy(link, policy)).unwrap();
    }
    for (left, link) in [(2, links[0]), (1, links[1])] {
        let refusal = world.ask(Command::DeletePolicy(policy));
        assert_eq!(refusal, Err(Refusal::PolicyInUse { policy, links: left }));
        world.ask(Command::DetachPolicy(link, policy)).unwrap();
    }
    assert_eq!(world.ask(Command::DeletePolicy(policy)), Ok(Answer::Done));
    assert_eq!(
        world.ask(Command::DeletePolicy(policy)),
        Err(Refusal::not_found(Resource::RoutingPolicy, &policy))
    );
}

#[test]
fn a_deleted_link_lets_go_of_its_policy() {
    let mut world = World::new();
    let policy = world.policy(Family::V4);
    let link = world.hosted();
    world.ask(Command::AttachPolicy(link, policy)).unwrap();
    world.ask(Command::DeleteLink(link)).unwrap();
    assert_eq!(world.ask(Command::DeletePolicy(policy)), Ok(Answer::Done));
}

#[test]
fn prefixes_are_of_the_policys_family_and_have_no_host_bits() {
    for (family, prefix) in [
        (Family::V4, "2001:db8::/32"),
        (Family::V6, "10.0.0.0/8"),
        (Family::V4, "10.20.0.1/16"),
        (Family::V6, "2001:db8::1/32"),
    ] {
        let mut world = World::new();
        let bad = NewPolicy {
            filter_out: nets(&[prefix]),
            ..new_policy(family)
        };
        assert!(matches!(
            world.ask(Command::CreatePolicy(bad)),
            Err(Refusal::Arguments(faults)) if faults[0].argument == "prefix_filter_out"
        ));
        let policy = world.policy(family);
        let edit = PolicyEdit {
            filter_in: Some(nets(&[prefix])),
            ..PolicyEdit::default()
        };
        assert!(matches!(
            world.ask(Command::UpdatePolicy(policy, edit)),
            Err(Refusal::Arguments(faults)) if faults[0].argument == "prefix_filter_in"
        ));
    }
}

#[test]
fn an_edit_replaces_the_list_that_it_names_and_leaves_the_other() {
    let mut world = World::new();
    let policy = world.policy(Family::V4);
    let before = world.state.policy(policy).unwrap().clone();
    world.pass(Duration::from_secs(1));
    let edit = PolicyEdit {
        filter_in: Some(nets(&["10.9.0.0/16", "10.8.0.0/16"])),
        ..PolicyEdit::default()
    };
    world.ask(Command::UpdatePolicy(policy, edit)).unwrap();
    let after = world.state.policy(policy).unwrap().clone();
    assert_eq!(after.filter_in.prefixes(), nets(&["10.9.0.0/16", "10.8.0.0/16"]));
    assert_eq!(after.filter_out, before.filter_out);
    assert_eq!(after.updated_at, world.now);
    world.pass(Duration::from_secs(1));
    world.ask(Command::UpdatePolicy(policy, PolicyEdit::default())).unwrap();
    assert_eq!(world.state.policy(policy), Some(&after));
}

#[test]
fn there_are_no_more_policies_than_the_quota() {
    let mut world = World::new();
    for _ in 0..6 {
        world.policy(Family::V4);
    }
    let expected = Refusal::Quota {
        resource: "routing_policies",
        quota: 6,
        current: 6,
    };
    assert_eq!(world.ask(Command::CreatePolicy(new_policy(Family::V4))), Err(expected));
}

#[test]
fn a_filter_lets_in_what_it_names_and_what_is_inside() {
    let filter = Filter::new(Family::V4, nets(&["172.16.4.0/22", "10.0.0.0/9", "10.128.0.0/9"])).unwrap();
    for (prefix, passes) in [
        ("172.16.4.0/22", true),
        ("172.16.7.255/32", true),
        ("172.16.8.0/32", false),
        ("172.16.3.255/32", false),
        ("172.16.4.0/21", false),
        ("10.0.0.0/9", true),
        // Only together do two entries hold it.
        ("10.0.0.0/8", false),
        ("0.0.0.0/0", false),
    ] {
        assert_eq!(filter.passes(&prefix.parse().unwrap()), passes, "{prefix}");
    }
}
