//! UPDATEs as another crate reads them, which shares no line with the one that we use.
//!
//! Whatever both read without a fault they read alike. Beyond that the other crate is no judge: it refuses whole
//! messages where RFC 7606 says to survive, and takes some that RFC 7606 says to withdraw. So where ours finds a
//! fault, the question is only whether it announces something that the other one doesn't see; and where the other one
//! refuses alone, it has to be for one of the [`KNOWN`] reasons.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use netgauze_bgp_pkt::BgpMessage;
use netgauze_bgp_pkt::community::Community;
use netgauze_bgp_pkt::path_attribute::{AsPath, MpReach, MpUnreach, Origin as TheirOrigin, PathAttributeValue};
use netgauze_bgp_pkt::update::BgpUpdateMessage;
use netgauze_bgp_pkt::wire::deserializer::BgpParsingContext;
use netgauze_parse_utils::reader::SliceReader;
use netgauze_parse_utils::traits::ParseFromWithOneInput as _;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::*;
use super::revised::message;
use crate::family::Family;
use crate::testing::cases;

/// What the other crate refuses and ours takes, each with why that is right.
const KNOWN: [(&str, &str); 12] = [
    (
        "unicast network",
        "the import policy refuses martians, with a reason that can be looked up",
    ),
    (
        "unknown address family",
        "RFC 4760 §7 lets us ignore a family that no session carries",
    ),
    ("unknown subsequent address family", "likewise"),
    ("multicast", "likewise"),
    ("MPLS", "likewise"),
    ("Mpls", "likewise"),
    ("AIGP", "no session of ours takes it, and it says nothing of the others"),
    ("PREFIX_SID", "likewise"),
    ("BGP-LS", "likewise"),
    (
        "Invalid optional flag",
        "it is on an attribute of a family that we ignore; else the session ends",
    ),
    ("Invalid transitive flag", "likewise"),
    ("Invalid partial flag", "RFC 7606 §3 asks about the other two flags"),
];

/// What an UPDATE says, however it was read.
#[derive(Debug, Default, PartialEq)]
struct Meaning {
    withdrawn: BTreeSet<String>,
    announced: BTreeMap<String, Said>,
    end_of_rib: Option<Family>,
}

#[derive(Clone, Debug, PartialEq)]
struct Said {
    as_path: Vec<u32>,
    next_hop: IpAddr,
    link_local: Option<IpAddr>,
    origin: Option<Origin>,
    med: Option<u32>,
    communities: Vec<u32>,
    large_communities: Vec<(u32, u32, u32)>,
    only_to_customer: Option<u32>,
}

impl Meaning {
    fn announce(&mut self, prefix: String, said: &Said) {
        self.withdrawn.remove(&prefix);
        self.announced.insert(prefix, said.clone());
    }
}

proptest! {
    #![proptest_config(cases(2048))]

    #[test]
    fn what_a_router_says_is_read_as_another_crate_reads_it(update in any_update(0.0)) {
        let bytes = message(2, &update.body());
        let (ours, faults) = ours(&bytes).expect("a good UPDATE");
        prop_assert_eq!(faults, Vec::<String>::new());
        prop_assert_eq!(ours, theirs(&bytes).expect("a good UPDATE"));
    }

    #[test]
    fn what_was_changed_on_the_way_is_read_as_another_crate_reads_it_or_the_difference_is_known(
        update in any_update(0.2),
        changes in vec((any::<Index>(), any::<u8>()), 1..4),
    ) {
        let mut body = update.body();
        for (index, value) in changes {
            let at = index.index(body.len());
            body[at] = value;
        }
        let bytes = message(2, &body);
        match (ours(&bytes), theirs(&bytes)) {
            (Ok((ours, faults)), Ok(theirs)) if faults.is_empty() => prop_assert_eq!(ours, theirs),
            (Ok((ours, faults)), Ok(theirs)) => {
                for prefix in ours.announced.keys() {
                    prop_assert!(theirs.announced.contains_key(prefix), "{prefix}: {faults:?}");
                }
                for prefix in theirs.announced.keys() {
                    let is_seen = ours.announced.contains_key(prefix) || ours.withdrawn.contains(prefix);
                    prop_assert!(is_seen, "{prefix} is lost: {faults:?}");
                }
            }
            (Ok((ours, faults)), Err(error)) if faults.is_empty() => {
                let is_known = KNOWN.iter().any(|(known, _)| error.contains(known));
                prop_assert!(is_known, "{error}\n{ours:?}");
            }
            (Ok(_) | Err(_), Err(_)) => {}
            // RFC 7606 §7.11 and §3: a next hop of a wrong length, or one attribute twice, leaves it open what the
            // prefixes are.
            (Err(told), Ok(theirs)) => {
                let told = told.to_string();
                let is_known = ["Optional Attribute Error", "Malformed Attribute List"];
                prop_assert!(is_known.iter().any(|known| told.contains(known)), "{told}: {theirs:?}");
            }
        }
    }
}

