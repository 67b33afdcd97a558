//! States that a kernel may be found in: as it should be for some intent, and then damaged.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::world::{NICS, VLANS, World, any_settings, before_and_after};
use crate::domain::Vlan;
use crate::name::InterfaceName;
use crate::state::{
    AttachMode, Attachment, Desired, ForeignProgram, Interface, NextHop, NicSettings, Observed, ObservedNic, Path,
    Route, Routes, Rule, TagStripping, VlanOf,
};
use crate::testing::kernel::plain;
use crate::testing::{change_routes, interface};

/// What is wanted, and what is there.
#[derive(Clone)]
pub(super) struct Scenario {
    pub(super) desired: Desired,
    pub(super) observed: Observed,
}

/// The plan says most of what there is to know.
impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { desired, observed } = self;
        writeln!(f, "{}", crate::plan::plan(desired, observed))?;
        let routes = |f: &mut fmt::Formatter<'_>, title, routes: &Routes| {
            let routes = routes.to_vec().into_iter().map(|route| format!("\n  {route}"));
            writeln!(f, "{title}:{}", routes.collect::<String>())
        };
        routes(f, "routes desired", &desired.routes)?;
        routes(f, "routes observed", &observed.routes)?;
        writeln!(f, "NICs desired: {:?}", desired.nics)?;
        writeln!(f, "NICs observed: {:?}", observed.nics)
    }
}

