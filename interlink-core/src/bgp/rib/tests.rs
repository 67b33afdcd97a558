use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::bgp::testing::{attributes, policy};
use crate::domain::Community;
use crate::state::Router;
use crate::testing::{cases, prefix};

const MOST: usize = 1000;

#[test]
fn what_is_announced_is_kept_and_what_the_policy_accepts_is_learned() {
    let mut rib = rib();
    assert_eq!(
        rib.announce(&some(&["172.16.4.0/24", "10.0.0.0/8"]), &attributes(), MOST),
        Kept::Yes
    );
    assert_eq!(learned(&rib), ["172.16.4.0/24 medium"]);
    assert_eq!((rib.counts().received, rib.counts().accepted), (2, 1));
    assert_eq!(rib.counts().rejected, BTreeMap::from([(Rejection::NotWhitelisted, 1)]));
    assert!(rib.withdraw(&some(&["172.16.4.0/24"])));
    assert!(!rib.withdraw(&some(&["172.16.4.0/24"])));
    assert_eq!((learned(&rib).len(), rib.counts().received), (0, 1));
}

#[test]
fn an_announcement_replaces_the_one_before() {
    let mut rib = rib();
    rib.announce(&some(&["172.16.4.0/24"]), &attributes(), MOST);
    rib.announce(&some(&["172.16.4.0/24"]), &high(), MOST);
    assert_eq!(learned(&rib), ["172.16.4.0/24 high"]);
    assert_eq!(rib.counts().received, 1);
}

#[test]
fn another_policy_judges_what_is_kept() {
    let mut rib = rib();
    rib.announce(&some(&["172.16.4.0/24", "10.0.0.0/8"]), &attributes(), MOST);
    rib.set_policy(policy(&["10.0.0.0/8"]), MOST);
    assert_eq!(learned(&rib), ["10.0.0.0/8 medium"]);
    let none = ImportPolicy {
        remote: None,
        ..policy(&[])
    };
    rib.set_policy(none, MOST);
    assert_eq!(rib.counts().rejected, BTreeMap::from([(Rejection::NoPolicy, 2)]));
    rib.set_policy(policy(&["172.16.0.0/12", "10.0.0.0/8"]), MOST);
    assert_eq!(learned(&rib).len(), 2);
}

#[test]
fn another_policy_gives_what_is_kept_another_priority() {
    let mut rib = rib();
    rib.announce(&some(&["172.16.4.0/24"]), &attributes(), MOST);
    let going = ImportPolicy {
        graceful_shutdown: true,
        ..policy(&["172.16.4.0/22"])
    };
    rib.set_policy(going, MOST);
    assert_eq!(learned(&rib), ["172.16.4.0/24 low"]);
}

#[test]
fn attributes_take_up_what_they_say_and_once_for_all_routes_that_have_them() {
    let mut rib = rib();
    assert_eq!(rib.attribute_bytes(), 0);
    let long = Attributes {
        as_path: [12876, 65020].into(),
        communities: [1, 2, 3].map(Community).into(),
        large_communities: [(1, 2, 3)].into(),
        ..attributes()
    };
    rib.announce(&some(&["172.16.4.0/24", "172.16.5.0/24"]), &long, MOST);
    let bytes = size_of::<Attributes>() + 2 * 4 + 3 * 4 + 12;
    assert_eq!(rib.attribute_bytes(), bytes);
    rib.announce(&some(&["172.16.5.0/24"]), &attributes(), MOST);
    assert_eq!(rib.attribute_bytes(), bytes + size_of::<Attributes>() + 4);
}

#[test]
fn no_more_are_kept_than_are_taken_and_what_is_known_may_still_change() {
    let mut rib = rib();
    assert_eq!(
        rib.announce(&some(&["172.16.4.0/24", "172.16.5.0/24"]), &attributes(), 1),
        Kept::No
    );
    assert_eq!((rib.counts().received, rib.counts().refused), (1, 1));
    assert_eq!(rib.announce(&some(&["172.16.4.0/24"]), &high(), 1), Kept::Yes);
    assert_eq!(learned(&rib), ["172.16.4.0/24 high"]);
    rib.forget_refused();
    assert_eq!(rib.counts().refused, 0);
}

