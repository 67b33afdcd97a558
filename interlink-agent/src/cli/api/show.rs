//! Objects for people: a table of many, lines of one; and for programs.

use interlink_api::vpc::RouteWithNexthop;
use interlink_api::{BgpConfig, DedicatedConnection, Link, Nullable, Partner, Pop, RoutingPolicy};
use serde::Serialize;

use crate::exit::Failed;

/// JSON, in the API's words.
pub(super) fn json<T: Serialize>(object: &T) -> Result<String, Failed> {
    Ok(serde_json::to_string_pretty(object).map_err(anyhow::Error::from)? + "\n")
}

pub(super) fn links(links: &[Link]) -> String {
    let rows = links.iter().map(|link| {
        vec![
            link.id.to_string(),
            link.name.clone(),
            link.status.to_string(),
            link.bandwidth_mbps.to_string(),
            link.vlan.to_string(),
            link.vpc_id.as_option().map_or_else(dash, ToString::to_string),
            if link.enable_route_propagation {
                "enabled"
            } else {
                "disabled"
            }
            .to_owned(),
        ]
    });
    table(&["ID", "NAME", "STATUS", "MBPS", "VLAN", "VPC", "PROPAGATION"], rows)
}

pub(super) fn link(link: &Link) -> String {
    let id = |id: Option<String>| id.unwrap_or_else(dash);
    let mut lines = vec![
        ("id", link.id.to_string()),
        ("name", link.name.clone()),
        ("tags", list(&link.tags)),
        ("region", link.region.clone()),
        ("status", link.status.to_string()),
        ("bandwidth", format!("{} Mbit/s", link.bandwidth_mbps)),
        ("pop", link.pop_id.to_string()),
        ("vlan", link.vlan.to_string()),
        ("vpc", id(link.vpc_id.as_option().map(ToString::to_string))),
        (
            "routing policy v4",
            id(link.routing_policy_v4_id.as_option().map(ToString::to_string)),
        ),
        (
            "routing policy v6",
            id(link.routing_policy_v6_id.as_option().map(ToString::to_string)),
        ),
        (
            "route propagation",
            if link.enable_route_propagation {
                "enabled"
            } else {
                "disabled"
            }
            .to_owned(),
        ),
        ("BGP v4", link.bgp_v4_status.to_string()),
        ("BGP v6", link.bgp_v6_status.to_string()),
        ("provider's router", router(&link.scw_bgp_config)),
        ("customer's router", router(&link.peer_bgp_config)),
    ];
    if let Some(partner) = link.partner.as_option() {
        lines.push(("partner", partner.partner_id.to_string()));
        // A key that is to be shown was asked for; otherwise it isn't there any more.
        let key = partner.pairing_key.as_option();
        lines.push((
            "pairing key",
            key.map_or_else(
                || "hidden: `link get --show-pairing-key` shows it".to_owned(),
                |key| key.expose().to_owned(),
            ),
        ));
        if let Some(reason) = partner
            .disapproved_reason
            .as_option()
            .filter(|reason| !reason.is_empty())
        {
            lines.push(("refused because", reason.clone()));
        }
    }
    if let Some(own) = link.self_host.as_option() {
        lines.push(("dedicated connection", own.connection_id.to_string()));
    }
    pairs(lines)
}

pub(super) fn policies(policies: &[RoutingPolicy]) -> String {
    let rows = policies.iter().map(|policy| {
        vec![
            policy.id.to_string(),
            policy.name.clone(),
            family(policy).to_owned(),
            policy.prefix_filter_in.len().to_string(),
            policy.prefix_filter_out.len().to_string(),
        ]
    });
    table(&["ID", "NAME", "FAMILY", "IN", "OUT"], rows)
}

pub(super) fn policy(policy: &RoutingPolicy) -> String {
    pairs(vec![
        ("id", policy.id.to_string()),
        ("name", policy.name.clone()),
        ("tags", list(&policy.tags)),
        ("region", policy.region.clone()),
        ("family", family(policy).to_owned()),
        ("prefix filter in", list(&policy.prefix_filter_in)),
        ("prefix filter out", list(&policy.prefix_filter_out)),
    ])
}

pub(super) fn pops(pops: &[Pop]) -> String {
    let rows = pops.iter().map(|pop| {
        vec![
            pop.id.to_string(),
            pop.name.clone(),
            pop.city.clone(),
            pop.hosting_provider_name.clone(),
            numbers(&pop.available_link_bandwidths_mbps),
        ]
    });
    table(&["ID", "NAME", "CITY", "HOSTING PROVIDER", "MBPS"], rows)
}

pub(super) fn partners(partners: &[Partner]) -> String {
    let rows = partners.iter().map(|partner| {
        let l3 = match partner.l3_connectivity.as_option() {
            Some(true) => "yes".to_owned(),
            Some(false) => "no".to_owned(),
            None => dash(),
        };
        vec![
            partner.id.to_string(),
            partner.name.clone(),
            partner.contact_email.clone(),
            l3,
        ]
    });
    table(&["ID", "NAME", "CONTACT", "L3"], rows)
}

pub(super) fn connections(connections: &[DedicatedConnection]) -> String {
    let rows = connections.iter().map(|connection| {
        let range = connection.vlan_range.as_option();
        vec![
            connection.id.to_string(),
            connection.name.clone(),
            connection.status.to_string(),
            connection.bandwidth_mbps.to_string(),
            range.map_or_else(dash, |range| format!("{}-{}", range.start, range.end)),
            numbers(&connection.available_link_bandwidths),
        ]
    });
    table(&["ID", "NAME", "STATUS", "MBPS", "VLANS", "LINK MBPS"], rows)
}

pub(super) fn routes(routes: &[RouteWithNexthop]) -> String {
    let rows = routes.iter().filter_map(|row| {
        let route = row.route.as_option()?;
        Some(vec![
            route.destination.clone(),
            route.route_type.to_string(),
            row.nexthop_ip.as_option().cloned().unwrap_or_else(dash),
            row.nexthop_name.as_option().cloned().unwrap_or_else(dash),
        ])
    });
    table(&["DESTINATION", "TYPE", "NEXT HOP", "NAME"], rows)
}

fn router(config: &Nullable<BgpConfig>) -> String {
    config
        .as_option()
        .map_or_else(dash, |BgpConfig { asn, ipv4, ipv6, .. }| {
            format!("AS {asn} {ipv4} {ipv6}").trim_end().to_owned()
        })
}

const fn family(policy: &RoutingPolicy) -> &'static str {
    if policy.is_ipv6 { "IPv6" } else { "IPv4" }
}

fn list(texts: &[String]) -> String {
    if texts.is_empty() { dash() } else { texts.join(", ") }
}

fn numbers(numbers: &[u64]) -> String {
    list(&numbers.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn dash() -> String {
    "-".to_owned()
}

fn pairs(lines: Vec<(&str, String)>) -> String {
    let width = lines.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
    let lines = lines
        .into_iter()
        .map(|(key, value)| format!("{key:width$}  {}\n", printable(&value)));
    lines.collect()
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let head: Vec<_> = head.iter().map(|&cell| cell.to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(head)
        .chain(rows.map(|row| row.iter().map(|cell| printable(cell)).collect()))
        .collect();
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
    };
    let widths: Vec<_> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// What comes from elsewhere can't move the cursor.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}
