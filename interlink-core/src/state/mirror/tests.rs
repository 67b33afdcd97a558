//! What the mirror shows is what a simulated kernel holds, or nothing.

use std::collections::{BTreeMap, VecDeque};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::plan::Errno;
use crate::state::{NextHop, Route};
use crate::testing::{cases, interface, route_map};

const STATIC: Protocol = Protocol(4);

#[test]
fn everything_is_read_at_first_and_then_told() {
    let mut mirror = Mirror::default();
    assert!(mirror.needs_dump(&tables(), at(0)));
    assert_eq!(mirror.all(), None);
    mirror.told(News::Added(key(1), ours(1)));
    assert_eq!(mirror.all(), None, "what comes before the first dump is in it");
    mirror.dumped(Mirrored::default(), tables(), at(0), at(0));
    assert!(!mirror.needs_dump(&tables(), at(0)));
    mirror.told(News::Added(key(1), ours(1)));
    mirror.told(News::Added(key(2), Owner::Other(STATIC)));
    let all = mirror.all().unwrap();
    assert_eq!(route_map(&all.ours).keys().collect::<Vec<_>>(), [&key(1)]);
    assert_eq!(all.others.iter().collect::<Vec<_>>(), [(key(2), &STATIC)]);
    mirror.told(News::Removed(key(1), ours(1)));
    mirror.told(News::Removed(key(2), Owner::Other(STATIC)));
    assert_eq!(mirror.all(), Some(Mirrored::default()));
}

#[test]
fn everything_is_read_again_after_a_while_that_is_long_beside_what_it_takes() {
    let mut mirror = Mirror::default();
    mirror.dumped(Mirrored::default(), tables(), at(10), at(11));
    for (seconds, needs) in [(11, false), (310, false), (311, true), (400, true)] {
        assert_eq!(mirror.needs_dump(&tables(), at(seconds)), needs, "after {seconds} s");
    }
    mirror.dumped(Mirrored::default(), tables(), at(400), at(410));
    assert!(!mirror.needs_dump(&tables(), at(1409)));
    assert!(mirror.needs_dump(&tables(), at(1410)));
}

#[test]
fn another_table_that_matters_is_a_reason_to_read_and_one_less_is_none() {
    let mut mirror = Mirror::default();
    mirror.dumped(Mirrored::default(), tables(), at(0), at(0));
    let more = BTreeSet::from([TableNumber(100), TableNumber(200)]);
    assert!(mirror.needs_dump(&more, at(1)));
    assert!(!mirror.needs_dump(&BTreeSet::new(), at(1)));
}

#[test]
fn others_routes_elsewhere_are_nobodys_business() {
    let mut mirror = fresh();
    let elsewhere = RouteKey {
        table: TableNumber(254),
        ..key(1)
    };
    mirror.told(News::Added(elsewhere, Owner::Other(STATIC)));
    assert_eq!(mirror.all(), Some(Mirrored::default()));
    mirror.told(News::Added(elsewhere, ours(1)));
    assert_eq!(mirror.all().unwrap().ours.len(), 1, "but ours are");
}

#[test]
fn what_is_not_clear_is_read_again() {
    let strange = || Owner::Us(Path::Other);
    let unclear = [
        vec![News::Unclear],
        vec![News::Added(key(1), ours(1)), News::Added(key(1), ours(2))],
        vec![News::Added(key(1), ours(1)), News::Removed(key(1), ours(2))],
        vec![News::Added(key(1), ours(1)), News::Added(key(1), Owner::Other(STATIC))],
        vec![
            News::Added(key(1), ours(1)),
            News::Removed(key(1), Owner::Other(STATIC)),
        ],
        vec![News::Added(key(1), strange()), News::Added(key(1), strange())],
        vec![News::Added(key(1), strange()), News::Removed(key(1), strange())],
    ];
    for told in unclear {
        let mut mirror = fresh();
        let case = format!("{told:?}");
        for news in told {
            assert!(mirror.all().is_some(), "{case}");
            mirror.told(news);
        }
        assert_eq!(mirror.all(), None, "{case}");
        assert!(mirror.needs_dump(&tables(), at(0)));
    }
}

#[test]
fn what_is_written_over_something_strange_is_read_again() {
    let mut mirror = fresh();
    mirror.told(News::Added(key(1), Owner::Us(Path::Other)));
    mirror.wrote(&batch(&[(2, 1)]), &[]);
    assert!(mirror.all().is_some());
    mirror.wrote(&batch(&[(1, 1)]), &[]);
    assert_eq!(mirror.all(), None);
}

#[test]
fn refused_routes_are_as_they_were() {
    let mut mirror = fresh();
    mirror.wrote(&batch(&[(1, 1), (2, 1)]), &[refused(2)]);
    assert_eq!(mirror.all().unwrap().ours, batch(&[(1, 1)]));
    mirror.wrote(&batch(&[(2, 2)]), &[]);
    mirror.erased(&batch(&[(1, 1), (2, 2)]), &[refused(1)]);
    assert_eq!(mirror.all().unwrap().ours, batch(&[(1, 1)]));
    mirror.forget();
    mirror.wrote(&batch(&[(1, 1)]), &[]);
    mirror.erased(&batch(&[(1, 1)]), &[]);
    mirror.caught_up();
    assert_eq!(mirror.all(), None);
}

