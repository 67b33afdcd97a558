//! From what is kept to what is on the wire.

use interlink_api::objects::VlanRange;
use interlink_api::value::{Extra, NexthopType, RouteType};
use interlink_api::vpc::{Route, RouteWithNexthop};
use interlink_api::{
    BgpConfig, BgpStatus, DedicatedConnection, DedicatedConnectionStatus, LinkStatus, Nullable, Partner, PartnerHost,
    Pop, RoutingPolicy, Secret, SelfHost,
};
use interlink_core::family::Family;
use ipnet::IpNet;

use crate::rules;
use crate::rules::{
    Connection, ConnectionId, Host, Inventory, Link, Moment, PartnerId, Phase, Policy, PopId, VpcRoute,
};

/// How long the prefix of an interconnect is.
const PAIR_V4: u8 = 31;
/// See [`PAIR_V4`].
const PAIR_V6: u8 = 127;

pub(crate) fn link(link: &Link, inventory: &Inventory) -> interlink_api::Link {
    let policy = |family: Family| {
        let attached = link.policies.get(family).as_ref();
        Nullable::from(attached.map(|attached| attached.policy.to_string().into()))
    };
    let (partner, self_host) = match link.host {
        Host::Partner { partner, pairing_key } => {
            let host = PartnerHost {
                partner_id: partner.to_string().into(),
                pairing_key: Secret::new(pairing_key.0.to_string()).into(),
                disapproved_reason: match &link.phase {
                    Phase::Refused { reason } => reason.clone().into(),
                    Phase::Requested
                    | Phase::Expired
                    | Phase::Provisioning
                    | Phase::Ready
                    | Phase::Provisioned
                    | Phase::Deprovisioning { .. }
                    | Phase::Deleted => String::new().into(),
                },
                l3_connectivity: is_l3(partner, inventory).into(),
                extra: Extra::new(),
            };
            (Nullable::Value(host), Nullable::Absent)
        }
        Host::Dedicated { connection } => {
            let host = SelfHost {
                connection_id: connection.to_string().into(),
                extra: Extra::new(),
            };
            (Nullable::Absent, Nullable::Value(host))
        }
    };
    let ends = link.interconnect;
    interlink_api::Link {
        id: link.id.to_string().into(),
        project_id: link.project.to_string().into(),
        organization_id: inventory.organization.to_string().into(),
        name: link.name.to_string(),
        tags: link.tags.clone(),
        pop_id: link.pop.to_string().into(),
        bandwidth_mbps: link.bandwidth.get(),
        status: LinkStatus::from(link.status().as_str()),
        bgp_v4_status: BgpStatus::from(link.bgp_status(Family::V4).as_str()),
        bgp_v6_status: BgpStatus::from(link.bgp_status(Family::V6).as_str()),
        vpc_id: link.vpc.map(|vpc| vpc.to_string().into()).into(),
        routing_policy_id: Nullable::Absent,
        routing_policy_v4_id: policy(Family::V4),
        routing_policy_v6_id: policy(Family::V6),
        enable_route_propagation: link.propagation,
        partner,
        self_host,
        vlan: link.vlan.get().into(),
        scw_bgp_config: Nullable::Value(BgpConfig {
            asn: inventory.asn.get().into(),
            ipv4: format!("{}/{PAIR_V4}", ends.v4),
            ipv6: format!("{}/{PAIR_V6}", ends.v6),
            extra: Extra::new(),
        }),
        peer_bgp_config: Nullable::Value(BgpConfig {
            asn: link.peer_asn.get().into(),
            ipv4: format!("{}/{PAIR_V4}", ends.peer_v4()),
            ipv6: format!("{}/{PAIR_V6}", ends.peer_v6()),
            extra: Extra::new(),
        }),
        created_at: link.created_at.to_string().into(),
        updated_at: link.updated_at.to_string().into(),
        region: link.region.to_string(),
        srn: Nullable::Absent,
        extra: Extra::new(),
    }
}

