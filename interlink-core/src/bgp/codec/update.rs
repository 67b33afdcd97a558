//! UPDATE, read with RFC 7606 in mind: what one attribute has wrong withdraws its routes or is left out, and only what
//! makes prefixes unreadable ends the session.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rustbgpd_wire::notification::update_subcode;
use rustbgpd_wire::validate::{ErrorDisposition, validate_update_attributes};
use rustbgpd_wire::{AsPathSegment, NlriEntry, ParsedUpdate, PathAttribute, Prefix as WirePrefix, Safi, UpdateMessage};

use super::Notification;
use super::family;
use super::others::without_other_families;
use crate::domain::Community;
use crate::family::Family;
use crate::prefix::Prefix;

/// Where a route comes from, in the words of its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Its own network.
    Igp,
    /// EGP, long ago.
    Egp,
    /// Another source.
    Incomplete,
}

/// What is said of a route, as far as any policy may ask.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attributes {
    /// The ASes on the way, the peer's first.
    pub as_path: Box<[u32]>,
    /// The router that it leads to; IPv6's global one.
    pub next_hop: IpAddr,
    /// The same router's link-local address, if it was told.
    pub link_local: Option<Ipv6Addr>,
    /// Its origin.
    pub origin: Origin,
    /// The multi-exit discriminator.
    pub med: Option<u32>,
    /// Communities (RFC 1997).
    pub communities: Box<[Community]>,
    /// Large communities (RFC 8092).
    pub large_communities: Box<[(u32, u32, u32)]>,
    /// The AS that sent it to a customer (RFC 9234).
    pub only_to_customer: Option<u32>,
}

impl Attributes {
    /// What they take up beside the value itself, in bytes.
    pub fn heap(&self) -> usize {
        let Self {
            as_path,
            communities,
            large_communities,
            ..
        } = self;
        size_of_val(&**as_path) + size_of_val(&**communities) + size_of_val(&**large_communities)
    }
}

/// Prefixes of one family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prefixes {
    /// IPv4.
    V4(Vec<Prefix<Ipv4Addr>>),
    /// IPv6.
    V6(Vec<Prefix<Ipv6Addr>>),
}

/// Prefixes and what is said of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// What is said.
    pub attributes: Attributes,
    /// Of these.
    pub prefixes: Prefixes,
}

/// What an UPDATE says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// Gone, before anything is announced.
    pub withdrawn: Vec<Prefixes>,
    /// Announced.
    pub announced: Vec<Announced>,
    /// A family of which everything has been said (RFC 4724 §2).
    pub end_of_rib: Option<Family>,
    /// What was wrong with it, and survived.
    pub faults: Vec<String>,
}

/// Reads an UPDATE. An error ends the session.
pub(super) fn read(raw: &UpdateMessage, four_octet: bool) -> Result<Update, Notification> {
    let path_attributes = without_other_families(&raw.path_attributes);
    // What is left out was still said.
    let says_more = path_attributes.len() != raw.path_attributes.len();
    let raw = UpdateMessage {
        withdrawn_routes: raw.withdrawn_routes.clone(),
        path_attributes,
        nlri: raw.nlri.clone(),
    };
    let parsed = raw
        .parse_revised(four_octet, false, false, &[])
        .map_err(|error| Notification::of_error(&error))?;
    let mut worst = parsed.malformed.iter().map(|fault| fault.disposition).max();
    let mut faults: Vec<String> = parsed
        .malformed
        .iter()
        .map(|fault| format!("attribute {}: {}", fault.type_code, fault.error))
        .collect();

    let ParsedUpdate {
        withdrawn,
        attributes,
        announced,
        bgpls_nlri_discarded: _,
    } = parsed.update;
    let has_body = !announced.is_empty();
    let has_any = has_body
        || attributes
            .iter()
            .any(|attribute| matches!(attribute, PathAttribute::MpReachNlri(_)));
    if let Err(error) = validate_update_attributes(&attributes, has_any, has_body, true) {
        // The import policy refuses such next hops with a reason that can be looked up.
        if error.subcode != update_subcode::INVALID_NEXT_HOP {
            worst = worst.max(Some(error.disposition));
            faults.push(format!("UPDATE error 3/{}", error.subcode));
        }
    }
    if worst == Some(ErrorDisposition::SessionReset) {
        return Err(Notification::of_error(
            &rustbgpd_wire::DecodeError::UpdateAttributeError {
                subcode: update_subcode::MALFORMED_ATTRIBUTE_LIST,
                data: Vec::new(),
                detail: String::new(),
            },
        ));
    }

    let mut update = Update {
        end_of_rib: end_of_rib(&raw, &attributes).filter(|_| !says_more),
        faults,
        ..Update::default()
    };
    let body = |entries: Vec<rustbgpd_wire::Ipv4NlriEntry>| {
        let prefixes = entries.into_iter().map(|entry| prefix_v4(entry.prefix));
        Prefixes::V4(prefixes.collect())
    };
    if !withdrawn.is_empty() {
        update.withdrawn.push(body(withdrawn));
    }
    for attribute in &attributes {
        if let PathAttribute::MpUnreachNlri(unreach) = attribute {
            update
                .withdrawn
                .extend(prefixes(family(unreach.afi), unreach.safi, &unreach.withdrawn));
        }
    }
    let keep = worst < Some(ErrorDisposition::TreatAsWithdraw);
    let mut announce = |next_hop, link_local, prefixes| match attributes_of(&attributes, next_hop, link_local) {
        Some(attributes) if keep => update.announced.push(Announced { attributes, prefixes }),
        Some(_) | None => update.withdrawn.push(prefixes),
    };
    if has_body {
        let next_hop = attributes.iter().find_map(|attribute| match attribute {
            PathAttribute::NextHop(next_hop) => Some(IpAddr::V4(*next_hop)),
            _ => None,
        });
        announce(next_hop, None, body(announced));
    }
    for attribute in &attributes {
        if let PathAttribute::MpReachNlri(reach) = attribute
            && let Some(prefixes) = prefixes(family(reach.afi), reach.safi, &reach.announced)
        {
            announce(Some(reach.next_hop), reach.link_local_next_hop, prefixes);
        }
    }
    Ok(update)
}

