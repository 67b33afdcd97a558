//! Intents of a universe so small that links, policies and routes meet each other.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::domain::{
    Asn, Bgp, Enforce, Filters, Intent, Interconnect, Link, LinkKey, LinkStatus, Nic, Role, RoutingPolicy,
    SessionSettings, Vlan, Vpc, VpcTable,
};
use crate::family::PerFamily;
use crate::gate::Session;
use crate::name::{InterfaceName, Name};
use crate::prefix::{Address, Prefix};
use crate::state::{
    AttachMode, Derived, Facts, Interface, Learned, LearnedRoute, LearnedRoutes, NicSettings, OtherVlans, Priority,
    Router, TableNumber, derive,
};
use crate::testing::{interface, name, prefix};

pub(super) const NICS: [&str; 2] = ["eth1", "eth2"];
pub(super) const VLANS: [u32; 3] = [0, 10, 20];

const REMOTE_V4: [&str; 4] = ["10.1.0.0/24", "10.1.0.128/25", "10.1.1.0/24", "10.1.2.0/23"];
const LOCAL_V4: [&str; 2] = ["10.2.0.0/24", "10.2.1.0/24"];
const REMOTE_V6: [&str; 2] = ["2001:db8:1::/48", "2001:db8:1:1::/64"];
const LOCAL_V6: [&str; 2] = ["2001:db8:2::/64", "2001:db8:2:1::/64"];

/// What an operator may have written.
#[derive(Clone, Debug)]
pub(super) struct World {
    /// The place of each link is its index.
    links: Vec<Option<LinkSpec>>,
    policies: Vec<PolicySpec>,
    nics: Vec<Nic>,
}

#[derive(Clone, Copy, Debug)]
struct LinkSpec {
    active: bool,
    propagation: bool,
    vpc: Option<&'static str>,
    /// Which of the policies of each family.
    policies: [Option<u8>; 2],
    interconnects: [bool; 2],
    /// Which pair of routers.
    routers: u8,
    /// None for a static link.
    sessions: Option<[Session; 2]>,
    /// What the sessions taught: a bit for each prefix of the universe, and what the community of all asks for.
    taught: u8,
    priority: Priority,
    /// What decides which sources pass.
    enforce: Enforce,
}

/// The prefixes of two policies, one of each family: a bit for each prefix of the universe.
#[derive(Clone, Copy, Debug)]
struct PolicySpec {
    remote: u8,
    local: u8,
}

impl World {
    pub(super) fn derive(&self, interfaces: &BTreeMap<InterfaceName, Interface>) -> Derived {
        derive(&self.intent(), &self.facts(), interfaces)
    }

    fn intent(&self) -> Intent {
        let vpc = |text, table| {
            let (name, table) = (name(text), TableNumber(table));
            let table = VpcTable::Plain {
                number: table,
                iif: [interface("vpc0")].into(),
                rule_priority: 7300,
            };
            (name.clone(), Vpc { name, table })
        };
        Intent {
            vpcs: BTreeMap::from([vpc("a", 100), vpc("b", 200)]),
            policies: (0..)
                .zip(&self.policies)
                .flat_map(|(number, spec)| spec.policies(number))
                .collect(),
            nics: NICS.map(interface).into_iter().zip(self.nics.iter().copied()).collect(),
            links: self.specs().map(|(key, spec)| spec.link(key)).collect(),
        }
    }

    fn facts(&self) -> Facts {
        let sessions = self.specs().filter_map(|(key, spec)| {
            let [v4, v6] = spec.sessions?;
            Some((link_name(&key), PerFamily { v4, v6 }))
        });
        Facts {
            settled: BTreeMap::new(),
            sessions: sessions.collect(),
            learned: self
                .specs()
                .map(|(key, spec)| (link_name(&key), spec.learned()))
                .collect(),
        }
    }

    fn specs(&self) -> impl Iterator<Item = (LinkKey, &LinkSpec)> {
        places().zip(&self.links).filter_map(|((nic, vlan), spec)| {
            let key = LinkKey {
                interface: interface(NICS[nic]),
                vlan,
            };
            Some((key, spec.as_ref()?))
        })
    }
}

impl LinkSpec {
    fn link(&self, key: LinkKey) -> (Name, Link) {
        let [v4, v6] = self.policies;
        let base = self.routers.into();
        let asn = |number| Asn(NonZeroU32::new(number).unwrap());
        let link = Link {
            name: link_name(&key),
            status: if self.active {
                LinkStatus::Active
            } else {
                LinkStatus::AllDown
            },
            vpc: self.vpc.map(name),
            policies: PerFamily {
                v4: v4.map(|number| name(&format!("v4-{number}"))),
                v6: v6.map(|number| name(&format!("v6-{number}"))),
            },
            enable_route_propagation: self.propagation,
            interconnect_v4: self.interconnects[0].then(|| routers::<Ipv4Addr>("169.254.0.0", base, 31)),
            interconnect_v6: self.interconnects[1].then(|| routers::<Ipv6Addr>("fd00::", base, 127)),
            bgp: self.sessions.map(|_| Bgp {
                local_as: asn(1),
                peer_as: asn(2),
                role: Role::Customer,
            }),
            manage_interface: false,
            session: SessionSettings {
                enforce: self.enforce,
                ..crate::config::default::session()
            },
            key,
        };
        (link.name.clone(), link)
    }
}

