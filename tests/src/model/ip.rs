//! IP packets.

use std::net::{IpAddr, Ipv6Addr};

use interlink_common::{Reason, Verdict};
use ipnet::{IpNet, Ipv6Net};

use super::{Link, ipv4_at, ipv6_at, word};

/// An IP packet, without its frame's padding.
pub(super) struct Ip<'f> {
    source: IpAddr,
    destination: IpAddr,
    protocol: u8,
    hops: u8,
    /// Whether it is no fragment.
    is_whole: bool,
    /// Whether anything is between the fixed header and the payload.
    has_options: bool,
    payload: &'f [u8],
}

pub(super) fn judge_ip(packet: Result<Ip<'_>, Reason>, gate: u32, link: &Link) -> Reason {
    let packet = match packet {
        Ok(packet) => packet,
        Err(reason) => return reason,
    };
    if link.interconnects.iter().any(|it| it.ours == packet.source) {
        return Reason::OwnSource;
    }
    if let Some(reason) = judge_neighbour(&packet, link) {
        return reason;
    }
    if is_nobodys(packet.destination) {
        return Reason::MartianDestination;
    }
    if let Some(reason) = judge_router(&packet, link) {
        return reason;
    }
    match Reason::ALL.get(gate as usize) {
        Some(Reason::Allowed) => judge_by_policy(&packet, link),
        Some(reason) if reason.verdict() == Verdict::Drop => *reason,
        // A gate that is closed for a reason to pass, or for none, is a broken table.
        _ => Reason::NoTables,
    }
}

pub(super) fn read_ipv4(packet: &[u8]) -> Result<Ip<'_>, Reason> {
    if packet.len() < 20 {
        return Err(Reason::Truncated);
    }
    let header = usize::from(packet[0] % 16) * 4;
    let total = usize::from(word(packet, 2).unwrap());
    if packet[0] / 16 != 4 || header < 20 || !(header..=packet.len()).contains(&total) {
        return Err(Reason::HeaderInvalid);
    }
    Ok(Ip {
        source: ipv4_at(packet, 12).into(),
        destination: ipv4_at(packet, 16).into(),
        protocol: packet[9],
        hops: packet[8],
        is_whole: word(packet, 6).unwrap() << 2 == 0,
        has_options: header > 20,
        payload: &packet[header..total],
    })
}

pub(super) fn read_ipv6(packet: &[u8]) -> Result<Ip<'_>, Reason> {
    if packet.len() < 40 {
        return Err(Reason::Truncated);
    }
    let length = usize::from(word(packet, 4).unwrap());
    if packet[0] / 16 != 6 || length > packet.len() - 40 {
        return Err(Reason::HeaderInvalid);
    }
    Ok(Ip {
        source: ipv6_at(packet, 8).into(),
        destination: ipv6_at(packet, 24).into(),
        protocol: packet[6],
        hops: packet[7],
        is_whole: true,
        has_options: false,
        payload: &packet[40..40 + length],
    })
}

/// What neighbour discovery, and what stands in for it, has to say about a packet; and what its source has.
fn judge_neighbour(packet: &Ip<'_>, link: &Link) -> Option<Reason> {
    let icmp = match (packet.source, packet.destination, packet.protocol) {
        (IpAddr::V6(source), IpAddr::V6(destination), 58) => Some((source, destination)),
        _ => None,
    };
    if let Some((source, destination)) = icmp
        && packet.hops == 255
        && is_neighbour_discovery(source, destination, packet.payload, link)
    {
        return Some(Reason::NeighbourDiscovery);
    }
    if is_nobodys(packet.source) {
        return Some(Reason::MartianSource);
    }
    let (_, destination) = icmp?;
    let is_local_scope = is_link_local(destination) || destination.segments()[0] == 0xff02;
    is_local_scope.then_some(Reason::NeighbourDiscoveryForeign)
}

