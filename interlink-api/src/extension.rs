//! What Interlink's own controller offers beside the product's API, below `P/x-interlink`.
//!
//! `GET P/x-interlink/events?since=N` answers with server-sent events, whose `data` is an [`Event`]. The first comes at
//! once and says what changed after `N`. `POST P/x-interlink/links/ID/report` takes a [`Report`] and answers with the
//! link.

use serde::{Deserialize, Serialize};

use crate::id::{LinkId, RoutingPolicyId};
use crate::value::{BgpStatus, Extra, null_as_default};

/// What follows the API's prefix in the paths of the extension.
pub const PREFIX: &str = "x-interlink";

/// The server is never silent for longer than this: it sends a comment.
pub const ALIVE_SECONDS: u64 = 10;

/// A stream that is silent for so long is dead.
pub const DEAD_SECONDS: u64 = 30;

/// What changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The last change that it tells of. It only grows, also across restarts of the server.
    pub sequence: u64,
    /// Links that changed or went.
    #[serde(default, deserialize_with = "null_as_default")]
    pub links: Vec<LinkId>,
    /// Policies that changed or went.
    #[serde(default, deserialize_with = "null_as_default")]
    pub routing_policies: Vec<RoutingPolicyId>,
    /// The server can't tell what changed: everything is to be read anew.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reset: bool,
    /// What this version doesn't know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What an agent says of a link: the whole state, each time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its IPv4 session.
    #[serde(default)]
    pub bgp_v4_status: BgpStatus,
    /// Its IPv6 session.
    #[serde(default)]
    pub bgp_v6_status: BgpStatus,
    /// What the provider's end accepted from the peer, in place of what was there. The customer's end leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learned_routes: Option<Vec<LearnedRoute>>,
}

/// A route as a session taught it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LearnedRoute {
    /// Its prefix.
    pub destination: String,
    /// The router that it leads to.
    #[serde(default)]
    pub nexthop_ip: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_false(value: &bool) -> bool {
    !*value
}
