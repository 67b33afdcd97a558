//! From what is wanted of a link to what its sessions are to be.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

use super::World;
use crate::bgp::codec::{Announcement, Offer};
use crate::bgp::effect::{Endpoint, SessionId};
use crate::bgp::export::ExportPolicy;
use crate::bgp::import::ImportPolicy;
use crate::bgp::session::{Carried, Limits, Restored, Wanted, Will};
use crate::domain::{
    Bgp, Community, Interconnect, Link, Role, SessionSettings, Stance, Transport, Vpc, VpcTable, Whitelist,
};
use crate::family::{Family, PerFamily};
use crate::gate::settle;
use crate::name::InterfaceName;
use crate::prefix::{Address, Prefix};
use crate::state::{Attachment, Interface, Observed, Priority, route_interface};
use interlink_common::Reason;

/// Every session of every link that has BGP.
pub(super) fn sessions(world: World<'_>) -> BTreeMap<SessionId, Wanted> {
    let connected = Connected::new(world);
    let links = world.intent.links.values();
    links
        .filter_map(|link| link.bgp.map(|bgp| (link, bgp)))
        .flat_map(|(link, bgp)| of_link(world, link, bgp, &connected))
        .collect()
}

/// What the kernel holds of a session's families whose gate is open.
pub(super) fn held(world: World<'_>, observed: &Observed, id: &SessionId) -> Restored {
    let Some(link) = world.intent.links.get(&id.link) else {
        return Restored::default();
    };
    let carried = carried(link, id.transport);
    Restored {
        v4: carried.v4.then(|| held_of(world, observed, link)).flatten(),
        v6: carried.v6.then(|| held_of(world, observed, link)).flatten(),
    }
}

fn held_of<A: Address>(
    world: World<'_>,
    observed: &Observed,
    link: &Link,
) -> Option<Vec<(Prefix<A>, Priority, IpAddr)>> {
    let nic = observed.nics.get(&link.key.interface)?;
    let state = nic.links.get(&link.key.vlan)?;
    let gate = match A::FAMILY {
        Family::V4 => state.v4.gate,
        Family::V6 => state.v6.gate,
    };
    if gate != Reason::Allowed || !matches!(nic.attachment, Attachment::Attached(_)) {
        return None;
    }
    let vpc = world.intent.vpc(link)?;
    let towards = route_interface(&link.key, world.interfaces);
    let table = vpc.table.number(world.interfaces)?;
    let routes = observed.routes.iter().filter(|(key, _)| key.table == table);
    let held = routes.filter_map(|(key, path)| {
        let prefix = Prefix::try_from_net(key.prefix).ok()?;
        let priority = Priority::ALL
            .into_iter()
            .find(|priority| priority.metric() == key.metric)?;
        let hop = path.next_hops().find(|hop| hop.interface == towards)?;
        Some((prefix, priority, hop.gateway))
    });
    Some(held.collect())
}

fn of_link(world: World<'_>, link: &Link, bgp: Bgp, connected: &Connected) -> Vec<(SessionId, Wanted)> {
    let transports: &[Family] = match link.session.transport {
        Transport::Each => &Family::ALL,
        Transport::V4 => &[Family::V4],
        Transport::V6 => &[Family::V6],
    };
    let session = |transport: &Family| {
        let wanted = wanted(world, link, bgp, *transport, connected)?;
        let id = SessionId {
            link: link.name.clone(),
            transport: *transport,
        };
        Some((id, wanted))
    };
    transports.iter().filter_map(session).collect()
}

/// What a session carries: what both routers have an address of.
fn carried(link: &Link, transport: Family) -> PerFamily<bool> {
    let both = PerFamily {
        v4: link.interconnect_v4.is_some(),
        v6: link.interconnect_v6.is_some(),
    };
    match (link.session.transport, transport) {
        (Transport::Each, Family::V4) => PerFamily { v6: false, ..both },
        (Transport::Each, Family::V6) => PerFamily { v4: false, ..both },
        (Transport::V4 | Transport::V6, Family::V4 | Family::V6) => both,
    }
}

fn wanted(world: World<'_>, link: &Link, bgp: Bgp, transport: Family, connected: &Connected) -> Option<Wanted> {
    let SessionSettings {
        hold_time,
        max_prefixes,
        max_accepted_prefixes,
        on_max_prefixes,
        idle_time,
        router_id,
        passive,
        md5_key_file,
        ttl_security,
        graceful_restart_time,
        announce_role,
        ..
    } = &link.session;
    let carried = carried(link, transport);
    let (local, peer) = match transport {
        Family::V4 => addresses(link.interconnect_v4?),
        Family::V6 => addresses(link.interconnect_v6?),
    };
    let interface = route_interface(&link.key, world.interfaces);
    Some(Wanted {
        will: will(world, link, carried, &interface),
        offer: Offer {
            local_as: bgp.local_as,
            peer_as: bgp.peer_as,
            identifier: router_id.unwrap_or_else(|| identifier(link, bgp)),
            hold_time: *hold_time,
            families: carried,
            role: announce_role.then_some(bgp.role),
            restart: None,
        },
        endpoint: Endpoint {
            local,
            peer,
            interface,
            md5_key_file: md5_key_file.clone(),
            ttl_security: *ttl_security,
        },
        passive: *passive,
        restart_time: *graceful_restart_time,
        limits: Limits {
            most: *max_prefixes,
            most_accepted: *max_accepted_prefixes,
            action: *on_max_prefixes,
            idle: (*idle_time > 0).then(|| Duration::from_secs((*idle_time).into())),
            most_bytes: Limits::MOST_BYTES,
        },
        v4: link.interconnect_v4.filter(|_| carried.v4).map(|interconnect| {
            let whitelist = world.intent.whitelist_v4(link);
            carry(world, link, bgp, interconnect, whitelist, connected)
        }),
        v6: link.interconnect_v6.filter(|_| carried.v6).map(|interconnect| {
            let whitelist = world.intent.whitelist_v6(link);
            carry(world, link, bgp, interconnect, whitelist, connected)
        }),
    })
}

