//! Writing routes: all that can be added at once, then those whose place is taken.

use std::collections::{BTreeMap, BTreeSet};

use interlink_core::family::Family;
use interlink_core::name::InterfaceName;
use interlink_core::plan::{OpError, RefusedRoute};
use interlink_core::state::{Interface, Path, Route, RouteKey, Routes};
use netlink_packet_core::{NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, Parseable};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::route::RouteMessage;

use super::Netlink;
use super::error::{NetlinkError, Refusal};
use super::requests::{Request, Requests};
use super::row::{Names, Row};
use super::{routes, write};

impl Netlink {
    /// Installs routes, each in place of ours with the same key, without a moment in which neither is there.
    ///
    /// A prefix and metric that a route of another protocol holds is refused with `EEXIST`, that route being left
    /// alone: IPv4's `NLM_F_REPLACE` would overwrite it, whatever its protocol, and IPv6 would make one multipath route
    /// of the two. (A hop that somebody appends to an IPv6 route of ours becomes part of ours: the kernel doesn't tell
    /// them apart, and it goes when the route is installed anew.)
    ///
    /// The indexes of interfaces, and the subnets on them, are those of `interfaces`. A gateway outside of them is set
    /// `onlink`. The routes that aren't in [`OpError::Routes`] are installed.
    pub async fn add_routes(
        &self,
        routes: &Routes,
        interfaces: &BTreeMap<InterfaceName, Interface>,
    ) -> Result<(), OpError> {
        let mut refused = Vec::new();
        let mut requests = self.requests.lock().await;
        let routes: Vec<_> = routes.iter().collect();
        let additions =
            routes
                .iter()
                .enumerate()
                .filter_map(|(tag, (key, path))| match write::write(key, path, interfaces) {
                    Ok(message) => Some(new(tag, NLM_F_CREATE | NLM_F_EXCL, message)),
                    Err(refusal) => {
                        refused.push((tag, refusal));
                        None
                    }
                });
        let answers = requests.run("adding routes", additions).await?;
        let (taken, others): (Vec<_>, Vec<_>) = answers
            .into_iter()
            .partition(|(_, refusal)| refusal.errno.0 == libc::EEXIST);
        refused.extend(others);
        if !taken.is_empty() {
            let taken = taken
                .into_iter()
                .filter_map(|(tag, _)| Some((tag, *routes.get(tag)?)))
                .collect();
            refused.extend(self.replace(&mut requests, taken, interfaces).await?);
        }
        outcome(&routes, refused)
    }

    /// Removes routes of ours; one that isn't there is fine.
    ///
    /// [`Path::Other`] stands for everything of ours with its key.
    pub async fn remove_routes(
        &self,
        routes: &Routes,
        interfaces: &BTreeMap<InterfaceName, Interface>,
    ) -> Result<(), OpError> {
        let mut refused = Vec::new();
        let mut requests = self.requests.lock().await;
        let routes: Vec<_> = routes.iter().collect();
        let (known, strays): (Vec<_>, Vec<_>) = routes
            .iter()
            .enumerate()
            .partition(|(_, (_, path))| **path != Path::Other);
        // Backwards: IPv4's trie searches for the longest suffix that is left from its first child on, so a million
        // routes that go in their order take it three times as long.
        let removals = known.into_iter().rev().filter_map(|(tag, (key, path))| {
            match write::write_deletion(key, path, interfaces) {
                Ok(message) => Some(delete(tag, message)),
                Err(refusal) => {
                    refused.push((tag, refusal));
                    None
                }
            }
        });
        let answers = requests.run("removing routes", removals).await?;
        refused.extend(answers);
        if !strays.is_empty() {
            let mut rows = self
                .rows_of(strays.iter().map(|(_, (key, _))| *key).collect(), &Names::new())
                .await?;
            let removals = strays.into_iter().flat_map(|(tag, (key, _))| {
                let rows = rows.remove(key).unwrap_or_default();
                rows.into_iter()
                    .map(move |row| delete(tag, write::into_deletion(row.message)))
            });
            let answers = requests.run("removing routes", removals).await?;
            refused.extend(answers);
        }
        refused.retain(|(_, refusal)| !is_gone(refusal));
        outcome(&routes, refused)
    }

