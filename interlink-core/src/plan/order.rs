//! The order of the steps.

use std::collections::{BTreeMap, BTreeSet};

use super::{Blocked, Op, Plan, Step, Why};
use crate::domain::{LinkKey, Vlan};
use crate::name::InterfaceName;
use crate::state::{Attachment, Desired, LinkState, NicState, Observed, ObservedNic, Route, RouteKey};
use interlink_common::Reason;

/// What to do so that the kernel holds what it should.
pub fn plan(desired: &Desired, observed: &Observed) -> Plan {
    plan_without(desired, observed, &BTreeSet::new())
}

/// The same, without a step on some NICs: those that failed a moment ago and aren't to be tried again yet. A NIC that
/// is attached still guards its links meanwhile.
pub fn plan_without(desired: &Desired, observed: &Observed, suspended: &BTreeSet<InterfaceName>) -> Plan {
    let mut phases = Phases::default();
    let mut guarded = BTreeSet::new();
    for (nic, wanted) in &desired.nics {
        let present = observed.nics.get(nic).cloned().unwrap_or_default();
        if let Some(blocked) = obstacle(nic, &present, observed) {
            phases.blocked.push(blocked);
        } else if suspended.contains(nic) {
            if matches!(present.attachment, Attachment::Attached(_)) {
                guarded.insert(nic);
            }
            continue;
        } else {
            guarded.insert(nic);
            phases.protect(nic, wanted, &present);
        }
        phases.blocked.extend(mode_change(nic, wanted, &present));
        phases.remove_links(nic, &present, &wanted.links);
    }
    let undesired = observed.nics.iter().filter(|(nic, _)| !desired.nics.contains_key(*nic));
    for (nic, present) in undesired.filter(|(nic, _)| !suspended.contains(*nic)) {
        phases.remove_links(nic, present, &BTreeMap::new());
    }

    let mut wanted = routes_behind(desired, &guarded);
    phases.drop_unreachable(&mut wanted, observed);
    phases.routes(&wanted, &observed.routes, &desired.guards);
    phases.finish()
}

/// The steps by phase; a phase's steps are independent of each other.
#[derive(Default)]
struct Phases {
    protect: Vec<Step>,
    close: Vec<Step>,
    withdraw: Vec<Route>,
    route_opening: Vec<Route>,
    switch: Vec<Step>,
    route_open: Vec<Route>,
    opening: BTreeSet<LinkKey>,
    blocked: Vec<Blocked>,
}

impl Phases {
    fn protect(&mut self, nic: &InterfaceName, wanted: &NicState, present: &ObservedNic) {
        let nic = || nic.clone();
        if present.attachment == Attachment::Absent {
            self.protect.push(Step {
                op: Op::Load { nic: nic() },
                why: Why::NotLoaded,
            });
        } else if present.outdated {
            self.protect.push(Step {
                op: Op::Replace { nic: nic() },
                why: Why::Outdated,
            });
        }
        match present.attachment {
            Attachment::Attached(_) => self.links(&nic(), wanted, present),
            Attachment::Absent | Attachment::Loaded => {
                let loaded = if present.attachment == Attachment::Loaded {
                    &present.links
                } else {
                    &BTreeMap::new()
                };
                for (vlan, state) in &wanted.links {
                    if loaded.get(vlan) != Some(state) {
                        self.protect.push(set(&nic(), *vlan, state, Why::LinkMissing));
                    }
                }
                self.protect.push(Step {
                    op: Op::Attach {
                        nic: nic(),
                        mode: wanted.mode,
                    },
                    why: Why::NotAttached,
                });
            }
        }
    }

    fn links(&mut self, nic: &InterfaceName, wanted: &NicState, present: &ObservedNic) {
        for (vlan, state) in &wanted.links {
            let old = present.links.get(vlan);
            match old {
                Some(old) if old == state => {}
                Some(old) if closes(old, state) => self.close.push(set(nic, *vlan, state, Why::Closing)),
                Some(old) if opens(Some(old), state) => {
                    self.opening.insert(LinkKey {
                        interface: nic.clone(),
                        vlan: *vlan,
                    });
                    self.switch.push(set(nic, *vlan, state, Why::Opening));
                }
                Some(_) => self.switch.push(set(nic, *vlan, state, Why::Changed)),
                None => {
                    self.opening.insert(LinkKey {
                        interface: nic.clone(),
                        vlan: *vlan,
                    });
                    self.switch.push(set(nic, *vlan, state, Why::LinkMissing));
                }
            }
        }
    }

    fn remove_links(&mut self, nic: &InterfaceName, present: &ObservedNic, wanted: &BTreeMap<Vlan, LinkState>) {
        for vlan in present.links.keys().filter(|vlan| !wanted.contains_key(*vlan)) {
            let op = Op::RemoveLink {
                nic: nic.clone(),
                vlan: *vlan,
            };
            self.close.push(Step { op, why: Why::LinkGone });
        }
    }

