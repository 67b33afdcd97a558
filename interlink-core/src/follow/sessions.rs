//! How the sessions stand, in the words of the API's extension.

use std::collections::BTreeMap;
use std::net::IpAddr;

use interlink_api::extension::{LearnedRoute, Report};
use interlink_api::{BgpStatus, LinkId};

use crate::domain::{Bgp, Intent, Link, LinkStatus, Role};
use crate::family::Family;
use crate::gate::Session;
use crate::machine::Machine;
use crate::name::Name;
use crate::prefix::Address;
use crate::state::{LearnedRoutes, Router};

/// How many routes of a family are told at most: the API shows them to people.
const MOST: usize = 5000;

/// What there is to tell of every link that the API knows.
pub fn sessions(machine: &Machine, ids: &BTreeMap<Name, LinkId>) -> BTreeMap<LinkId, Report> {
    let Some(intent) = machine.intent_in_force() else {
        return BTreeMap::new();
    };
    let links = ids.iter().filter_map(|(name, id)| Some((intent.links.get(name)?, id)));
    let links = links.filter(|(link, _)| link.status != LinkStatus::Deleted);
    links
        .map(|(link, id)| (id.clone(), report(machine, intent, link)))
        .collect()
}

fn report(machine: &Machine, intent: &Intent, link: &Link) -> Report {
    let status = |family| {
        let sessions = machine.facts().sessions.get(&link.name);
        match sessions.map(|sessions| *sessions.get(family)).unwrap_or_default() {
            _ if !intent.has_policy(link, family) => BgpStatus::Disabled,
            Session::Up => BgpStatus::Up,
            Session::Down => BgpStatus::Down,
        }
    };
    Report {
        bgp_v4_status: status(Family::V4),
        bgp_v6_status: status(Family::V6),
        // The provider's end is the VPC's, so what it learned is in the VPC's table.
        learned_routes: link
            .bgp
            .filter(|Bgp { role, .. }| *role == Role::Provider)
            .map(|_| learned(machine, link)),
    }
}

fn learned(machine: &Machine, link: &Link) -> Vec<LearnedRoute> {
    let Some(learned) = machine.facts().learned.get(&link.name) else {
        return Vec::new();
    };
    let v4 = link
        .interconnect_v4
        .map(|interconnect| IpAddr::from(interconnect.peer()));
    let v6 = link
        .interconnect_v6
        .map(|interconnect| IpAddr::from(interconnect.peer()));
    rows(&learned.v4, v4).chain(rows(&learned.v6, v6)).collect()
}

fn rows<A: Address>(routes: &LearnedRoutes<A>, peer: Option<IpAddr>) -> impl Iterator<Item = LearnedRoute> + '_ {
    routes.iter().take(MOST).map(move |route| LearnedRoute {
        destination: route.prefix.to_string(),
        nexthop_ip: match route.router {
            Router::Peer => peer.map_or_else(String::new, |address| address.to_string()),
            Router::Address(address) => address.to_string(),
        },
    })
}