/// An empty UPDATE, or one that withdraws nothing of a family and says nothing else (RFC 4724 §2).
fn end_of_rib(raw: &UpdateMessage, attributes: &[PathAttribute]) -> Option<Family> {
    if !raw.withdrawn_routes.is_empty() || !raw.nlri.is_empty() {
        return None;
    }
    match attributes {
        [] if raw.path_attributes.is_empty() => Some(Family::V4),
        [PathAttribute::MpUnreachNlri(unreach)] if unreach.withdrawn.is_empty() && unreach.safi == Safi::Unicast => {
            family(unreach.afi)
        }
        _ => None,
    }
}

fn attributes_of(
    attributes: &[PathAttribute],
    next_hop: Option<IpAddr>,
    link_local: Option<Ipv6Addr>,
) -> Option<Attributes> {
    let mut read = Attributes {
        as_path: Box::default(),
        next_hop: next_hop?,
        link_local,
        origin: Origin::Incomplete,
        med: None,
        communities: Box::default(),
        large_communities: Box::default(),
        only_to_customer: None,
    };
    for attribute in attributes {
        match attribute {
            PathAttribute::Origin(origin) => {
                read.origin = match origin {
                    rustbgpd_wire::Origin::Igp => Origin::Igp,
                    rustbgpd_wire::Origin::Egp => Origin::Egp,
                    rustbgpd_wire::Origin::Incomplete => Origin::Incomplete,
                }
            }
            PathAttribute::AsPath(path) => {
                let segments = path.segments.iter().flat_map(|segment| match segment {
                    AsPathSegment::AsSequence(ases) | AsPathSegment::AsSet(ases) => ases,
                });
                read.as_path = segments.copied().collect();
            }
            PathAttribute::Med(med) => read.med = Some(*med),
            _ => {}
        }
        if let Some(communities) = attribute.communities() {
            read.communities = communities.iter().copied().map(Community).collect();
        }
        if let Some(communities) = attribute.large_communities() {
            let parts = communities
                .iter()
                .map(|community| (community.global_admin, community.local_data1, community.local_data2));
            read.large_communities = parts.collect();
        }
        if let Some(asn) = attribute.only_to_customer() {
            read.only_to_customer = Some(asn);
        }
    }
    Some(read)
}

fn prefixes(family: Option<Family>, safi: Safi, entries: &[NlriEntry]) -> Option<Prefixes> {
    if safi != Safi::Unicast {
        return None;
    }
    match family? {
        Family::V4 => {
            let entries = entries.iter().filter_map(|entry| match entry.prefix {
                WirePrefix::V4(prefix) => Some(prefix_v4(prefix)),
                WirePrefix::V6(_) => None,
            });
            Some(Prefixes::V4(entries.collect()))
        }
        Family::V6 => {
            let entries = entries.iter().filter_map(|entry| match entry.prefix {
                WirePrefix::V6(prefix) => Some(Prefix::containing(prefix.addr, prefix.len)),
                WirePrefix::V4(_) => None,
            });
            Some(Prefixes::V6(entries.collect()))
        }
    }
}

fn prefix_v4(prefix: rustbgpd_wire::Ipv4Prefix) -> Prefix<Ipv4Addr> {
    Prefix::containing(prefix.addr, prefix.len)
}
