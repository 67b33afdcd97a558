//! The lists: filter, order, page.

use std::sync::Arc;

use interlink_api::list::{ConnectionPage, LinkPage, PartnerPage, PopPage, RoutePage, RoutingPolicyPage};
use interlink_api::query::{ListConnections, ListLinks, ListPartners, ListPops, ListRoutes, ListRoutingPolicies};
use interlink_api::value::{
    ConnectionOrder, Extra, LinkKind, LinkOrder, NameOrder, NexthopType, RouteOrder, RoutingPolicyOrder,
};
use interlink_core::family::Family;

use super::page::{has_all, is_or_any, paging, query, sort_by};
use super::read::Faults;
use super::write;
use crate::controller::Controller;
use crate::rules::{Host, Link, OrganizationId, PairingKey, Policy, Refusal, Region, vpc_routes};

pub(super) fn links(controller: &Controller, region: &Region, text: &str) -> Result<LinkPage, Refusal> {
    let wanted: ListLinks = query(text)?;
    let mut faults = Faults::default();
    let page = paging(&mut faults, wanted.page, wanted.page_size);
    let project = faults.maybe(wanted.project_id, |faults, id| faults.id("project_id", id.as_str()));
    let pop = faults.maybe(wanted.pop_id, |faults, id| faults.id("pop_id", id.as_str()));
    let vpc = faults.maybe(wanted.vpc_id, |faults, id| faults.id("vpc_id", id.as_str()));
    let partner = faults.maybe(wanted.partner_id, |faults, id| faults.id("partner_id", id.as_str()));
    let policy = faults.maybe(wanted.routing_policy_id, |faults, id| {
        faults.id("routing_policy_id", id.as_str())
    });
    let connection = faults.maybe(wanted.connection_id, |faults, id| {
        faults.id("connection_id", id.as_str())
    });
    let key: Option<PairingKey> =
        faults.maybe(wanted.pairing_key, |faults, key| faults.id("pairing_key", key.expose()));
    let ours = is_ours(
        &mut faults,
        wanted
            .organization_id
            .as_ref()
            .map(interlink_api::OrganizationId::as_str),
        controller,
    );
    let page = faults.finish(page)?;
    let inventory = controller.inventory();

    let fits = |link: &Link| {
        let (of_partner, of_key, of_connection) = match link.host {
            Host::Partner { partner, pairing_key } => (Some(partner), Some(pairing_key), None),
            Host::Dedicated { connection } => (None, None, Some(connection)),
        };
        let is_l3 = of_partner.map(|partner| write::is_l3(partner, inventory));
        let is_kind = |kind: &LinkKind| match kind {
            LinkKind::Hosted => of_partner.is_some(),
            LinkKind::SelfHosted => of_connection.is_some(),
            LinkKind::L2Hosted => is_l3 == Some(false),
            LinkKind::L3Hosted => is_l3 == Some(true),
            LinkKind::Other(_) => false,
        };
        let session = |status: Option<&interlink_api::BgpStatus>, family| {
            status.is_none_or(|status| status.as_str() == link.bgp_status(family).as_str())
        };
        ours && link.region == *region
            && is_or_any(project.as_ref(), &link.project)
            && contains(wanted.name.as_ref(), link.name.as_str())
            && has_all(&link.tags, &wanted.tags)
            && wanted
                .status
                .as_ref()
                .is_none_or(|status| status.as_str() == link.status().as_str())
            && session(wanted.bgp_v4_status.as_ref(), Family::V4)
            && session(wanted.bgp_v6_status.as_ref(), Family::V6)
            && is_or_any(pop.as_ref(), &link.pop)
            && is_or_any(wanted.bandwidth_mbps.as_ref(), &link.bandwidth.get())
            && (partner.is_none() || partner == of_partner)
            && (key.is_none() || key == of_key)
            && (connection.is_none() || connection == of_connection)
            && (vpc.is_none() || vpc == link.vpc)
            && policy.is_none_or(|policy| link.uses(policy))
            && wanted.kind.as_ref().is_none_or(is_kind)
    };
    let mut found: Vec<Arc<Link>> = {
        let state = controller.state();
        state.links().filter(|link| fits(link)).map(Arc::clone).collect()
    };
    match wanted.order_by.unwrap_or_default() {
        LinkOrder::CreatedAtAsc | LinkOrder::Other(_) => {
            sort_by(&mut found, false, |a, b| a.created_at.cmp(&b.created_at));
        }
        LinkOrder::CreatedAtDesc => sort_by(&mut found, true, |a, b| a.created_at.cmp(&b.created_at)),
        LinkOrder::NameAsc => sort_by(&mut found, false, |a, b| a.name.cmp(&b.name)),
        LinkOrder::NameDesc => sort_by(&mut found, true, |a, b| a.name.cmp(&b.name)),
        LinkOrder::StatusAsc => sort_by(&mut found, false, |a, b| a.status().as_str().cmp(b.status().as_str())),
        LinkOrder::StatusDesc => sort_by(&mut found, true, |a, b| a.status().as_str().cmp(b.status().as_str())),
    }
    let (links, total_count) = page.cut(found);
    Ok(LinkPage {
        links: links.iter().map(|link| write::link(link, inventory)).collect(),
        total_count,
        extra: Extra::new(),
    })
}

