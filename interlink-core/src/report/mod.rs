//! What `status` shows: everything that the machine knows, as one value with a stable JSON form.

mod build;
mod routes;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::lifecycle::Lifecycle;

pub use build::{CounterRow, Counters, report};
pub use routes::{RouteFilter, RoutePage, RouteRow, RouteStanding, routes};

/// The whole of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The version of the agent.
    pub version: String,
    /// How far it is.
    pub state: Lifecycle,
    /// Everything that stands in the way, in words; empty when nothing does.
    pub troubles: Vec<String>,
    /// Where the configuration comes from.
    pub source: SourceReport,
    /// Where metrics are served, if they are.
    pub metrics: Option<MetricsReport>,
    /// The NICs, by name.
    pub nics: Vec<NicReport>,
    /// The links, by name.
    pub links: Vec<LinkReport>,
    /// How many routes of others are in the tables of the VPCs; they are never touched.
    pub foreign_routes: usize,
    /// The first of them, in words.
    pub foreign_routes_named: Vec<String>,
    /// The rules of others that look up the tables of the VPCs, in words; they are never touched either.
    pub foreign_rules: Vec<String>,
}

/// The source of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceReport {
    /// The file.
    pub file: String,
    /// Why what it holds is not in force, if it isn't.
    pub error: Option<String>,
    /// The API that links and policies come from, if they don't come from the file.
    pub api: Option<ApiReport>,
    /// How many seconds are left to confirm the change that is on trial, if one is.
    pub confirm_within_seconds: Option<u64>,
}

/// Where Prometheus may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricsReport {
    /// Address and port.
    pub listen: String,
    /// Why nothing listens there, if nothing does.
    pub error: Option<String>,
}

/// The API that is followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiReport {
    /// Its URL.
    pub url: String,
    /// The region.
    pub region: String,
    /// How many seconds ago everything was last read from it without a failure; null if it never was.
    pub confirmed_seconds_ago: Option<u64>,
    /// Whether a stream tells of changes at once. Otherwise they are asked for.
    pub is_live: bool,
    /// Why the stream isn't open, if there was one.
    pub stream_error: Option<String>,
    /// Why it doesn't take what it is told of sessions.
    pub report_error: Option<String>,
    /// Why what it said isn't kept for the next start.
    pub state_error: Option<String>,
    /// What of it can't be taken as it is, in words; each keeps something closed.
    pub mismatches: Vec<String>,
}

/// A NIC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NicReport {
    /// Its name.
    pub interface: String,
    /// `native`, `generic`, or null where our program isn't attached.
    pub attached: Option<String>,
    /// `pass` or `drop`: what becomes of frames of no link.
    pub other_vlans: String,
    /// Whether LLDP passes.
    pub lldp: bool,
    /// Whether LACP passes.
    pub lacp: bool,
    /// How many links its tables hold.
    pub links: usize,
    /// Frames of no link.
    pub counters: Vec<CounterReport>,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkReport {
    /// Its name.
    pub name: String,
    /// Its NIC.
    pub interface: String,
    /// Its 802.1Q id, null for untagged.
    pub vlan: Option<u16>,
    /// What the source says of it.
    pub status: String,
    /// Its VPC.
    pub vpc: Option<String>,
    /// The VPC's routing table.
    pub table: Option<u32>,
    /// Whether its routes come from its policy, because it has no BGP session.
    pub is_static: bool,
    /// Frames that are neither IPv4 nor IPv6.
    pub counters: Vec<CounterReport>,
    /// IPv4, then IPv6.
    pub families: Vec<FamilyReport>,
}

/// A family of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilyReport {
    /// `v4` or `v6`.
    pub family: String,
    /// Whether each condition is met.
    pub open: bool,
    /// Whether the kernel enforces exactly that at the moment.
    pub enforced: bool,
    /// What has to be so before traffic flows.
    pub conditions: Vec<ConditionReport>,
    /// How its BGP session stands, in the API's words: `up`, `down` or `disabled`; null for a static link.
    pub bgp_status: Option<String>,
    /// The routing policy.
    pub routing_policy: Option<String>,
    /// How many prefixes the policy has across the link.
    pub remote_prefixes: usize,
    /// How many it has on our side.
    pub local_prefixes: usize,
    /// The routes across the link.
    pub routes: RouteReport,
    /// The packets.
    pub counters: Vec<CounterReport>,
}

/// One condition of a gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionReport {
    /// Its name.
    pub condition: String,
    /// Whether it is met.
    pub met: bool,
    /// Why it isn't.
    pub why: Option<String>,
    /// What to do about it.
    pub next_step: Option<String>,
}

/// The routes of a family of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteReport {
    /// How many should be in the kernel.
    pub wanted: usize,
    /// How many of these are.
    pub installed: usize,
    /// Those that the kernel refused, each with its words.
    pub refused: Vec<String>,
}

/// What was counted for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterReport {
    /// The reason's name.
    pub reason: String,
    /// `pass` or `drop`.
    pub verdict: String,
    /// Frames.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
}
