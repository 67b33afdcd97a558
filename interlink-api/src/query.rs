//! Parameters of lists, as a query has them: `key=value`, a list by repeating its key.

mod parameter;

use crate::id::{ConnectionId, OrganizationId, PartnerId, PopId, ProjectId, RoutingPolicyId, VpcId};
use crate::value::{
    BgpStatus, ConnectionOrder, DedicatedConnectionStatus, LinkKind, LinkOrder, LinkStatus, NameOrder, NexthopType,
    RouteOrder, RoutingPolicyOrder, Secret,
};
use parameter::Parameter;
pub use parameter::{ParameterError, Takes};

/// The parameters of one list.
pub trait Query: Default {
    /// As pairs, not yet percent-encoded. What isn't set isn't there.
    fn to_pairs(&self) -> Vec<(&'static str, String)>;

    /// Takes one pair, already decoded. A key that isn't a parameter of the list is taken and forgotten, as the API
    /// does it. A value of an enumeration that stands for "unknown" is no filter.
    fn set(&mut self, key: &str, value: &str) -> Result<(), ParameterError>;

    /// Whether a page is asked for.
    fn has_page(&self) -> bool;

    /// The page that is asked for, counted from 1.
    fn set_page(&mut self, page: u32, page_size: u32);
}

macro_rules! queries {
    ($($(#[$doc:meta])* $type:ident { $($(#[$field_doc:meta])* $field:ident: $of:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Default, PartialEq, Eq)]
            pub struct $type {
                /// Which page, counted from 1.
                pub page: Option<u32>,
                /// How many items a page has: 1 to 1000.
                pub page_size: Option<u32>,
                $($(#[$field_doc])* pub $field: $of,)*
            }

            impl Query for $type {
                fn to_pairs(&self) -> Vec<(&'static str, String)> {
                    let mut pairs = Vec::new();
                    self.page.write("page", &mut pairs);
                    self.page_size.write("page_size", &mut pairs);
                    $(self.$field.write(stringify!($field), &mut pairs);)*
                    pairs
                }

                fn set(&mut self, key: &str, value: &str) -> Result<(), ParameterError> {
                    match key {
                        "page" => self.page.read("page", value),
                        "page_size" => self.page_size.read("page_size", value),
                        $(stringify!($field) => self.$field.read(stringify!($field), value),)*
                        _ => Ok(()),
                    }
                }

                fn has_page(&self) -> bool {
                    self.page.is_some()
                }

                fn set_page(&mut self, page: u32, page_size: u32) {
                    self.page = Some(page);
                    self.page_size = Some(page_size);
                }
            }
        )*
    };
}

queries! {
    /// `GET dedicated-connections`.
    ListConnections {
        /// In which order.
        order_by: Option<ConnectionOrder>,
        /// Of this project.
        project_id: Option<ProjectId>,
        /// Of this organization.
        organization_id: Option<OrganizationId>,
        /// Whose name contains this.
        name: Option<String>,
        /// With all of these tags.
        tags: Vec<String>,
        /// In this status.
        status: Option<DedicatedConnectionStatus>,
        /// Of this bandwidth.
        bandwidth_mbps: Option<u64>,
        /// At this PoP.
        pop_id: Option<PopId>,
    }

    /// `GET partners`.
    ListPartners {
        /// In which order.
        order_by: Option<NameOrder>,
        /// At one of these PoPs.
        pop_ids: Vec<PopId>,
        /// Whose routers speak BGP, or don't.
        l3_connectivity: Option<bool>,
    }

    /// `GET pops`.
    ListPops {
        /// In which order.
        order_by: Option<NameOrder>,
        /// Whose name contains this.
        name: Option<String>,
        /// In a building of who contains this.
        hosting_provider_name: Option<String>,
        /// Where this partner is.
        partner_id: Option<PartnerId>,
        /// Where a link can have this bandwidth.
        link_bandwidth_mbps: Option<u64>,
        /// Where dedicated connections can be had, or can't.
        dedicated_available: Option<bool>,
        /// Where there is a partner whose routers speak BGP, or isn't.
        l3_connectivity_partners: Option<bool>,
    }

    /// `GET links`.
    ListLinks {
        /// In which order.
        order_by: Option<LinkOrder>,
        /// Of this project.
        project_id: Option<ProjectId>,
        /// Of this organization.
        organization_id: Option<OrganizationId>,
        /// Whose name contains this.
        name: Option<String>,
        /// With all of these tags.
        tags: Vec<String>,
        /// In this status.
        status: Option<LinkStatus>,
        /// Whose IPv4 session is so.
        bgp_v4_status: Option<BgpStatus>,
        /// Whose IPv6 session is so.
        bgp_v6_status: Option<BgpStatus>,
        /// At this PoP.
        pop_id: Option<PopId>,
        /// Of this bandwidth.
        bandwidth_mbps: Option<u64>,
        /// Of this partner.
        partner_id: Option<PartnerId>,
        /// Attached to this VPC.
        vpc_id: Option<VpcId>,
        /// With this policy in either family.
        routing_policy_id: Option<RoutingPolicyId>,
        /// With this pairing key.
        pairing_key: Option<Secret>,
        /// Hosted so.
        kind: Option<LinkKind>,
        /// On this dedicated connection.
        connection_id: Option<ConnectionId>,
    }

    /// `GET routing-policies`.
    ListRoutingPolicies {
        /// In which order.
        order_by: Option<RoutingPolicyOrder>,
        /// Of this project.
        project_id: Option<ProjectId>,
        /// Of this organization.
        organization_id: Option<OrganizationId>,
        /// Whose name contains this.
        name: Option<String>,
        /// With all of these tags.
        tags: Vec<String>,
        /// Of IPv6, or of IPv4.
        ipv6: Option<bool>,
    }

    /// The VPC API's `GET routes-with-nexthop`.
    ListRoutes {
        /// In which order.
        order_by: Option<RouteOrder>,
        /// Of this VPC.
        vpc_id: Option<VpcId>,
        /// To this.
        nexthop_resource_id: Option<String>,
        /// In this Private Network.
        nexthop_private_network_id: Option<String>,
        /// To what is of this kind.
        nexthop_resource_type: Option<NexthopType>,
        /// Behind this connector.
        nexthop_vpc_connector_id: Option<String>,
        /// Whose prefix contains this one.
        contains: Option<String>,
        /// With all of these tags.
        tags: Vec<String>,
        /// Of IPv6, or of IPv4.
        is_ipv6: Option<bool>,
    }
}

#[cfg(test)]
mod tests;