pub(super) fn policies(controller: &Controller, region: &Region, text: &str) -> Result<RoutingPolicyPage, Refusal> {
    let wanted: ListRoutingPolicies = query(text)?;
    let mut faults = Faults::default();
    let page = paging(&mut faults, wanted.page, wanted.page_size);
    let project = faults.maybe(wanted.project_id, |faults, id| faults.id("project_id", id.as_str()));
    let ours = is_ours(
        &mut faults,
        wanted
            .organization_id
            .as_ref()
            .map(interlink_api::OrganizationId::as_str),
        controller,
    );
    let page = faults.finish(page)?;

    let fits = |policy: &Policy| {
        ours && policy.region == *region
            && is_or_any(project.as_ref(), &policy.project)
            && contains(wanted.name.as_ref(), policy.name.as_str())
            && has_all(&policy.tags, &wanted.tags)
            && is_or_any(wanted.ipv6.as_ref(), &(policy.family == Family::V6))
    };
    let mut found: Vec<Arc<Policy>> = {
        let state = controller.state();
        state.policies().filter(|policy| fits(policy)).map(Arc::clone).collect()
    };
    match wanted.order_by.unwrap_or_default() {
        RoutingPolicyOrder::CreatedAtAsc | RoutingPolicyOrder::Other(_) => {
            sort_by(&mut found, false, |a, b| a.created_at.cmp(&b.created_at));
        }
        RoutingPolicyOrder::CreatedAtDesc => sort_by(&mut found, true, |a, b| a.created_at.cmp(&b.created_at)),
        RoutingPolicyOrder::NameAsc => sort_by(&mut found, false, |a, b| a.name.cmp(&b.name)),
        RoutingPolicyOrder::NameDesc => sort_by(&mut found, true, |a, b| a.name.cmp(&b.name)),
    }
    let (policies, total_count) = page.cut(found);
    let inventory = controller.inventory();
    Ok(RoutingPolicyPage {
        routing_policies: policies.iter().map(|policy| write::policy(policy, inventory)).collect(),
        total_count,
        extra: Extra::new(),
    })
}

