use std::time::Duration;

use interlink_core::family::Family;

use crate::rules::testing::{
    AMS1, ELSEWHERE, FRANCE_IX, FREE_PRO, MRS2, PATCHING, PROD, RACK, TEST, World, name, new_link, report,
};
use crate::rules::{
    Answer, Asn, Bandwidth, Command, ConnectionStatus, Fault, FaultKind, LinkEdit, LinkId, NewHost, NewLink,
    PartnerAct, PolicyId, REQUEST_LIFETIME, Refusal, Resource, Vlan,
};

/// The argument that a refusal is about.
fn argument(refusal: Refusal) -> String {
    match refusal {
        Refusal::Arguments(faults) => match faults.as_slice() {
            [
                Fault {
                    argument,
                    kind: FaultKind::Constraint,
                    ..
                },
            ] => argument.clone(),
            other => panic!("another fault: {other:?}"),
        },
        other => panic!("another refusal: {other:?}"),
    }
}

fn hosted() -> NewLink {
    new_link(NewHost::Partner(FRANCE_IX))
}

fn dedicated() -> NewLink {
    new_link(NewHost::Dedicated(RACK))
}

#[test]
fn a_hosted_link_is_requested_and_a_dedicated_one_ready() {
    let mut world = World::new();
    let (hosted, dedicated) = (world.hosted(), world.dedicated());
    assert_eq!(world.status(hosted), "requested");
    assert_eq!(world.status(dedicated), "ready");
}

#[test]
fn what_an_order_cannot_have_is_refused_by_its_argument() {
    let mbps = |number| Bandwidth::try_from(number).unwrap();
    let asn = |number| Some(Asn::try_from(number).unwrap());
    let vlan = |number| Some(Vlan::try_from(number).unwrap());
    let cases = [
        (
            "bandwidth_mbps",
            NewLink {
                bandwidth: mbps(99),
                ..hosted()
            },
        ),
        (
            "bandwidth_mbps",
            NewLink {
                bandwidth: mbps(50),
                ..dedicated()
            },
        ),
        ("partner_id", NewLink { pop: MRS2, ..hosted() }),
        (
            "pop_id",
            NewLink {
                pop: MRS2,
                ..dedicated()
            },
        ),
        (
            "peer_asn",
            NewLink {
                peer_asn: asn(12_876),
                ..dedicated()
            },
        ),
        (
            "vlan",
            NewLink {
                vlan: vlan(2000),
                ..hosted()
            },
        ),
        (
            "vlan",
            NewLink {
                vlan: vlan(1999),
                ..dedicated()
            },
        ),
        (
            "vlan",
            NewLink {
                vlan: vlan(2004),
                ..dedicated()
            },
        ),
    ];
    for (expected, new) in cases {
        let mut world = World::new();
        let refusal = world.ask(Command::CreateLink(new)).unwrap_err();
        assert_eq!(argument(refusal), expected);
        assert_eq!(world.state.links().len(), 0);
    }
    for number in [2000, 2003] {
        let mut world = World::new();
        let new = NewLink {
            vlan: vlan(number),
            ..dedicated()
        };
        let link = world.link_of(Command::CreateLink(new));
        assert_eq!(u64::from(link.vlan), number);
    }
}

#[test]
fn what_is_not_there_or_in_another_region_is_not_found() {
    let mut world = World::new();
    let elsewhere = NewLink { pop: AMS1, ..hosted() };
    assert_eq!(
        world.ask(Command::CreateLink(elsewhere)),
        Err(Refusal::not_found(Resource::Pop, &AMS1))
    );
    let in_another = world.ask_in("nl-ams", Command::CreateLink(NewLink { pop: AMS1, ..hosted() }));
    assert_eq!(in_another, Err(Refusal::not_found(Resource::Partner, &FRANCE_IX)));
    let link = world.hosted();
    let seen_from_there = world.ask_in("nl-ams", Command::DeleteLink(link));
    assert_eq!(seen_from_there, Err(Refusal::not_found(Resource::Link, &link)));
    let nobody = LinkId(uuid::Uuid::nil());
    assert_eq!(
        world.ask(Command::DetachVpc(nobody)),
        Err(Refusal::not_found(Resource::Link, &nobody))
    );
}

