//! From the machine to the report.

use std::collections::BTreeMap;
use std::time::Duration;

use interlink_common::{Reason, Traffic, Verdict};

use super::{ConditionReport, CounterReport, FamilyReport, LinkReport, NicReport, Report, RouteReport, SourceReport};
use crate::domain::{BgpStatus, Intent, Link, Vlan};
use crate::family::Family;
use crate::gate::{Closed, Gate, Session};
use crate::machine::Machine;
use crate::name::InterfaceName;
use crate::state::routes::merge;
use crate::state::{Attachment, LinkState, Observed, Path, Route, RouteKey, route_interface};
use crate::time::Time;

/// One counter that isn't zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CounterRow {
    /// The link's place; none for frames of no link.
    pub vlan: Option<Vlan>,
    /// The kind of packet.
    pub traffic: Traffic,
    /// What became of it.
    pub reason: Reason,
    /// Frames.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// The counters of every NIC.
pub type Counters = BTreeMap<InterfaceName, Vec<CounterRow>>;

/// Everything that the machine knows.
pub fn report(machine: &Machine, file: &str, counters: &Counters, version: &str, now: Time) -> Report {
    let (nothing, empty) = (Observed::default(), Intent::default());
    let observed = machine.last_observed().unwrap_or(&nothing);
    let intent = machine.intent_in_force().unwrap_or(&empty);
    let view = View {
        machine,
        intent,
        observed,
        counters,
    };
    Report {
        version: version.to_owned(),
        state: machine.lifecycle(),
        troubles: machine.troubles(),
        source: SourceReport {
            file: file.to_owned(),
            api: None,
            error: machine.source_error().map(str::to_owned),
            confirm_within_seconds: machine.trial().map(|deadline| begun_seconds(now.until(deadline))),
        },
        metrics: None,
        nics: view.nics(),
        links: intent.links.values().map(|link| view.link(link)).collect(),
        foreign_routes: observed.foreign_routes.len(),
        foreign_routes_named: foreign_routes(observed),
        foreign_rules: observed.foreign_rules.clone(),
    }
}

/// How many routes of others are named.
const NAMED: usize = 20;

fn foreign_routes(observed: &Observed) -> Vec<String> {
    let named = observed.foreign_routes.iter().take(NAMED);
    let in_words = named.map(|(RouteKey { table, prefix, metric }, protocol)| {
        format!("{prefix} table {table} proto {protocol} metric {metric}")
    });
    in_words.collect()
}

struct View<'a> {
    machine: &'a Machine,
    intent: &'a Intent,
    observed: &'a Observed,
    counters: &'a Counters,
}