pub(super) fn connections(controller: &Controller, region: &Region, text: &str) -> Result<ConnectionPage, Refusal> {
    let wanted: ListConnections = query(text)?;
    let mut faults = Faults::default();
    let page = paging(&mut faults, wanted.page, wanted.page_size);
    let project = faults.maybe(wanted.project_id, |faults, id| faults.id("project_id", id.as_str()));
    let pop = faults.maybe(wanted.pop_id, |faults, id| faults.id("pop_id", id.as_str()));
    let ours = is_ours(
        &mut faults,
        wanted
            .organization_id
            .as_ref()
            .map(interlink_api::OrganizationId::as_str),
        controller,
    );
    let page = faults.finish(page)?;

    let inventory = controller.inventory();
    let mut found: Vec<_> = inventory
        .connections
        .iter()
        .filter(|(_, connection)| {
            ours && connection.region == *region
                && is_or_any(project.as_ref(), &connection.project)
                && contains(wanted.name.as_ref(), connection.name.as_str())
                && has_all(&connection.tags, &wanted.tags)
                && wanted
                    .status
                    .as_ref()
                    .is_none_or(|status| status.as_str() == connection.status.as_str())
                && is_or_any(wanted.bandwidth_mbps.as_ref(), &connection.bandwidth.get())
                && is_or_any(pop.as_ref(), &connection.pop)
        })
        .collect();
    match wanted.order_by.unwrap_or(ConnectionOrder::NameAsc) {
        // All of them came with the inventory, at the same time.
        ConnectionOrder::CreatedAtAsc
        | ConnectionOrder::CreatedAtDesc
        | ConnectionOrder::UpdatedAtAsc
        | ConnectionOrder::UpdatedAtDesc
        | ConnectionOrder::Other(_) => {}
        ConnectionOrder::NameAsc => sort_by(&mut found, false, |a, b| a.1.name.cmp(&b.1.name)),
        ConnectionOrder::NameDesc => sort_by(&mut found, true, |a, b| a.1.name.cmp(&b.1.name)),
        ConnectionOrder::StatusAsc => sort_by(&mut found, false, |a, b| a.1.status.as_str().cmp(b.1.status.as_str())),
        ConnectionOrder::StatusDesc => sort_by(&mut found, true, |a, b| a.1.status.as_str().cmp(b.1.status.as_str())),
    }
    let (connections, total_count) = page.cut(found);
    let since = controller.since();
    Ok(ConnectionPage {
        connections: connections
            .into_iter()
            .map(|(id, connection)| write::connection(*id, connection, inventory, since))
            .collect(),
        total_count,
        extra: Extra::new(),
    })
}

pub(super) fn partners(controller: &Controller, region: &Region, text: &str) -> Result<PartnerPage, Refusal> {
    let wanted: ListPartners = query(text)?;
    let mut faults = Faults::default();
    let page = paging(&mut faults, wanted.page, wanted.page_size);
    let pops: Vec<_> = wanted
        .pop_ids
        .iter()
        .filter_map(|id| faults.id("pop_ids", id.as_str()))
        .collect();
    let page = faults.finish(page)?;

    let mut found: Vec<_> = controller
        .inventory()
        .partners
        .iter()
        .filter(|(_, partner)| {
            partner.region == *region
                && (pops.is_empty() || pops.iter().any(|pop| partner.pops.contains(pop)))
                && is_or_any(wanted.l3_connectivity.as_ref(), &partner.l3_connectivity)
        })
        .collect();
    sort_by(&mut found, is_descending(wanted.order_by), |a, b| {
        a.1.name.cmp(&b.1.name)
    });
    let (partners, total_count) = page.cut(found);
    let since = controller.since();
    Ok(PartnerPage {
        partners: partners
            .into_iter()
            .map(|(id, partner)| write::partner(*id, partner, since))
            .collect(),
        total_count,
        extra: Extra::new(),
    })
}

pub(super) fn pops(controller: &Controller, region: &Region, text: &str) -> Result<PopPage, Refusal> {
    let wanted: ListPops = query(text)?;
    let mut faults = Faults::default();
    let page = paging(&mut faults, wanted.page, wanted.page_size);
    let partner = faults.maybe(wanted.partner_id, |faults, id| {
        faults.id::<crate::rules::PartnerId>("partner_id", id.as_str())
    });
    let page = faults.finish(page)?;

    let inventory = controller.inventory();
    let mut found: Vec<_> = inventory
        .pops
        .iter()
        .filter(|(id, pop)| {
            let here = || {
                inventory
                    .partners
                    .iter()
                    .filter(|(_, partner)| partner.pops.contains(id))
            };
            let dedicated = inventory.connections.values().any(|connection| connection.pop == **id);
            pop.region == *region
                && contains(wanted.name.as_ref(), pop.name.as_str())
                && is_or_any(wanted.hosting_provider_name.as_ref(), &pop.hosting_provider_name)
                && partner.is_none_or(|partner| here().any(|(id, _)| *id == partner))
                && wanted
                    .link_bandwidth_mbps
                    .is_none_or(|mbps| pop.bandwidths.iter().any(|bandwidth| bandwidth.get() == mbps))
                && is_or_any(wanted.dedicated_available.as_ref(), &dedicated)
                && wanted
                    .l3_connectivity_partners
                    .is_none_or(|l3| here().any(|(_, partner)| partner.l3_connectivity) == l3)
        })
        .collect();
    sort_by(&mut found, is_descending(wanted.order_by), |a, b| {
        a.1.name.cmp(&b.1.name)
    });
    let (pops, total_count) = page.cut(found);
    Ok(PopPage {
        pops: pops.into_iter().map(|(id, pop)| write::pop(*id, pop)).collect(),
        total_count,
        extra: Extra::new(),
    })
}

