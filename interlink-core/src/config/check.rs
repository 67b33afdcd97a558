//! What holds between sections.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use interlink_api::VpcId;

use super::model::LinkSection;
use super::reader::{At, Problems};
use crate::domain::{Enforce, Interconnect, Role};
use crate::family::Family;
use crate::name::{InterfaceName, Name};
use crate::prefix::Address;
use crate::state::TableNumber;

/// Where in the text the things stand that other sections refer to.
#[derive(Default)]
pub(super) struct Places {
    pub(super) vpcs: Vec<(At<Name>, Option<At<TableNumber>>)>,
    /// What each VPC stands for in the API, and its name.
    pub(super) vpc_ids: Vec<(Option<At<VpcId>>, At<Name>)>,
    pub(super) vrfs: Vec<(At<Name>, At<InterfaceName>)>,
    /// With their families, where these are known.
    pub(super) policies: Vec<(At<Name>, Option<Family>)>,
    pub(super) nics: Vec<At<InterfaceName>>,
    pub(super) links: Vec<LinkPlaces>,
}

/// Those of one link.
pub(super) struct LinkPlaces {
    pub(super) path: String,
    pub(super) span: Range<usize>,
    pub(super) keys: BTreeMap<String, Range<usize>>,
    /// What the link says, if it can be compared.
    pub(super) section: Option<LinkSection>,
    pub(super) name: Option<At<Name>>,
    pub(super) interface: Option<At<InterfaceName>>,
    pub(super) vpc: Option<At<Name>>,
    pub(super) policy_v4: Option<At<Name>>,
    pub(super) policy_v6: Option<At<Name>>,
}

/// Names are unique, and what is referred to exists and is of the right family.
pub(super) fn references(places: &Places, problems: &mut Problems<'_>) {
    let mut tables = BTreeMap::new();
    for (name, table) in &places.vpcs {
        let Some(table) = table else { continue };
        if let Some(other) = tables
            .insert(table.value, &name.value)
            .filter(|other| **other != name.value)
        {
            let message = format!("table {} is that of vpc {:?} already", table.value, other.as_str());
            problems.add(&table.span, &format!("vpc {:?}: table", name.value.as_str()), message);
        }
    }
    let mut vrfs = BTreeMap::new();
    for (name, vrf) in &places.vrfs {
        if let Some(other) = vrfs
            .insert(&vrf.value, &name.value)
            .filter(|other| **other != name.value)
        {
            let message = format!("vrf {} is that of vpc {:?} already", vrf.value, other.as_str());
            problems.add(&vrf.span, &format!("vpc {:?}: vrf", name.value.as_str()), message);
        }
    }
    unique(places.vpcs.iter().map(|(name, _)| name), "vpc", problems);
    unique(places.policies.iter().map(|(name, _)| name), "routing_policy", problems);
    unique(
        places.links.iter().filter_map(|link| link.name.as_ref()),
        "link",
        problems,
    );

    let vpcs: BTreeSet<_> = places.vpcs.iter().map(|(name, _)| &name.value).collect();
    let policies: BTreeMap<_, _> = places
        .policies
        .iter()
        .map(|(name, family)| (&name.value, *family))
        .collect();
    for link in &places.links {
        if let Some(vpc) = link.vpc.as_ref().filter(|vpc| !vpcs.contains(&vpc.value)) {
            missing(problems, &link.path, "vpc", "vpc", vpc);
        }
        policy(
            problems,
            &link.path,
            "routing_policy_v4",
            link.policy_v4.as_ref(),
            Family::V4,
            &policies,
        );
        policy(
            problems,
            &link.path,
            "routing_policy_v6",
            link.policy_v6.as_ref(),
            Family::V6,
            &policies,
        );
    }
}

/// A NIC has one section at most, and one that it is for.
pub(super) fn nics(places: &Places, problems: &mut Problems<'_>) {
    let are_known = places.links.iter().all(|link| link.interface.is_some());
    let used: BTreeSet<_> = places
        .links
        .iter()
        .filter_map(|link| Some(&link.interface.as_ref()?.value))
        .collect();
    let mut seen = BTreeSet::new();
    for nic in &places.nics {
        let path = format!("nic {:?}: interface", nic.value.as_str());
        if !seen.insert(&nic.value) {
            problems.add(&nic.span, &path, "there is another `[[nic]]` for this interface");
        } else if are_known && !used.contains(&nic.value) {
            let message = format!(
                "no link is on {}, so nothing is loaded there: add its `[[link]]`, or take this section out",
                nic.value
            );
            problems.add(&nic.span, &path, message);
        }
    }
}

