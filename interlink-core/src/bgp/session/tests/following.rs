//! Another configuration.

use super::*;

#[test]
fn only_some_keys_may_change_without_another_session() {
    let with = |change: fn(&mut Wanted)| {
        let mut other = wanted();
        change(&mut other);
        other
    };
    for (other, is_same) in [
        (with(|other| other.passive = true), true),
        (with(|other| other.limits.most = 7), true),
        (with(|other| other.will = Will::NoCarrier), true),
        (with(|other| other.endpoint.ttl_security = true), false),
        (with(|other| other.offer.hold_time = 30), false),
        (with(|other| other.restart_time = 60), false),
    ] {
        assert_eq!(wanted().is_same_session(&other), is_same, "{other:?}");
    }
}

#[test]
fn another_offer_or_another_family_begins_the_session_anew() {
    let mut another_offer = wanted();
    another_offer.offer.hold_time = 30;
    let no_family = Wanted { v4: None, ..wanted() };
    for other in [another_offer, no_family] {
        let mut alone = Alone::up(wanted());
        let effects = alone.follow(other);
        assert!(effects.contains(&Effect::Close(incoming(1))), "{effects:?}");
        assert!(effects.contains(&Effect::Unlisten(id())), "{effects:?}");
    }
}

#[test]
fn what_was_left_out_is_asked_for_when_the_limit_is_raised_and_not_else() {
    let limited = |most, passive| {
        let mut wanted = wanted();
        wanted.limits.most = most;
        Wanted { passive, ..wanted }
    };
    let three = ["172.16.4.0/24", "172.16.5.0/24", "172.16.6.0/24"];
    for (known, then, asks) in [
        (&three[..], limited(3, false), true),
        (&three, limited(2, true), false),
        (&three[..2], limited(3, false), false),
    ] {
        let mut alone = Alone::up(limited(2, false));
        alone.taught(known);
        alone.follow(then);
        let effects = alone.wait(SECOND);
        assert_eq!(sends(&effects, &codec::refresh(Family::V4, codec::Refresh::Ask)), asks);
    }
}
