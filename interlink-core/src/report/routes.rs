//! What `routes` shows: each route that is wanted or there, and how it stands.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::Link;
use crate::machine::Machine;
use crate::plan::RefusedRoute;
use crate::state::routes::merge;
use crate::state::{Observed, Path, Route, RouteKey, TableNumber, route_interface};

/// Which routes are asked for. The default is all.
#[derive(Clone, Copy, Debug, Default)]
pub struct RouteFilter<'a> {
    /// Those of a table.
    pub table: Option<TableNumber>,
    /// Those across a link.
    pub link: Option<&'a Link>,
    /// Those behind this one, in their order.
    pub after: Option<RouteKey>,
}

/// Some of the routes, in the order of table, prefix and metric.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutePage {
    /// The routes.
    pub routes: Vec<RouteRow>,
    /// The last of them, if there are more.
    pub more_after: Option<RouteKey>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteRow {
    /// In iproute2's words.
    pub route: String,
    /// How it stands.
    pub state: RouteStanding,
    /// Why it isn't installed, in the kernel's words, if it refused it.
    pub why: Option<String>,
}

/// How a route stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteStanding {
    /// Wanted, and the kernel has it.
    Installed,
    /// Wanted, and the kernel hasn't it yet, or another in its place.
    Wanted,
    /// Wanted, and the kernel refused it.
    Rejected,
    /// The kernel has it, and it isn't wanted.
    Unwanted,
}

impl RouteStanding {
    /// As `routes` prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Wanted => "wanted",
            Self::Rejected => "rejected",
            Self::Unwanted => "unwanted",
        }
    }
}

/// The routes that a filter lets through, at most so many of them.
pub fn routes(machine: &Machine, filter: &RouteFilter<'_>, most: usize) -> RoutePage {
    let nothing = Observed::default();
    let observed = machine.last_observed().unwrap_or(&nothing);
    let towards = filter.link.map(|link| route_interface(&link.key, &observed.interfaces));
    let leads_there = |path: &Path| {
        let Some(towards) = &towards else { return true };
        path.next_hops().any(|hop| hop.interface == *towards)
    };
    let refused: BTreeMap<RouteKey, &RefusedRoute> = machine.refused().map(|it| (it.route.key, it)).collect();
    let mut page = RoutePage::default();
    let mut last = None;
    for pair in merge(&machine.derived().desired.routes, &observed.routes) {
        let is_asked = filter.table.is_none_or(|table| table == pair.key.table)
            && filter.after.is_none_or(|after| pair.key > after);
        let (wanted, present) = (pair.left.map(|(_, path)| path), pair.right.map(|(_, path)| path));
        let Some(path) = wanted.or(present).filter(|path| is_asked && leads_there(path)) else {
            continue;
        };
        if page.routes.len() >= most {
            page.more_after = last;
            break;
        }
        let refusal = refused.get(&pair.key).filter(|_| wanted.is_some());
        let state = match (wanted, refusal) {
            (None, _) => RouteStanding::Unwanted,
            (Some(_), _) if pair.are_equal() => RouteStanding::Installed,
            (Some(_), Some(_)) => RouteStanding::Rejected,
            (Some(_), None) => RouteStanding::Wanted,
        };
        let (key, path) = (pair.key, path.clone());
        page.routes.push(RouteRow {
            route: Route { key, path }.to_string(),
            state,
            why: refusal
                .filter(|_| state == RouteStanding::Rejected)
                .map(|refusal| refusal.detail.clone()),
        });
        last = Some(pair.key);
    }
    page
}
