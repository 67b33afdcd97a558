//! A route as the kernel writes it, in a dump or a notification. The bytes are read here and not by a library, because
//! there may be a million of them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use interlink_core::name::InterfaceName;
use interlink_core::state::mirror::Owner;
use interlink_core::state::routes::{Builder, PathId};
use interlink_core::state::{NextHop, Path, Protocol, ROUTE_PROTOCOL, RouteKey, TableNumber};
use ipnet::IpNet;

/// The length of `struct rtmsg`.
const HEADER: usize = 12;

/// The length of `struct rtnexthop`.
const HOP_HEADER: usize = 8;

/// `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`, which aren't part of an attribute's type.
const ATTRIBUTE_FLAGS: u16 = 0xc000;

/// The names of interfaces, by their indexes.
pub(super) type Names = BTreeMap<u32, InterfaceName>;

/// A route of either family.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) protocol: Protocol,
    pub(super) key: RouteKey,
    lead: Lead<'a>,
}

/// Where a row leads, as it is written. Rows that are written alike lead along the same path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lead<'a> {
    /// Whether nothing is said of it that we never say.
    plain: bool,
    /// Whether it refuses packets, in place of sending them on.
    unreachable: bool,
    interface: Option<u32>,
    gateway: Option<IpAddr>,
    multipath: Option<&'a [u8]>,
}

/// Bytes that are no route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a route of {length} bytes breaks off, or its attributes do")]
pub(super) struct Malformed {
    length: usize,
}

impl<'a> Row<'a> {
    /// Reads a message's payload; nothing where it is of no family of ours, or no route but a memory of one.
    pub(super) fn read(payload: &'a [u8]) -> Result<Option<Self>, Malformed> {
        let malformed = Malformed { length: payload.len() };
        let Some((header, attributes)) = payload.split_first_chunk::<HEADER>() else {
            return Err(malformed);
        };
        let [
            family,
            length,
            source_length,
            tos,
            table,
            protocol,
            scope,
            kind,
            flags @ ..,
        ] = *header;
        let mut destination = match i32::from(family) {
            libc::AF_INET => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            libc::AF_INET6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            _ => return Ok(None),
        };
        if u32::from_ne_bytes(flags) & libc::RTM_F_CLONED != 0 {
            return Ok(None);
        }
        let mut table = u32::from(table);
        let mut metric = 0;
        let mut lead = Lead {
            plain: matches!(kind, libc::RTN_UNICAST | libc::RTN_UNREACHABLE)
                && scope == libc::RT_SCOPE_UNIVERSE
                && tos == 0
                && source_length == 0,
            unreachable: kind == libc::RTN_UNREACHABLE,
            interface: None,
            gateway: None,
            multipath: None,
        };
        for attribute in Attributes(attributes) {
            let (kind, value) = attribute.ok_or(malformed)?;
            match kind {
                libc::RTA_DST => {
                    let is_of_family = |address: &IpAddr| address.is_ipv4() == destination.is_ipv4();
                    destination = address(value).filter(is_of_family).ok_or(malformed)?;
                }
                libc::RTA_TABLE => table = number(value).ok_or(malformed)?,
                libc::RTA_PRIORITY => metric = number(value).ok_or(malformed)?,
                libc::RTA_OIF => lead.interface = Some(number(value).ok_or(malformed)?),
                libc::RTA_GATEWAY => lead.gateway = address(value),
                libc::RTA_VIA => lead.gateway = via(value),
                libc::RTA_MULTIPATH => lead.multipath = Some(value),
                libc::RTA_METRICS
                | libc::RTA_SRC
                | libc::RTA_PREFSRC
                | libc::RTA_FLOW
                | RTA_ENCAP_TYPE
                | RTA_ENCAP
                | RTA_NH_ID => lead.plain = false,
                _ => {}
            }
        }
        let prefix = IpNet::new(destination, length).map_err(|_| malformed)?;
        Ok(Some(Self {
            protocol: Protocol(protocol),
            key: RouteKey {
                table: TableNumber(table),
                prefix,
                metric,
            },
            lead,
        }))
    }

    /// Whether it is one of ours.
    pub(super) fn is_ours(&self) -> bool {
        self.protocol == Protocol(ROUTE_PROTOCOL)
    }

    /// Where it leads: [`Path::Other`] where it isn't of a form that we write, so no route that we want is like it.
    pub(super) fn path(&self, names: &Names) -> Path {
        self.lead.path(names)
    }

    /// Whose it is; nothing where it is ours and leads to an interface that isn't known.
    pub(super) fn owner(&self, names: &Names) -> Option<Owner> {
        if !self.is_ours() {
            return Some(Owner::Other(self.protocol));
        }
        let is_known = self.lead.interfaces().all(|index| names.contains_key(&index));
        is_known.then(|| Owner::Us(self.path(names)))
    }
}

/// The routes of a dump, packed as they come. Most lead where the one before them does.
#[derive(Debug)]
pub(super) struct Packing<'n> {
    names: &'n Names,
    pub(super) builder: Builder,
    last: Option<Last>,
}

#[derive(Debug)]
struct Last {
    plain: bool,
    unreachable: bool,
    interface: Option<u32>,
    gateway: Option<IpAddr>,
    multipath: Option<Vec<u8>>,
    number: PathId,
}

impl<'n> Packing<'n> {
    pub(super) fn new(names: &'n Names) -> Self {
        Self {
            names,
            builder: Builder::default(),
            last: None,
        }
    }

