//! The inventory file: text to what stands there, every mistake with its place.

mod objects;
mod values;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};

use interlink_core::config::ConfigErrors;
use interlink_core::config::reader::{At, Problems, Table};
use interlink_core::name::Name;
use ipnet::{Ipv4Net, Ipv6Net};
use toml::de::DeTable;

use crate::rules::{Asn, Inventory, PopId, ProjectId, Quotas, Region, Vlan};

/// What is used where the file says nothing.
pub mod default {
    /// The product's AS.
    pub const ASN: u64 = 12_876;
    /// The numbers for private use (RFC 6996).
    pub const PEER_ASNS: (u64, u64) = (64_512, 65_534);
    /// The product's VLAN ids.
    pub const VLANS: (u64, u64) = (1500, 3899);
    /// Link-local addresses, as the product has them.
    pub const INTERCONNECT_V4: &str = "169.254.0.0/16";
}

/// Reads and checks a whole file. On any mistake nothing of it counts, and all mistakes are told.
pub fn parse(text: &str) -> Result<Inventory, ConfigErrors> {
    let mut problems = Problems::new(text);
    let (document, syntax) = DeTable::parse_recoverable(text);
    if !syntax.is_empty() {
        // What follows a syntax error was guessed at, so its meaning isn't judged.
        for error in syntax {
            problems.add(&error.span().unwrap_or(0..0), "", error.message());
        }
        return Err(ConfigErrors {
            problems: problems.finish(),
        });
    }
    let mut root = Table::new(document.get_ref(), 0..0, String::new());
    let read = inventory(&mut root, &mut problems);
    root.finish(&mut problems);
    match (read, problems.finish()) {
        (Some(inventory), problems) if problems.is_empty() => Ok(inventory),
        (_, problems) => Err(ConfigErrors { problems }),
    }
}

fn inventory(root: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Inventory> {
    let organization = organization(root, problems);
    let provider = provider(root, problems);
    let quotas = quotas(root, problems);
    let default_project = organization.as_ref().map(|(_, project)| *project);
    let vlans = provider.as_ref().map(|provider| provider.vlans.clone());

    let mut names = Names::default();
    let tables = root.tables(problems, "pop");
    let pops: BTreeMap<_, _> = tables
        .into_iter()
        .filter_map(|table| objects::pop(table, problems, &mut names))
        .collect();
    let tables = root.tables(problems, "partner");
    let partners = tables
        .into_iter()
        .filter_map(|table| objects::partner(table, problems, &mut names))
        .collect();
    let tables = root.tables(problems, "dedicated_connection");
    let connections = tables
        .into_iter()
        .filter_map(|table| objects::connection(table, problems, &mut names, default_project, vlans.as_ref()))
        .collect();
    let tables = root.tables(problems, "vpc");
    let vpcs = tables
        .into_iter()
        .filter_map(|table| objects::vpc(table, problems, &mut names, default_project))
        .collect();
    let (organization, default_project) = organization?;
    let provider = provider?;
    Some(Inventory {
        organization,
        default_project,
        asn: provider.asn,
        peer_asns: provider.peer_asns,
        vlans: provider.vlans,
        interconnect_v4: provider.interconnect_v4,
        interconnect_v6: provider.interconnect_v6,
        quotas,
        pops,
        partners,
        connections,
        vpcs,
    })
}

/// What objects are called by, to find them again, and not to have two of a name or an id.
#[derive(Default)]
struct Names {
    pops: BTreeMap<Name, (PopId, Region)>,
    taken: BTreeSet<String>,
}

impl Names {
    /// Notes an id or a name that there may be once.
    fn take(&mut self, problems: &mut Problems<'_>, path: &str, key: String, span: &Range<usize>, what: &str) {
        if !self.taken.insert(key) {
            problems.add(span, path, format!("another object has this {what}"));
        }
    }
}

struct Provider {
    asn: Asn,
    peer_asns: RangeInclusive<Asn>,
    vlans: RangeInclusive<Vlan>,
    interconnect_v4: Ipv4Net,
    interconnect_v6: Ipv6Net,
}

fn organization(
    root: &mut Table<'_, '_>,
    problems: &mut Problems<'_>,
) -> Option<(crate::rules::OrganizationId, ProjectId)> {
    let Some(mut table) = root.table(problems, "organization") else {
        if !root.has("organization") {
            problems.add(&(0..0), "organization", "`[organization]` with its `id` is missing");
        }
        return None;
    };
    let id: Option<At<crate::rules::OrganizationId>> = table.required(problems, "id", values::id);
    let project = table.optional(problems, "default_project_id", values::id);
    table.finish(problems);
    let id = id?.value;
    // The product's default Project has the id of its Organization.
    Some((id, project.map_or(ProjectId(id.0), |project| project.value)))
}

fn provider(root: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Provider> {
    let Some(mut table) = root.table(problems, "provider") else {
        if !root.has("provider") {
            problems.add(
                &(0..0),
                "provider",
                "`[provider]` with its `interconnect_ipv6` is missing",
            );
        }
        return None;
    };
    let asn = table.optional(problems, "asn", values::number);
    let peer_asns = values::range(&mut table, problems, "peer_asns", default::PEER_ASNS);
    let vlans = values::range(&mut table, problems, "vlans", default::VLANS);
    let v4: Option<At<Ipv4Net>> = table.optional(problems, "interconnect_ipv4", values::network);
    let v6: Option<At<Ipv6Net>> = table.required(problems, "interconnect_ipv6", values::network);
    if let Some(net) = v4.as_ref().filter(|net| net.value.prefix_len() > 31) {
        let path = table.path_of("interconnect_ipv4");
        problems.add(&net.span, &path, "there is no /31 in it: take a /31 or shorter");
    }
    if let Some(net) = v6.as_ref().filter(|net| net.value.prefix_len() > 127) {
        let path = table.path_of("interconnect_ipv6");
        problems.add(&net.span, &path, "there is no /127 in it: take a /127 or shorter");
    }
    table.finish(problems);
    let interconnect_v4 = match v4 {
        Some(net) => net.value,
        None => default::INTERCONNECT_V4.parse().ok()?,
    };
    Some(Provider {
        asn: match asn {
            Some(asn) => asn.value,
            None => Asn::try_from(default::ASN).ok()?,
        },
        peer_asns: peer_asns?,
        vlans: vlans?,
        interconnect_v4,
        interconnect_v6: v6?.value,
    })
}

fn quotas(root: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Quotas {
    let Some(mut table) = root.table(problems, "quotas") else {
        return Quotas::default();
    };
    let links = table.optional(problems, "links", values::count);
    let routing_policies = table.optional(problems, "routing_policies", values::count);
    table.finish(problems);
    Quotas {
        links: links.map(|links| links.value),
        routing_policies: routing_policies.map(|policies| policies.value),
    }
}
