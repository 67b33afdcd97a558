//! From what somebody writes for an object to its id.

use interlink_api::client::Client;
use interlink_api::id::is_uuid;
use interlink_api::query::{ListLinks, ListRoutingPolicies};
use interlink_api::{LinkId, RoutingPolicyId};

use crate::exit::{Exit, Failed};

/// A link by its id, by `REGION/ID`, or by its name if only one has it.
pub(super) async fn link(client: &Client, text: &str) -> Result<LinkId, Failed> {
    if let Some(id) = id(text) {
        return Ok(id.into());
    }
    let query = ListLinks {
        name: Some(text.to_owned()),
        ..ListLinks::default()
    };
    let links = client.list_links(&query).await?;
    let named = links.into_iter().filter(|link| link.name == text);
    only("link", text, named.map(|link| link.id).collect())
}

/// A routing policy likewise.
pub(super) async fn policy(client: &Client, text: &str) -> Result<RoutingPolicyId, Failed> {
    if let Some(id) = id(text) {
        return Ok(id.into());
    }
    let query = ListRoutingPolicies {
        name: Some(text.to_owned()),
        ..ListRoutingPolicies::default()
    };
    let policies = client.list_routing_policies(&query).await;
    let policies = policies?;
    let named = policies.into_iter().filter(|policy| policy.name == text);
    only("routing policy", text, named.map(|policy| policy.id).collect())
}

/// The id in a text that holds one.
pub(super) fn id(text: &str) -> Option<&str> {
    let id = text.rsplit_once('/').map_or(text, |(_, id)| id);
    is_uuid(id).then_some(id)
}

fn only<Id: std::fmt::Display>(kind: &str, name: &str, mut ids: Vec<Id>) -> Result<Id, Failed> {
    match (ids.pop(), ids.is_empty()) {
        (Some(id), true) => Ok(id),
        (Some(id), false) => {
            ids.push(id);
            let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
            let why = format!(
                "{} have the name {name:?}; say which by its id: {}",
                ids.len(),
                super::show::printable(&ids.join(", "))
            );
            Err(Failed::say(Exit::Usage, why))
        }
        (None, _) => {
            let why = format!("there is no {kind} with the name or id {name:?} in this region");
            Err(Failed::say(Exit::Refused, why))
        }
    }
}