fn ours(bytes: &[u8]) -> Result<(Meaning, Vec<String>), Notification> {
    let mut frames = Frames::default();
    frames.agree(false, true);
    frames.push(bytes);
    let Some(Received::Update(update)) = frames.read()? else {
        panic!("no UPDATE in {bytes:?}")
    };
    let mut meaning = Meaning {
        end_of_rib: update.end_of_rib,
        ..Meaning::default()
    };
    for prefixes in &update.withdrawn {
        meaning.withdrawn.extend(names(prefixes));
    }
    for Announced { attributes, prefixes } in &update.announced {
        let said = Said {
            as_path: attributes.as_path.to_vec(),
            next_hop: attributes.next_hop,
            link_local: attributes.link_local.map(IpAddr::V6),
            origin: Some(attributes.origin),
            med: attributes.med,
            communities: attributes.communities.iter().map(|community| community.0).collect(),
            large_communities: attributes.large_communities.to_vec(),
            only_to_customer: attributes.only_to_customer,
        };
        for prefix in names(prefixes) {
            meaning.announce(prefix, &said);
        }
    }
    Ok((meaning, update.faults))
}

fn names(prefixes: &Prefixes) -> Vec<String> {
    match prefixes {
        Prefixes::V4(prefixes) => prefixes.iter().map(ToString::to_string).collect(),
        Prefixes::V6(prefixes) => prefixes.iter().map(ToString::to_string).collect(),
    }
}

fn theirs(bytes: &[u8]) -> Result<Meaning, String> {
    let mut context = BgpParsingContext::default();
    match BgpMessage::parse(&mut SliceReader::new(bytes), &mut context) {
        Ok(BgpMessage::Update(update)) => Ok(meaning(&update)),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.to_string()),
    }
}

fn meaning(update: &BgpUpdateMessage) -> Meaning {
    let mut meaning = Meaning {
        withdrawn: update
            .withdraw_routes()
            .iter()
            .map(|route| truncated(route.network().address().into()))
            .collect(),
        ..Meaning::default()
    };
    let mut said = Said {
        as_path: Vec::new(),
        next_hop: std::net::Ipv4Addr::UNSPECIFIED.into(),
        link_local: None,
        origin: None,
        med: None,
        communities: Vec::new(),
        large_communities: Vec::new(),
        only_to_customer: None,
    };
    // Attributes come in any order: first what is said, then of what.
    for attribute in update.path_attributes() {
        match attribute.value() {
            PathAttributeValue::Origin(origin) => {
                said.origin = Some(match origin {
                    TheirOrigin::IGP => Origin::Igp,
                    TheirOrigin::EGP => Origin::Egp,
                    TheirOrigin::Incomplete => Origin::Incomplete,
                });
            }
            PathAttributeValue::AsPath(AsPath::As4PathSegments(segments)) => {
                said.as_path = segments
                    .iter()
                    .flat_map(|segment| segment.as_numbers().to_vec())
                    .collect();
            }
            PathAttributeValue::NextHop(next_hop) => said.next_hop = next_hop.next_hop().into(),
            PathAttributeValue::MultiExitDiscriminator(med) => said.med = Some(med.metric()),
            PathAttributeValue::Communities(communities) => {
                said.communities = communities.communities().iter().map(Community::value).collect();
            }
            PathAttributeValue::LargeCommunities(communities) => {
                let parts = communities.communities().iter();
                let mut all: Vec<_> = parts
                    .map(|it| (it.global_admin(), it.local_data1(), it.local_data2()))
                    .collect();
                // RFC 8092 §5 has ours leave out what was said before, which the other crate keeps.
                let mut seen = BTreeSet::new();
                all.retain(|community| seen.insert(*community));
                said.large_communities = all;
            }
            PathAttributeValue::OnlyToCustomer(asn) => said.only_to_customer = Some(asn.asn()),
            PathAttributeValue::MpUnreach(MpUnreach::Ipv6Unicast { nlri }) => {
                meaning
                    .withdrawn
                    .extend(nlri.iter().map(|route| truncated(route.network().address().into())));
            }
            PathAttributeValue::MpUnreach(MpUnreach::Ipv4Unicast { nlri }) => {
                meaning
                    .withdrawn
                    .extend(nlri.iter().map(|route| truncated(route.network().address().into())));
            }
            _ => {}
        }
    }
    for route in update.nlri() {
        meaning.announce(truncated(route.network().address().into()), &said);
    }
    for attribute in update.path_attributes() {
        if let PathAttributeValue::MpReach(reach) = attribute.value() {
            reached(&mut meaning, reach, &said);
        }
    }
    // Its type of family is a third crate's.
    meaning.end_of_rib = update
        .end_of_rib()
        .and_then(|family| match format!("{family:?}").as_str() {
            "Ipv4Unicast" => Some(Family::V4),
            "Ipv6Unicast" => Some(Family::V6),
            _ => None,
        });
    meaning
}

