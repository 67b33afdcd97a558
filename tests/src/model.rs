//! What should become of a frame, said a second time: no code, no table and no order of checks in common with the
//! program, so that the two are wrong in the same way only where their author misunderstood the rules.
//!
//! It peels a frame like an onion, each layer a slice of the one before, and asks lists of prefixes one by one.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use interlink_common::{LINK_CAPACITY, Reason, SLOTS_PER_LINK, Traffic, Verdict};
use ipnet::{IpNet, Ipv6Net};

/// The links of one NIC, by VLAN id; 0 is the link without a tag.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// The links.
    pub links: BTreeMap<u16, Link>,
}

/// One link.
#[derive(Clone, Debug)]
pub struct Link {
    /// Where the program keeps it.
    pub slot: u32,
    /// The code of the reason that closes the gate of IPv4; 0 is open.
    pub gate_v4: u32,
    /// The same of IPv6.
    pub gate_v6: u32,
    /// The prefixes across the link, of both families.
    pub remote: Vec<IpNet>,
    /// The prefixes on our side, of both families.
    pub local: Vec<IpNet>,
    /// The interconnects, at most one of a family.
    pub interconnects: Vec<Interconnect>,
}

/// The two addresses between the routers of a link.
#[derive(Clone, Copy, Debug)]
pub struct Interconnect {
    /// Ours.
    pub ours: IpAddr,
    /// The peer's.
    pub peer: IpAddr,
    /// The subnet of both.
    pub subnet: IpNet,
}

/// What becomes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The slot that it is counted under.
    pub slot: u32,
    /// The traffic that it is counted as.
    pub traffic: Traffic,
    /// The reason that it is counted for, which also says whether it passes.
    pub reason: Reason,
}

/// Judges a frame.
pub fn judge(frame: &[u8], network: &Network) -> Judgement {
    let nowhere = |reason| Judgement {
        slot: 0,
        traffic: Traffic::Other,
        reason,
    };
    let (ids, ethertype, payload) = match peel_tags(frame) {
        Ok(peeled) => peeled,
        Err(reason) => return nowhere(reason),
    };
    let vlan = ids.into_iter().find(|id| *id != 0).unwrap_or(0);
    let Some(link) = network.links.get(&vlan) else {
        return nowhere(Reason::UnknownVlan);
    };
    if link.slot >= LINK_CAPACITY * SLOTS_PER_LINK {
        return nowhere(Reason::NoTables);
    }
    let (traffic, reason) = match ethertype {
        0x0800 => (Traffic::V4, judge_ipv4(payload, link)),
        0x86dd => (Traffic::V6, judge_ipv6(payload, link)),
        0x0806 => (Traffic::Other, judge_arp(payload, link)),
        _ => (Traffic::Other, Reason::UnknownEthertype),
    };
    Judgement {
        slot: link.slot,
        traffic,
        reason,
    }
}

/// The ids of a frame's tags, its EtherType and its payload.
fn peel_tags(frame: &[u8]) -> Result<(Vec<u16>, u16, &[u8]), Reason> {
    let mut ids = Vec::new();
    let mut rest = frame.get(12..).ok_or(Reason::Truncated)?;
    loop {
        let ethertype = word(rest, 0).ok_or(Reason::Truncated)?;
        if ethertype != 0x8100 && ethertype != 0x88a8 {
            return Ok((ids, ethertype, &rest[2..]));
        }
        if ids.len() == 2 {
            return Err(Reason::TooManyTags);
        }
        ids.push(word(rest, 2).ok_or(Reason::Truncated)? % 4096);
        rest = &rest[4..];
    }
}

fn judge_arp(packet: &[u8], link: &Link) -> Reason {
    if packet.len() < 28 {
        return Reason::Truncated;
    }
    let sender = IpAddr::V4(ipv4_at(packet, 14));
    let target = IpAddr::V4(ipv4_at(packet, 24));
    let is_ours = packet.starts_with(&[0, 1, 8, 0, 6, 4])
        && link
            .interconnects
            .iter()
            .any(|interconnect| interconnect.subnet.contains(&target) && sender != interconnect.ours);
    if is_ours { Reason::Arp } else { Reason::ArpForeign }
}

fn judge_ipv4(packet: &[u8], link: &Link) -> Reason {
    if packet.len() < 20 {
        return Reason::Truncated;
    }
    let header = usize::from(packet[0] % 16) * 4;
    let total = usize::from(word(packet, 2).unwrap());
    if packet[0] / 16 != 4 || header < 20 || !(header..=packet.len()).contains(&total) {
        return Reason::HeaderInvalid;
    }
    let (source, destination) = (ipv4_at(packet, 12).into(), ipv4_at(packet, 16).into());
    let segment = &packet[header..total];
    let is_whole = word(packet, 6).unwrap() << 2 == 0;
    if packet[9] == 6 && header == 20 && is_whole && is_session(source, destination, segment, link) {
        return Reason::Bgp;
    }
    judge_by_policy(source, destination, link.gate_v4, link)
}

fn judge_ipv6(packet: &[u8], link: &Link) -> Reason {
    if packet.len() < 40 {
        return Reason::Truncated;
    }
    let length = usize::from(word(packet, 4).unwrap());
    if packet[0] / 16 != 6 || length > packet.len() - 40 {
        return Reason::HeaderInvalid;
    }
    let payload = &packet[40..40 + length];
    let (source, destination) = (ipv6_at(packet, 8), ipv6_at(packet, 24));
    let is_local_scope = is_link_local(destination) || destination.segments()[0] == 0xff02;
    if packet[6] == 58 && packet[7] == 255 && is_neighbour_discovery(source, destination, payload, link) {
        return Reason::NeighbourDiscovery;
    }
    if packet[6] == 58 && is_local_scope {
        return Reason::NeighbourDiscoveryForeign;
    }
    if packet[6] == 6 && is_session(source.into(), destination.into(), payload, link) {
        return Reason::Bgp;
    }
    judge_by_policy(source.into(), destination.into(), link.gate_v6, link)
}

fn is_session(source: IpAddr, destination: IpAddr, segment: &[u8], link: &Link) -> bool {
    let between_routers = link
        .interconnects
        .iter()
        .any(|it| it.peer == source && it.ours == destination);
    let ports = (word(segment, 0), word(segment, 2));
    between_routers && ports.1.is_some() && (ports.0 == Some(179) || ports.1 == Some(179))
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

fn judge_by_policy(source: IpAddr, destination: IpAddr, gate: u32, link: &Link) -> Reason {
    match Reason::ALL.get(gate as usize) {
        Some(Reason::Allowed) => {}
        Some(reason) if reason.verdict() == Verdict::Drop => return *reason,
        // A gate that is closed for a reason to pass, or for none, is a broken table.
        _ => return Reason::NoTables,
    }
    if !link.remote.iter().any(|prefix| prefix.contains(&source)) {
        return Reason::SourceNotAllowed;
    }
    if !link.local.iter().any(|prefix| prefix.contains(&destination)) {
        return Reason::DestinationNotAllowed;
    }
    Reason::Allowed
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from(*bytes.get(at)?) * 256 + u16::from(*bytes.get(at + 1)?))
}

fn ipv4_at(bytes: &[u8], at: usize) -> Ipv4Addr {
    Ipv4Addr::new(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3])
}

fn ipv6_at(bytes: &[u8], at: usize) -> Ipv6Addr {
    let segments: Vec<u16> = (0..8).map(|i| word(bytes, at + 2 * i).unwrap()).collect();
    <[u16; 8]>::try_from(segments).unwrap().into()
}
