//! Listening, connecting, and which of two connections is kept.

use super::*;
use crate::bgp::session::dial::Dial;

#[test]
fn a_port_that_is_taken_is_told_once_and_tried_again_after_a_second() {
    let mut alone = Alone::started(wanted());
    let fail =
        |alone: &mut Alone, why: &str| told(&alone.act(|session, cx| session.listening(Err(why.to_owned()), cx)));
    let words = ["link \"paris\": BGP over IPv4: can't listen, trying on: in use"];
    assert_eq!(fail(&mut alone, "in use"), words);
    assert_eq!(alone.session.report(alone.now).not_listening.as_deref(), Some("in use"));
    let listens = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::Listen { .. }));
    assert!(!listens(&alone.wait(SECOND.saturating_sub(Duration::from_nanos(1)))));
    alone.session.last_error = Some("in use".to_owned());
    assert!(listens(&alone.wait(Duration::from_nanos(1))));
    assert!(fail(&mut alone, "in use").is_empty(), "nothing new");
    alone.wait(SECOND);
    assert_eq!(fail(&mut alone, "no such address").len(), 1);
}

#[test]
fn four_connections_may_wait_for_their_open_and_no_fifth() {
    let mut alone = Alone::started(wanted());
    for number in 1..=4 {
        assert!(
            !alone
                .accept(&incoming(number))
                .contains(&Effect::Close(incoming(number)))
        );
    }
    assert_eq!(alone.accept(&incoming(5)), [Effect::Close(incoming(5))]);
}

#[test]
fn only_the_connection_that_was_asked_for_is_taken() {
    let mut alone = Alone::started(wanted());
    let dialed = alone.dial();
    let other = ConnectionId {
        number: 99,
        ..dialed.clone()
    };
    assert_eq!(alone.connect(&other), [Effect::Close(other.clone())]);
    assert!(alone.lose(&other).is_empty());
    assert_eq!(alone.session.dial, Dial::Dialing);
    assert!(!alone.connect(&dialed).is_empty());
    assert_eq!(alone.session.ids(), [dialed]);
}

#[test]
fn a_try_that_fails_is_told_and_one_that_is_over_is_not() {
    let mut alone = Alone::started(wanted());
    let dialed = alone.dial();
    assert_eq!(told(&alone.lose(&dialed)).len(), 1);
    assert_eq!(alone.session.dial, Dial::Waiting);
    let again = alone.session.dial_at;
    alone.session.unreachable = false;
    assert!(alone.lose(&dialed).is_empty());
    assert_eq!(alone.session.dial_at, again);
}

#[test]
fn to_begin_again_keeps_the_next_try_and_to_stop_forgets_it() {
    let mut alone = Alone::started(wanted());
    let planned = alone.session.dial_at;
    assert!(planned.is_some());
    alone.act(Session::run);
    assert_eq!(alone.session.dial_at, planned);
    let effects = alone.act(Session::stop);
    assert_eq!(effects, [Effect::Unlisten(id())]);
    assert_eq!(alone.session.dial_at, None);
    assert!(alone.act(Session::stop).is_empty(), "it listens no more");
}

#[test]
fn a_try_waits_for_a_connection_of_the_peer_until_that_is_agreed_on() {
    let mut alone = Alone::started(wanted());
    alone.accept(&incoming(1));
    let at = alone.session.dial_at.unwrap();
    alone.wait(alone.now.until(at));
    assert_eq!(alone.session.dial_at, Some(alone.now.after(SOON)));
    alone.hear(&incoming(1), &codec::open(&peer()));
    alone.wait(SOON);
    assert_eq!((alone.session.dial, alone.session.dial_at), (Dial::Waiting, None));
}

#[test]
fn a_try_that_waits_is_forgotten_when_the_session_is_established_and_one_under_way_is_not() {
    let mut alone = Alone::started(wanted());
    alone.establish(&incoming(1), &peer());
    assert_eq!(alone.session.dial_at, None);

    let mut alone = Alone::started(wanted());
    alone.dial();
    let until = alone.session.dial_at;
    alone.establish(&incoming(1), &peer());
    assert_eq!((alone.session.dial, alone.session.dial_at), (Dial::Dialing, until));
}

#[test]
fn of_two_connections_the_one_of_the_router_with_the_higher_identifier_is_kept() {
    // Our AS is 65010, the peer's 12876: where the identifiers are the same, ours is higher.
    for (ours, theirs, keeps_ours) in [(2, 1, true), (1, 2, false), (1, 1, true)] {
        for is_outgoing_first in [true, false] {
            let mut wanted = wanted();
            wanted.offer.identifier = Ipv4Addr::from_bits(ours);
            let peer = codec::Offer {
                identifier: Ipv4Addr::from_bits(theirs),
                ..peer()
            };
            let mut alone = Alone::started(wanted);
            let outgoing = alone.dial();
            alone.connect(&outgoing);
            alone.accept(&incoming(1));
            let mut both = [outgoing.clone(), incoming(1)];
            if !is_outgoing_first {
                both.reverse();
            }
            alone.hear(&both[0], &codec::open(&peer));
            alone.hear(&both[1], &codec::open(&peer));
            let kept = if keeps_ours { outgoing } else { incoming(1) };
            assert_eq!(
                alone.session.ids(),
                [kept],
                "{ours} and {theirs}, ours first: {is_outgoing_first}"
            );
        }
    }
}

#[test]
fn a_new_connection_of_a_peer_that_can_restart_is_a_restart_when_it_did_not_lose_a_race() {
    let collision = Notification::new(Alarm::Collision, "");
    for (can_restart, wait, restarted) in [
        (true, 5 * SECOND, false),
        (true, 5 * SECOND + Duration::from_nanos(1), true),
        (false, 20 * SECOND, false),
    ] {
        let mut alone = Alone::started(wanted());
        let peer = if can_restart { peer() } else { offer(12876, 65010) };
        alone.establish(&incoming(1), &peer);
        alone.now = alone.now.after(wait);
        alone.accept(&incoming(2));
        let effects = alone.hear(&incoming(2), &codec::open(&peer));
        let kept = if restarted { incoming(2) } else { incoming(1) };
        assert_eq!(alone.session.ids(), [kept], "{can_restart} {wait:?}");
        assert_eq!(ends(&effects, &incoming(2), &collision), !restarted);
    }
}
