//! What opens and closes a gate, on packets and routes.

use interlink_core::domain::{LinkStatus, Stance};
use interlink_tests::datagram::{Stream, arrives};
use interlink_tests::lab::{LINK, Lab, ON_PREMISES, VPC_HOST};
use interlink_tests::traffic::{Outcome, Ping};

use crate::kernel::{attachment, program, routes};
use crate::support::{CONFIG, ROUTES, apply, closed, enforcing, eventually, with};

#[test]
fn disabling_propagation_blocks_and_withdraws_and_enabling_it_does_the_reverse() {
    let (lab, _agent) = enforcing();
    let before = attachment(&lab);
    for _ in 0..2 {
        assert_eq!(pings(&lab), [Outcome::Flows; 2]);
        apply(&lab, &closed());
        assert_eq!(routes(&lab), [""; 0]);
        assert_eq!(pings(&lab), [Outcome::Blocked; 2]);
        apply(&lab, CONFIG);
        assert_eq!(routes(&lab), ROUTES);
    }
    assert_eq!(attachment(&lab), before, "the NIC is attached once");
}

#[test]
fn one_family_is_closed_without_the_other() {
    let (lab, _agent) = enforcing();
    apply(&lab, &with(CONFIG, "routing_policy_v4 = \"prod-v4\"\n", ""));
    assert_eq!(routes(&lab), ROUTES[1..]);
    assert_eq!(pings(&lab), [Outcome::Blocked, Outcome::Flows]);
    apply(&lab, &with(CONFIG, "routing_policy_v6 = \"prod-v6\"\n", ""));
    assert_eq!(routes(&lab), ROUTES[..1]);
    assert_eq!(pings(&lab), [Outcome::Flows, Outcome::Blocked]);
}

/// A status that only tells of a change under way leaves what the one before it allowed.
#[test]
fn each_status_lets_flow_what_it_should() {
    let (lab, _agent) = enforcing();
    for before in [LinkStatus::Active, LinkStatus::Locked] {
        for status in LinkStatus::KNOWN {
            apply(&lab, &in_status(&before));
            apply(&lab, &in_status(status));
            let flows = match status.stance() {
                Stance::Enforce => true,
                Stance::Hold => before == LinkStatus::Active,
                Stance::Wait | Stance::Connect | Stance::Block => false,
            };
            let expected = if flows { &ROUTES[..] } else { &[] };
            assert_eq!(routes(&lab), expected, "{status} behind {before}");
            // One that is lost takes a while, so not all are tried.
            if flows || *status == LinkStatus::Deprovisioning {
                assert_eq!(
                    arrives(&lab, ON_PREMISES.v4, VPC_HOST.v4),
                    flows,
                    "{status} behind {before}"
                );
            }
        }
    }
}

#[test]
fn a_link_that_is_taken_out_of_the_file_is_closed_and_its_nic_stays_protected() {
    let (lab, _agent) = enforcing();
    let without_links = CONFIG.split_once("[[link]]").unwrap().0;
    apply(&lab, without_links);
    assert_eq!(routes(&lab), [""; 0]);
    assert!(!arrives(&lab, ON_PREMISES.v4, VPC_HOST.v4));
    assert!(program(&lab, LINK).is_some());
    apply(&lab, CONFIG);
    // Without a link the peer's ARP wasn't answered either, and it asks again once a second.
    eventually("the link to be open", || arrives(&lab, ON_PREMISES.v4, VPC_HOST.v4));
}

#[test]
fn a_policy_that_grows_and_shrinks_loses_no_packet_that_both_allow() {
    let (lab, _agent) = enforcing();
    let wider = with(CONFIG, "[\"10.20.0.0/16\"]", "[\"10.20.0.0/16\", \"10.99.0.0/16\"]");
    let kept = Stream::start(&lab, ON_PREMISES.v4, VPC_HOST.v4);
    for _ in 0..5 {
        apply(&lab, &wider);
        assert!(arrives(&lab, "10.99.0.1", VPC_HOST.v4));
        apply(&lab, CONFIG);
    }
    let kept = kept.finish();
    assert!(kept.sent.len() > 100, "{} datagrams", kept.sent.len());
    assert_eq!(kept.arrived.len(), kept.sent.len());
}

fn in_status(status: &LinkStatus) -> String {
    with(CONFIG, "\"active\"", &format!("\"{status}\""))
}

fn pings(lab: &Lab) -> [Outcome; 2] {
    let pings = [(ON_PREMISES.v4, VPC_HOST.v4), (ON_PREMISES.v6, VPC_HOST.v6)];
    pings.map(|(from, to)| Ping::start(lab, from, to)).map(Ping::finish)
}