impl View<'_> {
    fn nics(&self) -> Vec<NicReport> {
        let wanted = self.machine.derived().desired.nics.keys();
        let names: std::collections::BTreeSet<_> = wanted.chain(self.observed.nics.keys()).collect();
        names
            .into_iter()
            .map(|name| {
                let nic = self.observed.nics.get(name).cloned().unwrap_or_default();
                let attached = match nic.attachment {
                    Attachment::Attached(mode) => Some(mode.to_string()),
                    Attachment::Absent | Attachment::Loaded => None,
                };
                NicReport {
                    interface: name.to_string(),
                    attached,
                    other_vlans: nic.settings.other_vlans.to_string(),
                    lldp: nic.settings.lldp,
                    lacp: nic.settings.lacp,
                    links: nic.links.len(),
                    counters: self.counters(name, |row| row.vlan.is_none()),
                }
            })
            .collect()
    }

    fn link(&self, link: &Link) -> LinkReport {
        let vpc = self.intent.vpc(link);
        LinkReport {
            name: link.name.to_string(),
            interface: link.key.interface.to_string(),
            vlan: link.key.vlan.id(),
            status: link.status.to_string(),
            vpc: link.vpc.as_ref().map(ToString::to_string),
            table: vpc.and_then(|vpc| Some(vpc.table.number(&self.observed.interfaces)?.0)),
            is_static: link.bgp.is_none(),
            counters: self.link_counters(link, Traffic::Other),
            families: Family::ALL
                .into_iter()
                .map(|family| self.family(link, family))
                .collect(),
        }
    }

    fn family(&self, link: &Link, family: Family) -> FamilyReport {
        let gate = self.machine.facts().gate(self.intent, link, family);
        let (traffic, lists) = match family {
            Family::V4 => (
                Traffic::V4,
                self.intent
                    .whitelist_v4(link)
                    .map(|list| (list.remote.prefixes().len(), list.local.prefixes().len())),
            ),
            Family::V6 => (
                Traffic::V6,
                self.intent
                    .whitelist_v6(link)
                    .map(|list| (list.remote.prefixes().len(), list.local.prefixes().len())),
            ),
        };
        let (remote_prefixes, local_prefixes) = lists.unwrap_or_default();
        FamilyReport {
            family: match family {
                Family::V4 => "v4".to_owned(),
                Family::V6 => "v6".to_owned(),
            },
            open: gate.is_open(),
            enforced: self.enforced(link, family),
            conditions: conditions(&gate),
            bgp_status: self.bgp_status(link, family).map(|status| status.to_string()),
            routing_policy: link.policies.get(family).as_ref().map(ToString::to_string),
            remote_prefixes,
            local_prefixes,
            routes: self.routes(link, family),
            counters: self.link_counters(link, traffic),
        }
    }

    /// How the session of a family stands; nothing for a static link. Without a policy there is none (API).
    fn bgp_status(&self, link: &Link, family: Family) -> Option<BgpStatus> {
        link.bgp?;
        if !self.intent.has_policy(link, family) {
            return Some(BgpStatus::Disabled);
        }
        let sessions = self.machine.facts().sessions.get(&link.name);
        match sessions.map(|sessions| *sessions.get(family)).unwrap_or_default() {
            Session::Up => Some(BgpStatus::Up),
            Session::Down => Some(BgpStatus::Down),
        }
    }

    /// Whether the NIC's program is in place and holds the family as it should be.
    fn enforced(&self, link: &Link, family: Family) -> bool {
        let wanted = self.machine.derived().desired.nics.get(&link.key.interface);
        let wanted = wanted.and_then(|nic| nic.links.get(&link.key.vlan));
        let nic = self.observed.nics.get(&link.key.interface);
        let attached = nic.filter(|nic| matches!(nic.attachment, Attachment::Attached(_)));
        let holds = attached.and_then(|nic| nic.links.get(&link.key.vlan));
        let same = |wanted: &LinkState, holds: &LinkState| match family {
            Family::V4 => wanted.v4 == holds.v4,
            Family::V6 => wanted.v6 == holds.v6,
        };
        wanted.zip(holds).is_some_and(|(wanted, holds)| same(wanted, holds))
    }

    fn routes(&self, link: &Link, family: Family) -> RouteReport {
        let towards = route_interface(&link.key, &self.observed.interfaces);
        let leads_there = |path: &Path| path.next_hops().any(|hop| hop.interface == towards);
        let desired = &self.machine.derived().desired.routes;
        let is_ours = desired.by_path(leads_there);
        let (mut wanted, mut installed) = (0_usize, 0_usize);
        for pair in merge(desired, &self.observed.routes) {
            let is_wanted = pair
                .left
                .and_then(|(path, _)| is_ours.get(path).copied())
                .unwrap_or(false);
            if is_wanted && pair.key.family() == family {
                wanted = wanted.saturating_add(1);
                installed = installed.saturating_add(usize::from(pair.are_equal()));
            }
        }
        let refused = self.machine.refused().filter(|refused| {
            let Route { key, path } = &refused.route;
            key.family() == family && leads_there(path)
        });
        RouteReport {
            wanted,
            installed,
            refused: refused.map(ToString::to_string).collect(),
        }
    }

    fn link_counters(&self, link: &Link, traffic: Traffic) -> Vec<CounterReport> {
        let vlan = link.key.vlan;
        self.counters(&link.key.interface, |row| {
            row.vlan == Some(vlan) && row.traffic == traffic
        })
    }

    fn counters(&self, nic: &InterfaceName, wanted: impl Fn(&CounterRow) -> bool) -> Vec<CounterReport> {
        let mut by_reason = BTreeMap::new();
        for row in self.counters.get(nic).into_iter().flatten().filter(|row| wanted(row)) {
            let (packets, bytes) = by_reason.entry(row.reason).or_insert((0_u64, 0_u64));
            *packets = packets.saturating_add(row.packets);
            *bytes = bytes.saturating_add(row.bytes);
        }
        by_reason
            .into_iter()
            .map(|(reason, (packets, bytes))| CounterReport {
                reason: reason.name().to_owned(),
                verdict: match reason.verdict() {
                    Verdict::Pass => "pass".to_owned(),
                    Verdict::Drop => "drop".to_owned(),
                },
                packets,
                bytes,
            })
            .collect()
    }
}

/// The seconds of a time that is running out, the one that has begun included: nothing is left only when it is over.
fn begun_seconds(left: Duration) -> u64 {
    left.as_secs().saturating_add(u64::from(left.subsec_nanos() > 0))
}

fn conditions(gate: &Gate) -> Vec<ConditionReport> {
    gate.conditions()
        .map(|(condition, closed)| ConditionReport {
            condition: condition.name().to_owned(),
            met: closed.is_none(),
            why: closed.map(ToString::to_string),
            next_step: closed.map(Closed::next_step).map(str::to_owned),
        })
        .collect()
}
