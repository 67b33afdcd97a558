//! How a session ends, and what stays of it.

use super::*;
use crate::bgp::session::dial::Dial;

#[test]
fn only_a_peer_that_would_keep_our_routes_is_reset_hard() {
    for (peer, is_hard) in [(peer(), true), (offer(12876, 65010), false)] {
        let mut alone = Alone::started(wanted());
        alone.establish(&incoming(1), &peer);
        let effects = alone.act(Session::remove);
        let told = Notification::new(Alarm::Deconfigured, "");
        let told = if is_hard { told.hard() } else { told };
        assert!(ends(&effects, &incoming(1), &told), "{effects:?}");
    }
}

#[test]
fn a_connection_that_is_not_established_is_never_reset_hard() {
    let mut alone = Alone::started(wanted());
    alone.accept(&incoming(1));
    alone.hear(&incoming(1), &codec::open(&peer()));
    let effects = alone.act(Session::remove);
    assert!(ends(
        &effects,
        &incoming(1),
        &Notification::new(Alarm::Deconfigured, "")
    ));
}

#[test]
fn a_session_that_was_up_for_long_enough_is_tried_again_soon() {
    for (time, is_soon) in [(STABLE.saturating_sub(Duration::from_nanos(1)), false), (STABLE, true)] {
        let mut alone = Alone::up(wanted());
        let mut random = fastrand::Rng::with_seed(2);
        alone.session.backoff.fail(&mut random);
        alone.now = alone.now.after(time);
        alone.lose(&incoming(1));
        let mut once = Backoff::default();
        once.fail(&mut random);
        assert_eq!(alone.session.backoff == once, is_soon, "after {time:?}");
    }
}

#[test]
fn the_peers_routes_are_kept_only_where_we_offer_restarts_too() {
    for (restart_time, kept) in [(0, None), (120, Some(77))] {
        let mut alone = Alone::up(Wanted {
            restart_time,
            ..wanted()
        });
        let effects = alone.lose(&incoming(1));
        let down = effects.iter().find_map(|effect| match effect {
            Effect::Tell(Event::Down { kept, .. }) => Some(*kept),
            _ => None,
        });
        assert_eq!(down, Some(kept));
    }
}

#[test]
fn a_lost_connection_of_the_peer_leaves_our_own_try_alone() {
    let mut alone = Alone::started(wanted());
    let dialed = alone.dial();
    alone.accept(&incoming(dialed.number));
    alone.lose(&incoming(dialed.number));
    assert_eq!(
        alone.session.dial,
        Dial::Dialing,
        "it has the same number, and is another's"
    );

    let mut alone = Alone::started(wanted());
    let planned = alone.session.dial_at;
    alone.accept(&incoming(1));
    alone.lose(&incoming(1));
    assert_eq!(alone.session.dial_at, planned);
}

#[test]
fn what_is_abandoned_closes_and_takes_back_what_it_taught() {
    let mut alone = Alone::up(wanted());
    alone.taught(&["172.16.4.0/24"]);
    alone.wait(SECOND);
    let effects = alone.session.abandon(alone.now);
    let down = Effect::Session {
        link: name("paris"),
        family: Family::V4,
        session: Standing::Down,
    };
    assert_eq!(effects[..3], [Effect::Close(incoming(1)), Effect::Unlisten(id()), down]);
    assert!(matches!(&effects[3..], [Effect::Learned { .. }]), "{effects:?}");
}

#[test]
fn what_the_kernel_held_counts_only_for_a_session_that_runs_and_offers_restarts() {
    for (restart_time, will, counts) in [
        (120, Will::Run, true),
        (0, Will::Run, false),
        (120, Will::Stay("for a test"), false),
    ] {
        let mut alone = Alone::started(Wanted {
            will,
            restart_time,
            ..wanted()
        });
        let held = vec![(
            prefix("172.16.4.0/24"),
            Priority::Medium,
            "169.254.0.100".parse().unwrap(),
        )];
        let restored = Restored {
            v4: Some(held),
            v6: None,
        };
        alone.act(|session, cx| session.restore(restored, cx));
        assert_eq!(
            alone.routes().standing == Standing::Up,
            counts,
            "{restart_time} {will:?}"
        );
    }
}
