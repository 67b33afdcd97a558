//! Model to text: every key, also where it has its default.

use std::fmt;

use interlink_api::VpcId;

use super::model::{
    AgentSection, BgpConfig, Config, LinkSection, MetricsSection, NicSection, PolicySection, VpcSection,
};
use super::{session, source};
use crate::domain::{Filters, Vlan, VpcTable};
use crate::name::Name;
use crate::prefix::{Address, Prefix};

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            agent: AgentSection { role },
            metrics: MetricsSection { listen },
            vpcs,
            policies,
            nics,
            links,
            source,
        } = self;
        writeln!(f, "[agent]\nrole = \"{}\"", role.name())?;
        if let Some(listen) = listen {
            writeln!(f, "\n[metrics]\nlisten = \"{listen}\"")?;
        }
        if let Some(source) = source {
            source::write(f, source)?;
        }
        for VpcSection { name, table } in vpcs {
            let stands_for = source.iter().flat_map(|source| &source.vpcs);
            let id = stands_for.filter(|(_, of)| of == name).find_map(|(id, _)| id.as_ref());
            write_vpc(f, name, id, table)?;
        }
        for policy in policies {
            match policy {
                PolicySection::V4 { name, filters } => write_policy(f, name, false, filters)?,
                PolicySection::V6 { name, filters } => write_policy(f, name, true, filters)?,
            }
        }
        nics.iter().try_for_each(|nic| write_nic(f, nic))?;
        links.iter().try_for_each(|link| write_link(f, link))?;
        let mut followed = source.iter().flat_map(|source| &source.links);
        followed.try_for_each(|link| source::write_link(f, link))
    }
}

fn write_vpc(f: &mut fmt::Formatter<'_>, name: &Name, id: Option<&VpcId>, table: &VpcTable) -> fmt::Result {
    writeln!(f, "\n[[vpc]]\nname = {}", quoted(name.as_str()))?;
    if let Some(id) = id {
        writeln!(f, "id = {}", quoted(id.as_str()))?;
    }
    match table {
        VpcTable::Plain {
            number,
            iif,
            rule_priority,
        } => {
            let iif: Vec<_> = iif.iter().map(|name| quoted(name.as_str())).collect();
            writeln!(
                f,
                "table = {number}\niif = [{}]\nrule_priority = {rule_priority}",
                iif.join(", ")
            )
        }
        VpcTable::Vrf(vrf) => writeln!(f, "vrf = {}", quoted(vrf.as_str())),
    }
}

fn write_policy<A: Address>(
    f: &mut fmt::Formatter<'_>,
    name: &Name,
    is_ipv6: bool,
    filters: &Filters<A>,
) -> fmt::Result {
    writeln!(
        f,
        "\n[[routing_policy]]\nname = {}\nis_ipv6 = {is_ipv6}",
        quoted(name.as_str())
    )?;
    write_prefixes(f, "prefix_filter_in", &filters.prefix_filter_in)?;
    write_prefixes(f, "prefix_filter_out", &filters.prefix_filter_out)
}

fn write_prefixes<A: Address>(f: &mut fmt::Formatter<'_>, key: &str, prefixes: &[Prefix<A>]) -> fmt::Result {
    let quoted: Vec<_> = prefixes.iter().map(|prefix| format!("\"{prefix}\"")).collect();
    writeln!(f, "{key} = [{}]", quoted.join(", "))
}

fn write_nic(f: &mut fmt::Formatter<'_>, nic: &NicSection) -> fmt::Result {
    let NicSection {
        interface,
        xdp_mode,
        other_vlans,
        lldp,
        lacp,
    } = nic;
    writeln!(f, "\n[[nic]]\ninterface = {}", quoted(interface.as_str()))?;
    writeln!(f, "xdp_mode = \"{xdp_mode}\"\nother_vlans = \"{other_vlans}\"")?;
    writeln!(f, "lldp = {lldp}\nlacp = {lacp}")
}

fn write_link(f: &mut fmt::Formatter<'_>, link: &LinkSection) -> fmt::Result {
    let LinkSection {
        name,
        interface,
        vlan,
        status,
        vpc,
        routing_policy_v4,
        routing_policy_v6,
        enable_route_propagation,
        manage_interface,
        scw_bgp_config,
        peer_bgp_config,
        session,
    } = link;
    writeln!(
        f,
        "\n[[link]]\nname = {}\ninterface = {}",
        quoted(name.as_str()),
        quoted(interface.as_str())
    )?;
    if let Some(id) = Vlan::id(*vlan) {
        writeln!(f, "vlan = {id}")?;
    }
    writeln!(f, "status = {}", quoted(status.as_str()))?;
    let references = [
        ("vpc", vpc),
        ("routing_policy_v4", routing_policy_v4),
        ("routing_policy_v6", routing_policy_v6),
    ];
    for (key, name) in references {
        if let Some(name) = name {
            writeln!(f, "{key} = {}", quoted(name.as_str()))?;
        }
    }
    writeln!(f, "enable_route_propagation = {enable_route_propagation}")?;
    writeln!(f, "manage_interface = {manage_interface}")?;
    write_bgp(f, "scw_bgp_config", scw_bgp_config)?;
    write_bgp(f, "peer_bgp_config", peer_bgp_config)?;
    session::write(f, session)
}

fn write_bgp(f: &mut fmt::Formatter<'_>, key: &str, config: &BgpConfig) -> fmt::Result {
    let BgpConfig { asn, ipv4, ipv6 } = config;
    let keys: Vec<_> = [
        asn.map(|asn| format!("asn = {}", asn.0)),
        ipv4.map(|(address, length)| format!("ipv4 = \"{address}/{length}\"")),
        ipv6.map(|(address, length)| format!("ipv6 = \"{address}/{length}\"")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if keys.is_empty() {
        Ok(())
    } else {
        writeln!(f, "{key} = {{ {} }}", keys.join(", "))
    }
}

/// A TOML basic string. Names hold no control characters, so backslash and quote are all that needs escaping.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