#[test]
fn a_connection_that_is_being_patched_carries_no_link() {
    let mut world = World::new();
    let refusal = world.ask(Command::CreateLink(new_link(NewHost::Dedicated(PATCHING))));
    let expected = Refusal::Connection {
        connection: PATCHING,
        status: ConnectionStatus::Configuring,
    };
    assert_eq!(refusal, Err(expected));
}

#[test]
fn links_on_a_port_carry_no_more_than_the_port() {
    let mut world = World::new();
    world.dedicated();
    let all = NewLink {
        bandwidth: Bandwidth::try_from(1000).unwrap(),
        ..dedicated()
    };
    let refusal = world.ask(Command::CreateLink(all.clone()));
    let expected = Refusal::Quota {
        resource: "bandwidth_mbps",
        quota: 1000,
        current: 100,
    };
    assert_eq!(refusal, Err(expected));
    let mut world = World::new();
    world.link_of(Command::CreateLink(all));
}

#[test]
fn a_vpc_has_to_be_of_the_links_region_and_there_is_one() {
    let mut world = World::new();
    let link = world.hosted();
    assert_eq!(
        argument(world.ask(Command::AttachVpc(link, ELSEWHERE)).unwrap_err()),
        "vpc_id"
    );
    assert_eq!(world.link(link).vpc, None);
    // Another Project is the Organization's too.
    assert_eq!(world.link_of(Command::AttachVpc(link, TEST)).vpc, Some(TEST));
    assert!(matches!(
        world.ask(Command::AttachVpc(link, PROD)),
        Err(Refusal::Occupied { .. })
    ));
    let again = world.decide("fr-par", Command::AttachVpc(link, TEST)).unwrap();
    assert!(again.changes.is_empty());
    world.ask(Command::DetachVpc(link)).unwrap();
    assert_eq!(world.link_of(Command::AttachVpc(link, PROD)).vpc, Some(PROD));
}

#[test]
fn detaching_the_vpc_turns_propagation_off() {
    let mut world = World::new();
    let link = world.hosted();
    world.ask(Command::AttachVpc(link, PROD)).unwrap();
    assert!(world.link_of(Command::SetPropagation(link, true)).propagation);
    assert!(!world.link_of(Command::DetachVpc(link)).propagation);
    assert!(matches!(
        world.ask(Command::DetachVpc(link)),
        Err(Refusal::Vacant { .. })
    ));
    // Attaching turns nothing on.
    assert!(!world.link_of(Command::AttachVpc(link, PROD)).propagation);
}

#[test]
fn propagation_is_taken_without_vpc_and_policy() {
    let mut world = World::new();
    let link = world.hosted();
    assert!(world.link_of(Command::SetPropagation(link, true)).propagation);
    assert!(!world.link_of(Command::SetPropagation(link, false)).propagation);
}

#[test]
fn a_family_has_one_policy_and_set_exchanges_it_in_one_change() {
    let mut world = World::new();
    let link = world.provisioned();
    world.ask(Command::AttachVpc(link, PROD)).unwrap();
    let (first, second, six) = (
        world.policy(Family::V4),
        world.policy(Family::V4),
        world.policy(Family::V6),
    );
    world.ask(Command::AttachPolicy(link, first)).unwrap();
    world.ask(Command::AttachPolicy(link, six)).unwrap();
    assert!(matches!(
        world.ask(Command::AttachPolicy(link, second)),
        Err(Refusal::Occupied { .. })
    ));
    world.ask(Command::Report(link, report(true, true))).unwrap();
    world.ask(Command::SetPropagation(link, true)).unwrap();

    let decision = world.decide("fr-par", Command::SetPolicy(link, second)).unwrap();
    assert_eq!(decision.changes.len(), 1);
    let link = world.link_of(Command::SetPolicy(link, second));
    let v4 = link.policies.v4.unwrap();
    assert_eq!((v4.policy, v4.up), (second, true));
    assert!(link.propagation && link.carries(Family::V4) && link.carries(Family::V6));
}

#[test]
fn set_is_attach_where_nothing_is() {
    let mut world = World::new();
    let link = world.hosted();
    let policy = world.policy(Family::V6);
    let link = world.link_of(Command::SetPolicy(link, policy));
    assert_eq!(link.policies.v4, None);
    assert_eq!(link.policies.v6.unwrap().policy, policy);
}

