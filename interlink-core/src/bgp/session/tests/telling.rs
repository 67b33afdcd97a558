//! What the peer and the operator are told.

use super::*;

#[test]
fn a_restart_is_offered_as_one_until_the_session_was_up() {
    let mut alone = Alone::new(wanted());
    for (ups, restarting, says) in [(0, true, true), (0, false, false), (1, true, false), (1, false, false)] {
        alone.session.ups = ups;
        let restart = alone.session.offer(restarting).restart.unwrap();
        assert_eq!(restart.restarting, says, "{ups} {restarting}");
        assert_eq!(restart.preserved.v4, ups > 0);
    }
    alone.session.v4.as_mut().unwrap().kept = Some((Time::default(), Kept::Ours));
    alone.session.ups = 0;
    assert!(alone.session.offer(true).restart.unwrap().preserved.v4);
    let without = Wanted {
        restart_time: 0,
        ..wanted()
    };
    assert_eq!(Alone::new(without).session.offer(true).restart, None);
}

#[test]
fn a_keepalive_of_the_peer_is_worth_no_word() {
    let mut alone = Alone::up(wanted());
    let until = |alone: &Alone| alone.session.connections[&incoming(1)].hold_until;
    let before = until(&alone);
    alone.wait(SECOND);
    assert!(alone.hear(&incoming(1), &codec::keepalive()).is_empty());
    assert_eq!(
        until(&alone),
        before.map(|at| at.after(SECOND)),
        "and of another hold time"
    );
}

#[test]
fn a_keepalive_is_due_within_a_third_of_the_hold_time_and_a_quarter_of_that_before() {
    for seed in 0..100 {
        let mut connection = Connection::new(incoming(1), Time::default());
        connection.agree(agreed(), Time::default(), &mut fastrand::Rng::with_seed(seed));
        let due = connection.keepalive_at.unwrap().0;
        assert!((Duration::from_millis(22_500)..=30 * SECOND).contains(&due), "{due:?}");
    }
}

#[test]
fn a_connection_is_idle_when_all_that_was_sent_is_taken() {
    let mut connection = Connection::new(incoming(1), Time::default());
    for (act, is_idle) in [
        (Connection::sending as fn(&mut Connection, Time), false),
        (Connection::sending, false),
        (Connection::sent, false),
        (Connection::sent, true),
    ] {
        act(&mut connection, Time::default());
        assert_eq!(
            (connection.is_idle(), connection.stuck_at.is_none()),
            (is_idle, is_idle)
        );
    }
}

#[test]
fn the_end_is_said_after_everything_else_and_all_is_said_again_when_it_is_said_otherwise() {
    let mut carried = wanted().v4.unwrap();
    let limits = wanted().limits;
    let mut routes = Routes::new(carried.clone(), limits);
    routes.up(&agreed(), limits, Time::default());
    let both: Vec<_> = carried.export.networks.iter().copied().collect();
    assert_eq!(
        routes.next_bytes(&agreed()),
        codec::announce(&both, &carried.said, &agreed())
    );
    assert_eq!(routes.told(), 2);
    assert_eq!(routes.next_bytes(&agreed()), codec::end_of_rib(Family::V4, &agreed()));
    assert!(routes.next_bytes(&agreed()).is_empty());
    carried.said.communities = vec![crate::domain::Community::GRACEFUL_SHUTDOWN];
    routes.follow(&carried, limits, Time::default());
    assert_eq!(
        routes.next_bytes(&agreed()),
        codec::announce(&both, &carried.said, &agreed())
    );
}

#[test]
fn a_report_says_how_far_a_session_is_and_why_it_is_no_further() {
    let mut alone = Alone::started(wanted());
    let report = alone.session.report(alone.now);
    assert_eq!((report.state.as_str(), report.stopped), ("active", None));
    assert_eq!(
        (report.transport.as_str(), report.families[0].family.as_str()),
        ("v4", "v4")
    );
    alone.dial();
    assert_eq!(alone.session.report(alone.now).state, "connect");
    alone.act(|session, cx| session.go_idle(&incoming(1), Alarm::TooManyPrefixes, cx));
    let report = alone.session.report(alone.now);
    let why = "the peer announced too many prefixes";
    assert_eq!((report.state.as_str(), report.stopped.as_deref()), ("idle", Some(why)));
}
