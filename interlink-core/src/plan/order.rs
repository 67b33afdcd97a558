//! The order of the steps.

use std::collections::{BTreeMap, BTreeSet};

use super::interfaces::{Interfaces, interfaces, is_of, missing_addresses, missing_vrfs};
use super::routes::{Conditions, RouteSteps, compare};
use super::{Blocked, Op, Plan, Step, Why};
use crate::domain::{LinkKey, Vlan};
use crate::family::Family;
use crate::name::InterfaceName;
use crate::state::{
    AttachMode, Attachment, Desired, Edit, FamilyState, LinkState, NicSettings, NicState, Observed, ObservedNic, Path,
    RouteKey, Rule, TagStripping,
};
use interlink_common::Reason;

/// What to do so that the kernel holds what it should.
pub fn plan(desired: &Desired, observed: &Observed) -> Plan {
    plan_without(desired, observed, &Suspended::default())
}

/// What failed a moment ago and isn't to be tried again yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suspended {
    /// NICs. One that is attached still guards its links meanwhile.
    pub nics: BTreeSet<InterfaceName>,
    /// Routes.
    pub routes: BTreeSet<RouteKey>,
    /// Whether no route at all is to be tried.
    pub all_routes: bool,
    /// Whether no rule is to be tried.
    pub rules: bool,
    /// Interfaces and their addresses.
    pub interfaces: BTreeSet<InterfaceName>,
}

/// The same, without a step about some things.
pub fn plan_without(desired: &Desired, observed: &Observed, suspended: &Suspended) -> Plan {
    let mut phases = Phases::default();
    phases.blocked.extend(missing_vrfs(desired));
    let Interfaces {
        steps: interfaces,
        cleanup,
        pending,
    } = interfaces(desired, observed, &suspended.interfaces);
    phases.interfaces = interfaces;
    phases.cleanup = cleanup;
    phases.pending = pending;
    let mut guarded = BTreeSet::new();
    for (nic, wanted) in &desired.nics {
        let present = observed.nics.get(nic).cloned().unwrap_or_default();
        let stripping = observed.interfaces.get(nic).map(|interface| interface.tag_stripping);
        let stripping = stripping.unwrap_or_default();
        if let Some(blocked) = obstacle(nic, wanted, &present, observed) {
            phases.blocked.push(blocked);
        } else if suspended.nics.contains(nic) {
            if matches!(present.attachment, Attachment::Attached(_)) {
                guarded.insert(nic);
            }
        } else {
            guarded.insert(nic);
            phases.nic(nic, wanted, &present, stripping);
        }
    }
    let undesired = observed.nics.iter().filter(|(nic, _)| !desired.nics.contains_key(*nic));
    for (nic, present) in undesired.filter(|(nic, present)| !suspended.nics.contains(*nic) && present.foreign.is_none())
    {
        // The NIC stays closed to all but what somebody asks for.
        phases
            .close
            .extend(set_nic(nic, present.settings, NicSettings::default()));
        phases.close.extend(remove_links(nic, present, &BTreeMap::new()));
    }

    let reachable = phases.reachable(desired, observed, &guarded);
    phases.blocked.extend(missing_addresses(desired, observed, &reachable));
    if !suspended.rules {
        phases.rules(desired, observed, suspended);
    }
    if !suspended.all_routes {
        phases.routes = compare(
            &desired.routes,
            &observed.routes,
            &Conditions {
                is_usable: &|hop| reachable.contains(&hop.interface),
                is_opening: &|hop, family| {
                    let link = desired.guards.get(&hop.interface);
                    link.is_some_and(|link| phases.opening.contains(&(link.clone(), family)))
                },
                waiting: &suspended.routes,
            },
        );
    }
    phases.finish()
}

/// The steps by phase; a phase's steps are independent of each other.
#[derive(Default)]
struct Phases {
    close: Vec<Step>,
    protect: Vec<Step>,
    interfaces: Vec<Step>,
    /// The links whose interface these make or bring up.
    pending: BTreeSet<LinkKey>,
    remove_rules: Option<Step>,
    add_rules: Option<Step>,
    routes: RouteSteps,
    switch: Vec<Step>,
    opening: BTreeSet<(LinkKey, Family)>,
    cleanup: Vec<Step>,
    blocked: Vec<Blocked>,
}