/// What happened to a kernel behind our back.
#[derive(Clone, Debug)]
enum Damage {
    InterfaceGone(&'static str),
    InterfaceDown(&'static str),
    /// An interface that has the name of a VLAN's, and is none.
    Impostor(&'static str),
    Nothing(usize),
    Detached(usize),
    Outdated(usize),
    /// Somebody else's program is there.
    Foreign(usize),
    OtherMode(usize),
    OtherSettings(usize, NicSettings),
    Strips(usize, TagStripping),
    LinkLost(usize, Index),
    /// A link of the other NIC is found on this one, on any VLAN.
    LinkLeftOver(usize, u32),
    /// Somebody removed the rules, or changed the table that one leads to.
    RulesLost,
    /// The end of a table is gone, or something else.
    EndLost(bool),
    RuleChanged(Index),
    RouteLost(Index),
    /// It has a form that nobody of ours gave it.
    RouteSpoilt(Index),
    /// Another next hop, of the other VPC's or of nobody's interface.
    RouteChanged(Index, &'static str),
    RouteLeftOver(Index, u32, &'static str),
}

pub(super) fn any_scenario() -> impl Strategy<Value = Scenario> {
    (before_and_after(), vec(any_damage(), 0..5)).prop_map(|((old, new), damages)| scenario(&old, &new, &damages))
}

/// Nothing was damaged: only the intent changes, or not even that.
pub(super) fn any_change() -> impl Strategy<Value = Scenario> {
    before_and_after().prop_map(|(old, new)| scenario(&old, &new, &[]))
}

/// A kernel that holds exactly what is desired, among things of others.
pub(super) fn holding(desired: &Desired, interfaces: BTreeMap<InterfaceName, Interface>) -> Observed {
    let mut nics: BTreeMap<_, _> = desired
        .nics
        .iter()
        .map(|(nic, state)| {
            let observed = ObservedNic {
                attachment: Attachment::Attached(state.mode),
                settings: state.settings,
                links: state.links.clone(),
                ..ObservedNic::default()
            };
            (nic.clone(), observed)
        })
        .collect();
    nics.insert(interface("eth3"), foreign_nic());
    Observed {
        interfaces,
        nics,
        routes: desired.routes.clone(),
        rules: desired.rules.clone(),
        ..Observed::default()
    }
}

/// The NICs, their VLANs under names of custom and others, and what is none of our business.
pub(super) fn interfaces() -> BTreeMap<InterfaceName, Interface> {
    let vlan = |parent: &str, id| {
        let parent = interface(parent);
        Some(VlanOf { parent, id })
    };
    let interfaces = [
        ("lo", None),
        ("eth1", None),
        ("eth2", None),
        ("eth3", None),
        ("uplink", vlan("eth1", 10)),
        ("eth1.20", vlan("eth1", 20)),
        ("eth2.10", vlan("eth2", 10)),
        ("eth2.20", vlan("eth2", 20)),
    ];
    (1..)
        .zip(interfaces)
        .map(|(index, (name, vlan))| (interface(name), Interface { vlan, ..plain(index) }))
        .collect()
}

fn scenario(old: &World, new: &World, damages: &[Damage]) -> Scenario {
    let mut observed = holding(&old.derive(&interfaces()).desired, interfaces());
    for damage in damages {
        damage.befall(&mut observed);
    }
    settle(&mut observed);
    let desired = new.derive(&observed.interfaces).desired;
    Scenario { desired, observed }
}

/// What the kernel itself sees to: nothing is attached to what isn't there, nor where somebody else is.
fn settle(observed: &mut Observed) {
    let Observed { interfaces, nics, .. } = observed;
    for (name, nic) in nics.iter_mut() {
        if !interfaces.contains_key(name) {
            nic.foreign = None;
        }
        let is_attached = matches!(nic.attachment, Attachment::Attached(_));
        if is_attached && (nic.foreign.is_some() || !interfaces.contains_key(name)) {
            nic.attachment = Attachment::Loaded;
        }
    }
    nics.retain(|_, nic| *nic != ObservedNic::default());
}

impl Damage {
    fn befall(&self, observed: &mut Observed) {
        let Observed {
            interfaces,
            nics,
            routes,
            rules,
            ..
        } = observed;
        match self {
            Self::InterfaceGone(name) => {
                interfaces.retain(|other, state| {
                    let is_child = state.vlan.as_ref().is_some_and(|vlan| vlan.parent.as_str() == *name);
                    other.as_str() != *name && !is_child
                });
            }
            Self::InterfaceDown(name) => {
                if let Some(state) = interfaces.get_mut(&interface(name)) {
                    state.up = false;
                }
            }
            Self::Impostor(name) => {
                interfaces.insert(interface(name), plain(99));
            }
            Self::Nothing(nic) => {
                nics.remove(&interface(NICS[*nic]));
            }
            Self::Detached(nic) => change(nics, *nic, |nic| nic.attachment = Attachment::Loaded),
            Self::Outdated(nic) => change(nics, *nic, |nic| nic.outdated = true),
            Self::Foreign(nic) => {
                nics.entry(interface(NICS[*nic])).or_default().foreign = foreign_nic().foreign;
            }
            Self::OtherMode(nic) => change(nics, *nic, |nic| {
                if let Attachment::Attached(mode) = &mut nic.attachment {
                    *mode = match mode {
                        AttachMode::Native => AttachMode::Generic,
                        AttachMode::Generic => AttachMode::Native,
                    };
                }
            }),
            Self::OtherSettings(nic, settings) => change(nics, *nic, |nic| nic.settings = *settings),
            Self::Strips(nic, stripping) => {
                if let Some(state) = interfaces.get_mut(&interface(NICS[*nic])) {
                    state.tag_stripping = *stripping;
                }
            }
            Self::LinkLost(nic, index) => change(nics, *nic, |nic| {
                let vlans: Vec<Vlan> = nic.links.keys().copied().collect();
                if !vlans.is_empty() {
                    nic.links.remove(index.get(&vlans));
                }
            }),
            Self::LinkLeftOver(nic, vlan) => {
                let other = nics
                    .get(&interface(NICS[1 - *nic]))
                    .and_then(|other| other.links.values().next());
                if let Some(state) = other.cloned() {
                    change(nics, *nic, |nic| {
                        nic.links.insert(Vlan::from_index(*vlan).unwrap(), state);
                    });
                }
            }
            Self::RulesLost
            | Self::EndLost(_)
            | Self::RuleChanged(_)
            | Self::RouteLost(_)
            | Self::RouteSpoilt(_)
            | Self::RouteChanged(..)
            | Self::RouteLeftOver(..) => self.befall_routes(routes, rules),
        }
    }

    fn befall_routes(&self, routes: &mut Arc<Routes>, rules: &mut BTreeSet<Rule>) {
        match self {
            Self::RulesLost => rules.clear(),
            Self::EndLost(is_strange) => {
                let key = crate::state::RouteKey::end_of(crate::state::TableNumber(100), crate::family::Family::V4);
                change_routes(routes, |routes| {
                    if let Some(mut end) = routes.remove(&key).filter(|_| *is_strange) {
                        end.path = Path::Other;
                        routes.insert(key, end);
                    }
                });
            }
            Self::RuleChanged(index) => {
                let list: Vec<_> = rules.iter().cloned().collect();
                if !list.is_empty() {
                    let mut rule = index.get(&list).clone();
                    rules.remove(&rule);
                    rule.table = crate::state::TableNumber(7);
                    rules.insert(rule);
                }
            }
            Self::RouteLost(index) => {
                if let Some(route) = pick(routes, *index) {
                    change_routes(routes, |routes| {
                        routes.remove(&route.key);
                    });
                }
            }
            Self::RouteSpoilt(index) => {
                if let Some(mut route) = pick(routes, *index) {
                    route.path = Path::Other;
                    put(routes, route);
                }
            }
            Self::RouteChanged(index, towards) => {
                if let Some(mut route) = pick(routes, *index) {
                    let gateway = route.path.next_hops().next().unwrap().gateway;
                    route.path = Path::Via([hop(towards, gateway)].into());
                    put(routes, route);
                }
            }
            Self::RouteLeftOver(index, metric, towards) => {
                if let Some(mut route) = pick(routes, *index) {
                    route.key.metric = *metric;
                    let gateway = route.path.next_hops().next().unwrap().gateway;
                    route.path = route.path.and(&Path::Via([hop(towards, gateway)].into()));
                    put(routes, route);
                }
            }
            other => panic!("not about routes: {other:?}"),
        }
    }
}

fn any_damage() -> impl Strategy<Value = Damage> {
    let nic = || 0..NICS.len();
    let name = || select(&["eth1", "eth2", "uplink", "eth1.20", "eth2.10", "eth2.20"][..]);
    let towards = || select(&["eth1", "eth2", "eth3", "lo", "uplink", "eth2.10"][..]);
    prop_oneof![
        name().prop_map(Damage::InterfaceGone),
        name().prop_map(Damage::InterfaceDown),
        select(&["eth1.10", "uplink", "eth1.20", "eth2.10", "eth2.20"][..]).prop_map(Damage::Impostor),
        nic().prop_map(Damage::Nothing),
        nic().prop_map(Damage::Detached),
        nic().prop_map(Damage::Outdated),
        nic().prop_map(Damage::Foreign),
        nic().prop_map(Damage::OtherMode),
        (nic(), any_settings()).prop_map(|(nic, settings)| Damage::OtherSettings(nic, settings)),
        (nic(), select(&[TagStripping::On, TagStripping::Fixed][..]))
            .prop_map(|(nic, stripping)| Damage::Strips(nic, stripping)),
        (nic(), any::<Index>()).prop_map(|(nic, index)| Damage::LinkLost(nic, index)),
        (nic(), select(&[VLANS[0], VLANS[1], VLANS[2], 30][..]))
            .prop_map(|(nic, vlan)| Damage::LinkLeftOver(nic, vlan)),
        Just(Damage::RulesLost),
        any::<bool>().prop_map(Damage::EndLost),
        any::<Index>().prop_map(Damage::RuleChanged),
        any::<Index>().prop_map(Damage::RouteLost),
        any::<Index>().prop_map(Damage::RouteSpoilt),
        (any::<Index>(), towards()).prop_map(|(index, towards)| Damage::RouteChanged(index, towards)),
        (any::<Index>(), 100..102_u32, towards())
            .prop_map(|(index, metric, towards)| Damage::RouteLeftOver(index, metric, towards)),
    ]
}

/// Changes a NIC on which something of ours is.
fn change(nics: &mut BTreeMap<InterfaceName, ObservedNic>, nic: usize, change: impl FnOnce(&mut ObservedNic)) {
    if let Some(nic) = nics
        .get_mut(&interface(NICS[nic]))
        .filter(|nic| nic.attachment != Attachment::Absent)
    {
        change(nic);
    }
}

/// One that leads anywhere.
fn pick(routes: &Routes, index: Index) -> Option<Route> {
    let mut routes = routes.to_vec();
    routes.retain(|route| route.path.next_hops().next().is_some());
    (!routes.is_empty()).then(|| index.get(&routes).clone())
}

fn put(routes: &mut Arc<Routes>, route: Route) {
    change_routes(routes, |routes| {
        routes.insert(route.key, route);
    });
}

fn hop(towards: &str, gateway: IpAddr) -> NextHop {
    NextHop {
        interface: interface(towards),
        gateway,
    }
}

fn foreign_nic() -> ObservedNic {
    ObservedNic {
        foreign: Some(ForeignProgram {
            id: 12,
            name: "cilium".to_owned(),
        }),
        ..ObservedNic::default()
    }
}