#[test]
fn no_more_are_accepted_than_may_be_and_room_is_seen() {
    let mut rib = AdjRibIn::new(policy(&["172.16.4.0/22"]), 1);
    rib.announce(&some(&["172.16.4.0/24", "172.16.5.0/24"]), &attributes(), MOST);
    assert_eq!(learned(&rib), ["172.16.4.0/24 medium"]);
    assert!(!rib.waits_for_room());
    rib.withdraw(&some(&["172.16.4.0/24"]));
    assert!(rib.waits_for_room());
    rib.judge_again();
    assert_eq!(learned(&rib), ["172.16.5.0/24 medium"]);
}

#[test]
fn what_is_not_announced_again_goes_with_the_sweep() {
    let mut rib = rib();
    rib.announce(&some(&["172.16.4.0/24", "172.16.5.0/24"]), &attributes(), MOST);
    rib.mark();
    assert_eq!((rib.counts().stale, learned(&rib).len()), (2, 2));
    rib.announce(&some(&["172.16.5.0/24"]), &attributes(), MOST);
    assert_eq!(rib.counts().stale, 1);
    assert!(rib.sweep());
    assert_eq!(learned(&rib), ["172.16.5.0/24 medium"]);
    assert!(!rib.sweep());
}

#[test]
fn what_was_marked_before_goes_when_all_is_marked_again() {
    let mut rib = rib();
    rib.announce(&some(&["172.16.4.0/24"]), &attributes(), MOST);
    rib.mark();
    rib.announce(&some(&["172.16.5.0/24"]), &attributes(), MOST);
    rib.mark();
    assert_eq!(learned(&rib), ["172.16.5.0/24 medium"]);
    assert_eq!(rib.counts().stale, 1);
}

#[test]
fn what_the_kernel_held_is_learned_until_it_is_swept_or_announced() {
    let mut rib = rib();
    let peer = "169.254.0.100".parse().unwrap();
    rib.restore([
        (prefix("172.16.4.0/24"), Priority::High, peer),
        (prefix("172.16.5.0/24"), Priority::Medium, peer),
        (prefix("10.0.0.0/8"), Priority::Medium, peer),
    ]);
    assert_eq!(learned(&rib), ["172.16.4.0/24 high", "172.16.5.0/24 medium"]);
    rib.announce(&some(&["172.16.5.0/24"]), &attributes(), MOST);
    rib.sweep();
    assert_eq!(learned(&rib), ["172.16.5.0/24 medium"]);
}

#[test]
fn an_address_is_covered_by_the_most_specific_accepted_prefix_or_told_why_by_none() {
    let mut rib = rib();
    let covering = |rib: &AdjRibIn<Ipv4Addr>, address: &str| {
        let covering = rib.covering(address.parse().unwrap());
        covering.map(|(prefix, rejection)| (prefix.to_string(), rejection))
    };
    rib.announce(&some(&["172.0.0.0/8", "172.16.0.0/12"]), &attributes(), MOST);
    let wide = Some(("172.16.0.0/12".to_owned(), Some(Rejection::NotWhitelisted)));
    assert_eq!(covering(&rib, "172.16.4.1"), wide);
    rib.announce(&some(&["172.16.4.0/23", "172.16.4.0/24"]), &attributes(), MOST);
    let mut looped = attributes();
    looped.as_path = [12876, 65010].into();
    rib.announce(&some(&["172.16.4.0/25"]), &looped, MOST);
    assert_eq!(covering(&rib, "172.16.4.1"), Some(("172.16.4.0/24".to_owned(), None)));
    assert_eq!(covering(&rib, "172.16.5.1"), Some(("172.16.4.0/23".to_owned(), None)));
    assert_eq!(covering(&rib, "172.16.9.1"), wide);
    assert_eq!(covering(&rib, "173.0.0.1"), None);
}

#[test]
fn a_route_takes_few_bytes() {
    assert_eq!(size_of::<Held>(), 8);
    assert_eq!(size_of::<Verdict>(), 1);
}

