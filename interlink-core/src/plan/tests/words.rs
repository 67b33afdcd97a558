//! Steps and refusals in words.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::kernels::any_scenario;
use crate::plan::{Blocked, Errno, Hindrance, Op, OpError, RefusedRoute, Why, plan};
use crate::state::{AttachMode, ForeignProgram, NextHop, NicSettings, Path, Route, RouteKey, TableNumber};
use crate::testing::{cases, interface};

/// The laws are worth what the scenarios are that they are tried on.
#[test]
fn the_generated_scenarios_need_every_step_for_every_reason_and_meet_every_obstacle() {
    let mut runner = TestRunner::new(cases(0));
    let (mut whys, mut obstacles, mut rests) = (BTreeSet::new(), BTreeSet::new(), 0);
    for _ in 0..256 {
        let scenario = any_scenario().new_tree(&mut runner).unwrap().current();
        let plan = plan(&scenario.desired, &scenario.observed);
        rests += usize::from(plan.is_empty());
        whys.extend(plan.steps.iter().map(|step| step.why));
        obstacles.extend(plan.blocked.iter().map(|blocked| match blocked {
            Blocked::NoInterface(_) => "no interface",
            Blocked::InterfaceDown(_) => "interface down",
            Blocked::OtherInterface { .. } => "other interface",
            Blocked::ForeignProgram { .. } => "foreign program",
            Blocked::ModeChange { .. } => "mode change",
            Blocked::TagsStripped { .. } => "tags stripped",
            other => panic!("a plan can't know of {other}"),
        }));
    }
    // That interfaces are managed is tried on its own.
    let generated: Vec<_> = WHYS.into_iter().filter(|why| *why != Why::InterfaceDiffers).collect();
    assert_eq!(whys.into_iter().collect::<Vec<_>>(), generated);
    assert_eq!(obstacles.len(), 6, "{obstacles:?}");
    assert!(rests < 16, "{rests} of the scenarios need no plan");
}

#[test]
fn every_reason_has_its_own_words() {
    let words = WHYS.map(Why::as_str);
    assert_eq!(
        words,
        [
            "nothing of ours is loaded there",
            "it is not attached",
            "the program has to see them",
            "it is another version's",
            "a gate closes",
            "the link is not configured",
            "a gate opens",
            "prefixes, addresses or reason differ",
            "the link is not in the tables",
            "the settings of the NIC differ",
            "not wanted",
            "a next hop is not wanted",
            "missing or different",
            "nothing is to go on to another table",
            "missing",
            "the link needs it",
        ]
    );
}

#[test]
fn a_refusal_says_what_why_and_what_to_do() {
    let nic = || interface("eth1");
    let refusals = [
        OpError::NoNativeXdp {
            nic: nic(),
            hindrance: Hindrance::Driver,
            detail: "Operation not supported".to_owned(),
        },
        OpError::TagsStripped {
            nic: nic(),
            detail: "Invalid argument".to_owned(),
        },
        OpError::Kernel {
            doing: "filling PREFIXES_V4".to_owned(),
            detail: "Cannot allocate memory".to_owned(),
        },
        OpError::Routes {
            refused: vec![refused("10.0.0.0/8"), refused("10.1.0.0/16")],
        },
        OpError::Routes { refused: vec![] },
    ];
    assert_eq!(
        refusals.map(|refusal| refusal.to_string()),
        [
            "eth1 can't run XDP natively (Operation not supported): use a NIC whose driver can, or ask for the slower \
             generic mode with `xdp_mode = \"generic\"` in its `[[nic]]`",
            "eth1 takes the VLAN tags out of frames, so nobody can tell its links apart, and doesn't stop (Invalid \
             argument): use a NIC whose driver lets `ethtool -K eth1 rxvlan off` turn that off, or have it carry one \
             untagged link alone",
            "filling PREFIXES_V4: Cannot allocate memory",
            "the kernel refused 2 of the routes, first 10.0.0.0/8 via 192.0.2.1 dev eth1 table 100 metric 100: Network is \
             unreachable",
            "the kernel refused 0 of the routes, first ",
        ]
    );
}

#[test]
fn a_foreign_program_is_named_as_far_as_it_has_a_name() {
    let foreign = |name: &str| ForeignProgram {
        id: 12,
        name: name.to_owned(),
    };
    assert_eq!(foreign("cilium").to_string(), "program 12 (cilium)");
    assert_eq!(foreign("").to_string(), "program 12");
}

#[test]
fn a_step_knows_its_nic_and_routes_have_none() {
    let nic = || interface("eth1");
    let mode = AttachMode::Generic;
    let vlan = crate::domain::Vlan::UNTAGGED;
    assert_eq!(Op::Load { nic: nic() }.nic(), Some(&nic()));
    assert_eq!(Op::Replace { nic: nic() }.nic(), Some(&nic()));
    assert_eq!(Op::RemoveLink { nic: nic(), vlan }.nic(), Some(&nic()));
    assert_eq!(Op::Attach { nic: nic(), mode }.nic(), Some(&nic()));
    let settings = NicSettings {
        lacp: true,
        ..NicSettings::default()
    };
    let set = Op::SetNic { nic: nic(), settings };
    assert_eq!(set.nic(), Some(&nic()));
    assert_eq!(set.to_string(), "set eth1: other VLANs drop, LLDP drop, LACP pass");
    assert_eq!(Op::KeepTags { nic: nic() }.nic(), Some(&nic()));
    assert_eq!(Op::AddRoutes(Arc::default()).nic(), None);
    assert_eq!(Op::RemoveRoutes(Arc::default()).nic(), None);
    assert_eq!(
        Op::Attach { nic: nic(), mode }.to_string(),
        "attach the program to eth1 in generic mode"
    );
}

const WHYS: [Why; 16] = [
    Why::NotLoaded,
    Why::NotAttached,
    Why::TagsStripped,
    Why::Outdated,
    Why::Closing,
    Why::LinkGone,
    Why::Opening,
    Why::Changed,
    Why::LinkMissing,
    Why::NicDiffers,
    Why::NotWanted,
    Why::NextHopNotWanted,
    Why::RouteMissing,
    Why::TableEnd,
    Why::RuleMissing,
    Why::InterfaceDiffers,
];

fn refused(prefix: &str) -> RefusedRoute {
    let key = RouteKey {
        table: TableNumber(100),
        prefix: prefix.parse().unwrap(),
        metric: 100,
    };
    let hop = NextHop {
        interface: interface("eth1"),
        gateway: "192.0.2.1".parse().unwrap(),
    };
    RefusedRoute {
        route: Route {
            key,
            path: Path::Via([hop].into()),
        },
        errno: Errno(101),
        detail: "Network is unreachable".to_owned(),
    }
}