#[test]
fn propagation_ends_with_the_last_policy() {
    let mut world = World::new();
    let link = world.hosted();
    let (four, six) = (world.policy(Family::V4), world.policy(Family::V6));
    for policy in [four, six] {
        world.ask(Command::AttachPolicy(link, policy)).unwrap();
    }
    world.ask(Command::SetPropagation(link, true)).unwrap();
    assert!(world.link_of(Command::DetachPolicy(link, four)).propagation);
    assert!(matches!(
        world.ask(Command::DetachPolicy(link, four)),
        Err(Refusal::Vacant { .. })
    ));
    assert!(!world.link_of(Command::DetachPolicy(link, six)).propagation);
}

/// Everything that a user may do with a link, and with it a policy and a VPC.
fn configurations(link: LinkId, policy: PolicyId) -> Vec<Command> {
    vec![
        Command::UpdateLink(
            link,
            LinkEdit {
                name: Some(name("lyon")),
                ..LinkEdit::default()
            },
        ),
        Command::AttachVpc(link, PROD),
        Command::AttachPolicy(link, policy),
        Command::SetPropagation(link, true),
        Command::SetPolicy(link, policy),
        Command::SetPropagation(link, false),
        Command::DetachPolicy(link, policy),
        Command::DetachVpc(link),
    ]
}

#[test]
fn a_link_is_configured_before_it_is_active() {
    let mut world = World::new();
    let policy = world.policy(Family::V4);
    let requested = world.hosted();
    let provisioning = world.hosted();
    world.ask(Command::Partner(provisioning, PartnerAct::Approve)).unwrap();
    let links = [requested, provisioning, world.dedicated(), world.provisioned()];
    for link in links {
        for command in configurations(link, policy) {
            world.ask(command).unwrap();
        }
    }
}

#[test]
fn a_locked_link_takes_nothing_but_its_key() {
    let mut world = World::new();
    let policy = world.policy(Family::V4);
    let link = world.provisioned();
    world.ask(Command::Partner(link, PartnerAct::Lock)).unwrap();
    assert_eq!(world.status(link), "locked");
    let others = [
        Command::DeleteLink(link),
        Command::Partner(link, PartnerAct::Delete),
        Command::Partner(link, PartnerAct::Complete),
    ];
    for command in configurations(link, policy).into_iter().chain(others) {
        assert_eq!(world.ask(command), Err(Refusal::Locked(link)));
    }
    world.ask(Command::Partner(link, PartnerAct::Unlock)).unwrap();
    assert_eq!(world.status(link), "active");
}

#[test]
fn a_link_that_is_lost_takes_no_configuration() {
    let mut world = World::new();
    let policy = world.policy(Family::V4);
    let (refused, leaving, expired) = (world.hosted(), world.provisioned(), world.hosted());
    let reason = "no capacity".to_owned();
    world
        .ask(Command::Partner(refused, PartnerAct::Refuse { reason }))
        .unwrap();
    world.ask(Command::DeleteLink(leaving)).unwrap();
    world.pass(REQUEST_LIFETIME);
    world.ask(Command::Tick).unwrap();
    assert_eq!(world.status(expired), "expired");
    for link in [refused, leaving] {
        for command in configurations(link, policy) {
            assert!(matches!(world.ask(command), Err(Refusal::Phase { .. })));
        }
    }
    for command in configurations(expired, policy) {
        assert_eq!(
            world.ask(command),
            Err(Refusal::Expired {
                link: expired,
                since: world.now
            })
        );
    }
}

#[test]
fn a_request_expires_after_ten_days_and_not_before() {
    let mut world = World::new();
    let waiting = world.hosted();
    let answered = world.hosted();
    world.ask(Command::Partner(answered, PartnerAct::Approve)).unwrap();
    world.pass(REQUEST_LIFETIME.saturating_sub(Duration::from_micros(1)));
    world.ask(Command::Tick).unwrap();
    assert_eq!(world.status(waiting), "requested");
    world.pass(Duration::from_micros(1));
    world.ask(Command::Tick).unwrap();
    assert_eq!(
        (world.status(waiting), world.status(answered)),
        ("expired".into(), "provisioning".into())
    );
    assert!(matches!(
        world.ask(Command::Partner(waiting, PartnerAct::Approve)),
        Err(Refusal::Phase { .. })
    ));
}

