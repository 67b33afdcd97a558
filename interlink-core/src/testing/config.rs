//! Configurations that pass every check.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::any_prefix;
use crate::config::{
    AgentSection, BgpConfig, Config, LinkSection, MetricsSection, NicSection, PolicySection, VpcSection,
};
use crate::domain::{
    Asn, Community, Enforce, Filters, LinkStatus, OverLimit, PriorityCommunities, Role, SessionSettings, Transport,
    Vlan, VpcTable,
};
use crate::family::Family;
use crate::name::{InterfaceName, Name};
use crate::prefix::{Address, Prefix};
use crate::state::{AttachMode, OtherVlans, Priority, TableNumber};

pub(crate) fn any_config() -> impl Strategy<Value = Config> {
    let roots = (select(&Role::ALL[..]), any_metrics(), any_vpcs(), any_policies());
    roots.prop_flat_map(|(role, metrics, vpcs, policies)| {
        let sections = (any_links(&vpcs, &policies), any_nics());
        sections.prop_map(move |(links, mut nics)| {
            nics.retain(|nic| links.iter().any(|link| link.interface == nic.interface));
            Config {
                agent: AgentSection { role },
                metrics,
                vpcs: vpcs.clone(),
                policies: policies.clone(),
                nics,
                links,
                source: None,
            }
        })
    })
}

fn any_metrics() -> impl Strategy<Value = MetricsSection> {
    let listen = option::of((any::<IpAddr>(), 1..=u16::MAX).prop_map(SocketAddr::from));
    listen.prop_map(|listen| MetricsSection { listen })
}

fn any_vpcs() -> impl Strategy<Value = Vec<VpcSection>> {
    let table = prop_oneof![1..=252_u32, 256..=u32::MAX];
    let rules = vec((btree_set(any_interface(), 0..3), 1..=32765_u32, any::<bool>()), 4);
    (any_names(), btree_set(table, 4), rules).prop_map(|(names, tables, rules)| {
        let tables = tables.into_iter().zip(rules).zip(INTERFACES);
        let tables = tables.map(|((number, (iif, rule_priority, is_vrf)), vrf)| {
            if is_vrf {
                VpcTable::Vrf(super::interface(vrf))
            } else {
                VpcTable::Plain {
                    number: TableNumber(number),
                    iif,
                    rule_priority,
                }
            }
        });
        let sections = names.into_iter().zip(tables);
        sections.map(|(name, table)| VpcSection { name, table }).collect()
    })
}

fn any_policies() -> impl Strategy<Value = Vec<PolicySection>> {
    any_names().prop_flat_map(|names| names.into_iter().map(any_policy).collect::<Vec<_>>())
}

fn any_policy(name: Name) -> impl Strategy<Value = PolicySection> {
    let same = name.clone();
    prop_oneof![
        any_filters().prop_map(move |filters| PolicySection::V4 {
            name: name.clone(),
            filters
        }),
        any_filters().prop_map(move |filters| PolicySection::V6 {
            name: same.clone(),
            filters
        }),
    ]
}

fn any_filters<A: Address>() -> impl Strategy<Value = Filters<A>> {
    let prefixes = || vec(any_prefix::<A>(), 0..4);
    (prefixes(), prefixes()).prop_map(|(prefix_filter_in, prefix_filter_out): (Vec<Prefix<A>>, _)| Filters {
        prefix_filter_in,
        prefix_filter_out,
    })
}

fn any_links(vpcs: &[VpcSection], policies: &[PolicySection]) -> impl Strategy<Value = Vec<LinkSection>> + use<> {
    let vpcs: Vec<Name> = vpcs.iter().map(|vpc| vpc.name.clone()).collect();
    let of = |family| {
        let of_family = policies.iter().filter(|policy| policy.family() == family);
        of_family.map(|policy| policy.name().clone()).collect::<Vec<_>>()
    };
    let (policies_v4, policies_v6) = (of(Family::V4), of(Family::V6));
    let places = btree_set((any_interface(), any_vlan()), 4);
    (any_names(), places).prop_flat_map(move |(names, places)| {
        let sections: Vec<_> = names
            .into_iter()
            .zip(places)
            .map(|(name, (interface, vlan))| {
                let attached = (one_of(&vpcs), one_of(&policies_v4), one_of(&policies_v6));
                let fixed = (Just(name), Just(interface), Just(vlan));
                let own = (any_status(), any::<[bool; 2]>(), any_routers(), any_session());
                (fixed, attached, own).prop_map(
                    |(
                        (name, interface, vlan),
                        (vpc, routing_policy_v4, routing_policy_v6),
                        (
                            status,
                            [enable_route_propagation, manage_interface],
                            (scw_bgp_config, peer_bgp_config),
                            session,
                        ),
                    )| LinkSection {
                        name,
                        interface,
                        vlan,
                        status,
                        vpc,
                        routing_policy_v4,
                        routing_policy_v6,
                        enable_route_propagation,
                        manage_interface,
                        scw_bgp_config,
                        peer_bgp_config,
                        session: possible(session, scw_bgp_config),
                    },
                )
            })
            .collect();
        sections
    })
}

fn any_names() -> impl Strategy<Value = Vec<Name>> {
    let character = prop_oneof![
        select(&['"', '\\', '\'', '#', ' ', '=', 'é'][..]),
        any::<char>().prop_filter("names hold no control characters", |c| !c.is_control()),
    ];
    let name = vec(character, 1..8).prop_map(|characters| Name::new(&String::from_iter(characters)).unwrap());
    btree_set(name, 0..4)
        .prop_map(|names| names.into_iter().collect::<Vec<_>>())
        .prop_shuffle()
}

