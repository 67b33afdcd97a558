//! What the kernel should hold: derived from the intent, and from nothing that a daemon could remember wrongly.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::IpNet;

use super::routes::{Builder, PathId};
use super::{
    FamilyState, Interface, Learned, LearnedRoutes, LinkState, Managed, NextHop, NicState, Path, Priority, RouteKey,
    Router, Routes, Rule, TableNumber,
};
use crate::domain::{Enforce, Intent, Interconnect, Link, LinkKey, LinkStatus, Nic, VpcTable, Whitelist};
use crate::family::{Family, PerFamily};
use crate::gate::{Gate, Session};
use crate::name::{InterfaceName, Name};
use crate::prefix::{Address, Prefix, PrefixSet};

/// Everything that the kernel should hold of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desired {
    /// The dedicated NICs.
    pub nics: BTreeMap<InterfaceName, NicState>,
    /// The routes.
    pub routes: Arc<Routes>,
    /// Which link guards the packets of an interface that routes lead to. Without its NIC's program in place, no
    /// route may lead there.
    pub guards: BTreeMap<InterfaceName, LinkKey>,
    /// The rules.
    pub rules: BTreeSet<Rule>,
    /// The interfaces that the agent makes, or gives addresses.
    pub managed: BTreeMap<InterfaceName, Managed>,
    /// The addresses that interfaces of others need for a link to work.
    pub needed: BTreeSet<(InterfaceName, IpNet)>,
    /// The VPCs whose VRF isn't there, with its name.
    pub missing_vrfs: BTreeMap<Name, InterfaceName>,
}

/// What a link looks like from outside its own configuration.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The status of each link that counts; see [`settle`](crate::gate::settle).
    pub settled: BTreeMap<Name, LinkStatus>,
    /// The BGP sessions.
    pub sessions: BTreeMap<Name, PerFamily<Session>>,
    /// What the sessions taught, as far as the import policy accepts it.
    pub learned: BTreeMap<Name, Learned>,
}

impl Facts {
    /// The gate of a family of a link.
    pub fn gate(&self, intent: &Intent, link: &Link, family: Family) -> Gate {
        let settled = self.settled.get(&link.name).unwrap_or(&link.status);
        let session = self
            .sessions
            .get(&link.name)
            .map(|sessions| *sessions.get(family))
            .unwrap_or_default();
        Gate::new(intent, link, family, settled, session)
    }
}

/// The outcome of [`derive()`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Derived {
    /// What the kernel should hold.
    pub desired: Desired,
    /// The gates that it follows from.
    pub gates: BTreeMap<Name, PerFamily<Gate>>,
}

/// Derives the kernel's state from the intent. `interfaces` tells the names of VLAN interfaces.
pub fn derive(intent: &Intent, facts: &Facts, interfaces: &BTreeMap<InterfaceName, Interface>) -> Derived {
    let mut derived = Derived::default();
    let mut builder = Builder::default();
    for vpc in intent.vpcs.values() {
        match &vpc.table {
            VpcTable::Plain {
                number,
                iif,
                rule_priority,
            } => rules(&mut derived.desired, &mut builder, *number, iif, *rule_priority),
            VpcTable::Vrf(vrf) if vpc.table.number(interfaces).is_none() => {
                derived.desired.missing_vrfs.insert(vpc.name.clone(), vrf.clone());
            }
            VpcTable::Vrf(_) => {}
        }
    }
    for link in intent.links.values() {
        let gates = PerFamily::from_fn(|family| facts.gate(intent, link, family));
        let (whitelist_v4, whitelist_v6) = (intent.whitelist_v4(link), intent.whitelist_v6(link));
        let learned = facts.learned.get(&link.name).filter(|_| link.bgp.is_some());
        let (learned_v4, learned_v6) = learned.map(|Learned { v4, v6 }| (v4, v6)).unzip();
        let enforce = link.session.enforce;
        let (remote_v4, remote_v6) = (
            remote(enforce, whitelist_v4, learned_v4),
            remote(enforce, whitelist_v6, learned_v6),
        );
        let state = LinkState {
            v4: family_state(&gates.v4, link.interconnect_v4, whitelist_v4, remote_v4),
            v6: family_state(&gates.v6, link.interconnect_v6, whitelist_v6, remote_v6),
        };

        let towards = route_interface(&link.key, interfaces);
        let mut routes = LinkRoutes {
            builder: &mut builder,
            intent,
            link,
            interfaces,
            towards: &towards,
        };
        let peer_v4 = link.interconnect_v4.map(Interconnect::<Ipv4Addr>::peer);
        routes.add(&gates.v4, peer_v4, whitelist_v4, learned_v4);
        let peer_v6 = link.interconnect_v6.map(Interconnect::<Ipv6Addr>::peer);
        routes.add(&gates.v6, peer_v6, whitelist_v6, learned_v6);

        let nic = derived
            .desired
            .nics
            .entry(link.key.interface.clone())
            .or_insert_with(|| {
                let Nic { mode, settings } = intent.nics.get(&link.key.interface).copied().unwrap_or_default();
                NicState {
                    mode,
                    settings,
                    links: BTreeMap::new(),
                }
            });
        nic.links.insert(link.key.vlan, state);
        addresses(&mut derived.desired, link, &gates, &towards);
        derived.desired.guards.insert(towards, link.key.clone());
        derived.gates.insert(link.name.clone(), gates);
    }
    derived.desired.routes = Arc::new(builder.finish(Path::and));
    derived
}

