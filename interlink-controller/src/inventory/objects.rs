//! PoPs, partners, dedicated connections and VPCs. They name PoPs by their names.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::str::FromStr;

use interlink_core::config::reader::{Problems, Table};
use interlink_core::name::Name;

use super::{Names, values};
use crate::rules::{
    Bandwidth, Connection, ConnectionId, ConnectionStatus, NoId, Partner, PartnerId, Pop, PopId, ProjectId, Region,
    Vlan, Vpc, VpcId,
};

pub(super) fn pop(mut table: Table<'_, '_>, problems: &mut Problems<'_>, names: &mut Names) -> Option<(PopId, Pop)> {
    let head = head(&mut table, problems, names, "pop");
    let region = table.required(problems, "region", values::region);
    let display_name = table.optional(problems, "display_name", values::text);
    let hosting_provider_name = optional_text(&mut table, problems, "hosting_provider_name");
    let address = optional_text(&mut table, problems, "address");
    let city = optional_text(&mut table, problems, "city");
    let logo_url = optional_text(&mut table, problems, "logo_url");
    let bandwidths = table.list(problems, "available_link_bandwidths_mbps", values::number);
    table.finish(problems);
    let (id, name) = head?;
    let region = region?.value;
    names.pops.insert(name.clone(), (id, region.clone()));
    let pop = Pop {
        region,
        display_name: display_name.map_or_else(|| name.to_string(), |text| text.value),
        name,
        hosting_provider_name,
        address,
        city,
        logo_url,
        bandwidths: bandwidths.into_iter().collect(),
    };
    Some((id, pop))
}

pub(super) fn partner(
    mut table: Table<'_, '_>,
    problems: &mut Problems<'_>,
    names: &mut Names,
) -> Option<(PartnerId, Partner)> {
    let head = head(&mut table, problems, names, "partner");
    let contact_email = optional_text(&mut table, problems, "contact_email");
    let logo_url = optional_text(&mut table, problems, "logo_url");
    let portal_url = optional_text(&mut table, problems, "portal_url");
    let l3_connectivity = table.optional(problems, "l3_connectivity", values::flag);
    let asn = table.optional(problems, "asn", values::number);
    let found: Vec<(PopId, Region)> = table.list(problems, "pops", |value| known_pop(names, &values::text(value)?));
    let regions: BTreeSet<&Region> = found.iter().map(|(_, region)| region).collect();
    let region = regions.first().map(|region| (*region).clone());
    if regions.len() > 1 {
        let message = "its PoPs are in several regions: a partner is in one, so give each region a partner of its own";
        problems.add(table.span(), &table.path_of("pops"), message);
    }
    if found.is_empty() {
        problems.add(
            table.span(),
            &table.path_of("pops"),
            "a partner is connected to at least one PoP",
        );
    }
    table.finish(problems);
    let (id, name) = head?;
    let partner = Partner {
        region: region?,
        name,
        contact_email,
        logo_url,
        portal_url,
        l3_connectivity: l3_connectivity.is_some_and(|flag| flag.value),
        asn: asn.map(|asn| asn.value),
        pops: found.iter().map(|(id, _)| *id).collect(),
    };
    Some((id, partner))
}

pub(super) fn connection(
    mut table: Table<'_, '_>,
    problems: &mut Problems<'_>,
    names: &mut Names,
    default_project: Option<ProjectId>,
    vlans: Option<&RangeInclusive<Vlan>>,
) -> Option<(ConnectionId, Connection)> {
    let head = head(&mut table, problems, names, "dedicated_connection");
    let project = table.optional(problems, "project_id", values::id);
    let tags = table.list(problems, "tags", values::text);
    let pop = table.required(problems, "pop", |value| known_pop(names, &values::text(value)?));
    let status = table.optional(problems, "status", values::status);
    let bandwidth = table.required(problems, "bandwidth_mbps", values::number::<Bandwidth>);
    let bandwidths: Vec<Bandwidth> = table.list(problems, "available_link_bandwidths", values::number);
    if let Some(port) = &bandwidth
        && bandwidths.iter().any(|bandwidth| *bandwidth > port.value)
    {
        let message = format!("the port carries {}: no link on it carries more", port.value);
        problems.add(&port.span, &table.path_of("available_link_bandwidths"), message);
    }
    let all = vlans.cloned();
    let bounds = all.as_ref().map_or(super::default::VLANS, |all| {
        (u64::from(*all.start()), u64::from(*all.end()))
    });
    let range = values::range::<Vlan>(&mut table, problems, "vlan_range", bounds);
    if let (Some(all), Some(range)) = (&all, &range)
        && !(all.contains(range.start()) && all.contains(range.end()))
    {
        let message = format!("the provider's VLAN ids are from {} to {}", all.start(), all.end());
        problems.add(table.span(), &table.path_of("vlan_range"), message);
    }
    let demarcation_info = table.optional(problems, "demarcation_info", values::text);
    table.finish(problems);
    let (id, name) = head?;
    let (pop, region) = pop?.value;
    let connection = Connection {
        region,
        project: project.map(|project| project.value).or(default_project)?,
        name,
        tags,
        pop,
        status: status.map_or(ConnectionStatus::Active, |status| status.value),
        bandwidth: bandwidth?.value,
        bandwidths: bandwidths.into_iter().collect(),
        vlans: range?,
        demarcation_info: demarcation_info.map(|text| text.value),
    };
    Some((id, connection))
}

pub(super) fn vpc(
    mut table: Table<'_, '_>,
    problems: &mut Problems<'_>,
    names: &mut Names,
    default_project: Option<ProjectId>,
) -> Option<(VpcId, Vpc)> {
    let head = head(&mut table, problems, names, "vpc");
    let region = table.required(problems, "region", values::region);
    let project = table.optional(problems, "project_id", values::id);
    let tags = table.list(problems, "tags", values::text);
    table.finish(problems);
    let (id, name) = head?;
    let vpc = Vpc {
        region: region?.value,
        project: project.map(|project| project.value).or(default_project)?,
        name,
        tags,
    };
    Some((id, vpc))
}

/// Id and name, which no other object of the kind has.
fn head<T: FromStr<Err = NoId> + Copy + ToString>(
    table: &mut Table<'_, '_>,
    problems: &mut Problems<'_>,
    names: &mut Names,
    kind: &str,
) -> Option<(T, Name)> {
    let name = table.required(problems, "name", values::name);
    if let Some(name) = &name {
        table.rename(format!("{kind} {:?}", name.value.as_str()));
        names.take(
            problems,
            table.path(),
            format!("{kind} {}", name.value),
            &name.span,
            "name",
        );
    }
    let id = table.required(problems, "id", values::id::<T>);
    if let Some(id) = &id {
        names.take(problems, table.path(), id.value.to_string(), &id.span, "id");
    }
    Some((id?.value, name?.value))
}

fn known_pop(names: &Names, text: &str) -> Result<(PopId, Region), String> {
    let known = names.pops.iter().find(|(name, _)| name.as_str() == text);
    known.map(|(_, pop)| pop.clone()).ok_or_else(|| {
        let all: Vec<_> = names.pops.keys().map(|name| format!("{:?}", name.as_str())).collect();
        format!("there is no PoP {text:?}: the PoPs are {}", all.join(", "))
    })
}

fn optional_text(table: &mut Table<'_, '_>, problems: &mut Problems<'_>, key: &'static str) -> String {
    table
        .optional(problems, key, values::text)
        .map_or_else(String::new, |text| text.value)
}