#[test]
fn a_change_by_others_at_the_time_of_our_own_is_not_put_in_order() {
    let written = |catches_up| {
        let mut mirror = fresh();
        mirror.wrote(&batch(&[(1, 1)]), &[]);
        if catches_up {
            mirror.caught_up();
        }
        mirror.told(News::Removed(key(1), ours(1)));
        mirror.all().is_some()
    };
    assert!(written(true) && !written(false));
    let erased = |number| {
        let mut mirror = fresh();
        mirror.erased(&batch(&[(1, 1)]), &[]);
        mirror.told(News::Added(key(number), ours(1)));
        mirror.all().is_some()
    };
    assert!(erased(2) && !erased(1));
}

#[test]
fn protocols_have_the_names_that_iproute2_gives_them() {
    let names = [2, 3, 4, 12, 73, 186, 77].map(|number| Protocol(number).to_string());
    assert_eq!(names, ["kernel", "boot", "static", "bird", "interlink", "bgp", "77"]);
}

#[derive(Clone, Debug)]
enum Step {
    /// Others change a route of ours, or make or remove one.
    Others(u8, Option<u8>),
    Write(Vec<(u8, u8)>),
    Erase(Vec<u8>),
    Read(usize),
    Dump,
}

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn once_everything_was_read_the_mirror_shows_the_kernel_or_nothing(steps in vec(any_step(), 0..24)) {
        let mut kernel = BTreeMap::<u8, u8>::new();
        let mut queue = VecDeque::new();
        let mut mirror = fresh();
        for step in steps.into_iter().chain([Step::Read(usize::MAX)]) {
            match step {
                Step::Others(number, to) => {
                    if let Some(before) = kernel.remove(&number) {
                        queue.push_back(News::Removed(key(number), ours(before)));
                    }
                    if let Some(hop) = to {
                        kernel.insert(number, hop);
                        queue.push_back(News::Added(key(number), ours(hop)));
                    }
                }
                Step::Write(routes) => {
                    mirror.wrote(&batch(&routes), &[]);
                    kernel.extend(routes);
                }
                Step::Erase(numbers) => {
                    let routes: Vec<_> = numbers.iter().map(|number| (*number, 0)).collect();
                    mirror.erased(&batch(&routes), &[]);
                    kernel.retain(|number, _| !numbers.contains(number));
                }
                Step::Read(many) => {
                    let many = many.min(queue.len());
                    for news in queue.drain(..many) {
                        mirror.told(news);
                    }
                    if queue.is_empty() {
                        mirror.caught_up();
                        if let Some(all) = mirror.all() {
                            let routes: Vec<_> = kernel.iter().map(|(number, hop)| (*number, *hop)).collect();
                            prop_assert_eq!(all.ours, batch(&routes));
                        }
                    }
                }
                Step::Dump => {
                    let routes: Vec<_> = kernel.iter().map(|(number, hop)| (*number, *hop)).collect();
                    let all = Mirrored { ours: batch(&routes), others: Arc::default() };
                    mirror.dumped(all, tables(), at(0), at(0));
                }
            }
        }
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let number = || 0..4_u8;
    let hop = || 1..3_u8;
    // One hop for each route of a batch.
    let batch = vec((number(), hop()), 1..3).prop_map(|routes| {
        let routes: BTreeMap<_, _> = routes.into_iter().collect();
        routes.into_iter().collect()
    });
    prop_oneof![
        3 => (number(), prop::option::of(hop())).prop_map(|(number, to)| Step::Others(number, to)),
        2 => batch.prop_map(Step::Write),
        1 => vec(number(), 1..3).prop_map(Step::Erase),
        3 => select(&[1, 2, usize::MAX][..]).prop_map(Step::Read),
        1 => Just(Step::Dump),
    ]
}

fn fresh() -> Mirror {
    let mut mirror = Mirror::default();
    mirror.dumped(Mirrored::default(), tables(), at(0), at(0));
    mirror
}

fn tables() -> BTreeSet<TableNumber> {
    BTreeSet::from([TableNumber(100)])
}

fn at(seconds: u64) -> Time {
    Time(Duration::from_secs(seconds))
}

fn key(number: u8) -> RouteKey {
    RouteKey {
        table: TableNumber(100),
        prefix: format!("10.{number}.0.0/16").parse().unwrap(),
        metric: 100,
    }
}

fn path(hop: u8) -> Path {
    let next_hop = NextHop {
        interface: interface("eth1"),
        gateway: format!("192.0.2.{hop}").parse().unwrap(),
    };
    Path::Via([next_hop].into())
}

fn ours(hop: u8) -> Owner {
    Owner::Us(path(hop))
}

fn batch(routes: &[(u8, u8)]) -> Arc<Routes> {
    let routes = routes.iter().map(|(number, hop)| Route {
        key: key(*number),
        path: path(*hop),
    });
    Arc::new(routes.collect())
}

fn refused(number: u8) -> RefusedRoute {
    RefusedRoute {
        route: Route {
            key: key(number),
            path: path(1),
        },
        errno: Errno(22),
        detail: "Invalid argument".to_owned(),
    }
}