/// The interface that the kernel sends a link's packets to: the NIC itself, or its VLAN interface. Where that doesn't
/// exist, the name that it would have by custom.
pub fn route_interface(key: &LinkKey, interfaces: &BTreeMap<InterfaceName, Interface>) -> InterfaceName {
    let Some(id) = key.vlan.id() else {
        return key.interface.clone();
    };
    let existing = interfaces.iter().find(|(_, interface)| {
        interface
            .vlan
            .as_ref()
            .is_some_and(|vlan| vlan.parent == key.interface && vlan.id == id)
    });
    match existing {
        Some((name, _)) => name.clone(),
        None => InterfaceName::new(&format!("{}.{id}", key.interface))
            .or_else(|_| InterfaceName::new(&format!("vlan{id}")))
            .unwrap_or_else(|_| key.interface.clone()),
    }
}

/// The rules of a table that interfaces look up, and its end for each family.
fn rules(
    desired: &mut Desired,
    builder: &mut Builder,
    table: TableNumber,
    iif: &BTreeSet<InterfaceName>,
    priority: u32,
) {
    for family in Family::ALL.into_iter().filter(|_| !iif.is_empty()) {
        let end = builder.paths.number(&Path::Unreachable);
        builder.push(RouteKey::end_of(table, family), end);
        desired.rules.extend(iif.iter().map(|iif| Rule {
            family,
            priority,
            iif: iif.clone(),
            table,
        }));
    }
}

/// What addresses a link needs on its interface: those that the agent sees to, whatever the gates say, or that somebody
/// else has to, before anything can flow.
fn addresses(desired: &mut Desired, link: &Link, gates: &PerFamily<Gate>, towards: &InterfaceName) {
    let v4 = link.interconnect_v4.map(Interconnect::<Ipv4Addr>::ours_net);
    let v6 = link.interconnect_v6.map(Interconnect::<Ipv6Addr>::ours_net);
    if link.manage_interface {
        let managed = Managed {
            link: link.key.clone(),
            addresses: v4.into_iter().chain(v6).collect(),
        };
        desired.managed.insert(towards.clone(), managed);
    } else {
        let open_v4 = v4.filter(|_| gates.v4.is_open());
        let open_v6 = v6.filter(|_| gates.v6.is_open());
        let open = open_v4.into_iter().chain(open_v6);
        desired.needed.extend(open.map(|address| (towards.clone(), address)));
    }
}

fn family_state<A: Address>(
    gate: &Gate,
    interconnect: Option<Interconnect<A>>,
    whitelist: Option<&Whitelist<A>>,
    remote: Arc<PrefixSet<A>>,
) -> FamilyState<A> {
    FamilyState {
        gate: gate.reason(),
        interconnect,
        remote,
        local: whitelist.map_or_else(Arc::default, |Whitelist { local, .. }| Arc::clone(local.set())),
    }
}

/// The addresses across the link that may send: the policy's, or of these only what is announced. What was learned is
/// held against the policy once more, because the session follows a narrower one a moment later.
fn remote<A: Address>(
    enforce: Enforce,
    whitelist: Option<&Whitelist<A>>,
    learned: Option<&Arc<LearnedRoutes<A>>>,
) -> Arc<PrefixSet<A>> {
    let Some(Whitelist { remote, .. }) = whitelist else {
        return Arc::default();
    };
    match (enforce, learned) {
        (Enforce::Policy, _) => Arc::clone(remote.set()),
        (Enforce::Announced, Some(learned)) => Arc::new(learned.addresses().intersection(remote.set())),
        (Enforce::Announced, None) => Arc::default(),
    }
}

/// Adds the routes of one link.
struct LinkRoutes<'a> {
    builder: &'a mut Builder,
    intent: &'a Intent,
    link: &'a Link,
    interfaces: &'a BTreeMap<InterfaceName, Interface>,
    towards: &'a InterfaceName,
}

impl LinkRoutes<'_> {
    /// Those of one family, which exist only behind an open gate. A static link routes what its policy lists, another
    /// what its session taught. Links that route the same prefix with the same priority share the route.
    fn add<A: Address>(
        &mut self,
        gate: &Gate,
        peer: Option<A>,
        whitelist: Option<&Whitelist<A>>,
        learned: Option<&Arc<LearnedRoutes<A>>>,
    ) {
        let vpc = self.intent.vpc(self.link);
        let table = vpc.and_then(|vpc| vpc.table.number(self.interfaces));
        let (true, Some(table), Some(peer)) = (gate.is_open(), table, peer) else {
            return;
        };
        let through_peer = self.path(peer.into());
        if self.link.bgp.is_none() {
            for prefix in whitelist.into_iter().flat_map(|list| list.remote.prefixes()) {
                self.builder
                    .push(key(table, *prefix, Priority::default()), through_peer);
            }
            return;
        }
        let mut last = (Router::Peer, through_peer);
        for route in learned.into_iter().flat_map(|routes| routes.iter()) {
            if route.router != last.0 {
                let path = match route.router {
                    Router::Peer => through_peer,
                    Router::Address(address) => self.path(address),
                };
                last = (route.router, path);
            }
            self.builder.push(key(table, route.prefix, route.priority), last.1);
        }
    }

    fn path(&mut self, gateway: IpAddr) -> PathId {
        let next_hop = NextHop {
            interface: self.towards.clone(),
            gateway,
        };
        self.builder.paths.number(&Path::Via([next_hop].into()))
    }
}

fn key<A: Address>(table: TableNumber, prefix: Prefix<A>, priority: Priority) -> RouteKey {
    RouteKey {
        table,
        prefix: prefix.net(),
        metric: priority.metric(),
    }
}