fn will(world: World<'_>, link: &Link, carried: PerFamily<bool>, interface: &InterfaceName) -> Will {
    match stance(world, link) {
        Stance::Connect | Stance::Enforce => {}
        Stance::Hold => return Will::Stay("the link's status isn't known"),
        Stance::Wait => return Will::Stay("the link isn't provisioned yet"),
        Stance::Block => return Will::Stay("the link's status blocks it"),
    }
    let has_policy = |family: &Family| *carried.get(*family) && world.intent.has_policy(link, *family);
    if !Family::ALL.iter().any(has_policy) {
        return Will::Stay("no routing policy is attached");
    }
    if !link.enable_route_propagation && !link.session.keep_when_disabled {
        return Will::Stay("route propagation is disabled");
    }
    let is_there = world
        .interfaces
        .get(interface)
        .is_some_and(|interface| interface.up && interface.carrier);
    if is_there { Will::Run } else { Will::NoCarrier }
}

fn stance(world: World<'_>, link: &Link) -> Stance {
    settle(world.settled.get(&link.name), &link.status).stance()
}

fn carry<A: Address>(
    world: World<'_>,
    link: &Link,
    bgp: Bgp,
    interconnect: Interconnect<A>,
    whitelist: Option<&Whitelist<A>>,
    connected: &Connected,
) -> Carried<A> {
    let settings = &link.session;
    let mut networks: BTreeSet<Prefix<A>> = settings.networks_of().collect();
    if settings.announce_connected {
        networks.extend(connected.of::<A>(world.intent.vpc(link)));
    }
    let role = settings.announce_role.then_some(bgp.role);
    let mut communities: Vec<_> = settings
        .priority
        .map(|priority| settings.communities.of(priority))
        .into_iter()
        .chain(settings.graceful_shutdown.then_some(Community::GRACEFUL_SHUTDOWN))
        .collect();
    communities.sort_unstable();
    Carried {
        import: ImportPolicy {
            remote: whitelist.map(|whitelist| Arc::clone(whitelist.remote.set())),
            lists_default: whitelist
                .is_some_and(|whitelist| whitelist.remote.prefixes().iter().any(|prefix| prefix.length() == 0)),
            interconnect,
            local_as: bgp.local_as,
            peer_as: bgp.peer_as,
            role,
            communities: settings.communities,
            graceful_shutdown: settings.graceful_shutdown,
        },
        export: ExportPolicy {
            local: whitelist.map(|whitelist| Arc::clone(whitelist.local.set())),
            networks,
            most: usize::try_from(settings.max_announced_prefixes).unwrap_or(usize::MAX),
        },
        said: Announcement {
            local_as: bgp.local_as,
            next_hop: interconnect.ours().into(),
            communities,
            only_to_customer: role == Some(Role::Provider),
        },
        propagate: link.enable_route_propagation
            && world.intent.vpc(link).is_some()
            && stance(world, link) == Stance::Enforce,
    }
}

fn addresses<A: Address>(interconnect: Interconnect<A>) -> (IpAddr, IpAddr) {
    (interconnect.ours().into(), interconnect.peer().into())
}

/// Our address on the link, or of IPv6 its last 32 bits: it has to be unique in our AS only (RFC 6286).
fn identifier(link: &Link, bgp: Bgp) -> Ipv4Addr {
    if let Some(interconnect) = link.interconnect_v4 {
        return interconnect.ours();
    }
    let of_v6 = link
        .interconnect_v6
        .map(|interconnect| Ipv4Addr::from_number(interconnect.ours().number()));
    of_v6
        .filter(|identifier| !identifier.is_unspecified())
        .unwrap_or(Ipv4Addr::from_bits(bgp.local_as.0.get()))
}

/// The networks that this machine is connected to, but for those of the links, by interface.
struct Connected(BTreeMap<InterfaceName, Vec<IpNet>>);

impl Connected {
    fn new(world: World<'_>) -> Self {
        let links = world.intent.links.values();
        let of_links: BTreeSet<_> = links
            .flat_map(|link| [link.key.interface.clone(), route_interface(&link.key, world.interfaces)])
            .collect();
        let others = world.interfaces.iter().filter(|(name, interface)| {
            interface.up && interface.carrier && name.as_str() != "lo" && !of_links.contains(*name)
        });
        let networks = |interface: &Interface| interface.addresses.iter().map(IpNet::trunc).collect();
        Self(
            others
                .map(|(name, interface)| (name.clone(), networks(interface)))
                .collect(),
        )
    }

    /// Those of a VPC: of the interfaces that look up its table, where these are known.
    fn of<A: Address>(&self, vpc: Option<&Vpc>) -> impl Iterator<Item = Prefix<A>> {
        let only = vpc.and_then(|vpc| match &vpc.table {
            VpcTable::Plain { iif, .. } => (!iif.is_empty()).then_some(iif),
            VpcTable::Vrf(_) => None,
        });
        let of_vpc = self
            .0
            .iter()
            .filter(move |(name, _)| only.is_none_or(|only| only.contains(*name)));
        of_vpc.flat_map(|(_, networks)| networks.iter().filter_map(|net| Prefix::try_from_net(*net).ok()))
    }
}