fn reached(meaning: &mut Meaning, reach: &MpReach, said: &Said) {
    let (next_hop, link_local, prefixes): (IpAddr, _, Vec<_>) = match reach {
        MpReach::Ipv6Unicast {
            next_hop_global,
            next_hop_local,
            nlri,
        } => {
            let prefixes = nlri.iter().map(|route| truncated(route.network().address().into()));
            ((*next_hop_global).into(), *next_hop_local, prefixes.collect())
        }
        MpReach::Ipv4Unicast {
            next_hop,
            next_hop_local,
            nlri,
        } => {
            let prefixes = nlri.iter().map(|route| truncated(route.network().address().into()));
            (*next_hop, *next_hop_local, prefixes.collect())
        }
        _ => return,
    };
    let said = Said {
        next_hop,
        link_local: link_local.map(IpAddr::V6),
        ..said.clone()
    };
    for prefix in prefixes {
        meaning.announce(prefix, &said);
    }
}

fn truncated(net: ipnet::IpNet) -> String {
    net.trunc().to_string()
}

/// What a router may say, each part by the bytes of its RFC.
#[derive(Clone, Debug)]
struct Written {
    withdrawn: Vec<(u32, u8)>,
    origin: u8,
    path: Vec<(bool, Vec<u32>)>,
    next_hop: u32,
    med: Option<u32>,
    communities: Vec<u32>,
    large_communities: Vec<[u32; 3]>,
    only_to_customer: Option<u32>,
    v6: Vec<(u128, u8)>,
    v6_next_hops: Vec<u128>,
    v6_withdrawn: Vec<(u128, u8)>,
    announced: Vec<(u32, u8)>,
    /// Whether attributes have a length of two bytes where one is enough.
    long: bool,
}