#[test]
fn both_sides_delete_a_provisioned_link_in_either_order() {
    for user_first in [true, false] {
        let mut world = World::new();
        let link = world.provisioned();
        let mut steps = [Command::DeleteLink(link), Command::Partner(link, PartnerAct::Delete)];
        if !user_first {
            steps.reverse();
        }
        let [first, second] = steps;
        assert_eq!(world.link_of(first.clone()).status().as_str(), "deprovisioning");
        assert_eq!(world.link_of(first).status().as_str(), "deprovisioning");
        assert_eq!(world.link_of(second).status().as_str(), "deleted");
        assert_eq!(world.status(link), "gone");
    }
}

#[test]
fn a_link_that_no_partner_has_is_gone_at_once_with_its_old_date() {
    let mut world = World::new();
    for link in [world.hosted(), world.dedicated()] {
        let before = world.link(link).updated_at;
        world.pass(Duration::from_secs(1));
        let last = world.link_of(Command::DeleteLink(link));
        assert_eq!((last.status().as_str(), last.updated_at), ("deleted", before));
        assert_eq!(
            world.ask(Command::DeleteLink(link)),
            Err(Refusal::not_found(Resource::Link, &link))
        );
    }
}

#[test]
fn a_connected_dedicated_link_is_gone_at_once_too() {
    let mut world = World::new();
    let link = world.dedicated();
    let policy = world.policy(Family::V4);
    world.ask(Command::AttachPolicy(link, policy)).unwrap();
    world.ask(Command::Report(link, report(true, false))).unwrap();
    assert_eq!(world.link_of(Command::DeleteLink(link)).status().as_str(), "deleted");
}

#[test]
fn a_dedicated_link_has_no_partner() {
    let mut world = World::new();
    let link = world.dedicated();
    for act in [PartnerAct::Approve, PartnerAct::Complete, PartnerAct::Delete] {
        assert!(matches!(
            world.ask(Command::Partner(link, act)),
            Err(Refusal::Phase { .. })
        ));
    }
}

#[test]
fn an_edit_changes_what_it_names_and_moves_the_date_only_then() {
    let mut world = World::new();
    let link = world.dedicated();
    let before = world.link(link).clone();
    world.pass(Duration::from_secs(1));
    let nothing = world.link_of(Command::UpdateLink(link, LinkEdit::default()));
    assert_eq!(*nothing, before);
    let edit = LinkEdit {
        name: Some(name("lyon")),
        tags: None,
        peer_asn: Some(Asn::try_from(65_001).unwrap()),
    };
    let after = world.link_of(Command::UpdateLink(link, edit));
    assert_eq!(after.name, name("lyon"));
    assert_eq!(after.tags, before.tags);
    assert_eq!(after.peer_asn.get(), 65_001);
    assert_eq!(after.updated_at, world.now);
    let own = LinkEdit {
        peer_asn: Some(Asn::try_from(12_876).unwrap()),
        ..LinkEdit::default()
    };
    assert_eq!(
        argument(world.ask(Command::UpdateLink(link, own)).unwrap_err()),
        "peer_asn"
    );
}

#[test]
fn a_link_may_be_ordered_with_its_policies_each_in_the_field_of_its_family() {
    let mut world = World::new();
    let (four, six) = (world.policy(Family::V4), world.policy(Family::V6));
    let mut new = hosted();
    new.policies.v4 = Some(four);
    new.policies.v6 = Some(six);
    let link = world.link_of(Command::CreateLink(new));
    assert!(link.uses(four) && link.uses(six));
    let mut new = hosted();
    new.policies.v4 = Some(six);
    assert_eq!(
        argument(world.ask(Command::CreateLink(new)).unwrap_err()),
        "routing_policy_v4_id"
    );
    let mut new = hosted();
    new.policies.v6 = Some(four);
    assert_eq!(
        argument(world.ask(Command::CreateLink(new)).unwrap_err()),
        "routing_policy_v6_id"
    );
}

#[test]
fn a_partner_with_a_router_of_its_own_gives_its_as_and_others_get_one() {
    let mut world = World::new();
    let france_ix = world.hosted();
    assert_eq!(world.link(france_ix).peer_asn.get(), 39_801);
    let free_pro = world.link_of(Command::CreateLink(new_link(NewHost::Partner(FREE_PRO))));
    assert_eq!(free_pro.peer_asn.get(), 64_512);
    let Answer::Link(_) = world.ask(Command::DeleteLink(free_pro.id)).unwrap() else {
        panic!("no link");
    };
}
