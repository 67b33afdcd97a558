//! Text to model.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;

use ipnet::IpNet;
use toml::de::{DeTable, DeValue};

use super::check::{self, LinkPlaces, Places};
use super::error::ConfigErrors;
use super::model::{
    AgentSection, BgpConfig, Config, LinkSection, MetricsSection, NicSection, PolicySection, VpcSection, default,
};
use super::reader::{At, Problems, Table, describe};
use super::{session, source};
use crate::domain::{Asn, Filters, LinkStatus, Role, Vlan, VpcTable};
use crate::family::Family;
use crate::name::{InterfaceName, Name};
use crate::prefix::{Address, Prefix, PrefixError, net};
use crate::state::{AttachMode, OtherVlans, TableNumber};

impl Config {
    /// Reads and checks a whole file. On any mistake nothing of it counts, and all mistakes are told.
    pub fn parse(text: &str) -> Result<Self, ConfigErrors> {
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
        let mut places = Places::default();
        let agent = agent(&mut root, &mut problems);
        let metrics = metrics(&mut root, &mut problems);
        let mut source = source::read(&mut root, &mut problems);
        let is_followed = source.is_some();
        let vpcs = root.tables(&mut problems, "vpc");
        let vpcs: Vec<_> = vpcs
            .into_iter()
            .filter_map(|table| vpc(table, &mut problems, &mut places))
            .collect();
        let policies = root.tables(&mut problems, "routing_policy");
        if let Some(policy) = policies.first().filter(|_| is_followed) {
            let message = "routing policies come from the API, because of `[source]`: take this section out";
            problems.add(policy.span(), policy.path(), message);
        }
        let policies: Vec<_> = policies
            .into_iter()
            .filter_map(|table| policy(table, &mut problems, &mut places))
            .collect();
        let nics = root.tables(&mut problems, "nic");
        let nics: Vec<_> = nics
            .into_iter()
            .filter_map(|table| nic(table, &mut problems, &mut places))
            .collect();
        for table in root.tables(&mut problems, "link") {
            let link = match &mut source {
                Some(source) => {
                    let (places, section) = source::link(table, &mut problems);
                    source.links.extend(section);
                    places
                }
                None => link(table, &mut problems),
            };
            places.links.push(link);
        }
        root.finish(&mut problems);

        match &mut source {
            Some(source) => {
                source::check(&source.links, &places, &mut problems);
                let stands_for = places.vpc_ids.iter();
                source.vpcs = stands_for
                    .map(|(id, name)| (id.clone().map(|id| id.value), name.value.clone()))
                    .collect();
            }
            None => {
                for (id, name) in &places.vpc_ids {
                    let Some(id) = id else { continue };
                    let message = "an `id` is for a VPC of the API, and there is no `[source]` that follows one";
                    problems.add(&id.span, &format!("vpc {:?}: id", name.value.as_str()), message);
                }
            }
        }

        check::references(&places, &mut problems);
        check::nics(&places, &mut problems);
        if let Some(agent) = &agent {
            check::links(agent.role, &places.links, &mut problems);
        }
        match (agent, problems.finish()) {
            (Some(agent), problems) if problems.is_empty() => Ok(Self {
                agent,
                metrics,
                vpcs,
                policies,
                nics,
                links: places.links.into_iter().filter_map(|link| link.section).collect(),
                source,
            }),
            (_, problems) => Err(ConfigErrors { problems }),
        }
    }
}

