//! Whatever is asked, in whatever order: what has to hold, holds.

use std::collections::BTreeSet;
use std::time::Duration;

use interlink_core::family::Family;
use proptest::prelude::*;

use crate::rules::testing::{
    DC5, ELSEWHERE, FRANCE_IX, FREE_PRO, PATCHING, PROD, RACK, TEST, World, new_link, new_policy, report,
};
use crate::rules::{
    Bandwidth, Command, LinkEdit, LinkId, NewHost, NewLink, PartnerAct, Phase, PolicyEdit, PolicyId, Vlan,
};

/// A step, whose objects are named by a number: which of those that were made so far.
#[derive(Clone, Debug)]
enum Step {
    Order(u8, Option<u64>),
    Policy(bool),
    Link(usize, Act),
    EditPolicy(usize),
    DropPolicy(usize),
    Pass(u64),
}

#[derive(Clone, Debug)]
enum Act {
    Vpc(u8),
    NoVpc,
    Attach(usize),
    Detach(usize),
    Set(usize),
    Propagate(bool),
    Partner(u8),
    Report(bool, bool),
    Delete,
    Rename,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0..3_u8).prop_map(Act::Vpc),
        Just(Act::NoVpc),
        any::<usize>().prop_map(Act::Attach),
        any::<usize>().prop_map(Act::Detach),
        any::<usize>().prop_map(Act::Set),
        any::<bool>().prop_map(Act::Propagate),
        (0..6_u8).prop_map(Act::Partner),
        any::<(bool, bool)>().prop_map(|(v4, v6)| Act::Report(v4, v6)),
        Just(Act::Delete),
        Just(Act::Rename),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..4_u8, proptest::option::of(1999_u64..2006)).prop_map(|(host, vlan)| Step::Order(host, vlan)),
        1 => any::<bool>().prop_map(Step::Policy),
        12 => (any::<usize>(), act()).prop_map(|(link, act)| Step::Link(link, act)),
        1 => any::<usize>().prop_map(Step::EditPolicy),
        1 => any::<usize>().prop_map(Step::DropPolicy),
        1 => (0..200_u64).prop_map(Step::Pass),
    ]
}

fn command(world: &World, step: Step) -> Option<Command> {
    let links: Vec<LinkId> = world.state.links().map(|link| link.id).collect();
    let policies: Vec<PolicyId> = world.state.policies().map(|policy| policy.id).collect();
    let link = |number: usize| links.get(number.checked_rem(links.len())?).copied();
    let policy = |number: usize| policies.get(number.checked_rem(policies.len())?).copied();
    Some(match step {
        Step::Order(host, vlan) => {
            let host = match host {
                0 => NewHost::Partner(FRANCE_IX),
                1 => NewHost::Partner(FREE_PRO),
                2 => NewHost::Dedicated(RACK),
                _ => NewHost::Dedicated(PATCHING),
            };
            Command::CreateLink(NewLink {
                pop: DC5,
                vlan: vlan.map(|id| Vlan::try_from(id).unwrap()),
                ..new_link(host)
            })
        }
        Step::Policy(is_ipv6) => Command::CreatePolicy(new_policy(if is_ipv6 { Family::V6 } else { Family::V4 })),
        Step::EditPolicy(number) => Command::UpdatePolicy(
            policy(number)?,
            PolicyEdit {
                filter_in: Some(Vec::new()),
                ..PolicyEdit::default()
            },
        ),
        Step::DropPolicy(number) => Command::DeletePolicy(policy(number)?),
        Step::Pass(_) => Command::Tick,
        Step::Link(number, act) => {
            let id = link(number)?;
            match act {
                Act::Vpc(which) => Command::AttachVpc(id, [PROD, TEST, ELSEWHERE][usize::from(which)]),
                Act::NoVpc => Command::DetachVpc(id),
                Act::Attach(number) => Command::AttachPolicy(id, policy(number)?),
                Act::Detach(number) => Command::DetachPolicy(id, policy(number)?),
                Act::Set(number) => Command::SetPolicy(id, policy(number)?),
                Act::Propagate(enabled) => Command::SetPropagation(id, enabled),
                Act::Partner(act) => Command::Partner(
                    id,
                    match act {
                        0 => PartnerAct::Approve,
                        1 => PartnerAct::Complete,
                        2 => PartnerAct::Refuse {
                            reason: "no".to_owned(),
                        },
                        3 => PartnerAct::Delete,
                        4 => PartnerAct::Lock,
                        _ => PartnerAct::Unlock,
                    },
                ),
                Act::Report(v4, v6) => Command::Report(id, report(v4, v6)),
                Act::Delete => Command::DeleteLink(id),
                Act::Rename => Command::UpdateLink(
                    id,
                    LinkEdit {
                        tags: Some(vec!["a".to_owned()]),
                        ..LinkEdit::default()
                    },
                ),
            }
        }
    })
}

fn check(world: &World) {
    let links: Vec<_> = world.state.links().collect();
    let distinct = |count: usize, what: &str| assert_eq!(count, links.len(), "two links share {what}");
    distinct(
        links
            .iter()
            .map(|link| link.interconnect.v4)
            .collect::<BTreeSet<_>>()
            .len(),
        "a /31",
    );
    distinct(
        links
            .iter()
            .map(|link| link.interconnect.v6)
            .collect::<BTreeSet<_>>()
            .len(),
        "a /127",
    );
    distinct(
        links
            .iter()
            .map(|link| (link.port(), link.vlan))
            .collect::<BTreeSet<_>>()
            .len(),
        "a VLAN",
    );
    for link in &links {
        assert_ne!(link.phase, Phase::Deleted);
        assert_ne!(link.peer_asn, world.inventory.asn);
        if let Some(vpc) = link.vpc {
            assert_eq!(world.inventory.vpcs[&vpc].region, link.region);
        }
        for family in Family::ALL {
            if let Some(attached) = link.policies.get(family) {
                let policy = world.state.policy(attached.policy).expect("a link's policy is there");
                assert_eq!(policy.family, family);
            }
            if link.carries(family) {
                assert!(matches!(link.status().as_str(), "active" | "limited_connectivity"));
            }
        }
        if let Phase::Deprovisioning { .. } = link.phase {
            assert!(!link.propagation);
        }
    }
    for policy in world.state.policies() {
        let users = links.iter().filter(|link| link.uses(policy.id)).count();
        assert_eq!(world.state.users(policy.id), users);
    }
    let load: u64 = links
        .iter()
        .filter(|link| link.port() == crate::rules::Port::Dedicated(RACK))
        .map(|link| Bandwidth::get(link.bandwidth))
        .sum();
    assert!(load <= 1000);
}

proptest! {
    #[test]
    fn any_sequence_of_commands_keeps_what_has_to_hold(steps in proptest::collection::vec(step(), 1..120)) {
        let mut world = World::new();
        for step in steps {
            if let Step::Pass(hours) = step {
                world.pass(Duration::from_hours(hours));
            }
            let Some(command) = command(&world, step) else { continue };
            let before = world.state.sequence();
            let decided = world.decide("fr-par", command.clone());
            prop_assert_eq!(world.state.sequence(), before, "deciding changes nothing");
            if let Ok(decision) = decided {
                // What is told next is exactly what changed.
                world.state.apply(before + 1, &decision.changes);
                let told = world.state.changed_since(before).expect("a past number");
                let about: BTreeSet<_> = decision.changes.iter().map(crate::rules::Change::object).collect();
                prop_assert_eq!(told.links.len() + told.policies.len(), about.len());
            }
            check(&world);
        }
    }
}
