//! Requests about routes: `RTM_NEWROUTE`, `RTM_DELROUTE`, and what a dump is asked for.

use std::collections::BTreeMap;
use std::net::IpAddr;

use interlink_core::family::Family;
use interlink_core::name::InterfaceName;
use interlink_core::state::{Interface, NextHop, Path, ROUTE_PROTOCOL, RouteKey, TableNumber};
use ipnet::IpNet;
use netlink_packet_core::Emitable;
use netlink_packet_route::AddressFamily;
use netlink_packet_route::route::{
    RouteAttribute, RouteFlags, RouteHeader, RouteMessage, RouteNextHop, RouteNextHopFlags, RouteProtocol, RouteScope,
    RouteType, RouteVia,
};

use super::error::Refusal;

/// The longest list of next hops, in bytes: the length of an attribute is a `u16`.
const LONGEST_MULTIPATH: usize = 60 * 1024;

/// Writes a route.
pub(super) fn write(
    key: &RouteKey,
    path: &Path,
    interfaces: &BTreeMap<InterfaceName, Interface>,
) -> Result<RouteMessage, Refusal> {
    let mut message = keyed(key);
    message.header.kind = RouteType::Unicast;
    message.header.scope = RouteScope::Universe;
    if *path == Path::Unreachable {
        message.header.kind = RouteType::Unreachable;
        return Ok(message);
    }
    let mut hops = path.next_hops();
    match (hops.next(), hops.next()) {
        (None, _) => return Err(Refusal::new(libc::EINVAL, "it has no next hop")),
        (Some(NextHop { interface, gateway }), None) => {
            let (index, onlink) = reach(interface, *gateway, interfaces)?;
            message.header.flags.set(RouteFlags::Onlink, onlink);
            message.attributes.push(RouteAttribute::Oif(index));
            message.attributes.push(via(key, *gateway));
        }
        (Some(_), Some(_)) => {
            let hops = path.next_hops().map(|NextHop { interface, gateway }| {
                let (index, onlink) = reach(interface, *gateway, interfaces)?;
                let mut hop = RouteNextHop::default();
                hop.interface_index = index;
                hop.flags.set(RouteNextHopFlags::Onlink, onlink);
                hop.attributes.push(via(key, *gateway));
                Ok(hop)
            });
            message
                .attributes
                .push(multipath(hops.collect::<Result<_, Refusal>>()?)?);
        }
    }
    Ok(message)
}

/// Writes what the kernel finds a route to delete by. IPv4 keeps one of ours apart from others' with the same prefix
/// and metric by its protocol. IPv6 makes one multipath route of them all, and deletes it whole unless it is told the
/// hops, so it is told them; a hop of somebody else's among them isn't hit, having another protocol.
pub(super) fn write_deletion(
    key: &RouteKey,
    path: &Path,
    interfaces: &BTreeMap<InterfaceName, Interface>,
) -> Result<RouteMessage, Refusal> {
    let mut message = keyed(key);
    message.header.scope = RouteScope::NoWhere;
    if *path == Path::Unreachable {
        message.header.kind = RouteType::Unreachable;
    } else if Family::of_net(key.prefix) == Family::V6 {
        let hops = path.next_hops().map(|NextHop { interface, gateway }| {
            let mut hop = RouteNextHop::default();
            // 0 stands for any.
            hop.interface_index = interfaces.get(interface).map_or(0, |interface| interface.index);
            hop.attributes.push(via(key, *gateway));
            hop
        });
        message.attributes.push(multipath(hops.collect())?);
    }
    Ok(message)
}

/// Makes of a dumped row the request to delete it and nothing else.
pub(super) fn into_deletion(mut row: RouteMessage) -> RouteMessage {
    row.header.flags = RouteFlags::empty();
    row.attributes
        .retain(|attribute| !matches!(attribute, RouteAttribute::CacheInfo(_)));
    row
}

/// What a dump is asked for: all of a family, or ours of one table.
pub(super) fn filter(family: Family, ours_of: Option<TableNumber>) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = address_family(family);
    if let Some(TableNumber(table)) = ours_of {
        message.attributes.push(RouteAttribute::Table(table));
        message.header.protocol = RouteProtocol::from(ROUTE_PROTOCOL);
    }
    message
}

/// Whether a dumped row has a gateway, which is what IPv6 makes multipath routes of.
pub(super) fn has_gateway(row: &RouteMessage) -> bool {
    row.attributes.iter().any(|attribute| {
        matches!(
            attribute,
            RouteAttribute::Gateway(_) | RouteAttribute::MultiPath(_) | RouteAttribute::NhId(_)
        )
    })
}

fn keyed(key: &RouteKey) -> RouteMessage {
    let RouteKey {
        table: TableNumber(table),
        prefix,
        metric,
    } = *key;
    let mut message = RouteMessage::default();
    message.header.address_family = address_family(Family::of_net(prefix));
    message.header.destination_prefix_length = prefix.prefix_len();
    message.header.table = u8::try_from(table).unwrap_or(RouteHeader::RT_TABLE_UNSPEC);
    message.header.protocol = RouteProtocol::from(ROUTE_PROTOCOL);
    message.attributes = Vec::with_capacity(5);
    message
        .attributes
        .push(RouteAttribute::Destination(prefix.network().into()));
    message.attributes.push(RouteAttribute::Table(table));
    message.attributes.push(RouteAttribute::Priority(metric));
    message
}

const fn address_family(family: Family) -> AddressFamily {
    match family {
        Family::V4 => AddressFamily::Inet,
        Family::V6 => AddressFamily::Inet6,
    }
}

/// The index of an interface, and whether the kernel must be told that the gateway is on it.
fn reach(
    name: &InterfaceName,
    gateway: IpAddr,
    interfaces: &BTreeMap<InterfaceName, Interface>,
) -> Result<(u32, bool), Refusal> {
    let Some(interface) = interfaces.get(name) else {
        return Err(Refusal::new(libc::ENODEV, &format!("interface {name} doesn't exist")));
    };
    let known = match gateway {
        IpAddr::V6(gateway) if gateway.is_unicast_link_local() => true,
        IpAddr::V4(_) | IpAddr::V6(_) => interface.addresses.iter().any(|subnet| subnet.contains(&gateway)),
    };
    Ok((interface.index, !known))
}

/// `RTA_GATEWAY`, or `RTA_VIA` for an IPv4 route through an IPv6 router.
fn via(key: &RouteKey, gateway: IpAddr) -> RouteAttribute {
    match (key.prefix, gateway) {
        (IpNet::V4(_), IpAddr::V6(gateway)) => RouteAttribute::Via(RouteVia::Inet6(gateway)),
        (IpNet::V4(_) | IpNet::V6(_), gateway) => RouteAttribute::Gateway(gateway.into()),
    }
}

fn multipath(hops: Vec<RouteNextHop>) -> Result<RouteAttribute, Refusal> {
    if hops.iter().map(Emitable::buffer_len).sum::<usize>() > LONGEST_MULTIPATH {
        return Err(Refusal::new(
            libc::EMSGSIZE,
            "it has too many next hops for one message",
        ));
    }
    Ok(RouteAttribute::MultiPath(hops))
}
