use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::*;
use crate::bgp::testing::{attributes, policy, policy_v6};
use crate::domain::Community;
use crate::testing::prefix;

#[test]
fn a_route_of_the_peer_within_the_policy_is_used() {
    let policy = policy(&["172.16.4.0/22"]);
    assert_eq!(
        policy.judge_attributes(&attributes()),
        Said::Usable(Priority::Medium, Router::Peer)
    );
    for within in ["172.16.4.0/22", "172.16.5.0/24", "172.16.7.255/32"] {
        assert_eq!(policy.judge_prefix(prefix(within)), Ok(()), "{within}");
    }
}

#[test]
fn a_prefix_outside_of_the_policy_has_its_reason() {
    let listed = policy(&["172.16.4.0/22", "128.0.0.0/1", "0.0.0.0/1"]);
    for (outside, reason) in [
        ("0.0.0.0/0", Rejection::Default),
        ("0.1.0.0/16", Rejection::Martian),
        ("127.0.0.0/8", Rejection::Martian),
        ("127.1.2.3/32", Rejection::Martian),
        ("169.254.0.0/24", Rejection::Martian),
        ("224.0.0.0/4", Rejection::Martian),
        ("255.255.255.255/32", Rejection::Martian),
    ] {
        assert_eq!(listed.judge_prefix(prefix(outside)), Err(reason), "{outside}");
    }
    let listed = policy(&["172.16.4.0/22"]);
    for outside in ["172.16.3.0/24", "172.16.8.0/24", "172.16.0.0/21", "10.0.0.0/8"] {
        assert_eq!(
            listed.judge_prefix(prefix(outside)),
            Err(Rejection::NotWhitelisted),
            "{outside}"
        );
    }
    let listed = policy_v6(&["::/1", "8000::/1"]);
    for outside in ["::1/128", "::ffff:0.0.0.0/96", "fe80::/64", "ff02::/16"] {
        assert_eq!(
            listed.judge_prefix(prefix(outside)),
            Err(Rejection::Martian),
            "{outside}"
        );
    }
}

#[test]
fn the_default_route_is_used_only_where_the_policy_lists_it() {
    assert_eq!(policy(&["0.0.0.0/0"]).judge_prefix(prefix("0.0.0.0/0")), Ok(()));
    assert_eq!(policy_v6(&["::/0"]).judge_prefix(prefix("::/0")), Ok(()));
    assert_eq!(
        policy_v6(&["2000::/3"]).judge_prefix(prefix("::/0")),
        Err(Rejection::Default)
    );
}

#[test]
fn without_a_policy_nothing_is_used() {
    let none = ImportPolicy {
        remote: None,
        ..policy(&[])
    };
    assert_eq!(none.judge_prefix(prefix("172.16.4.0/22")), Err(Rejection::NoPolicy));
    assert_eq!(
        policy(&[]).judge_prefix(prefix("172.16.4.0/22")),
        Err(Rejection::NotWhitelisted)
    );
}

#[test]
fn the_way_of_a_route_is_checked() {
    let policy = policy(&[]);
    for (path, reason) in [
        (&[][..], Rejection::FirstAs),
        (&[65020, 12876], Rejection::FirstAs),
        (&[12876, 65010], Rejection::OwnAs),
    ] {
        let attributes = Attributes {
            as_path: path.into(),
            ..attributes()
        };
        assert_eq!(policy.judge_attributes(&attributes), Said::Rejected(reason), "{path:?}");
    }
}

#[test]
fn a_next_hop_is_another_router_on_the_link() {
    let wide = ImportPolicy {
        interconnect: Interconnect::new((Ipv4Addr::new(10, 0, 0, 2), 24), (Ipv4Addr::new(10, 0, 0, 1), 24)).unwrap(),
        ..policy(&[])
    };
    let other = Router::Address("10.0.0.9".parse().unwrap());
    for (next_hop, expected) in [
        ("10.0.0.1", Said::Usable(Priority::Medium, Router::Peer)),
        ("10.0.0.9", Said::Usable(Priority::Medium, other)),
        ("10.0.0.2", Said::Rejected(Rejection::NextHop)),
        ("10.0.0.0", Said::Rejected(Rejection::NextHop)),
        ("10.0.0.255", Said::Rejected(Rejection::NextHop)),
        ("10.0.1.1", Said::Rejected(Rejection::NextHop)),
        ("0.0.0.0", Said::Rejected(Rejection::NextHop)),
        ("fd00::1", Said::Rejected(Rejection::NextHop)),
        ("::ffff:10.0.0.1", Said::Rejected(Rejection::MappedNextHop)),
    ] {
        let attributes = Attributes {
            next_hop: next_hop.parse().unwrap(),
            ..attributes()
        };
        assert_eq!(wide.judge_attributes(&attributes), expected, "{next_hop}");
    }
}

#[test]
fn communities_ask_for_a_priority_and_the_highest_counts() {
    let [low, medium, high] = [42050, 42100, 42200].map(|number| Community::new(12876, number));
    let policy = policy(&[]);
    for (communities, priority) in [
        (&[][..], Priority::Medium),
        (&[low], Priority::Low),
        (&[medium], Priority::Medium),
        (&[high], Priority::High),
        (&[low, high], Priority::High),
        (&[low, medium], Priority::Medium),
        (&[high, Community::GRACEFUL_SHUTDOWN], Priority::Low),
        (&[Community::NO_EXPORT, Community::NO_ADVERTISE], Priority::Medium),
    ] {
        let attributes = Attributes {
            communities: communities.into(),
            ..attributes()
        };
        assert_eq!(
            policy.judge_attributes(&attributes),
            Said::Usable(priority, Router::Peer),
            "{communities:?}"
        );
    }
    let going = ImportPolicy {
        graceful_shutdown: true,
        ..policy
    };
    assert_eq!(
        going.judge_attributes(&attributes()),
        Said::Usable(Priority::Low, Router::Peer)
    );
}

#[test]
fn what_was_for_customers_only_does_not_come_back_from_one() {
    let leaked = Attributes {
        only_to_customer: Some(65099),
        ..attributes()
    };
    for (role, rejected) in [
        (Some(Role::Provider), true),
        (Some(Role::Customer), false),
        (None, false),
    ] {
        let policy = ImportPolicy { role, ..policy(&[]) };
        let is_rejected = policy.judge_attributes(&leaked) == Said::Rejected(Rejection::Leak);
        assert_eq!(is_rejected, rejected, "{role:?}");
    }
}

#[test]
fn every_rejection_has_a_name_of_its_own() {
    let names: BTreeSet<_> = Rejection::ALL.map(Rejection::name).into();
    assert_eq!(names.len(), Rejection::ALL.len());
    let words: BTreeSet<_> = Rejection::ALL.map(|rejection| rejection.to_string()).into();
    assert_eq!(words.len(), Rejection::ALL.len());
    assert_eq!(format!("{:<25}|", Rejection::OwnAs), "our own AS is on its way |");
}