impl LinkSpec {
    fn learned(&self) -> Learned {
        Learned {
            v4: Arc::new(self.taught(&REMOTE_V4)),
            v6: Arc::new(self.taught(&REMOTE_V6)),
        }
    }

    fn taught<A: Address>(&self, texts: &[&str]) -> LearnedRoutes<A> {
        let routes = chosen(self.taught, texts).map(|prefix| LearnedRoute {
            prefix,
            priority: self.priority,
            router: Router::Peer,
        });
        routes.collect()
    }
}

impl PolicySpec {
    fn policies(self, number: u8) -> [(Name, RoutingPolicy); 2] {
        let (v4, v6) = (name(&format!("v4-{number}")), name(&format!("v6-{number}")));
        let policies = [
            RoutingPolicy::V4 {
                name: v4.clone(),
                whitelist: Role::Provider.whitelist(self.filters(&REMOTE_V4, &LOCAL_V4)),
            },
            RoutingPolicy::V6 {
                name: v6.clone(),
                whitelist: Role::Provider.whitelist(self.filters(&REMOTE_V6, &LOCAL_V6)),
            },
        ];
        let [policy_v4, policy_v6] = policies;
        [(v4, policy_v4), (v6, policy_v6)]
    }

    fn filters<A: Address>(self, remote: &[&str], local: &[&str]) -> Filters<A> {
        Filters {
            prefix_filter_in: chosen(self.remote, remote).collect(),
            prefix_filter_out: chosen(self.local, local).collect(),
        }
    }
}

fn chosen<A: Address>(bits: u8, texts: &[&str]) -> impl Iterator<Item = Prefix<A>> {
    let numbered = texts.iter().enumerate();
    numbered
        .filter(move |(bit, _)| bits >> bit & 1 == 1)
        .map(|(_, text)| prefix(text))
}

/// A world, and one that it may have come from: each link and policy is the same in both, or another.
pub(super) fn before_and_after() -> impl Strategy<Value = (World, World)> {
    let change = (
        vec(any::<bool>(), NICS.len() * VLANS.len()),
        vec(any::<bool>(), 2),
        (prop::bool::weighted(0.2), any::<bool>()),
    );
    (any_world(), any_world(), change).prop_map(|(old, mut new, (links, policies, (modes, settings)))| {
        for (index, keeps) in links.into_iter().enumerate() {
            if keeps {
                new.links[index] = old.links[index];
            }
        }
        for (index, keeps) in policies.into_iter().enumerate() {
            if keeps {
                new.policies[index] = old.policies[index];
            }
        }
        for (new, old) in new.nics.iter_mut().zip(&old.nics) {
            if !modes {
                new.mode = old.mode;
            }
            if !settings {
                new.settings = old.settings;
            }
        }
        (old, new)
    })
}

pub(super) fn any_world() -> impl Strategy<Value = World> {
    let links = vec(option::weighted(0.6, any_link()), NICS.len() * VLANS.len());
    let mode = select(&[AttachMode::Native, AttachMode::Generic][..]);
    let nic = (mode, any_settings()).prop_map(|(mode, settings)| Nic { mode, settings });
    let nics = vec(nic, NICS.len());
    (links, vec(any_policy(), 2), nics).prop_map(|(links, policies, nics)| World { links, policies, nics })
}

pub(super) fn any_settings() -> impl Strategy<Value = NicSettings> {
    let other_vlans = select(&[OtherVlans::Drop, OtherVlans::Pass][..]);
    (other_vlans, any::<bool>(), any::<bool>()).prop_map(|(other_vlans, lldp, lacp)| NicSettings {
        other_vlans,
        lldp,
        lacp,
    })
}

fn any_link() -> impl Strategy<Value = LinkSpec> {
    let usually = || prop::bool::weighted(0.85);
    let session = || select(&[Session::Up, Session::Up, Session::Down][..]);
    let policy = || option::weighted(0.9, 0..2_u8);
    (
        (usually(), usually(), usually(), usually(), any::<bool>()),
        option::weighted(0.9, select(&["a", "a", "b"][..])),
        [policy(), policy()],
        option::of([session(), session()]),
        (any::<u8>(), select(&Priority::ALL[..]), select(&Enforce::ALL[..])),
    )
        .prop_map(
            |(
                (active, propagation, has_v4, has_v6, other_routers),
                vpc,
                policies,
                sessions,
                (taught, priority, enforce),
            )| {
                LinkSpec {
                    taught,
                    priority,
                    enforce: sessions.map_or(Enforce::Policy, |_| enforce),
                    active,
                    propagation,
                    vpc,
                    policies,
                    interconnects: [has_v4, has_v6],
                    routers: if other_routers { 2 } else { 0 },
                    sessions,
                }
            },
        )
}

fn any_policy() -> impl Strategy<Value = PolicySpec> {
    (0..16_u8, 1..4_u8).prop_map(|(remote, local)| PolicySpec { remote, local })
}

fn places() -> impl Iterator<Item = (usize, Vlan)> {
    (0..NICS.len()).flat_map(|nic| VLANS.map(|vlan| (nic, Vlan::from_index(vlan).unwrap())))
}

fn link_name(key: &LinkKey) -> Name {
    name(&key.to_string())
}

fn routers<A: Address>(first: &str, number: u128, length: u8) -> Interconnect<A> {
    let ours = A::from_number(A::from_ip(first.parse().unwrap()).unwrap().number() + number);
    Interconnect::new((ours, length), (ours.successor().unwrap(), length)).unwrap()
}