/// What the peer's router may send to ours.
fn judge_router(packet: &Ip<'_>, link: &Link) -> Option<Reason> {
    let routers = (packet.source, packet.destination);
    let is_between = link.interconnects.iter().any(|it| (it.peer, it.ours) == routers);
    if !is_between || packet.has_options || !packet.is_whole {
        return None;
    }
    let is_v4 = packet.source.is_ipv4();
    match (packet.protocol, packet.payload) {
        (6, [0, 179, _, _, ..] | [_, _, 0, 179, ..]) => Some(Reason::Bgp),
        (17, [_, _, 0x0e, 0xc8, _, _, _, _, ..]) if packet.hops == 255 => Some(Reason::Bfd),
        (17, [_, _, 0x0e, 0xc9, _, _, _, _, ..]) => Some(Reason::Bfd),
        (1, [0 | 3 | 8 | 11 | 12, _, _, _, _, _, _, _, ..]) if is_v4 => Some(Reason::Icmp),
        (58, [1..=4 | 128 | 129, _, _, _, _, _, _, _, ..]) if !is_v4 => Some(Reason::Icmp),
        _ => None,
    }
}

fn judge_by_policy(packet: &Ip<'_>, link: &Link) -> Reason {
    let is_listed = |prefixes: &[IpNet], address: &IpAddr| prefixes.iter().any(|prefix| prefix.contains(address));
    match (
        is_listed(&link.remote, &packet.source),
        is_listed(&link.local, &packet.destination),
    ) {
        (true, true) => Reason::Allowed,
        (true, false) => Reason::DestinationNotAllowed,
        (false, _) if !is_icmp_error(packet) => Reason::SourceNotAllowed,
        (false, is_local) => match quoted(packet) {
            Some((from, to)) if from == packet.destination && is_local && is_listed(&link.remote, &to) => {
                Reason::IcmpError
            }
            _ => Reason::IcmpErrorForged,
        },
    }
}

fn is_icmp_error(packet: &Ip<'_>) -> bool {
    let [kind, _, _, _, _, _, _, _, ..] = packet.payload else {
        return false;
    };
    match packet.source {
        IpAddr::V4(_) => packet.protocol == 1 && packet.is_whole && [3, 11, 12].contains(kind),
        IpAddr::V6(_) => packet.protocol == 58 && (1..5).contains(kind),
    }
}

/// From where to where the packet went that an error quotes, if it quotes enough of one of its own family.
fn quoted(error: &Ip<'_>) -> Option<(IpAddr, IpAddr)> {
    let quote = error.payload.get(8..)?;
    let first = quote.first()?;
    match error.source {
        IpAddr::V4(_) => {
            let words = first.checked_sub(0x40).filter(|words| (5..16).contains(words))?;
            quote.get(..usize::from(words) * 4 + 8)?;
            Some((ipv4_at(quote, 12).into(), ipv4_at(quote, 16).into()))
        }
        IpAddr::V6(_) => {
            quote.get(..48).filter(|_| first / 16 == 6)?;
            Some((ipv6_at(quote, 8).into(), ipv6_at(quote, 24).into()))
        }
    }
}

/// Whether no single host has an address.
pub fn is_nobodys(address: IpAddr) -> bool {
    let is_special = match address {
        IpAddr::V4(address) => address.is_broadcast(),
        IpAddr::V6(address) => address.to_ipv4_mapped().is_some(),
    };
    is_special || address.is_unspecified() || address.is_loopback() || address.is_multicast()
}

fn is_neighbour_discovery(source: Ipv6Addr, destination: Ipv6Addr, message: &[u8], link: &Link) -> bool {
    let Some(subnet) = link.interconnects.iter().find_map(|it| match it.subnet {
        IpNet::V6(subnet) => Some(subnet),
        IpNet::V4(_) => None,
    }) else {
        return false;
    };
    if message.len() < 24 {
        return false;
    }
    let is_solicitation = message.starts_with(&[135, 0]);
    let is_advertisement = message.starts_with(&[136, 0]);
    let target = ipv6_at(message, 8);
    let sources_fit = is_near(source, subnet) || is_solicitation && source.is_unspecified();
    let destination_fits = is_near(destination, subnet) || destination.segments()[0] == 0xff02;
    (is_solicitation || is_advertisement) && sources_fit && destination_fits && is_near(target, subnet)
}

fn is_near(address: Ipv6Addr, subnet: Ipv6Net) -> bool {
    is_link_local(address) || subnet.contains(&address)
}

fn is_link_local(address: Ipv6Addr) -> bool {
    "fe80::/10".parse::<Ipv6Net>().unwrap().contains(&address)
}
