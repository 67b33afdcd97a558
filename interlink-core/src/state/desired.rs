//! What the kernel should hold: derived from the intent, and from nothing that a daemon could remember wrongly.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::IpNet;

use super::{
    FamilyState, Interface, Learned, LearnedRoute, LearnedRoutes, LinkState, NextHop, NicState, Priority, Route,
    RouteKey, Router, TableNumber,
};
use crate::domain::{Intent, Interconnect, Link, LinkKey, LinkStatus, Nic, Whitelist};
use crate::family::{Family, PerFamily};
use crate::gate::{Gate, Session};
use crate::name::{InterfaceName, Name};
use crate::prefix::Address;

/// Everything that the kernel should hold of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desired {
    /// The dedicated NICs.
    pub nics: BTreeMap<InterfaceName, NicState>,
    /// The routes.
    pub routes: BTreeMap<RouteKey, Route>,
    /// Which link guards the packets of an interface that routes lead to. Without its NIC's program in place, no
    /// route may lead there.
    pub guards: BTreeMap<InterfaceName, LinkKey>,
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
    for link in intent.links.values() {
        let gates = PerFamily::from_fn(|family| facts.gate(intent, link, family));
        let (whitelist_v4, whitelist_v6) = (intent.whitelist_v4(link), intent.whitelist_v6(link));
        let state = LinkState {
            v4: family_state(&gates.v4, link.interconnect_v4, whitelist_v4),
            v6: family_state(&gates.v6, link.interconnect_v6, whitelist_v6),
        };

        let towards = route_interface(&link.key, interfaces);
        let mut routes = Routes {
            desired: &mut derived.desired,
            intent,
            link,
            towards: &towards,
        };
        let learned = facts.learned.get(&link.name).filter(|_| link.bgp.is_some());
        let learned = learned.map(|Learned { v4, v6 }| (v4, v6)).unzip();
        let (learned_v4, learned_v6) = learned;
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
        derived.desired.guards.insert(towards, link.key.clone());
        derived.gates.insert(link.name.clone(), gates);
    }
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

fn family_state<A: Address>(
    gate: &Gate,
    interconnect: Option<Interconnect<A>>,
    whitelist: Option<&Whitelist<A>>,
) -> FamilyState<A> {
    let (remote, local) = match whitelist {
        Some(Whitelist { remote, local }) => (Arc::clone(remote.set()), Arc::clone(local.set())),
        None => (Arc::default(), Arc::default()),
    };
    FamilyState {
        gate: gate.reason(),
        interconnect,
        remote,
        local,
    }
}

/// Adds the routes of one link.
struct Routes<'a> {
    desired: &'a mut Desired,
    intent: &'a Intent,
    link: &'a Link,
    towards: &'a InterfaceName,
}

impl Routes<'_> {
    /// Those of one family, which exist only behind an open gate. A static link routes what its policy lists, another
    /// what its session taught. Links that route the same prefix with the same priority share the route.
    fn add<A: Address>(
        &mut self,
        gate: &Gate,
        peer: Option<A>,
        whitelist: Option<&Whitelist<A>>,
        learned: Option<&Arc<LearnedRoutes<A>>>,
    ) {
        let (true, Some(vpc), Some(peer)) = (gate.is_open(), self.intent.vpc(self.link), peer) else {
            return;
        };
        let (table, peer) = (vpc.table, peer.into());
        if self.link.bgp.is_none() {
            for prefix in whitelist.into_iter().flat_map(|list| list.remote.prefixes()) {
                self.put(table, prefix.net(), Priority::default(), peer);
            }
        } else {
            let routes = learned.into_iter().flat_map(|routes| routes.iter());
            for LearnedRoute {
                prefix,
                priority,
                router,
            } in routes
            {
                let gateway = match router {
                    Router::Peer => peer,
                    Router::Address(address) => address,
                };
                self.put(table, prefix.net(), priority, gateway);
            }
        }
    }

    fn put(&mut self, table: TableNumber, prefix: IpNet, priority: Priority, gateway: IpAddr) {
        let key = RouteKey {
            table,
            prefix,
            metric: priority.metric(),
        };
        let route = self.desired.routes.entry(key).or_insert_with(|| Route {
            key,
            next_hops: BTreeSet::new(),
        });
        route.next_hops.insert(NextHop {
            interface: self.towards.clone(),
            gateway,
        });
    }
}