impl Written {
    fn body(&self) -> Vec<u8> {
        let mut attributes = Vec::new();
        let mut add = |flags: u8, code: u8, value: Vec<u8>| {
            let length = u16::try_from(value.len()).unwrap();
            if self.long || length > 255 {
                attributes.extend([flags | 0x10, code]);
                attributes.extend(length.to_be_bytes());
            } else {
                attributes.extend([flags, code, length.to_be_bytes()[1]]);
            }
            attributes.extend(value);
        };
        if !self.announced.is_empty() || !self.v6.is_empty() {
            add(0x40, 1, vec![self.origin]);
            let segments = self.path.iter().flat_map(|(is_set, ases)| {
                let kind = if *is_set { 1 } else { 2 };
                let ases = ases.iter().flat_map(|asn| asn.to_be_bytes());
                let count = u8::try_from(ases.clone().count() / 4).unwrap();
                [kind, count].into_iter().chain(ases).collect::<Vec<_>>()
            });
            add(0x40, 2, segments.collect());
            if !self.announced.is_empty() {
                add(0x40, 3, self.next_hop.to_be_bytes().to_vec());
            }
            if let Some(med) = self.med {
                add(0x80, 4, med.to_be_bytes().to_vec());
            }
            if !self.communities.is_empty() {
                add(
                    0xc0,
                    8,
                    self.communities.iter().flat_map(|it| it.to_be_bytes()).collect(),
                );
            }
            if !self.v6.is_empty() {
                let mut value = vec![0, 2, 1, u8::try_from(self.v6_next_hops.len() * 16).unwrap()];
                value.extend(self.v6_next_hops.iter().flat_map(|it| it.to_be_bytes()));
                value.push(0);
                value.extend(
                    self.v6
                        .iter()
                        .flat_map(|(address, length)| nlri(&address.to_be_bytes(), *length)),
                );
                add(0x80, 14, value);
            }
            if !self.large_communities.is_empty() {
                let numbers = self.large_communities.iter().flatten();
                add(0xc0, 32, numbers.flat_map(|it| it.to_be_bytes()).collect());
            }
            if let Some(asn) = self.only_to_customer {
                add(0xc0, 35, asn.to_be_bytes().to_vec());
            }
        }
        if !self.v6_withdrawn.is_empty() {
            let mut value = vec![0, 2, 1];
            value.extend(
                self.v6_withdrawn
                    .iter()
                    .flat_map(|(address, length)| nlri(&address.to_be_bytes(), *length)),
            );
            add(0x80, 15, value);
        }
        let prefixes = |prefixes: &[(u32, u8)]| -> Vec<u8> {
            let bytes = prefixes
                .iter()
                .flat_map(|(address, length)| nlri(&address.to_be_bytes(), *length));
            bytes.collect()
        };
        let withdrawn = prefixes(&self.withdrawn);
        let mut body = u16::try_from(withdrawn.len()).unwrap().to_be_bytes().to_vec();
        body.extend(withdrawn);
        body.extend(u16::try_from(attributes.len()).unwrap().to_be_bytes());
        body.extend(attributes);
        body.extend(prefixes(&self.announced));
        body
    }
}

/// The bits behind the length may be anything (RFC 4271 §4.3).
fn nlri(address: &[u8], length: u8) -> Vec<u8> {
    let mut bytes = vec![length];
    bytes.extend(&address[..usize::from(length.div_ceil(8))]);
    bytes
}

/// `sets` is how many of the path segments are of the kind that RFC 9774 has withdraw the route.
fn any_update(sets: f64) -> impl Strategy<Value = Written> {
    let v4 = || vec((0x0a00_0000..0x0bff_ffff_u32, 0..=32_u8), 0..5);
    let v6 = || vec(((0x2001_u128 << 112..0x2002 << 112), 0..=128_u8), 0..5);
    let asn = || 1..=u32::MAX;
    let path = vec((prop::bool::weighted(sets), vec(asn(), 1..5)), 0..3);
    let attributes = (
        0..3_u8,
        path,
        0xa9fe_0000..0xa9fe_ffff_u32,
        option::of(any::<u32>()),
        vec(any::<u32>(), 0..5),
        vec(any::<[u32; 3]>(), 0..3),
        option::of(asn()),
    );
    let next_hops = select(vec![
        vec![0xfd_u128 << 120 | 1],
        vec![0xfd_u128 << 120 | 1, 0xfe80 << 112 | 1],
    ]);
    let families = (v4(), v6(), next_hops, v6(), v4(), any::<bool>());
    (attributes, families).prop_map(|(attributes, families)| {
        let (origin, path, next_hop, med, communities, large_communities, only_to_customer) = attributes;
        let (withdrawn, v6, v6_next_hops, v6_withdrawn, announced, long) = families;
        Written {
            withdrawn,
            origin,
            path,
            next_hop,
            med,
            communities,
            large_communities,
            only_to_customer,
            v6,
            v6_next_hops,
            v6_withdrawn,
            announced,
            long,
        }
    })
}