fn agent(root: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Option<AgentSection> {
    let Some(mut table) = root.table(problems, "agent") else {
        if !root.has("agent") {
            problems.add(&(0..0), "agent", "`[agent]` with its `role` is missing");
        }
        return None;
    };
    let role = table.required(problems, "role", role);
    table.finish(problems);
    Some(AgentSection { role: role?.value })
}

fn metrics(root: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> MetricsSection {
    let Some(mut table) = root.table(problems, "metrics") else {
        return MetricsSection::default();
    };
    let listen = table.optional(problems, "listen", socket_address);
    table.finish(problems);
    MetricsSection {
        listen: listen.map(|at| at.value),
    }
}

fn vpc(mut table: Table<'_, '_>, problems: &mut Problems<'_>, places: &mut Places) -> Option<VpcSection> {
    let name = named(&mut table, problems, "vpc");
    let id = table.optional(problems, "id", source::vpc_id);
    let is_vrf = table.has("vrf");
    let number = if is_vrf {
        table.optional(problems, "table", table_number)
    } else {
        table.required(problems, "table", table_number)
    };
    let vrf = table.optional(problems, "vrf", interface);
    for (key, why) in [
        ("table", "a VPC has a `table` or a `vrf`, not both"),
        (
            "iif",
            "a VRF has no `iif`: what comes in from its interfaces looks its table up anyway",
        ),
        (
            "rule_priority",
            "a VRF has no rules of its own, so there is no `rule_priority`",
        ),
    ] {
        if let Some(span) = table.spans().get(key).filter(|_| is_vrf) {
            problems.add(span, &table.path_of(key), why);
        }
    }
    let iif = table.list(problems, "iif", interface).into_iter().collect();
    let rule_priority = table.optional(problems, "rule_priority", rule_priority);
    if let Some(name) = &name {
        places.vpcs.push((name.clone(), number.clone()));
        places.vpc_ids.push((id, name.clone()));
        places.vrfs.extend(vrf.clone().map(|vrf| (name.clone(), vrf)));
    }
    table.finish(problems);
    let table = match (number, vrf) {
        (_, Some(vrf)) => VpcTable::Vrf(vrf.value),
        (Some(number), None) => VpcTable::Plain {
            number: number.value,
            iif,
            rule_priority: rule_priority.map_or(default::RULE_PRIORITY, |at| at.value),
        },
        (None, None) => return None,
    };
    Some(VpcSection {
        name: name?.value,
        table,
    })
}

fn policy(mut table: Table<'_, '_>, problems: &mut Problems<'_>, places: &mut Places) -> Option<PolicySection> {
    let name = named(&mut table, problems, "routing_policy");
    let before = problems.count();
    let is_ipv6 = table
        .optional(problems, "is_ipv6", boolean)
        .map_or(default::IS_IPV6, |at| at.value);
    let family = if is_ipv6 { Family::V6 } else { Family::V4 };
    let is_known = problems.count() == before;
    if let Some(name) = &name {
        places.policies.push((name.clone(), is_known.then_some(family)));
    }
    if !is_known {
        // Its prefixes can't be judged.
        return None;
    }
    let section = match family {
        Family::V4 => {
            let filters = filters::<Ipv4Addr>(&mut table, problems);
            name.map(|name| PolicySection::V4 {
                name: name.value,
                filters,
            })
        }
        Family::V6 => {
            let filters = filters::<Ipv6Addr>(&mut table, problems);
            name.map(|name| PolicySection::V6 {
                name: name.value,
                filters,
            })
        }
    };
    table.finish(problems);
    section
}

fn filters<A: Address>(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Filters<A> {
    Filters {
        prefix_filter_in: table.list(problems, "prefix_filter_in", prefix),
        prefix_filter_out: table.list(problems, "prefix_filter_out", prefix),
    }
}

fn nic(mut table: Table<'_, '_>, problems: &mut Problems<'_>, places: &mut Places) -> Option<NicSection> {
    let interface = table.required(problems, "interface", interface);
    if let Some(interface) = &interface {
        table.rename(format!("nic {:?}", interface.value.as_str()));
        places.nics.push(interface.clone());
    }
    let xdp_mode = table.optional(problems, "xdp_mode", xdp_mode);
    let other_vlans = table.optional(problems, "other_vlans", other_vlans);
    let lldp = table.optional(problems, "lldp", boolean);
    let lacp = table.optional(problems, "lacp", boolean);
    table.finish(problems);
    Some(NicSection {
        interface: interface?.value,
        xdp_mode: xdp_mode.map_or(default::XDP_MODE, |at| at.value),
        other_vlans: other_vlans.map_or(default::OTHER_VLANS, |at| at.value),
        lldp: lldp.map_or(default::LLDP, |at| at.value),
        lacp: lacp.map_or(default::LACP, |at| at.value),
    })
}

fn link(mut table: Table<'_, '_>, problems: &mut Problems<'_>) -> LinkPlaces {
    let name = named(&mut table, problems, "link");
    let before = problems.count();
    let interface = table.required(problems, "interface", interface);
    let at = interface.clone();
    let vlan = table.optional(problems, "vlan", vlan);
    let scw_bgp_config = bgp_config(&mut table, problems, "scw_bgp_config");
    let peer_bgp_config = bgp_config(&mut table, problems, "peer_bgp_config");
    // Where one of these can't be read, a comparison with other links or between the routers would mislead.
    let is_comparable = problems.count() == before;
    let status = table.optional(problems, "status", status);
    let vpc = table.optional(problems, "vpc", object_name);
    let routing_policy_v4 = table.optional(problems, "routing_policy_v4", object_name);
    let routing_policy_v6 = table.optional(problems, "routing_policy_v6", object_name);
    let propagation = table.optional(problems, "enable_route_propagation", boolean);
    let manage_interface = table.optional(problems, "manage_interface", boolean);
    let session = session::read(&mut table, problems);
    let section = || {
        Some(LinkSection {
            name: name.clone()?.value,
            interface: interface?.value,
            vlan: vlan.map_or(Vlan::UNTAGGED, |at| at.value),
            status: status.map_or(default::STATUS, |at| at.value),
            vpc: vpc.clone().map(|at| at.value),
            routing_policy_v4: routing_policy_v4.clone().map(|at| at.value),
            routing_policy_v6: routing_policy_v6.clone().map(|at| at.value),
            enable_route_propagation: propagation.map_or(default::ENABLE_ROUTE_PROPAGATION, |at| at.value),
            manage_interface: manage_interface.map_or(default::MANAGE_INTERFACE, |at| at.value),
            scw_bgp_config,
            peer_bgp_config,
            session,
        })
    };
    let section = is_comparable.then(section).flatten();
    let places = LinkPlaces {
        path: table.path().to_owned(),
        span: table.span().clone(),
        keys: table.spans(),
        section,
        name,
        interface: at,
        vpc,
        policy_v4: routing_policy_v4,
        policy_v6: routing_policy_v6,
    };
    table.finish(problems);
    places
}

fn bgp_config(table: &mut Table<'_, '_>, problems: &mut Problems<'_>, key: &'static str) -> BgpConfig {
    let Some(mut table) = table.table(problems, key) else {
        return BgpConfig::default();
    };
    let config = BgpConfig {
        asn: table.optional(problems, "asn", asn).map(|at| at.value),
        ipv4: table
            .optional(problems, "ipv4", interconnect_address)
            .map(|at| at.value),
        ipv6: table
            .optional(problems, "ipv6", interconnect_address)
            .map(|at| at.value),
    };
    table.finish(problems);
    config
}

/// Reads `name` and lets every later message about the table use it.
pub(super) fn named(table: &mut Table<'_, '_>, problems: &mut Problems<'_>, kind: &str) -> Option<At<Name>> {
    let name = table.required(problems, "name", object_name)?;
    table.rename(format!("{kind} {:?}", name.value.as_str()));
    Some(name)
}

pub(super) fn text<'v>(value: &'v DeValue<'_>, expected: &str) -> Result<&'v str, String> {
    value.as_str().ok_or_else(|| found(value, expected))
}

pub(super) fn found(value: &DeValue<'_>, expected: &str) -> String {
    format!("found {}, expected {expected}", describe(value))
}

pub(super) fn integer(value: &DeValue<'_>, expected: &str) -> Result<i64, String> {
    let number = match value {
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
        DeValue::String(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => None,
    };
    number.ok_or_else(|| found(value, expected))
}

pub(super) fn boolean(value: &DeValue<'_>) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| found(value, "true or false"))
}

fn object_name(value: &DeValue<'_>) -> Result<Name, String> {
    Name::new(text(value, "a name in quotes")?).map_err(|error| error.to_string())
}

pub(super) fn interface(value: &DeValue<'_>) -> Result<InterfaceName, String> {
    InterfaceName::new(text(value, "the name of a network interface")?).map_err(|error| error.to_string())
}

fn role(value: &DeValue<'_>) -> Result<Role, String> {
    let expected = "\"customer\" (the on-premises end) or \"provider\" (the VPC's end)";
    let name = text(value, expected)?;
    Role::ALL
        .into_iter()
        .find(|role| role.name() == name)
        .ok_or_else(|| found(value, expected))
}

fn socket_address(value: &DeValue<'_>) -> Result<SocketAddr, String> {
    let expected = "an address and a port, such as \"127.0.0.1:9473\"";
    let address = text(value, expected)?.parse::<SocketAddr>().ok();
    address
        .filter(|address| address.port() != 0)
        .ok_or_else(|| found(value, expected))
}

fn xdp_mode(value: &DeValue<'_>) -> Result<AttachMode, String> {
    let expected = "\"native\" or \"generic\"";
    match text(value, expected)? {
        "native" => Ok(AttachMode::Native),
        "generic" => Ok(AttachMode::Generic),
        _ => Err(found(value, expected)),
    }
}

fn other_vlans(value: &DeValue<'_>) -> Result<OtherVlans, String> {
    let expected = "\"drop\" or \"pass\"";
    match text(value, expected)? {
        "drop" => Ok(OtherVlans::Drop),
        "pass" => Ok(OtherVlans::Pass),
        _ => Err(found(value, expected)),
    }
}

fn status(value: &DeValue<'_>) -> Result<LinkStatus, String> {
    let expected = || {
        let known: Vec<_> = LinkStatus::KNOWN
            .iter()
            .map(|status| format!("{:?}", status.as_str()))
            .collect();
        format!("one of {}", known.join(", "))
    };
    match LinkStatus::from(text(value, "a status in quotes")?) {
        LinkStatus::Other(_) => Err(found(value, &expected())),
        status => Ok(status),
    }
}

fn vlan(value: &DeValue<'_>) -> Result<Vlan, String> {
    let expected = "a VLAN id from 1 to 4094 (leave `vlan` out for an untagged link)";
    Vlan::tagged(integer(value, expected)?).map_err(|_| found(value, expected))
}

/// The tables that every kernel has and uses itself: `default`, `main` and `local`.
const KERNEL_TABLES: std::ops::RangeInclusive<u32> = 253..=255;

fn table_number(value: &DeValue<'_>) -> Result<TableNumber, String> {
    let expected = "the number of a routing table, 1 to 252 or 256 to 4294967295 (253 to 255 are the kernel's own)";
    match u32::try_from(integer(value, expected)?) {
        Ok(number) if number != 0 && !KERNEL_TABLES.contains(&number) => Ok(TableNumber(number)),
        Ok(_) | Err(_) => Err(found(value, expected)),
    }
}

fn rule_priority(value: &DeValue<'_>) -> Result<u32, String> {
    let expected = "the priority of a rule, 1 to 32765 (the kernel's own rules begin at 32766)";
    match u32::try_from(integer(value, expected)?) {
        Ok(priority @ 1..=32765) => Ok(priority),
        Ok(_) | Err(_) => Err(found(value, expected)),
    }
}

fn asn(value: &DeValue<'_>) -> Result<Asn, String> {
    let expected = "an AS number from 1 to 4294967295";
    let number = u32::try_from(integer(value, expected)?).ok().and_then(NonZeroU32::new);
    number.map(Asn).ok_or_else(|| found(value, expected))
}

/// A prefix of a family; an address alone is a host.
fn prefix<A: Address>(value: &DeValue<'_>) -> Result<Prefix<A>, String> {
    let expected = format!("an {} prefix such as {}", A::FAMILY, example::<A>());
    let text = text(value, &expected)?;
    let net = net(text).ok_or_else(|| found(value, &expected))?;
    Prefix::try_from_net(net).map_err(|error| match error {
        PrefixError::OtherFamily { .. } => {
            format!("{error}: a policy holds prefixes of one family, which `is_ipv6` says")
        }
        PrefixError::HostBits { .. } => error.to_string(),
    })
}

fn interconnect_address<A: Address>(value: &DeValue<'_>) -> Result<(A, u8), String> {
    let expected = format!(
        "an {} address with the length of its subnet, such as {}",
        A::FAMILY,
        interconnect::<A>()
    );
    let net = text(value, &expected)?
        .parse::<IpNet>()
        .map_err(|_| found(value, &expected))?;
    A::from_ip(net.addr())
        .map(|address| (address, net.prefix_len()))
        .ok_or_else(|| found(value, &expected))
}

const fn example<A: Address>() -> &'static str {
    match A::FAMILY {
        Family::V4 => "\"10.20.0.0/16\"",
        Family::V6 => "\"2001:db8:20::/48\"",
    }
}

const fn interconnect<A: Address>() -> &'static str {
    match A::FAMILY {
        Family::V4 => "\"169.254.0.100/31\"",
        Family::V6 => "\"2001:db8::1/127\"",
    }
}
