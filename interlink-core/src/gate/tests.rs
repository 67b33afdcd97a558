//! Every combination of the conditions, and what each of them closes.

mod case;

use super::*;
use crate::testing::statuses;
use case::{Case, Policies, Vpcs};

#[test]
fn a_gate_is_open_exactly_when_each_condition_is_met() {
    let mut open = 0;
    for case in Case::all() {
        let gate = case.gate();
        assert_eq!(gate.is_open(), case.is_complete(), "{case:?}");
        assert_eq!(gate.reason() == Reason::Allowed, case.is_complete(), "{case:?}");
        open += usize::from(gate.is_open());
    }
    // Two families, two statuses, and a session that is up or not needed.
    assert_eq!(open, 2 * 2 * 2);
}

#[test]
fn each_condition_is_judged_on_its_own_and_the_first_unmet_one_is_the_reason() {
    for case in Case::all() {
        let gate = case.gate();
        let expected = case.expected();
        let found: Vec<_> = gate
            .conditions()
            .map(|(condition, closed)| (condition, closed.cloned()))
            .collect();
        assert_eq!(found, expected, "{case:?}");
        let first = expected.into_iter().find_map(|(_, closed)| closed);
        assert_eq!(gate.first_unmet(), first.as_ref(), "{case:?}");
        assert_eq!(
            gate.reason(),
            first.map_or(Reason::Allowed, |closed| closed.reason()),
            "{case:?}"
        );
    }
}

#[test]
fn taking_any_condition_away_closes_an_open_gate_for_its_own_reason() {
    for family in Family::ALL {
        let open = Case::open(family);
        assert!(open.gate().is_open());
        let closed = [
            (
                Case {
                    status: LinkStatus::Locked,
                    ..open.clone()
                },
                Reason::LinkStatus,
            ),
            (
                Case {
                    vpc: Vpcs::None,
                    ..open.clone()
                },
                Reason::NoVpc,
            ),
            (
                Case {
                    policy: Policies::None,
                    ..open.clone()
                },
                Reason::NoRoutingPolicy,
            ),
            (
                Case {
                    propagation: false,
                    ..open.clone()
                },
                Reason::PropagationDisabled,
            ),
            (
                Case {
                    interconnect: false,
                    ..open.clone()
                },
                Reason::NoInterconnect,
            ),
            (
                Case {
                    session: Some(Session::Down),
                    ..open
                },
                Reason::BgpDown,
            ),
        ];
        for ((case, reason), condition) in closed.into_iter().zip(Condition::ALL) {
            assert_eq!(case.gate().reason(), reason);
            let unmet: Vec<_> = case
                .gate()
                .conditions()
                .filter_map(|(condition, closed)| closed.map(|_| condition))
                .collect();
            assert_eq!(unmet, [condition]);
        }
    }
}

#[test]
fn a_session_that_nobody_told_of_is_down() {
    assert_eq!(Session::default(), Session::Down);
}

#[test]
fn a_status_under_way_keeps_what_the_last_settled_one_allowed() {
    for current in statuses() {
        assert_eq!(settle(None, &current), current);
        for previous in statuses() {
            let holds = ["unknown_link_status", "configuring", "paused"].contains(&current.as_str());
            let expected = if holds { &previous } else { &current };
            assert_eq!(settle(Some(&previous), &current), *expected);
        }
    }
}

#[test]
fn a_closed_gate_says_why_and_what_to_do_in_words() {
    let texts: Vec<_> = [
        Closed::LinkStatus(LinkStatus::Ready),
        Closed::NoVpc,
        Closed::NoRoutingPolicy,
        Closed::PropagationDisabled,
        Closed::NoInterconnect,
        Closed::BgpDown,
    ]
    .iter()
    .map(|closed| format!("{closed}: {}", closed.next_step()))
    .collect();
    assert_eq!(
        texts,
        [
            "the link's status is ready: configure the router at the other end",
            "no VPC is attached to the link: attach a VPC",
            "no routing policy of this IP family is attached to the link: attach a routing policy of this family",
            "route propagation is disabled: enable route propagation",
            "the interconnect addresses of this family are not known for both routers: give both routers an address of \
             this family in `scw_bgp_config` and `peer_bgp_config`",
            "the BGP session of this family is not established: check the peer, its ASN and the interconnect addresses",
        ]
    );
}

#[test]
fn conditions_have_the_names_that_status_prints_in_the_order_of_the_products_steps() {
    assert_eq!(
        Condition::ALL.map(Condition::name),
        [
            "link_status",
            "vpc",
            "routing_policy",
            "route_propagation",
            "interconnect",
            "bgp"
        ]
    );
}
