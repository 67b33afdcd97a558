//! Reading rules.

use std::collections::BTreeSet;

use interlink_core::family::Family;
use interlink_core::name::InterfaceName;
use interlink_core::state::{Protocol, ROUTE_PROTOCOL, Rule, TableNumber};
use netlink_packet_route::rule::{RuleAction, RuleAttribute, RuleHeader, RuleMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use super::Netlink;
use super::error::NetlinkError;

/// The rules of a network namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Those of our protocol, in the form that we write.
    pub ours: BTreeSet<Rule>,
    /// All others that look up one of the tables that were asked about, in iproute2's words.
    pub others: Vec<String>,
}

impl Netlink {
    /// Dumps the rules of both families.
    pub async fn rules(&self, tables: &BTreeSet<TableNumber>) -> Result<Rules, NetlinkError> {
        let mut rules = Rules::default();
        let mut links = self.links.lock().await;
        for family in Family::ALL {
            let mut request = RuleMessage::default();
            request.header.family = match family {
                Family::V4 => AddressFamily::Inet,
                Family::V6 => AddressFamily::Inet6,
            };
            let rows = links
                .dump("dumping rules", RouteNetlinkMessage::GetRule(request))
                .await?;
            for row in rows {
                let RouteNetlinkMessage::NewRule(message) = row else {
                    continue;
                };
                let read = Read::of(&message);
                if let Some(rule) = read.rule(family) {
                    rules.ours.insert(rule);
                } else if tables.contains(&read.table) {
                    rules.others.push(read.in_words(family));
                }
            }
        }
        Ok(rules)
    }
}

/// What a rule says, as far as we look at it.
struct Read {
    priority: u32,
    iif: Option<String>,
    table: TableNumber,
    protocol: u8,
    /// Whether it says nothing beside, and looks a table up.
    plain: bool,
}

impl Read {
    fn of(message: &RuleMessage) -> Self {
        let RuleHeader {
            dst_len,
            src_len,
            tos,
            table,
            action,
            ..
        } = message.header;
        let mut read = Self {
            priority: 0,
            iif: None,
            table: TableNumber(table.into()),
            protocol: 0,
            plain: dst_len == 0 && src_len == 0 && tos == 0 && action == RuleAction::ToTable,
        };
        for attribute in &message.attributes {
            match attribute {
                RuleAttribute::Priority(priority) => read.priority = *priority,
                RuleAttribute::Iifname(name) => read.iif = Some(name.clone()),
                RuleAttribute::Table(table) => read.table = TableNumber(*table),
                RuleAttribute::Protocol(protocol) => read.protocol = u8::from(*protocol),
                // The kernel always says that it suppresses nothing.
                RuleAttribute::SuppressPrefixLen(u32::MAX) => {}
                _ => read.plain = false,
            }
        }
        read
    }

    fn rule(&self, family: Family) -> Option<Rule> {
        let is_ours = self.plain && self.protocol == ROUTE_PROTOCOL;
        let iif = self.iif.as_ref().filter(|_| is_ours)?;
        Some(Rule {
            family,
            priority: self.priority,
            iif: InterfaceName::new(iif).ok()?,
            table: self.table,
        })
    }

    fn in_words(&self, family: Family) -> String {
        let Self {
            priority,
            iif,
            table,
            protocol,
            plain,
        } = self;
        let iif = iif.as_ref().map_or_else(String::new, |iif| format!(" iif {iif}"));
        let more = if *plain { "" } else { " and more" };
        let protocol = Protocol(*protocol);
        format!("{family} {priority}: from all{iif}{more} lookup {table} proto {protocol}")
    }
}