    /// Puts routes in the place of the rows of ours that have their keys.
    async fn replace(
        &self,
        requests: &mut Requests,
        taken: Vec<(usize, (RouteKey, &Path))>,
        interfaces: &BTreeMap<InterfaceName, Interface>,
    ) -> Result<Vec<(usize, Refusal)>, NetlinkError> {
        let names = routes::names(interfaces);
        let mut present = self
            .rows_of(taken.iter().map(|(_, (key, _))| *key).collect(), &names)
            .await?;
        let mut refused = Vec::new();
        let steps = taken.into_iter().flat_map(|(tag, (key, path))| {
            let rows = present.remove(&key).unwrap_or_default();
            if rows.is_empty() {
                let words = "a route of another protocol has this prefix and metric: remove it, or change its metric";
                refused.push((tag, Refusal::new(libc::EEXIST, words)));
                return Vec::new();
            }
            let message = match write::write(&key, path, interfaces) {
                Ok(message) => message,
                Err(refusal) => {
                    refused.push((tag, refusal));
                    return Vec::new();
                }
            };
            let is_it = |row: &Present| row.path == *path;
            match key.family() {
                Family::V4 => replace_v4(tag, message, rows, is_it),
                Family::V6 => replace_v6(tag, message, rows, is_it),
            }
        });
        let answers = requests.run("replacing routes", steps).await?;
        refused.extend(answers.into_iter().filter(|(_, refusal)| !is_gone(refusal)));
        Ok(refused)
    }

    /// The rows of ours that have one of these keys.
    async fn rows_of(
        &self,
        keys: BTreeSet<RouteKey>,
        names: &Names,
    ) -> Result<BTreeMap<RouteKey, Vec<Present>>, NetlinkError> {
        let places: BTreeSet<_> = keys.iter().map(|key| (key.family(), key.table)).collect();
        let mut rows: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut dumps = self.dumps.lock().await;
        for (family, table) in places {
            dumps
                .rows("looking for routes to replace", family, Some(table), |payload| {
                    if let Some(row) = Row::read(payload)?
                        && row.is_ours()
                        && keys.contains(&row.key)
                        && let Ok(message) = RouteMessage::parse(payload)
                    {
                        let path = row.path(names);
                        rows.entry(row.key).or_default().push(Present { message, path });
                    }
                    Ok(())
                })
                .await?;
        }
        Ok(rows)
    }
}

/// A row that the kernel holds.
struct Present {
    message: RouteMessage,
    path: Path,
}

/// IPv4 lets rows of one key stand side by side and uses the first, so the new one is appended before the old go.
fn replace_v4(tag: usize, message: RouteMessage, rows: Vec<Present>, is_it: impl Fn(&Present) -> bool) -> Vec<Request> {
    let (same, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_it);
    let addition = same.is_empty().then(|| new(tag, NLM_F_CREATE | NLM_F_APPEND, message));
    let removals = others
        .into_iter()
        .map(|row| delete(tag, write::into_deletion(row.message)));
    addition.into_iter().chain(removals).collect()
}

/// IPv6 replaces a route with all its hops, but only one that has gateways by one that has.
fn replace_v6(tag: usize, message: RouteMessage, rows: Vec<Present>, is_it: impl Fn(&Present) -> bool) -> Vec<Request> {
    if rows.iter().all(is_it) {
        return Vec::new();
    }
    let (replaceable, strays): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| write::has_gateway(&row.message));
    let how = if replaceable.is_empty() {
        NLM_F_EXCL
    } else {
        NLM_F_REPLACE
    };
    let removals = strays
        .into_iter()
        .map(|row| delete(tag, write::into_deletion(row.message)));
    removals.chain([new(tag, NLM_F_CREATE | how, message)]).collect()
}

fn new(tag: usize, flags: u16, message: RouteMessage) -> Request {
    Request {
        tag,
        flags,
        message: RouteNetlinkMessage::NewRoute(message),
    }
}

fn delete(tag: usize, message: RouteMessage) -> Request {
    Request {
        tag,
        flags: 0,
        message: RouteNetlinkMessage::DelRoute(message),
    }
}

fn is_gone(refusal: &Refusal) -> bool {
    refusal.errno.0 == libc::ESRCH
}

fn outcome(routes: &[(RouteKey, &Path)], refused: Vec<(usize, Refusal)>) -> Result<(), OpError> {
    let refused: BTreeMap<_, _> = refused.into_iter().collect();
    if refused.is_empty() {
        return Ok(());
    }
    let refused = refused.into_iter().filter_map(|(tag, refusal)| {
        let (key, path) = *routes.get(tag)?;
        let path = path.clone();
        Some(RefusedRoute {
            route: Route { key, path },
            errno: refusal.errno,
            detail: refusal.to_string(),
        })
    });
    Err(OpError::Routes {
        refused: refused.collect(),
    })
}