pub(super) fn routes(controller: &Controller, region: &Region, text: &str) -> Result<RoutePage, Refusal> {
    let wanted: ListRoutes = query(text)?;
    let mut faults = Faults::default();
    let page = paging(&mut faults, wanted.page, wanted.page_size);
    let vpc = faults.maybe(wanted.vpc_id, |faults, id| faults.id("vpc_id", id.as_str()));
    let around = faults.maybe(wanted.contains, |faults, text| faults.prefix("contains", &text));
    let page = faults.finish(page)?;

    // A link is in no Private Network, behind no connector, and its routes have no tags.
    let none = wanted.nexthop_private_network_id.is_some()
        || wanted.nexthop_vpc_connector_id.is_some()
        || !wanted.tags.is_empty();
    let mut found = vpc_routes(&controller.state(), region);
    found.retain(|route| {
        !none
            && is_or_any(vpc.as_ref(), &route.vpc)
            && wanted
                .nexthop_resource_id
                .as_ref()
                .is_none_or(|id| *id == route.link.id.to_string())
            && is_or_any(wanted.nexthop_resource_type.as_ref(), &NexthopType::Interlink)
            && around.is_none_or(|around| around.contains(&route.destination))
            && wanted
                .is_ipv6
                .is_none_or(|is_ipv6| is_ipv6 == (Family::of_net(route.destination) == Family::V6))
    });
    let length = |route: &crate::rules::VpcRoute| route.destination.prefix_len();
    match wanted.order_by.unwrap_or_default() {
        RouteOrder::CreatedAtAsc | RouteOrder::Other(_) => sort_by(&mut found, false, |a, b| a.since.cmp(&b.since)),
        RouteOrder::CreatedAtDesc => sort_by(&mut found, true, |a, b| a.since.cmp(&b.since)),
        RouteOrder::DestinationAsc => sort_by(&mut found, false, |a, b| a.destination.cmp(&b.destination)),
        RouteOrder::DestinationDesc => sort_by(&mut found, true, |a, b| a.destination.cmp(&b.destination)),
        RouteOrder::PrefixLenAsc => sort_by(&mut found, false, |a, b| length(a).cmp(&length(b))),
        RouteOrder::PrefixLenDesc => sort_by(&mut found, true, |a, b| length(a).cmp(&length(b))),
    }
    let (routes, total_count) = page.cut(found);
    Ok(RoutePage {
        routes: routes.iter().map(write::route).collect(),
        total_count,
        extra: Extra::new(),
    })
}

fn contains(wanted: Option<&String>, name: &str) -> bool {
    wanted.is_none_or(|wanted| name.contains(wanted.as_str()))
}

fn is_descending(order: Option<NameOrder>) -> bool {
    match order.unwrap_or_default() {
        NameOrder::NameAsc | NameOrder::Other(_) => false,
        NameOrder::NameDesc => true,
    }
}

/// Everything belongs to one Organization: another one has nothing here.
fn is_ours(faults: &mut Faults, wanted: Option<&str>, controller: &Controller) -> bool {
    let wanted: Option<OrganizationId> = faults.maybe(wanted, |faults, id| faults.id("organization_id", id));
    is_or_any(wanted.as_ref(), &controller.inventory().organization)
}
