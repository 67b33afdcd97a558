//! What should become of a frame, said a second time: no code, no table and no order of checks in common with the
//! program, so that the two are wrong in the same way only where their author misunderstood the rules.
//!
//! It peels a frame like an onion, each layer a slice of the one before, and asks lists of prefixes one by one. It knows
//! no limits: a frame that would pass does so as if it were the first of its kind.

mod ip;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use interlink_common::{LINK_CAPACITY, Reason, SLOTS_PER_LINK, Traffic};
use ipnet::IpNet;

use ip::{judge_ip, read_ipv4, read_ipv6};

pub use ip::is_nobodys;

/// The links of one NIC, by VLAN id; 0 is the link without a tag.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// The links.
    pub links: BTreeMap<u16, Link>,
    /// Whether frames of no link pass.
    pub other_vlans: bool,
    /// Whether LLDP passes.
    pub lldp: bool,
    /// Whether LACP passes.
    pub lacp: bool,
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
        let otherwise = if network.other_vlans {
            Reason::OtherVlan
        } else {
            Reason::UnknownVlan
        };
        return nowhere(judge_the_nics_own(frame, network).unwrap_or(otherwise));
    };
    if link.slot >= LINK_CAPACITY * SLOTS_PER_LINK {
        return nowhere(Reason::NoTables);
    }
    let (traffic, reason) = match ethertype {
        0x0800 => (Traffic::V4, judge_ip(read_ipv4(payload), link.gate_v4, link)),
        0x86dd => (Traffic::V6, judge_ip(read_ipv6(payload), link.gate_v6, link)),
        0x0806 => (Traffic::Other, judge_arp(payload, link)),
        _ => match judge_the_nics_own(frame, network) {
            Some(reason) => return nowhere(reason),
            None => (Traffic::Other, Reason::UnknownEthertype),
        },
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

fn judge_the_nics_own(frame: &[u8], network: &Network) -> Option<Reason> {
    match frame.split_at(12) {
        (_, [0x88, 0xcc, ..]) if network.lldp => Some(Reason::Lldp),
        ([0x01, 0x80, 0xc2, 0, 0, 0x02, ..], [0x88, 0x09, 1 | 2, ..]) if network.lacp => Some(Reason::Lacp),
        _ => None,
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
