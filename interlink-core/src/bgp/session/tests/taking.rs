//! How much of what the peer says is taken.

use super::*;

const THREE: [&str; 3] = ["172.16.4.0/24", "172.16.5.0/24", "172.16.6.0/24"];

#[test]
fn a_limit_is_passed_by_one_more_than_it() {
    let limits = |most_accepted| Limits {
        most_accepted,
        ..wanted().limits
    };
    for (received, refused, accepted, passed) in [
        (2, 0, 0, None),
        (3, 0, 0, Some(2)),
        (2, 1, 0, Some(2)),
        (2, 0, 1, None),
        (2, 0, 2, Some(1)),
        (2, 0, 0, None),
    ] {
        assert_eq!(limits(Some(1)).passed(received, refused, accepted), passed);
    }
    assert_eq!(limits(None).passed(2, 0, 2), None);
}

#[test]
fn attributes_may_take_up_as_much_as_they_may_and_no_more() {
    let mut alone = Alone::up(wanted());
    alone.taught(&THREE[..1]);
    let bytes = alone.routes().rib.attribute_bytes();
    for (most_bytes, is_up) in [(bytes, true), (bytes - 1, false)] {
        let mut narrow = wanted();
        narrow.limits.most_bytes = most_bytes;
        let mut alone = Alone::up(narrow);
        let effects = alone.taught(&THREE[..1]);
        let ended = codec::Notification::new(Alarm::OutOfResources, "").hard().encode();
        assert_eq!(sends(&effects, &ended), !is_up, "{most_bytes} of {bytes}");
        assert_eq!(alone.session.established().is_some(), is_up);
    }
}

#[test]
fn what_is_left_out_is_told_once_and_asked_for_when_there_is_room() {
    let ask = codec::refresh(Family::V4, codec::Refresh::Ask);
    let mut alone = Alone::up(wanted());
    let effects = alone.taught(&THREE);
    let words =
        "link \"paris\": BGP over IPv4: the peer announces more than 2 IPv4 prefixes: those beyond are left out";
    assert_eq!(told(&effects), [words]);
    assert!(!sends(&effects, &ask), "there is no room");
    assert!(told(&alone.taught(&THREE)).is_empty(), "nothing new");
    let effects = alone.hear(&incoming(1), &codec::withdraw(&prefixes(&THREE[..1]), &agreed()));
    assert!(sends(&effects, &ask));
}

#[test]
fn what_is_kept_and_not_accepted_is_told_and_not_asked_for() {
    let mut few = wanted();
    few.limits = Limits {
        most: 100,
        most_accepted: Some(1),
        ..few.limits
    };
    let mut alone = Alone::up(few);
    let effects = alone.taught(&THREE[..2]);
    let words =
        "link \"paris\": BGP over IPv4: the peer announces more than 1 IPv4 prefixes: those beyond are left out";
    assert_eq!(told(&effects), [words]);
    assert!(!sends(&effects, &codec::refresh(Family::V4, codec::Refresh::Ask)));
    alone.wait(SECOND);
    alone.hear(&incoming(1), &codec::withdraw(&prefixes(&THREE[..1]), &agreed()));
    alone.wait(SECOND);
    let counts = alone.routes().rib.counts();
    assert_eq!((counts.received, counts.accepted), (1, 1), "the other has room now");
}

#[test]
fn a_fault_is_told_when_it_is_new() {
    let mut alone = Alone::up(wanted());
    let mut fault = |what: &str| told(&alone.act(|session, cx| session.fault(what.to_owned(), cx))).len();
    assert_eq!([fault("one"), fault("one"), fault("another")], [1, 0, 1]);
}

#[test]
fn what_is_not_said_again_in_a_refresh_is_forgotten_at_its_end() {
    let mut alone = Alone::up(wanted());
    alone.taught(&THREE[..2]);
    alone.hear(&incoming(1), &codec::refresh(Family::V4, codec::Refresh::Begin));
    alone.taught(&THREE[..1]);
    assert_eq!(alone.routes().rib.counts().stale, 1);
    alone.hear(&incoming(1), &codec::refresh(Family::V4, codec::Refresh::End));
    assert_eq!(alone.routes().rib.counts().received, 1);
}

#[test]
fn an_operator_who_wants_everything_again_has_it_asked_for_and_not_twice_at_once() {
    let ask = codec::refresh(Family::V4, codec::Refresh::Ask);
    let mut alone = Alone::up(wanted());
    assert!(sends(&alone.act(Session::ask_again), &ask));
    assert!(!sends(&alone.act(Session::ask_again), &ask));
    assert!(!sends(
        &alone.wait(REFRESH_EVERY.saturating_sub(Duration::from_nanos(1))),
        &ask
    ));
    assert!(sends(&alone.wait(Duration::from_nanos(1)), &ask));
    assert!(!sends(&alone.wait(REFRESH_EVERY), &ask), "nobody wants it again");
}

#[test]
fn the_role_counts_only_where_it_was_agreed_on() {
    let role = Some(crate::domain::Role::Provider);
    let mut carried = wanted().v4.unwrap();
    carried.import.role = role;
    let mut routes = Routes::new(carried, wanted().limits);
    for roles in [false, true, false] {
        let agreed = Negotiated { roles, ..agreed() };
        routes.up(&agreed, wanted().limits, Time::default());
        assert_eq!(routes.rib.policy().role, role.filter(|_| roles));
    }
}
