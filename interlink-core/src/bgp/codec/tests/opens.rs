//! What two routers agree on.

use super::*;

#[test]
fn two_offers_agree_on_what_both_have() {
    let mut ours = offer(65010, 4_200_000_000);
    ours.hold_time = 30;
    let mut theirs = offer(4_200_000_000, 65010);
    theirs.families.v6 = false;
    theirs.restart = Some(RestartOffer {
        time: 77,
        restarting: true,
        preserved: PerFamily { v4: true, v6: true },
    });
    let agreed = ours.negotiate(&sent(&theirs)).unwrap();
    assert_eq!(agreed.hold_time, 30);
    assert_eq!((agreed.families.v4, agreed.families.v6), (true, false));
    assert!(agreed.four_octet && agreed.refresh && agreed.enhanced_refresh && agreed.extended);
    assert_eq!(
        agreed.restart,
        Some(PeerRestart {
            time: 77,
            restarting: true,
            families: PerFamily {
                v4: Some(true),
                v6: None
            },
        })
    );
    assert!(!agreed.notification_restart, "we offered no restart");
}

#[test]
fn an_as_that_was_not_expected_is_refused() {
    let refused = offer(65010, 12876).negotiate(&sent(&offer(12877, 65010))).unwrap_err();
    assert_eq!(refused.to_string(), "Bad Peer AS (2/2)");
}

#[test]
fn a_hold_time_of_one_or_two_seconds_is_refused() {
    for hold_time in [1, 2] {
        let theirs = Offer {
            hold_time,
            ..offer(12876, 65010)
        };
        let refused = offer(65010, 12876).negotiate(&sent(&theirs)).unwrap_err();
        assert_eq!(refused.code(), (2, 6));
    }
    let theirs = Offer {
        hold_time: 0,
        ..offer(12876, 65010)
    };
    assert_eq!(offer(65010, 12876).negotiate(&sent(&theirs)).unwrap().hold_time, 0);
}

#[test]
fn a_peer_without_a_common_family_is_refused() {
    let only = |v4, v6, local, peer| Offer {
        families: PerFamily { v4, v6 },
        ..offer(local, peer)
    };
    let refused = only(false, true, 65010, 12876).negotiate(&sent(&only(true, false, 12876, 65010)));
    assert_eq!(refused.unwrap_err().code(), (2, 7));
}

#[test]
fn roles_that_fit_are_agreed_on_and_others_refused() {
    let with = |role, local, peer| Offer {
        role,
        ..offer(local, peer)
    };
    let (provider, customer) = (Some(Role::Provider), Some(Role::Customer));
    let agreed = |ours, theirs| with(ours, 65010, 12876).negotiate(&sent(&with(theirs, 12876, 65010)));
    assert!(agreed(customer, provider).unwrap().roles);
    assert!(!agreed(customer, None).unwrap().roles);
    assert_eq!(agreed(customer, customer).unwrap_err().code(), (2, 11));
}

fn sent(offer: &Offer) -> PeerOpen {
    let mut frames = Frames::default();
    frames.push(&open(offer));
    match frames.read() {
        Ok(Some(Received::Open(open))) => *open,
        other => panic!("{other:?}"),
    }
}

use crate::domain::Role;
use crate::family::PerFamily;