const INTERFACES: [&str; 4] = ["eth0", "enp1s0f0", "a\"b\\c", "é#"];

fn any_interface() -> impl Strategy<Value = InterfaceName> {
    select(&INTERFACES[..]).prop_map(super::interface)
}

/// Some of the NICs that a link may be on, in any order.
fn any_nics() -> impl Strategy<Value = Vec<NicSection>> {
    let mode = select(&[AttachMode::Native, AttachMode::Generic][..]);
    let other_vlans = select(&[OtherVlans::Drop, OtherVlans::Pass][..]);
    let nic = (mode, other_vlans, any::<bool>(), any::<bool>());
    vec(option::of(nic), INTERFACES.len())
        .prop_map(|nics| {
            let named = INTERFACES.map(super::interface).into_iter().zip(nics);
            let sections = named.filter_map(|(interface, nic)| {
                let (xdp_mode, other_vlans, lldp, lacp) = nic?;
                Some(NicSection {
                    interface,
                    xdp_mode,
                    other_vlans,
                    lldp,
                    lacp,
                })
            });
            sections.collect::<Vec<_>>()
        })
        .prop_shuffle()
}

fn any_vlan() -> impl Strategy<Value = Vlan> {
    (0..=4094_u32).prop_map(|index| Vlan::from_index(index).unwrap())
}

fn any_status() -> impl Strategy<Value = LinkStatus> {
    select(LinkStatus::KNOWN)
}

fn any_routers() -> impl Strategy<Value = (BgpConfig, BgpConfig)> {
    let asn = (1..=u32::MAX).prop_map(|number| Asn(NonZeroU32::new(number).unwrap()));
    let asns = (asn.clone(), asn).prop_filter("the two differ", |(scw, peer)| scw != peer);
    (option::of(asns), any_pair::<Ipv4Addr>(), any_pair::<Ipv6Addr>()).prop_map(|(asns, v4, v6)| {
        let config = |side: fn((Asn, Asn)) -> Asn, v4, v6| BgpConfig {
            asn: asns.map(side),
            ipv4: v4,
            ipv6: v6,
        };
        (
            config(|(scw, _)| scw, v4.map(|(scw, _)| scw), v6.map(|(scw, _)| scw)),
            config(|(_, peer)| peer, v4.map(|(_, peer)| peer), v6.map(|(_, peer)| peer)),
        )
    })
}

/// An address with the length of its subnet.
type Router<A> = (A, u8);

fn any_pair<A: Address>() -> impl Strategy<Value = Option<(Router<A>, Router<A>)>> {
    let pair = (any::<u128>(), 0..A::WIDTH).prop_map(|(number, length)| {
        let neighbour = A::from_number(number ^ 1);
        ((A::from_number(number), length), (neighbour, length))
    });
    option::of(pair)
}

/// One session for both families needs an address to run over, and who goes by what is announced needs a session.
fn possible(session: SessionSettings, router: BgpConfig) -> SessionSettings {
    let transport = match session.transport {
        Transport::V4 if router.ipv4.is_none() => Transport::Each,
        Transport::V6 if router.ipv6.is_none() => Transport::Each,
        possible @ (Transport::Each | Transport::V4 | Transport::V6) => possible,
    };
    let enforce = match router.asn {
        Some(_) => session.enforce,
        None => Enforce::Policy,
    };
    SessionSettings {
        enforce,
        transport,
        ..session
    }
}

fn any_session() -> impl Strategy<Value = SessionSettings> {
    let hold_time = prop_oneof![Just(0), 3..=u16::MAX];
    let limits = (
        1..=u32::MAX,
        option::of(1..=u32::MAX),
        1..=u32::MAX,
        select(&OverLimit::ALL[..]),
    );
    let network = prop_oneof![
        any_prefix::<Ipv4Addr>().prop_map(Prefix::net),
        any_prefix::<Ipv6Addr>().prop_map(Prefix::net),
    ];
    let file = option::of(select(&["/etc/key", "/a \"b\\c", "/é#"][..]).prop_map(str::to_owned));
    let router_id = option::of((1..=u32::MAX).prop_map(Ipv4Addr::from_bits));
    let communities = any::<[u32; 3]>().prop_map(|[low, medium, high]| PriorityCommunities {
        low: Community(low),
        medium: Community(medium),
        high: Community(high),
    });
    let times = (hold_time, any::<u32>(), 0..=4095_u16);
    let texts = (vec(network, 0..4), file, router_id, communities);
    let choices = (
        select(&Transport::ALL[..]),
        select(&Enforce::ALL[..]),
        option::of(select(&Priority::ALL[..])),
        any::<[bool; 6]>(),
    );
    (times, limits, texts, choices).prop_map(|(times, limits, texts, choices)| {
        let (hold_time, idle_time, graceful_restart_time) = times;
        let (max_prefixes, max_accepted_prefixes, max_announced_prefixes, on_max_prefixes) = limits;
        let (networks, md5_key_file, router_id, communities) = texts;
        let (transport, enforce, priority, [connected, passive, ttl_security, keep, shutdown, role]) = choices;
        SessionSettings {
            hold_time,
            max_prefixes,
            max_accepted_prefixes,
            on_max_prefixes,
            idle_time,
            max_announced_prefixes,
            enforce,
            networks,
            announce_connected: connected,
            transport,
            router_id,
            passive,
            md5_key_file,
            ttl_security,
            keep_when_disabled: keep,
            graceful_restart_time,
            communities,
            priority,
            graceful_shutdown: shutdown,
            announce_role: role,
        }
    })
}

fn one_of(names: &[Name]) -> BoxedStrategy<Option<Name>> {
    if names.is_empty() {
        Just(None).boxed()
    } else {
        option::of(select(names.to_vec())).boxed()
    }
}