    pub(super) fn push(&mut self, row: &Row<'_>) {
        let Lead {
            plain,
            unreachable,
            interface,
            gateway,
            multipath,
        } = row.lead;
        let number = match &self.last {
            Some(last)
                if last.plain == plain
                    && last.unreachable == unreachable
                    && last.interface == interface
                    && last.gateway == gateway
                    && last.multipath.as_deref() == multipath =>
            {
                last.number
            }
            Some(_) | None => self.builder.paths.number(&row.path(self.names)),
        };
        if self.last.as_ref().is_none_or(|last| last.number != number) {
            self.last = Some(Last {
                plain,
                unreachable,
                interface,
                gateway,
                multipath: multipath.map(ToOwned::to_owned),
                number,
            });
        }
        self.builder.push(row.key, number);
    }
}

impl Lead<'_> {
    fn path(&self, names: &Names) -> Path {
        // IPv6's has an interface all the same: `lo`.
        if self.plain && self.unreachable && self.gateway.is_none() && self.multipath.is_none() {
            return Path::Unreachable;
        }
        let next_hops = match (self.plain && !self.unreachable, self.multipath) {
            (false, _) => None,
            (true, Some(hops)) => Hops(hops).map(|hop| hop?.next_hop(names)).collect(),
            (true, None) => next_hop(self.interface, self.gateway, names).map(|hop| BTreeSet::from([hop])),
        };
        next_hops.and_then(Path::via).unwrap_or(Path::Other)
    }

    fn interfaces(&self) -> impl Iterator<Item = u32> {
        let hops = self.multipath.into_iter().flat_map(|hops| Hops(hops).flatten());
        self.interface.into_iter().chain(hops.map(|hop| hop.interface))
    }
}

/// One of several next hops.
struct Hop {
    interface: u32,
    gateway: Option<IpAddr>,
    /// Whether it has the usual weight and nothing beside.
    plain: bool,
}

impl Hop {
    fn next_hop(&self, names: &Names) -> Option<NextHop> {
        next_hop(Some(self.interface), self.gateway.filter(|_| self.plain), names)
    }
}

/// The next hops of an `RTA_MULTIPATH`; nothing in place of one that breaks off.
struct Hops<'a>(&'a [u8]);

impl Iterator for Hops<'_> {
    type Item = Option<Hop>;

    fn next(&mut self) -> Option<Self::Item> {
        let header = self.0.first_chunk::<HOP_HEADER>().copied();
        let Some([l0, l1, _flags, weight, i0, i1, i2, i3]) = header else {
            let is_over = self.0.is_empty();
            self.0 = &[];
            return (!is_over).then_some(None);
        };
        let length = usize::from(u16::from_ne_bytes([l0, l1]));
        let attributes = self.0.get(HOP_HEADER..length);
        self.0 = self
            .0
            .get(length.next_multiple_of(4).max(HOP_HEADER)..)
            .unwrap_or_default();
        let Some(attributes) = attributes else {
            self.0 = &[];
            return Some(None);
        };
        let mut hop = Hop {
            interface: u32::from_ne_bytes([i0, i1, i2, i3]),
            gateway: None,
            plain: weight == 0,
        };
        for attribute in Attributes(attributes) {
            match attribute {
                Some((libc::RTA_GATEWAY, value)) => hop.gateway = address(value),
                Some((libc::RTA_VIA, value)) => hop.gateway = via(value),
                Some((RTA_ENCAP | libc::RTA_FLOW, _)) | None => hop.plain = false,
                Some(_) => {}
            }
        }
        Some(Some(hop))
    }
}

/// Attributes, by type and value; nothing in place of one that breaks off.
struct Attributes<'a>(&'a [u8]);

impl<'a> Iterator for Attributes<'a> {
    type Item = Option<(u16, &'a [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        let Some([l0, l1, k0, k1]) = self.0.first_chunk::<4>().copied() else {
            let is_over = self.0.is_empty();
            self.0 = &[];
            return (!is_over).then_some(None);
        };
        let length = usize::from(u16::from_ne_bytes([l0, l1]));
        let value = self.0.get(4..length);
        self.0 = self.0.get(length.next_multiple_of(4)..).unwrap_or_default();
        if value.is_none() {
            self.0 = &[];
        }
        Some(value.map(|value| (u16::from_ne_bytes([k0, k1]) & !ATTRIBUTE_FLAGS, value)))
    }
}

/// Of attributes that libc doesn't name.
const RTA_ENCAP_TYPE: u16 = 21;
const RTA_ENCAP: u16 = 22;
const RTA_NH_ID: u16 = 30;

fn next_hop(interface: Option<u32>, gateway: Option<IpAddr>, names: &Names) -> Option<NextHop> {
    let interface = names.get(&interface?)?.clone();
    Some(NextHop {
        interface,
        gateway: gateway?,
    })
}

fn number(value: &[u8]) -> Option<u32> {
    Some(u32::from_ne_bytes(value.try_into().ok()?))
}

fn address(value: &[u8]) -> Option<IpAddr> {
    if let Ok(bytes) = <[u8; 4]>::try_from(value) {
        return Some(IpAddr::from(bytes));
    }
    Some(IpAddr::from(<[u8; 16]>::try_from(value).ok()?))
}

/// An address with its family before it.
fn via(value: &[u8]) -> Option<IpAddr> {
    address(value.get(2..)?)
}

#[cfg(test)]
mod tests;
