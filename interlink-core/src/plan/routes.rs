//! What is to become of each route.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Op, Step, Why};
use crate::family::Family;
use crate::state::routes::{Batches, Pair, PathId, Paths, merge};
use crate::state::{NextHop, Path, RouteKey, Routes};

/// The most routes of one step: what is to be closed waits for no more than these.
const ROUTES_PER_STEP: usize = 8192;

/// What the routes of a plan depend on, beside the wanted and the present ones.
pub(super) struct Conditions<'a> {
    /// Whether a next hop can be routed to.
    pub(super) is_usable: &'a dyn Fn(&NextHop) -> bool,
    /// Whether the link that it is on opens with this plan.
    pub(super) is_opening: &'a dyn Fn(&NextHop, Family) -> bool,
    /// Routes that aren't to be tried yet.
    pub(super) waiting: &'a BTreeSet<RouteKey>,
}

/// The steps about routes, by phase.
#[derive(Debug, Default)]
pub(super) struct RouteSteps {
    /// The ends of tables, before the rules that lead there.
    pub(super) ends: Vec<Step>,
    /// Before the switch: what isn't wanted, and what has to be there when links open.
    pub(super) before: Vec<Step>,
    /// After it: what links gain that are open.
    pub(super) after: Vec<Step>,
}

/// Compares the routes and says what to do, in one pass through both.
pub(super) fn compare(wanted: &Routes, present: &Routes, conditions: &Conditions<'_>) -> RouteSteps {
    let mut hops = wanted.paths().iter().flat_map(Path::next_hops);
    if std::ptr::eq(wanted, present) && conditions.waiting.is_empty() && hops.all(conditions.is_usable) {
        return RouteSteps::default();
    }
    let mut comparison = Comparison {
        paths: Paths::default(),
        known: BTreeMap::new(),
        conditions,
    };
    let possible = wanted.by_path(|path| comparison.possible(path));
    let there = present.by_path(|path| comparison.paths.number(path));
    let mut batches = Phases::default();
    for Pair { key, left, right } in merge(wanted, present) {
        let left = left.filter(|_| conditions.waiting.is_empty() || !conditions.waiting.contains(&key));
        let left = left.and_then(|(path, _)| possible.get(path).copied().flatten());
        let right = right.and_then(|(path, _)| there.get(path).copied());
        if left == right {
            continue;
        }
        let Change { withdraw, narrow, add } = comparison.change(key.family(), left, right);
        let entries = [
            (Phase::Withdraw, withdraw),
            (Phase::Narrow, narrow),
            (add.map_or(Phase::Open, |(phase, _)| phase), add.map(|(_, path)| path)),
        ];
        for (phase, path) in entries {
            if let Some(path) = path {
                batches.of(phase).push(key, path);
            }
        }
    }
    batches.finish(&comparison.paths.into())
}

/// Compares paths, each pair of them once.
struct Comparison<'a> {
    /// Those of both sides.
    paths: Paths,
    known: BTreeMap<(Family, Option<PathId>, Option<PathId>), Change>,
    conditions: &'a Conditions<'a>,
}

/// What becomes of one route.
#[derive(Clone, Copy, Debug, Default)]
struct Change {
    /// It goes; this is what it was.
    withdraw: Option<PathId>,
    /// It loses next hops; these stay.
    narrow: Option<PathId>,
    /// It is to lead along this path.
    add: Option<(Phase, PathId)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    End,
    Withdraw,
    Narrow,
    Replace,
    Opening,
    Open,
}

impl Comparison<'_> {
    /// What is left of a path without the next hops that can't be routed to.
    fn possible(&mut self, path: &Path) -> Option<PathId> {
        let possible = match path {
            Path::Via(next_hops) => {
                let usable = next_hops.iter().filter(|hop| (self.conditions.is_usable)(hop));
                Path::via(usable.cloned().collect())?
            }
            Path::Unreachable => Path::Unreachable,
            Path::Other => return None,
        };
        Some(self.paths.number(&possible))
    }

    fn change(&mut self, family: Family, wanted: Option<PathId>, present: Option<PathId>) -> Change {
        let pair = (family, wanted, present);
        if let Some(known) = self.known.get(&pair) {
            return *known;
        }
        let change = self.work_out(family, wanted, present);
        self.known.insert(pair, change);
        change
    }

    fn work_out(&mut self, family: Family, wanted: Option<PathId>, present: Option<PathId>) -> Change {
        let Some(wanted) = wanted else {
            return Change {
                withdraw: present,
                ..Change::default()
            };
        };
        if self.paths.get(wanted) == Some(&Path::Unreachable) {
            return Change {
                add: Some((Phase::End, wanted)),
                ..Change::default()
            };
        }
        let hops = |path| self.paths.get(path).into_iter().flat_map(Path::next_hops).cloned();
        let new: BTreeSet<NextHop> = hops(wanted).collect();
        let old: BTreeSet<NextHop> = present.into_iter().flat_map(hops).collect();
        let kept: BTreeSet<NextHop> = new.intersection(&old).cloned().collect();
        if present.is_some() && kept.is_empty() {
            return Change {
                add: Some((Phase::Replace, wanted)),
                ..Change::default()
            };
        }
        let opens = new
            .difference(&kept)
            .any(|hop| (self.conditions.is_opening)(hop, family));
        let phase = if opens { Phase::Opening } else { Phase::Open };
        let add = (kept != new).then_some((phase, wanted));
        let narrowed = Path::via(kept).filter(|path| path.next_hops().count() < old.len());
        Change {
            narrow: narrowed.map(|path| self.paths.number(&path)),
            add,
            ..Change::default()
        }
    }
}

/// The routes of each phase.
struct Phases {
    end: Batches,
    withdraw: Batches,
    narrow: Batches,
    replace: Batches,
    opening: Batches,
    open: Batches,
}

impl Default for Phases {
    fn default() -> Self {
        Self {
            end: Batches::of(ROUTES_PER_STEP),
            withdraw: Batches::of(ROUTES_PER_STEP),
            narrow: Batches::of(ROUTES_PER_STEP),
            replace: Batches::of(ROUTES_PER_STEP),
            opening: Batches::of(ROUTES_PER_STEP),
            open: Batches::of(ROUTES_PER_STEP),
        }
    }
}

impl Phases {
    const fn of(&mut self, phase: Phase) -> &mut Batches {
        match phase {
            Phase::End => &mut self.end,
            Phase::Withdraw => &mut self.withdraw,
            Phase::Narrow => &mut self.narrow,
            Phase::Replace => &mut self.replace,
            Phase::Opening => &mut self.opening,
            Phase::Open => &mut self.open,
        }
    }

    fn finish(self, paths: &Arc<[Path]>) -> RouteSteps {
        let steps = |batches: Batches, make: fn(Arc<Routes>) -> Op, why| {
            let routes = batches.finish(paths).map(Arc::new);
            routes.map(move |routes| Step { op: make(routes), why })
        };
        let before = steps(self.withdraw, Op::RemoveRoutes, Why::NotWanted)
            .chain(steps(self.narrow, Op::AddRoutes, Why::NextHopNotWanted))
            .chain(steps(self.replace, Op::AddRoutes, Why::RouteMissing))
            .chain(steps(self.opening, Op::AddRoutes, Why::Opening));
        RouteSteps {
            ends: steps(self.end, Op::AddRoutes, Why::TableEnd).collect(),
            before: before.collect(),
            after: steps(self.open, Op::AddRoutes, Why::RouteMissing).collect(),
        }
    }
}
