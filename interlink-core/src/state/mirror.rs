//! What the kernel says of its routes: all of them once, and then every change.
//!
//! A million routes can't be read each second. So they are dumped at the start, now and then, and when notifications were
//! lost; in between, each notification and each answer to our own requests is applied to the last dump. These are the
//! kernel's words as much as a dump is, in the order in which it said them: nothing here is what anybody meant to do.
//! Where a word can't be understood from what is known, nothing is guessed: everything is read again.
//!
//! Our own requests are told by their answers, not by notifications. The two come on different sockets, so nobody can
//! tell whether a change by others to the same route came before or behind: everything is read again then, too.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::routes::{Builder, Changing};
use super::{Path, Protocol, RouteKey, Routes, TableNumber};
use crate::plan::RefusedRoute;
use crate::time::Time;

/// How often everything is read again though nothing was lost.
pub const DUMP_EVERY: Duration = Duration::from_mins(5);

/// Reading everything again takes at most one part in so many of the time.
const IDLE_PER_DUMP: u32 = 100;

/// The routes of the kernel, as far as it has said.
#[derive(Debug, Default)]
pub struct Mirror {
    view: Option<View>,
    /// When everything is to be read again.
    due: Time,
    /// What was answered since every notification was read. What is dumped later has it, and notifications from before
    /// may still come.
    answered: Vec<Arc<Routes>>,
    /// The tables whose foreign routes are known.
    tables: BTreeSet<TableNumber>,
}

#[derive(Debug)]
struct View {
    ours: Changing,
    others: Changing<Protocol>,
}

/// A change that the kernel told of, and that somebody else asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A route is there.
    Added(RouteKey, Owner),
    /// A route isn't there any more.
    Removed(RouteKey, Owner),
    /// Something was lost, or can't be told by notifications.
    Unclear,
}

/// Whose a route is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Ours, and where it leads.
    Us(Path),
    /// Another's.
    Other(Protocol),
}

/// All that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mirrored {
    /// The routes of our protocol, in any table.
    pub ours: Arc<Routes>,
    /// Those of others in the tables that matter.
    pub others: Arc<Routes<Protocol>>,
}

impl Mirror {
    /// Whether everything has to be read again. `tables` are those whose foreign routes matter.
    pub fn needs_dump(&self, tables: &BTreeSet<TableNumber>, now: Time) -> bool {
        self.view.is_none() || self.due <= now || !tables.is_subset(&self.tables)
    }

    /// Everything was read, from one moment to another.
    pub fn dumped(&mut self, all: Mirrored, tables: BTreeSet<TableNumber>, began: Time, ended: Time) {
        let Mirrored { ours, others } = all;
        self.view = Some(View {
            ours: Changing::new(ours),
            others: Changing::new(others),
        });
        self.tables = tables;
        let pause = began.until(ended).saturating_mul(IDLE_PER_DUMP).max(DUMP_EVERY);
        self.due = ended.after(pause);
    }

    /// Everything that is known may be wrong.
    pub fn forget(&mut self) {
        self.view = None;
    }

    /// Takes up what the kernel told, in its order.
    pub fn told(&mut self, news: News) {
        let Some(View { ours, others }) = &mut self.view else {
            return;
        };
        let (key, owner, is_added) = match news {
            News::Added(key, owner) => (key, owner, true),
            News::Removed(key, owner) => (key, owner, false),
            News::Unclear => return self.forget(),
        };
        if self.answered.iter().any(|routes| routes.get(&key).is_some()) {
            return self.forget();
        }
        let clear = match (owner, ours.get(&key)) {
            (Owner::Us(path), None) => {
                if is_added {
                    ours.set(key, Some(path));
                }
                true
            }
            (Owner::Us(path), Some(known)) => {
                let is_known = *known == path && path != Path::Other;
                if is_known && !is_added {
                    ours.set(key, None);
                }
                is_known
            }
            (Owner::Other(protocol), None) => {
                if self.tables.contains(&key.table) {
                    others.set(key, is_added.then_some(protocol));
                }
                true
            }
            // It may be part of ours now, or have been; or be in its place.
            (Owner::Other(_), Some(_)) => false,
        };
        if !clear {
            self.forget();
        }
    }

    /// Every notification up to now was read.
    pub fn caught_up(&mut self) {
        self.answered.clear();
    }

    /// The kernel took routes, but for some.
    pub fn wrote(&mut self, routes: &Arc<Routes>, refused: &[RefusedRoute]) {
        self.answered.push(Arc::clone(routes));
        let Some(View { ours, .. }) = &mut self.view else {
            return;
        };
        // What stands there in a form of its own may stand beside ours now.
        let is_strange = |(key, _): (RouteKey, _)| ours.get(&key) == Some(&Path::Other);
        if ours.leads_along(&Path::Other) && routes.iter().any(is_strange) {
            return self.forget();
        }
        ours.put(without(routes, refused));
    }

    /// The kernel removed routes, but for some.
    pub fn erased(&mut self, routes: &Arc<Routes>, refused: &[RefusedRoute]) {
        self.answered.push(Arc::clone(routes));
        if let Some(View { ours, .. }) = &mut self.view {
            ours.remove(without(routes, refused));
        }
    }

    /// What is known by now; nothing where everything has to be read first.
    pub fn all(&mut self) -> Option<Mirrored> {
        let View { ours, others, .. } = self.view.as_mut()?;
        Some(Mirrored {
            ours: ours.packed(),
            others: others.packed(),
        })
    }
}

fn without(routes: &Arc<Routes>, refused: &[RefusedRoute]) -> Arc<Routes> {
    if refused.is_empty() {
        return Arc::clone(routes);
    }
    let refused: BTreeSet<_> = refused.iter().map(|refused| refused.route.key).collect();
    let mut taken = Builder::default();
    taken.extend(routes, |key| !refused.contains(key));
    Arc::new(taken.finish(|_, later| later.clone()))
}

#[cfg(test)]
mod tests;