    /// Takes the next hops out whose interface isn't there or is down, where the kernel would refuse them anyway.
    fn drop_unreachable(&mut self, wanted: &mut BTreeMap<RouteKey, Route>, observed: &Observed) {
        let mut missing = BTreeSet::new();
        wanted.retain(|_, route| {
            route.next_hops.retain(|hop| {
                let reachable = observed
                    .interfaces
                    .get(&hop.interface)
                    .is_some_and(|interface| interface.up);
                if !reachable {
                    missing.insert(hop.interface.clone());
                }
                reachable
            });
            !route.next_hops.is_empty()
        });
        self.blocked.extend(missing.into_iter().map(|interface| {
            if observed.interfaces.contains_key(&interface) {
                Blocked::InterfaceDown(interface)
            } else {
                Blocked::NoInterface(interface)
            }
        }));
    }

    fn routes(
        &mut self,
        wanted: &BTreeMap<RouteKey, Route>,
        present: &BTreeMap<RouteKey, Route>,
        guards: &BTreeMap<InterfaceName, LinkKey>,
    ) {
        self.withdraw = present
            .values()
            .filter(|route| !wanted.contains_key(&route.key))
            .cloned()
            .collect();
        let missing = wanted
            .values()
            .filter(|route| present.get(&route.key) != Some(route))
            .cloned();
        let (opening, open) = missing.partition(|route| {
            route
                .next_hops
                .iter()
                .filter_map(|hop| guards.get(&hop.interface))
                .any(|link| self.opening.contains(link))
        });
        (self.route_opening, self.route_open) = (opening, open);
    }

    fn finish(self) -> Plan {
        let steps = self
            .protect
            .into_iter()
            .chain(self.close)
            .chain(in_batches(Op::RemoveRoutes, &self.withdraw, Why::NotWanted))
            .chain(in_batches(Op::AddRoutes, &self.route_opening, Why::Opening))
            .chain(self.switch)
            .chain(in_batches(Op::AddRoutes, &self.route_open, Why::RouteMissing))
            .collect();
        Plan {
            steps,
            blocked: self.blocked,
        }
    }
}

/// The most routes of one step: what is to be closed waits for no more than these.
const ROUTES_PER_STEP: usize = 8192;

fn in_batches(make: fn(Vec<Route>) -> Op, routes: &[Route], why: Why) -> impl Iterator<Item = Step> + '_ {
    routes.chunks(ROUTES_PER_STEP).map(move |batch| Step {
        op: make(batch.to_vec()),
        why,
    })
}

/// What keeps a NIC from being protected.
fn obstacle(nic: &InterfaceName, present: &ObservedNic, observed: &Observed) -> Option<Blocked> {
    if !observed.interfaces.contains_key(nic) {
        return Some(Blocked::NoInterface(nic.clone()));
    }
    let program = present.foreign.clone()?;
    Some(Blocked::ForeignProgram {
        nic: nic.clone(),
        program,
    })
}

/// A mode that would have to change, which never happens on its own: the NIC would be open in between. It stays
/// protected in the mode that it has.
fn mode_change(nic: &InterfaceName, wanted: &NicState, present: &ObservedNic) -> Option<Blocked> {
    match present.attachment {
        Attachment::Attached(attached) if attached != wanted.mode => Some(Blocked::ModeChange {
            nic: nic.clone(),
            attached,
            wanted: wanted.mode,
        }),
        Attachment::Attached(_) | Attachment::Absent | Attachment::Loaded => None,
    }
}

/// The wanted routes, without the next hops whose link has no protected NIC.
fn routes_behind(desired: &Desired, guarded: &BTreeSet<&InterfaceName>) -> BTreeMap<RouteKey, Route> {
    let mut routes = desired.routes.clone();
    routes.retain(|_, route| {
        route.next_hops.retain(|hop| {
            desired
                .guards
                .get(&hop.interface)
                .is_some_and(|link| guarded.contains(&link.interface))
        });
        !route.next_hops.is_empty()
    });
    routes
}

fn set(nic: &InterfaceName, vlan: Vlan, state: &LinkState, why: Why) -> Step {
    Step {
        op: Op::SetLink {
            nic: nic.clone(),
            vlan,
            state: Box::new(state.clone()),
        },
        why,
    }
}

/// Whether a family that was open is not.
fn closes(old: &LinkState, new: &LinkState) -> bool {
    let open = |reason| reason == Reason::Allowed;
    (open(old.v4.gate) && !open(new.v4.gate)) || (open(old.v6.gate) && !open(new.v6.gate))
}

/// Whether a family that was not open is.
fn opens(old: Option<&LinkState>, new: &LinkState) -> bool {
    let open = |reason| reason == Reason::Allowed;
    let was = |family: fn(&LinkState) -> Reason| old.is_some_and(|old| open(family(old)));
    (!was(|state| state.v4.gate) && open(new.v4.gate)) || (!was(|state| state.v6.gate) && open(new.v6.gate))
}