/// What is done to it.
#[derive(Clone, Debug)]
enum Op {
    Announce(u8, u8),
    Withdraw(u8),
    Mark,
    Sweep,
    Policy(bool),
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn it_is_a_map_from_prefix_to_attributes_and_its_counts_are_true(ops in vec(any_op(), 0..80)) {
        let mut rib = rib();
        let mut model: BTreeMap<Prefix<Ipv4Addr>, (u8, bool)> = BTreeMap::new();
        let mut wide = false;
        for op in ops {
            match op {
                Op::Announce(number, kind) => {
                    rib.announce(&[route(number)], &kinds(kind), MOST);
                    model.insert(route(number), (kind, true));
                }
                Op::Withdraw(number) => {
                    let known = model.remove(&route(number)).is_some();
                    prop_assert_eq!(rib.withdraw(&[route(number)]), known);
                }
                Op::Mark => {
                    rib.mark();
                    model.retain(|_, (_, fresh)| *fresh);
                    for (_, fresh) in model.values_mut() {
                        *fresh = false;
                    }
                }
                Op::Sweep => {
                    rib.sweep();
                    model.retain(|_, (_, fresh)| *fresh);
                }
                Op::Policy(is_wide) => {
                    wide = is_wide;
                    rib.set_policy(policy(if wide { &["0.0.0.0/0"] } else { &["172.16.4.0/22"] }), MOST);
                }
            }
            let counts = rib.counts();
            prop_assert_eq!(counts.received, model.len());
            prop_assert_eq!(counts.stale, model.values().filter(|(_, fresh)| !fresh).count());
            prop_assert_eq!(counts.accepted + counts.rejected.values().sum::<usize>(), counts.received);
            let accepted: Vec<_> = model
                .iter()
                .filter(|(prefix, (kind, _))| *kind != 2 && (wide || policy(&["172.16.4.0/22"]).judge_prefix(**prefix).is_ok()))
                .map(|(prefix, _)| *prefix)
                .collect();
            prop_assert_eq!(rib.accepted().iter().map(|route| route.prefix).collect::<Vec<_>>(), accepted);
            let kept: Vec<_> = rib.routes().map(|(prefix, kept, _)| (prefix, Attributes::clone(kept))).collect();
            let expected: Vec<_> = model.iter().map(|(prefix, (kind, _))| (*prefix, kinds(*kind))).collect();
            prop_assert_eq!(kept, expected);
        }
        let all: Vec<_> = model.keys().copied().collect();
        rib.withdraw(&all);
        prop_assert_eq!(rib.attribute_bytes(), 0);
    }
}

fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0..12_u8, 0..3_u8).prop_map(|(number, kind)| Op::Announce(number, kind)),
        2 => (0..12_u8).prop_map(Op::Withdraw),
        1 => Just(Op::Mark),
        1 => Just(Op::Sweep),
        1 => any::<bool>().prop_map(Op::Policy),
    ]
}

fn route(number: u8) -> Prefix<Ipv4Addr> {
    Prefix::containing(Ipv4Addr::new(172, 16, number, 0), 24)
}

fn kinds(kind: u8) -> Attributes {
    match kind {
        0 => attributes(),
        1 => high(),
        _ => Attributes {
            as_path: [12876, 65010].into(),
            ..attributes()
        },
    }
}

fn high() -> Attributes {
    Attributes {
        communities: [Community::new(12876, 42200)].into(),
        ..attributes()
    }
}

fn rib() -> AdjRibIn<Ipv4Addr> {
    AdjRibIn::new(policy(&["172.16.4.0/22"]), MOST)
}

fn some(texts: &[&str]) -> Vec<Prefix<Ipv4Addr>> {
    texts.iter().map(|text| prefix(text)).collect()
}

fn learned(rib: &AdjRibIn<Ipv4Addr>) -> Vec<String> {
    let accepted = rib.accepted();
    let routes = accepted.iter().inspect(|route| assert_eq!(route.router, Router::Peer));
    routes
        .map(|route| format!("{} {}", route.prefix, route.priority))
        .collect()
}
