//! What we send.

use std::net::{IpAddr, Ipv4Addr};

use bytes::BytesMut;
use rustbgpd_wire::{
    AsPath, AsPathSegment, EXTENDED_MAX_MESSAGE_LEN, Ipv4NlriEntry, Ipv4Prefix, Ipv4UnicastMode, Ipv6Prefix,
    MAX_MESSAGE_LEN, Message, MpReachNlri, MpUnreachNlri, NlriEntry, PathAttribute, Prefix as WirePrefix,
    RouteRefreshMessage, Safi, UpdateMessage, encode_message, encode_message_with_limit,
};

use super::{Negotiated, Offer, Refresh, afi};
use crate::domain::{Asn, Community};
use crate::family::Family;
use crate::prefix::{Address, Prefix};

/// What we say of the prefixes that we announce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Ours.
    pub local_as: Asn,
    /// Our address on the link, of the family of the prefixes.
    pub next_hop: IpAddr,
    /// Communities, ascending.
    pub communities: Vec<Community>,
    /// Whether the peer may hand it to its customers only (RFC 9234).
    pub only_to_customer: bool,
}

/// Bytes that an UPDATE has beside its prefixes, at most; 16 of them for each community.
const BESIDE_PREFIXES: usize = 128;

/// Our OPEN.
pub fn open(offer: &Offer) -> Vec<u8> {
    offer
        .message()
        .and_then(|open| encode_message(&Message::Open(open)).ok())
        .map(Vec::from)
        .unwrap_or_default()
}

/// A KEEPALIVE.
pub fn keepalive() -> Vec<u8> {
    encode_message(&Message::Keepalive).map(Vec::from).unwrap_or_default()
}

/// A ROUTE-REFRESH.
pub fn refresh(family: Family, refresh: Refresh) -> Vec<u8> {
    let message = RouteRefreshMessage::new_with_subtype(afi(family), Safi::Unicast, refresh.to_wire());
    encode_message(&Message::RouteRefresh(message))
        .map(Vec::from)
        .unwrap_or_default()
}

/// The UPDATEs that announce prefixes.
pub fn announce<A: Address>(prefixes: &[Prefix<A>], said: &Announcement, agreed: &Negotiated) -> Vec<u8> {
    let mut bytes = Vec::new();
    let beside = BESIDE_PREFIXES.saturating_add(said.communities.len().saturating_mul(4));
    for some in prefixes.chunks(fitting::<A>(beside, agreed)) {
        let mut attributes = vec![
            PathAttribute::Origin(rustbgpd_wire::Origin::Igp),
            PathAttribute::AsPath(AsPath {
                segments: vec![AsPathSegment::AsSequence(vec![said.local_as.0.get()])],
            }),
        ];
        if !said.communities.is_empty() {
            let communities = said.communities.iter().map(|community| community.0);
            attributes.push(PathAttribute::Communities(communities.collect()));
        }
        if said.only_to_customer {
            attributes.push(PathAttribute::OnlyToCustomer(said.local_as.0.get()));
        }
        let mut body = Vec::new();
        match said.next_hop {
            IpAddr::V4(next_hop) if A::FAMILY == Family::V4 => {
                attributes.push(PathAttribute::NextHop(next_hop));
                body = some.iter().filter_map(entry_v4).collect();
            }
            next_hop @ (IpAddr::V4(_) | IpAddr::V6(_)) => {
                attributes.push(PathAttribute::MpReachNlri(Box::new(MpReachNlri {
                    afi: afi(A::FAMILY),
                    safi: Safi::Unicast,
                    next_hop,
                    link_local_next_hop: None,
                    announced: some.iter().map(entry).collect(),
                    flowspec_announced: Vec::new(),
                    evpn_announced: Vec::new(),
                    bgpls_announced: Vec::new(),
                    vpn_announced: Vec::new(),
                    labeled_announced: Vec::new(),
                    rtc_announced: Vec::new(),
                })));
            }
        }
        bytes.extend(update(&body, &[], &attributes, agreed));
    }
    bytes
}

/// The UPDATEs that withdraw prefixes.
pub fn withdraw<A: Address>(prefixes: &[Prefix<A>], agreed: &Negotiated) -> Vec<u8> {
    let mut bytes = Vec::new();
    for some in prefixes.chunks(fitting::<A>(BESIDE_PREFIXES, agreed)) {
        bytes.extend(match A::FAMILY {
            Family::V4 => {
                let body: Vec<_> = some.iter().filter_map(entry_v4).collect();
                update(&[], &body, &[], agreed)
            }
            Family::V6 => update(
                &[],
                &[],
                &[unreach(A::FAMILY, some.iter().map(entry).collect())],
                agreed,
            ),
        });
    }
    bytes
}

/// Says that a family is complete (RFC 4724 §2).
pub fn end_of_rib(family: Family, agreed: &Negotiated) -> Vec<u8> {
    match family {
        Family::V4 => update(&[], &[], &[], agreed),
        Family::V6 => update(&[], &[], &[unreach(family, Vec::new())], agreed),
    }
}

fn update(
    announced: &[Ipv4NlriEntry],
    withdrawn: &[Ipv4NlriEntry],
    attributes: &[PathAttribute],
    agreed: &Negotiated,
) -> Vec<u8> {
    let message = UpdateMessage::try_build(
        announced,
        withdrawn,
        attributes,
        agreed.four_octet,
        false,
        Ipv4UnicastMode::Body,
    );
    let encoded = message.and_then(|message| encode_message_with_limit(&Message::Update(message), longest(agreed)));
    encoded.map(BytesMut::into).unwrap_or_default()
}

fn unreach(family: Family, withdrawn: Vec<NlriEntry>) -> PathAttribute {
    PathAttribute::MpUnreachNlri(Box::new(MpUnreachNlri {
        afi: afi(family),
        safi: Safi::Unicast,
        withdrawn,
        flowspec_withdrawn: Vec::new(),
        evpn_withdrawn: Vec::new(),
        bgpls_withdrawn: Vec::new(),
        vpn_withdrawn: Vec::new(),
        labeled_withdrawn: Vec::new(),
        rtc_withdrawn: Vec::new(),
    }))
}

const fn longest(agreed: &Negotiated) -> u16 {
    if agreed.extended {
        EXTENDED_MAX_MESSAGE_LEN
    } else {
        MAX_MESSAGE_LEN
    }
}

/// How many prefixes fit into one message.
fn fitting<A: Address>(beside: usize, agreed: &Negotiated) -> usize {
    let each = usize::from(A::WIDTH.div_ceil(8)).saturating_add(1);
    let room = usize::from(longest(agreed)).saturating_sub(beside);
    room.checked_div(each).unwrap_or(1).max(1)
}

fn entry_v4<A: Address>(prefix: &Prefix<A>) -> Option<Ipv4NlriEntry> {
    let address: Ipv4Addr = match prefix.network().into() {
        IpAddr::V4(address) => address,
        IpAddr::V6(_) => return None,
    };
    Some(Ipv4NlriEntry {
        path_id: 0,
        prefix: Ipv4Prefix::new(address, prefix.length()),
    })
}

fn entry<A: Address>(prefix: &Prefix<A>) -> NlriEntry {
    let prefix = match prefix.network().into() {
        IpAddr::V4(address) => WirePrefix::V4(Ipv4Prefix::new(address, prefix.length())),
        IpAddr::V6(address) => WirePrefix::V6(Ipv6Prefix::new(address, prefix.length())),
    };
    NlriEntry { path_id: 0, prefix }
}