impl Phases {
    fn nic(&mut self, nic: &InterfaceName, wanted: &NicState, present: &ObservedNic, stripping: TagStripping) {
        let keep_tags = (stripping == TagStripping::On).then(|| Step {
            op: Op::KeepTags { nic: nic.clone() },
            why: Why::TagsStripped,
        });
        // Where they tell nothing apart, a NIC that won't leave them in is protected all the same.
        let (first, last) = if wanted.needs_tags() {
            (keep_tags, None)
        } else {
            (None, keep_tags)
        };
        self.protect.extend(first);
        if present.attachment != Attachment::Absent && present.outdated {
            self.protect.push(Step {
                op: Op::Replace { nic: nic.clone() },
                why: Why::Outdated,
            });
        }
        match present.attachment {
            Attachment::Attached(attached) => {
                self.blocked.extend(mode_change(nic, wanted, attached));
                // It stays protected: stripped frames are of an unknown VLAN.
                self.blocked.extend(tags_stripped(nic, wanted, stripping));
                // Before links go: theirs is another VLAN from then on.
                let stricter = present.settings.and(wanted.settings);
                self.close.extend(set_nic(nic, present.settings, stricter));
                self.close.extend(remove_links(nic, present, &wanted.links));
                self.links(nic, wanted, present);
                // Behind the links: what has one by now is no other VLAN's.
                self.switch.extend(set_nic(nic, stricter, wanted.settings));
            }
            Attachment::Loaded => self.attach(nic, wanted, present),
            Attachment::Absent => {
                self.protect.push(Step {
                    op: Op::Load { nic: nic.clone() },
                    why: Why::NotLoaded,
                });
                self.attach(nic, wanted, &ObservedNic::default());
            }
        }
        self.protect.extend(last);
    }

    /// The tables are as they should be before the first packet runs through them.
    fn attach(&mut self, nic: &InterfaceName, wanted: &NicState, loaded: &ObservedNic) {
        self.protect.extend(set_nic(nic, loaded.settings, wanted.settings));
        self.protect.extend(remove_links(nic, loaded, &wanted.links));
        let missing = wanted
            .links
            .iter()
            .filter(|(vlan, state)| loaded.links.get(vlan) != Some(state));
        self.protect
            .extend(missing.map(|(vlan, state)| set(nic, *vlan, state.clone(), None, Why::LinkMissing)));
        self.protect.push(Step {
            op: Op::Attach {
                nic: nic.clone(),
                mode: wanted.mode,
            },
            why: Why::NotAttached,
        });
    }

    /// Each family is switched in its own phase: one that closes takes along only what is closed anyway.
    fn links(&mut self, nic: &InterfaceName, wanted: &NicState, present: &ObservedNic) {
        for (vlan, state) in &wanted.links {
            let old = present.links.get(vlan);
            let old = match old {
                Some(old) if closes(&old.v4, &state.v4) || closes(&old.v6, &state.v6) => {
                    let closed = LinkState {
                        v4: closed_first(&old.v4, &state.v4),
                        v6: closed_first(&old.v6, &state.v6),
                    };
                    self.close.push(set(nic, *vlan, closed.clone(), None, Why::Closing));
                    Some(closed)
                }
                Some(_) | None => old.cloned(),
            };
            let opening = opening(old.as_ref(), state);
            let why = match &old {
                Some(old) if old == state => continue,
                Some(_) if opening.is_empty() => Why::Changed,
                Some(_) => Why::Opening,
                None => Why::LinkMissing,
            };
            let key = LinkKey {
                interface: nic.clone(),
                vlan: *vlan,
            };
            if !opening.is_empty() && self.pending.contains(&key) {
                continue;
            }
            let edit = old.as_ref().and_then(|old| state.edit_from(old));
            self.switch.push(set(nic, *vlan, state.clone(), edit, why));
            self.opening
                .extend(opening.into_iter().map(|family| (key.clone(), family)));
        }
    }

    /// The interfaces that routes may lead to: those whose NIC is protected, that the kernel takes routes to, and that
    /// lead through their link.
    fn reachable(
        &mut self,
        desired: &Desired,
        observed: &Observed,
        guarded: &BTreeSet<&InterfaceName>,
    ) -> BTreeSet<InterfaceName> {
        let mut reachable = BTreeSet::new();
        let mut blocked = BTreeMap::new();
        for hop in desired.routes.paths().iter().flat_map(Path::next_hops) {
            let Some(link) = desired.guards.get(&hop.interface) else {
                continue;
            };
            if !guarded.contains(&link.interface) {
                continue;
            }
            match unreachable_through(&hop.interface, link, observed) {
                Some(_) if self.pending.contains(link) => false,
                Some(reason) => blocked.insert(hop.interface.clone(), reason).is_some(),
                None => reachable.insert(hop.interface.clone()),
            };
        }
        self.blocked.extend(blocked.into_values());
        reachable
    }

    /// A rule is only made where its table ends, or is about to.
    fn rules(&mut self, desired: &Desired, observed: &Observed, suspended: &Suspended) {
        let ends = |rule: &&Rule| {
            let end = RouteKey::end_of(rule.table, rule.family);
            let is_there = observed.routes.get(&end) == Some(&Path::Unreachable);
            is_there || !suspended.all_routes && !suspended.routes.contains(&end)
        };
        let missing = desired.rules.difference(&observed.rules).filter(ends);
        let missing: BTreeSet<_> = missing.cloned().collect();
        let unwanted: BTreeSet<_> = observed.rules.difference(&desired.rules).cloned().collect();
        self.remove_rules = (!unwanted.is_empty()).then_some(Step {
            op: Op::RemoveRules(unwanted),
            why: Why::NotWanted,
        });
        self.add_rules = (!missing.is_empty()).then_some(Step {
            op: Op::AddRules(missing),
            why: Why::RuleMissing,
        });
    }

