//! Against a map that is changed at once.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::state::TableNumber;
use crate::testing::cases;

#[derive(Clone, Debug)]
enum Step {
    Set(u8, Option<char>),
    Put(Vec<(u8, char)>),
    Remove(Vec<u8>),
    Pack,
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn they_are_a_map_whatever_is_packed_when(first in vec(any_route(), 0..6), steps in vec(any_step(), 0..12)) {
        let mut model: BTreeMap<u8, char> = first.iter().copied().collect();
        let mut routes = Changing::new(packed(&first));
        for step in steps {
            match step {
                Step::Set(number, path) => {
                    routes.set(key(number), path);
                    match path {
                        Some(path) => model.insert(number, path),
                        None => model.remove(&number),
                    };
                }
                Step::Put(list) => {
                    routes.put(packed(&list));
                    model.extend(list);
                }
                Step::Remove(list) => {
                    // What is known of them doesn't matter.
                    let list: Vec<_> = list.into_iter().map(|number| (number, '?')).collect();
                    routes.remove(packed(&list));
                    model.retain(|number, _| list.iter().all(|(gone, _)| gone != number));
                }
                Step::Pack => {
                    routes.packed();
                }
            }
            for number in 0..10 {
                prop_assert_eq!(routes.get(&key(number)), model.get(&number));
            }
        }
        let all = model.iter().map(|(number, path)| (*number, *path)).collect::<Vec<_>>();
        prop_assert_eq!(&routes.packed(), &packed(&all));
    }
}

#[test]
fn nothing_is_packed_anew_where_nothing_changed() {
    let first = packed(&[(1, 'a')]);
    let mut routes = Changing::new(Arc::clone(&first));
    routes.set(key(1), Some('a'));
    routes.set(key(2), None);
    assert!(Arc::ptr_eq(&routes.packed(), &first));
    routes.set(key(1), None);
    assert!(routes.packed().is_empty());
}

#[test]
fn a_path_is_one_that_some_route_leads_or_led_along() {
    let mut routes = Changing::new(packed(&[(1, 'a')]));
    routes.put(packed(&[(2, 'b')]));
    routes.remove(packed(&[(3, 'c')]));
    routes.set(key(4), Some('d'));
    routes.set(key(1), None);
    let paths = ['a', 'b', 'c', 'd', 'e'].map(|path| routes.leads_along(&path));
    assert_eq!(paths, [true, true, false, true, false]);
}

fn packed(routes: &[(u8, char)]) -> Arc<Routes<char>> {
    let mut builder = Builder::default();
    for (number, path) in routes {
        let path = builder.paths.number(path);
        builder.push(key(*number), path);
    }
    Arc::new(builder.finish(|_, later| *later))
}

fn key(number: u8) -> RouteKey {
    RouteKey {
        table: TableNumber(100),
        prefix: format!("10.{number}.0.0/16").parse().unwrap(),
        metric: 100,
    }
}

fn any_route() -> impl Strategy<Value = (u8, char)> {
    (0..10_u8, select(&['a', 'b', 'c'][..]))
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..10_u8, prop::option::of(select(&['a', 'b', 'c'][..]))).prop_map(|(number, path)| Step::Set(number, path)),
        2 => vec(any_route(), 0..4).prop_map(Step::Put),
        2 => vec(0..10_u8, 0..4).prop_map(Step::Remove),
        1 => Just(Step::Pack),
    ]
}
