//! The routes that links bring into a VPC.

use std::net::IpAddr;
use std::sync::Arc;

use interlink_core::family::Family;
use ipnet::IpNet;
use uuid::Uuid;

use super::id::VpcId;
use super::link::Link;
use super::moment::Moment;
use super::place::Region;
use super::state::State;

/// A route of a VPC's table that a link brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcRoute {
    /// The same for the same destination over the same link, as long as there is the link.
    pub id: Uuid,
    /// Whose table it is in.
    pub vpc: VpcId,
    /// Where it leads.
    pub destination: IpNet,
    /// The link.
    pub link: Arc<Link>,
    /// The router at its other end.
    pub nexthop: IpAddr,
    /// Since when.
    pub since: Moment,
}

/// The routes of a region's VPCs. What a link learned counts while it may carry it and its policy lets it in.
pub fn vpc_routes(state: &State, region: &Region) -> Vec<VpcRoute> {
    let links = state.links().filter(|link| link.region == *region);
    links.flat_map(|link| of_link(state, link)).collect()
}

fn of_link(state: &State, link: &Arc<Link>) -> Vec<VpcRoute> {
    let (Some(vpc), Some(learned)) = (link.vpc, state.learned(link.id)) else {
        return Vec::new();
    };
    let accepted = |destination: &IpNet| {
        let family = Family::of_net(*destination);
        let attached = link.policies.get(family).as_ref().filter(|_| link.carries(family));
        let policy = attached.and_then(|attached| state.policy(attached.policy));
        policy.is_some_and(|policy| policy.filter_in.passes(destination))
    };
    let routes = learned.0.iter().filter(|(destination, _)| accepted(destination));
    routes
        .map(|(destination, route)| VpcRoute {
            id: Uuid::new_v5(&link.id.0, destination.to_string().as_bytes()),
            vpc,
            destination: *destination,
            link: Arc::clone(link),
            nexthop: route.nexthop,
            since: route.since,
        })
        .collect()
}