    fn finish(self) -> Plan {
        let steps = self
            .close
            .into_iter()
            .chain(self.protect)
            .chain(self.interfaces)
            .chain(self.remove_rules)
            .chain(self.routes.ends)
            .chain(self.add_rules)
            .chain(self.routes.before)
            .chain(self.switch)
            .chain(self.routes.after)
            .chain(self.cleanup)
            .collect();
        Plan {
            steps,
            blocked: self.blocked,
        }
    }
}

/// What keeps a NIC from being protected.
fn obstacle(nic: &InterfaceName, wanted: &NicState, present: &ObservedNic, observed: &Observed) -> Option<Blocked> {
    let Some(interface) = observed.interfaces.get(nic) else {
        return Some(Blocked::NoInterface(nic.clone()));
    };
    if let Some(program) = present.foreign.clone() {
        return Some(Blocked::ForeignProgram {
            nic: nic.clone(),
            program,
        });
    }
    match present.attachment {
        Attachment::Attached(_) => None,
        Attachment::Absent | Attachment::Loaded => tags_stripped(nic, wanted, interface.tag_stripping),
    }
}

/// A NIC that takes out the tags that tell its links apart, and can't be told not to.
fn tags_stripped(nic: &InterfaceName, wanted: &NicState, stripping: TagStripping) -> Option<Blocked> {
    (stripping == TagStripping::Fixed && wanted.needs_tags()).then(|| Blocked::TagsStripped {
        nic: nic.clone(),
        detail: "`ethtool -k` says `rx-vlan-offload: on [fixed]`".to_owned(),
    })
}

/// A mode that would have to change, which never happens on its own: the NIC would be open in between. It stays
/// protected in the mode that it has.
fn mode_change(nic: &InterfaceName, wanted: &NicState, attached: AttachMode) -> Option<Blocked> {
    (attached != wanted.mode).then(|| Blocked::ModeChange {
        nic: nic.clone(),
        attached,
        wanted: wanted.mode,
    })
}

/// What keeps packets for a link from being routed to an interface.
fn unreachable_through(name: &InterfaceName, link: &LinkKey, observed: &Observed) -> Option<Blocked> {
    let Some(interface) = observed.interfaces.get(name) else {
        return Some(Blocked::NoInterface(name.clone()));
    };
    if !is_of(link, name, interface) {
        return Some(Blocked::OtherInterface {
            interface: name.clone(),
            link: link.clone(),
        });
    }
    (!interface.up).then(|| Blocked::InterfaceDown(name.clone()))
}

fn remove_links(
    nic: &InterfaceName,
    present: &ObservedNic,
    wanted: &BTreeMap<Vlan, LinkState>,
) -> impl Iterator<Item = Step> {
    let gone = present.links.keys().filter(|vlan| !wanted.contains_key(*vlan));
    gone.map(|vlan| Step {
        op: Op::RemoveLink {
            nic: nic.clone(),
            vlan: *vlan,
        },
        why: Why::LinkGone,
    })
}

fn set_nic(nic: &InterfaceName, present: NicSettings, wanted: NicSettings) -> Option<Step> {
    (present != wanted).then(|| Step {
        op: Op::SetNic {
            nic: nic.clone(),
            settings: wanted,
        },
        why: Why::NicDiffers,
    })
}

fn set(nic: &InterfaceName, vlan: Vlan, state: LinkState, edit: Option<Edit>, why: Why) -> Step {
    Step {
        op: Op::SetLink {
            nic: nic.clone(),
            vlan,
            state: Box::new(state),
            edit,
        },
        why,
    }
}

/// Whether the family was open and isn't to be.
fn closes<A>(old: &FamilyState<A>, new: &FamilyState<A>) -> bool {
    is_open(old) && !is_open(new)
}

/// What the family is like as long as others close and nothing opens or changes yet.
fn closed_first<A: Clone>(old: &FamilyState<A>, new: &FamilyState<A>) -> FamilyState<A> {
    if is_open(new) { old.clone() } else { new.clone() }
}

/// The families that weren't open and are to be.
fn opening(old: Option<&LinkState>, new: &LinkState) -> Vec<Family> {
    let v4 = !old.is_some_and(|old| is_open(&old.v4)) && is_open(&new.v4);
    let v6 = !old.is_some_and(|old| is_open(&old.v6)) && is_open(&new.v6);
    [(Family::V4, v4), (Family::V6, v6)]
        .into_iter()
        .filter_map(|(family, opens)| opens.then_some(family))
        .collect()
}

fn is_open<A>(family: &FamilyState<A>) -> bool {
    family.gate == Reason::Allowed
}