pub(super) fn policy(policy: &Policy, inventory: &Inventory) -> RoutingPolicy {
    let texts = |prefixes: &[IpNet]| prefixes.iter().map(ToString::to_string).collect();
    RoutingPolicy {
        id: policy.id.to_string().into(),
        project_id: policy.project.to_string().into(),
        organization_id: inventory.organization.to_string().into(),
        name: policy.name.to_string(),
        tags: policy.tags.clone(),
        prefix_filter_in: texts(policy.filter_in.prefixes()),
        prefix_filter_out: texts(policy.filter_out.prefixes()),
        is_ipv6: policy.family == Family::V6,
        created_at: policy.created_at.to_string().into(),
        updated_at: policy.updated_at.to_string().into(),
        region: policy.region.to_string(),
        srn: Nullable::Absent,
        extra: Extra::new(),
    }
}

pub(super) fn connection(
    id: ConnectionId,
    connection: &Connection,
    inventory: &Inventory,
    since: Moment,
) -> DedicatedConnection {
    DedicatedConnection {
        id: id.to_string().into(),
        project_id: connection.project.to_string().into(),
        organization_id: inventory.organization.to_string().into(),
        status: DedicatedConnectionStatus::from(connection.status.as_str()),
        name: connection.name.to_string(),
        tags: connection.tags.clone(),
        pop_id: connection.pop.to_string().into(),
        bandwidth_mbps: connection.bandwidth.get(),
        available_link_bandwidths: connection.bandwidths.iter().map(|bandwidth| bandwidth.get()).collect(),
        created_at: since.to_string().into(),
        updated_at: since.to_string().into(),
        demarcation_info: connection.demarcation_info.clone().into(),
        vlan_range: Nullable::Value(VlanRange {
            start: connection.vlans.start().get().into(),
            end: connection.vlans.end().get().into(),
            extra: Extra::new(),
        }),
        region: connection.region.to_string(),
        srn: Nullable::Absent,
        extra: Extra::new(),
    }
}

pub(super) fn partner(id: PartnerId, partner: &rules::Partner, since: Moment) -> Partner {
    Partner {
        id: id.to_string().into(),
        name: partner.name.to_string(),
        contact_email: partner.contact_email.clone(),
        logo_url: partner.logo_url.clone(),
        portal_url: partner.portal_url.clone(),
        created_at: since.to_string().into(),
        updated_at: since.to_string().into(),
        l3_connectivity: partner.l3_connectivity.into(),
        region: partner.region.to_string().into(),
        srn: Nullable::Absent,
        extra: Extra::new(),
    }
}

pub(super) fn pop(id: PopId, pop: &rules::Pop) -> Pop {
    Pop {
        id: id.to_string().into(),
        name: pop.name.to_string(),
        hosting_provider_name: pop.hosting_provider_name.clone(),
        address: pop.address.clone(),
        city: pop.city.clone(),
        logo_url: pop.logo_url.clone(),
        available_link_bandwidths_mbps: pop.bandwidths.iter().map(|bandwidth| bandwidth.get()).collect(),
        display_name: pop.display_name.clone().into(),
        region: pop.region.to_string().into(),
        srn: Nullable::Absent,
        extra: Extra::new(),
    }
}

pub(super) fn route(route: &VpcRoute) -> RouteWithNexthop {
    let VpcRoute {
        id,
        vpc,
        destination,
        link,
        nexthop,
        since,
    } = route;
    RouteWithNexthop {
        route: Nullable::Value(Route {
            id: id.to_string().into(),
            description: format!("learned over {}", link.name),
            tags: Vec::new(),
            vpc_id: vpc.to_string().into(),
            destination: destination.to_string(),
            nexthop_resource_id: link.id.to_string().into(),
            nexthop_private_network_id: Nullable::Absent,
            nexthop_vpc_connector_id: Nullable::Absent,
            created_at: since.to_string().into(),
            updated_at: since.to_string().into(),
            is_read_only: true,
            route_type: RouteType::Interlink,
            region: link.region.to_string(),
            extra: Extra::new(),
        }),
        nexthop_ip: nexthop.to_string().into(),
        nexthop_name: link.name.to_string().into(),
        nexthop_resource_type: NexthopType::Interlink,
        extra: Extra::new(),
    }
}

/// Whether a partner's own router speaks BGP.
pub(super) fn is_l3(partner: PartnerId, inventory: &Inventory) -> bool {
    let partner = inventory.partners.get(&partner);
    partner.is_some_and(|partner| partner.l3_connectivity)
}
