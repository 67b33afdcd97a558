//! The endpoints, a function each.

use reqwest::Method;

use super::http::Call;
use super::retry::Repeated;
use super::settings::is_plain_word;
use super::{Client, Failure};
use crate::MAX_PAGE_SIZE;
use crate::extension::{PREFIX, Report};
use crate::id::{ConnectionId, LinkId, PartnerId, PopId, RoutingPolicyId, VpcId};
use crate::list::{ConnectionPage, LinkPage, Page, PartnerPage, PopPage, RoutePage, RoutingPolicyPage};
use crate::objects::{DedicatedConnection, Link, Partner, Pop, RoutingPolicy};
use crate::query::{ListConnections, ListLinks, ListPartners, ListPops, ListRoutes, ListRoutingPolicies, Query};
use crate::request::{
    AttachVpc, CreateLink, CreateRoutingPolicy, Empty, NameRoutingPolicy, UpdateLink, UpdateRoutingPolicy,
};
use crate::vpc::RouteWithNexthop;

macro_rules! reads {
    ($($(#[$doc:meta])* $list:ident, $get:ident: $path:literal, $query:ident, $page:ident, $id:ident, $item:ident;)*) => {
        impl Client {
            $(
                #[doc = concat!("`GET ", $path, "`, every page.")]
                pub async fn $list(&self, query: &$query) -> Result<Vec<$item>, Failure> {
                    self.list::<$page, _>(self.path($path), query).await
                }

                #[doc = concat!("`GET ", $path, "/ID`.")]
                pub async fn $get(&self, id: &$id) -> Result<$item, Failure> {
                    self.call(&Call::get(self.path_of($path, id.as_str())?, Vec::new())).await
                }
            )*
        }
    };
}

reads! {
    list_connections, get_connection: "dedicated-connections", ListConnections, ConnectionPage, ConnectionId,
        DedicatedConnection;
    list_partners, get_partner: "partners", ListPartners, PartnerPage, PartnerId, Partner;
    list_pops, get_pop: "pops", ListPops, PopPage, PopId, Pop;
    list_links, get_link: "links", ListLinks, LinkPage, LinkId, Link;
    list_routing_policies, get_routing_policy: "routing-policies", ListRoutingPolicies, RoutingPolicyPage,
        RoutingPolicyId, RoutingPolicy;
}

impl Client {
    /// `POST links`.
    pub async fn create_link(&self, link: &CreateLink) -> Result<Link, Failure> {
        self.call(&Call::send(Method::POST, self.path("links"), link, Repeated::Twice)?)
            .await
    }

    /// `PATCH links/ID`.
    pub async fn update_link(&self, id: &LinkId, update: &UpdateLink) -> Result<Link, Failure> {
        let path = self.path_of("links", id.as_str())?;
        self.call(&Call::send(Method::PATCH, path, update, Repeated::Same)?)
            .await
    }

    /// `DELETE links/ID`, which answers with the link.
    pub async fn delete_link(&self, id: &LinkId) -> Result<Link, Failure> {
        let mut call = Call::get(self.path_of("links", id.as_str())?, Vec::new());
        call.method = Method::DELETE;
        self.call(&call).await
    }

    /// `POST links/ID/attach-vpc`.
    pub async fn attach_vpc(&self, id: &LinkId, vpc_id: &VpcId) -> Result<Link, Failure> {
        let body = AttachVpc { vpc_id: vpc_id.clone() };
        self.act(id, "attach-vpc", &body).await
    }

    /// `POST links/ID/detach-vpc`, which disables propagation too.
    pub async fn detach_vpc(&self, id: &LinkId) -> Result<Link, Failure> {
        self.act(id, "detach-vpc", &Empty {}).await
    }

    /// `POST links/ID/attach-routing-policy`.
    pub async fn attach_routing_policy(&self, id: &LinkId, policy: &RoutingPolicyId) -> Result<Link, Failure> {
        self.act(id, "attach-routing-policy", &named(policy)).await
    }

    /// `POST links/ID/detach-routing-policy`.
    pub async fn detach_routing_policy(&self, id: &LinkId, policy: &RoutingPolicyId) -> Result<Link, Failure> {
        self.act(id, "detach-routing-policy", &named(policy)).await
    }

    /// `POST links/ID/set-routing-policy`: in place of the one that is attached, with no moment without any.
    pub async fn set_routing_policy(&self, id: &LinkId, policy: &RoutingPolicyId) -> Result<Link, Failure> {
        self.act(id, "set-routing-policy", &named(policy)).await
    }

    /// `POST links/ID/enable-route-propagation`.
    pub async fn enable_route_propagation(&self, id: &LinkId) -> Result<Link, Failure> {
        self.act(id, "enable-route-propagation", &Empty {}).await
    }

    /// `POST links/ID/disable-route-propagation`.
    pub async fn disable_route_propagation(&self, id: &LinkId) -> Result<Link, Failure> {
        self.act(id, "disable-route-propagation", &Empty {}).await
    }

    /// `POST routing-policies`.
    pub async fn create_routing_policy(&self, policy: &CreateRoutingPolicy) -> Result<RoutingPolicy, Failure> {
        let path = self.path("routing-policies");
        self.call(&Call::send(Method::POST, path, policy, Repeated::Twice)?)
            .await
    }

    /// `PATCH routing-policies/ID`.
    pub async fn update_routing_policy(
        &self,
        id: &RoutingPolicyId,
        update: &UpdateRoutingPolicy,
    ) -> Result<RoutingPolicy, Failure> {
        let path = self.path_of("routing-policies", id.as_str())?;
        self.call(&Call::send(Method::PATCH, path, update, Repeated::Same)?)
            .await
    }

    /// `DELETE routing-policies/ID`, which answers with nothing.
    pub async fn delete_routing_policy(&self, id: &RoutingPolicyId) -> Result<(), Failure> {
        let mut call = Call::get(self.path_of("routing-policies", id.as_str())?, Vec::new());
        call.method = Method::DELETE;
        self.call_for_body(&call).await.map(drop)
    }

    /// The VPC API's `GET routes-with-nexthop`, every page.
    pub async fn list_routes(&self, query: &ListRoutes) -> Result<Vec<RouteWithNexthop>, Failure> {
        let path = format!("/vpc/v2/regions/{}/routes-with-nexthop", self.region);
        self.list::<RoutePage, _>(path, query).await
    }

    /// Our controller's `POST x-interlink/links/ID/report`.
    pub async fn report(&self, id: &LinkId, report: &Report) -> Result<Link, Failure> {
        let path = format!("{}/report", self.path_of(&format!("{PREFIX}/links"), id.as_str())?);
        self.call(&Call::send(Method::POST, path, report, Repeated::Same)?)
            .await
    }

    /// A path of a region's API.
    pub(super) fn path(&self, behind: &str) -> String {
        format!("/interlink/{}/regions/{}/{behind}", crate::VERSION, self.region)
    }

    fn path_of(&self, kind: &str, id: &str) -> Result<String, Failure> {
        if is_plain_word(id) {
            Ok(self.path(&format!("{kind}/{id}")))
        } else {
            Err(Failure::Id(id.to_owned()))
        }
    }

    async fn act<B: serde::Serialize>(&self, id: &LinkId, action: &str, body: &B) -> Result<Link, Failure> {
        let path = format!("{}/{action}", self.path_of("links", id.as_str())?);
        self.call(&Call::send(Method::POST, path, body, Repeated::Same)?).await
    }

    /// Every page, or the one that the query names. A list that changes meanwhile may show an item twice or not at all,
    /// as the API has no token to go on from.
    async fn list<P, Q>(&self, path: String, query: &Q) -> Result<Vec<P::Item>, Failure>
    where
        P: Page + serde::de::DeserializeOwned,
        Q: Query + Clone,
    {
        if query.has_page() {
            return Ok(self.call::<P>(&Call::get(path, query.to_pairs())).await?.into_items());
        }
        let mut items = Vec::new();
        let mut query = query.clone();
        for page in 1.. {
            query.set_page(page, MAX_PAGE_SIZE);
            let answer: P = self.call(&Call::get(path.clone(), query.to_pairs())).await?;
            let total = answer.total_count();
            let found = answer.into_items();
            let is_last = found.is_empty();
            items.extend(found);
            if is_last || u64::try_from(items.len()).unwrap_or(u64::MAX) >= total {
                break;
            }
            if page >= MOST_PAGES {
                return Err(Failure::Unreadable {
                    why: "the list doesn't end".to_owned(),
                    begins: String::new(),
                });
            }
        }
        Ok(items)
    }
}

/// A server whose list has no end isn't read to it.
const MOST_PAGES: u32 = 1000;

fn named(policy: &RoutingPolicyId) -> NameRoutingPolicy {
    NameRoutingPolicy {
        routing_policy_id: policy.clone(),
    }
}