/// Links don't get in each other's way, and their routers can be neighbours.
pub(super) fn links(role: Role, links: &[LinkPlaces], problems: &mut Problems<'_>) {
    let mut taken = BTreeMap::new();
    for place in links {
        let Some(link) = &place.section else { continue };
        let mut add = |key: &str, message: String| {
            let span = place.keys.get(key).unwrap_or(&place.span);
            problems.add(span, &join(&place.path, key), message);
        };

        if let Some(other) = taken.insert((&link.interface, link.vlan), &link.name) {
            let (interface, vlan, other) = (&link.interface, link.vlan, other.as_str());
            add(
                "vlan",
                format!("{interface} ({vlan}) is the place of link {other:?} already"),
            );
        }
        let (scw, peer) = (&link.scw_bgp_config, &link.peer_bgp_config);
        for (key, message) in interconnect(role, "ipv4", scw.ipv4, peer.ipv4)
            .into_iter()
            .chain(interconnect(role, "ipv6", scw.ipv6, peer.ipv6))
        {
            add(key, message);
        }
        match (scw.asn, peer.asn) {
            (Some(scw), Some(peer)) if scw == peer => {
                add(
                    "peer_bgp_config",
                    format!(
                        "both routers have the AS number {}: the session is an external one",
                        scw.0
                    ),
                );
            }
            (Some(_), None) => add("peer_bgp_config", one_sided("asn", "scw_bgp_config")),
            (None, Some(_)) => add("scw_bgp_config", one_sided("asn", "peer_bgp_config")),
            (Some(_), Some(_)) | (None, None) => {}
        }
        let transport = link.session.transport;
        if scw.asn.is_some() && !transport.is_carried_by(scw.ipv4.is_some(), scw.ipv6.is_some()) {
            let name = transport.name();
            add(
                "session",
                format!("`transport` is {name:?}, but the routers have no `{name}`"),
            );
        }
        if scw.asn.is_none() && link.session.enforce == Enforce::Announced {
            let message = "`enforce` is \"announced\", but the routers have no `asn`: nothing is announced over a static \
                           link, so nothing would pass";
            add("session", message.to_owned());
        }
    }
}

/// The router whose configuration is wrong, and how.
fn interconnect<A: Address>(
    role: Role,
    key: &str,
    scw: Option<(A, u8)>,
    peer: Option<(A, u8)>,
) -> Option<(&'static str, String)> {
    match role.ours_and_peer(scw, peer) {
        (Some(ours), Some(peer)) => Interconnect::new(ours, peer)
            .err()
            .map(|error| ("peer_bgp_config", format!("{key}: {error}"))),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) if scw.is_some() => {
            Some(("peer_bgp_config", one_sided(key, "scw_bgp_config")))
        }
        (Some(_), None) | (None, Some(_)) => Some(("scw_bgp_config", one_sided(key, "peer_bgp_config"))),
    }
}

fn one_sided(key: &str, given_in: &str) -> String {
    format!("`{key}` is given in `{given_in}` alone: a link has it for both routers or for none")
}

fn policy(
    problems: &mut Problems<'_>,
    path: &str,
    key: &str,
    name: Option<&At<Name>>,
    family: Family,
    policies: &BTreeMap<&Name, Option<Family>>,
) {
    let Some(name) = name else { return };
    match policies.get(&name.value) {
        None => missing(problems, path, key, "routing_policy", name),
        Some(Some(found)) if *found != family => {
            let message = format!(
                "routing_policy {:?} is of {found}, expected one of {family}",
                name.value.as_str()
            );
            problems.add(&name.span, &join(path, key), message);
        }
        Some(Some(_) | None) => {}
    }
}

fn missing(problems: &mut Problems<'_>, path: &str, key: &str, kind: &str, name: &At<Name>) {
    let name_text = name.value.as_str();
    let message = format!("there is no {kind} {name_text:?}: add a `[[{kind}]]` with that name, or correct it");
    problems.add(&name.span, &join(path, key), message);
}

fn unique<'a>(names: impl Iterator<Item = &'a At<Name>>, kind: &str, problems: &mut Problems<'_>) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(&name.value) {
            let path = format!("{kind} {:?}: name", name.value.as_str());
            problems.add(&name.span, &path, format!("there is another {kind} of this name"));
        }
    }
}

fn join(path: &str, key: &str) -> String {
    format!("{path}: {key}")
}
