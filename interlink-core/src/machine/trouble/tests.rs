//! When what failed is news, and when it is tried again.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::plan::Errno;
use crate::state::{NextHop, Path, Route, TableNumber};
use crate::testing::interface;

const NANOSECOND: Duration = Duration::from_nanos(1);

#[test]
fn what_failed_waits_until_its_time_and_is_tried_at_it() {
    let (mut troubles, mut random) = (Troubles::default(), random());
    let (now, nic, [first, second]) = (Time(Duration::from_secs(9)), interface("eth1"), two_routes());
    let load = Op::Load { nic: nic.clone() };
    assert!(troubles.failed(&load, no_memory(), now, &mut random));
    let at = troubles.next_retry().unwrap();
    assert!(now < at);
    let suspended = troubles.suspended(before(at));
    assert_eq!((suspended.nics, suspended.all_routes), ([nic].into(), false));
    assert_eq!(troubles.suspended(at), Suspended::default());

    let mut troubles = Troubles::default();
    assert!(troubles.failed(&add(&[&first, &second]), no_memory(), now, &mut random));
    let at = troubles.next_retry().unwrap();
    let suspended = troubles.suspended(before(at));
    assert_eq!((suspended.nics.len(), suspended.all_routes), (0, true));
    assert_eq!(troubles.suspended(at), Suspended::default());

    let mut troubles = Troubles::default();
    let later = now.after(Duration::from_mins(1));
    assert!(troubles.failed(&add(&[&first]), refused(&[&first]), now, &mut random));
    assert!(troubles.failed(&add(&[&second]), refused(&[&second]), later, &mut random));
    let at = troubles.next_retry().unwrap();
    assert!(at < later, "the earlier of the two");
    assert_eq!(troubles.suspended(before(at)).routes, [first.key, second.key].into());
    assert_eq!(troubles.suspended(at).routes, [second.key].into());
    assert!(!troubles.suspended(before(at)).all_routes);
}

#[test]
fn a_refusal_is_news_if_one_of_its_routes_is_or_is_refused_for_another_reason() {
    let (mut troubles, mut random) = (Troubles::default(), random());
    let [first, second] = two_routes();
    let mut fail = |error| troubles.failed(&add(&[&first, &second]), error, Time::default(), &mut random);
    assert!(fail(refused(&[&first])));
    assert!(!fail(refused(&[&first])));
    assert!(fail(refused(&[&second, &first])), "the first of them is news");
    assert!(!fail(refused(&[&first, &second])));
    let mut other = refused(&[&first, &second]);
    if let OpError::Routes { refused } = &mut other {
        refused[1].errno = Errno(19);
    }
    assert!(fail(other), "the last of them is news");
}

#[test]
fn what_is_in_the_way_is_news_when_it_comes_and_again_when_it_comes_back() {
    let mut troubles = Troubles::default();
    let [eth1, eth2] = ["eth1", "eth2"].map(|name| OpError::NoInterface(interface(name)));
    for (blocked, news) in [
        (vec![eth1.clone()], vec![eth1.clone()]),
        (vec![eth1.clone()], vec![]),
        (vec![eth2.clone(), eth1.clone()], vec![eth2.clone()]),
        (vec![eth2], vec![]),
        (vec![eth1.clone()], vec![eth1]),
        (vec![], vec![]),
    ] {
        assert_eq!(troubles.blocked(blocked.clone()), news, "{blocked:?}");
    }
}

#[test]
fn what_is_wanted_anew_is_tried_at_once() {
    let (mut troubles, mut random) = (Troubles::default(), random());
    let [first, second] = two_routes();
    let load = Op::Load { nic: interface("eth1") };
    troubles.failed(&load, no_memory(), Time::default(), &mut random);
    troubles.failed(&add(&[&first]), refused(&[&second]), Time::default(), &mut random);
    troubles.forget();
    assert_eq!(troubles.suspended(Time::default()), Suspended::default());
    assert_eq!(troubles.next_retry(), None);
    assert!(troubles.is_empty());
}

fn random() -> fastrand::Rng {
    fastrand::Rng::with_seed(7)
}

fn before(at: Time) -> Time {
    Time(at.0.saturating_sub(NANOSECOND))
}

fn no_memory() -> OpError {
    OpError::Kernel {
        doing: "loading".to_owned(),
        detail: "Cannot allocate memory".to_owned(),
    }
}

/// Two routes of a link.
fn two_routes() -> [Route; 2] {
    ["172.16.4.0/22", "192.0.2.0/24"].map(|prefix| Route {
        key: RouteKey {
            table: TableNumber(100),
            prefix: prefix.parse().unwrap(),
            metric: 100,
        },
        path: Path::Via(
            [NextHop {
                gateway: "169.254.0.100".parse().unwrap(),
                interface: interface("eth1"),
            }]
            .into(),
        ),
    })
}

fn add(routes: &[&Route]) -> Op {
    Op::AddRoutes(Arc::new(routes.iter().copied().cloned().collect()))
}

fn refused(routes: &[&Route]) -> OpError {
    let refused = routes.iter().map(|route| RefusedRoute {
        route: (*route).clone(),
        errno: Errno(22),
        detail: "Invalid argument".to_owned(),
    });
    OpError::Routes {
        refused: refused.collect(),
    }
}
