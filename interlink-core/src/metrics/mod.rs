//! What Prometheus is told: everything that `status` and `session` show, as numbers.
//!
//! The form is the text format 0.0.4. A series that can be there is there from the start, with 0, so that its first
//! packet, failure or refusal is an increase that a rule sees.

mod list;
mod text;

#[cfg(test)]
mod tests;

use std::time::Duration;

use interlink_common::{Reason, Verdict};

use crate::bgp::import::Rejection;
use crate::bgp::session::SessionReport;
use crate::lifecycle::Lifecycle;
use crate::machine::Tally;
use crate::plan::OpKind;
use crate::report::{CounterReport, FamilyReport, LinkReport, NicReport, Report};
use crate::time::Time;

use list::{
    ADOPTED, BGP_ACCEPTED, BGP_ANNOUNCED, BGP_OVER_LIMIT, BGP_RECEIVED, BGP_REJECTED, BGP_STALE, BUILD_INFO,
    CONDITION_MET, CPU_SECONDS, DRIFTS, FAILED_LOOKS, FOREIGN_ROUTES, FOREIGN_RULES, GATE_ENFORCED, GATE_OPEN,
    LINK_INFO, LOOKS, NIC_LINKS, NIC_MODE, NIC_PROTECTED, OPEN_FDS, PACKET_BYTES, PACKETS, PLANS, POLICY_PREFIXES,
    RESIDENT_MEMORY, ROUTES_INSTALLED, ROUTES_REFUSED, ROUTES_WANTED, SESSION_ESTABLISHED, SESSION_SECONDS,
    SESSION_STATE, SESSION_STOPPED, SOURCE_AGE, SOURCE_FAILED, SOURCE_FAILURES, START_TIME, STATE, STEPS, TABLE_MEMORY,
    TRIAL, TROUBLES,
};
pub use list::{ALL, Kind, Metric};
use text::{Labels, Text};

/// What there is to tell.
#[derive(Clone, Copy, Debug)]
pub struct Scrape<'a> {
    /// What `status` shows.
    pub report: &'a Report,
    /// What `session` shows.
    pub sessions: &'a [SessionReport],
    /// What was done so far.
    pub tally: &'a Tally,
    /// What the tables take.
    pub memory: &'a [TableMemory],
    /// What the agent's process takes.
    pub process: Option<Process>,
    /// The time now, counted as the tally's.
    pub now: Time,
}

/// What one table of a NIC takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableMemory {
    /// The NIC.
    pub nic: String,
    /// The table: the name of its map.
    pub table: &'static str,
    /// In bytes, of the kernel's memory.
    pub bytes: u64,
}

/// What a process takes, as every exporter tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Process {
    /// Time on a processor, in seconds.
    pub cpu_seconds: f64,
    /// Memory, in bytes.
    pub resident_bytes: u64,
    /// Open file descriptors.
    pub open_fds: u64,
    /// When it was started, in seconds since 1970.
    pub start_time: f64,
}

/// Every metric.
pub fn render(scrape: &Scrape<'_>) -> String {
    let mut text = Text::default();
    agent(&mut text, scrape);
    packets(&mut text, scrape.report);
    nics(&mut text, scrape);
    links(&mut text, &scrape.report.links);
    sessions(&mut text, scrape.sessions);
    if let Some(process) = scrape.process {
        text.value(CPU_SECONDS, &[], process.cpu_seconds);
        text.value(RESIDENT_MEMORY, &[], process.resident_bytes);
        text.value(OPEN_FDS, &[], process.open_fds);
        text.value(START_TIME, &[], process.start_time);
    }
    text.finish()
}

fn agent(text: &mut Text, scrape: &Scrape<'_>) {
    let Scrape { report, tally, now, .. } = scrape;
    text.value(BUILD_INFO, &[("version", &report.version)], 1);
    for state in Lifecycle::ALL {
        text.value(STATE, &[("state", state.name())], u8::from(state == report.state));
    }
    text.value(TROUBLES, &[], report.troubles.len());
    let age = match &report.source.api {
        // What an agent before this one kept is as old as it was.
        Some(api) => api.confirmed_seconds_ago.map(Duration::from_secs),
        None => tally.source_at.map(|at| at.until(*now)),
    };
    if let Some(age) = age {
        text.value(SOURCE_AGE, &[], age.as_secs_f64());
    }
    text.value(SOURCE_FAILED, &[], u8::from(report.source.error.is_some()));
    text.value(SOURCE_FAILURES, &[], tally.source_failures);
    text.value(TRIAL, &[], u8::from(report.source.confirm_within_seconds.is_some()));
    text.value(PLANS, &[], tally.plans);
    text.value(DRIFTS, &[], tally.drifts);
    text.value(LOOKS, &[], tally.looks);
    text.value(FAILED_LOOKS, &[], tally.failed_looks);
    for (result, counts) in [("taken", &tally.taken), ("failed", &tally.failed)] {
        for kind in OpKind::ALL {
            let count = counts.get(kind).copied().unwrap_or_default();
            text.value(STEPS, &[("step", kind.name()), ("result", result)], count);
        }
    }
    text.value(ADOPTED, &[], tally.adopted);
    text.value(FOREIGN_ROUTES, &[], report.foreign_routes);
    text.value(FOREIGN_RULES, &[], report.foreign_rules.len());
}

fn packets(text: &mut Text, report: &Report) {
    for nic in &report.nics {
        counters(text, &[("nic", &nic.interface)], &nic.counters);
    }
    for link in &report.links {
        let labels = |family| {
            [
                ("nic", link.interface.as_str()),
                ("link", &link.name),
                ("family", family),
            ]
        };
        counters(text, &labels("other"), &link.counters);
        for family in &link.families {
            counters(text, &labels(&family.family), &family.counters);
        }
    }
}

fn counters(text: &mut Text, of: Labels<'_>, counted: &[CounterReport]) {
    for reason in Reason::ALL {
        let verdict = match reason.verdict() {
            Verdict::Pass => "pass",
            Verdict::Drop => "drop",
        };
        let labels = [of, &[("reason", reason.name()), ("verdict", verdict)]].concat();
        let found = counted.iter().find(|counter| counter.reason == reason.name());
        text.value(PACKETS, &labels, found.map_or(0, |counter| counter.packets));
        text.value(PACKET_BYTES, &labels, found.map_or(0, |counter| counter.bytes));
    }
}

fn nics(text: &mut Text, scrape: &Scrape<'_>) {
    for NicReport {
        interface,
        attached,
        links,
        ..
    } in &scrape.report.nics
    {
        let nic = ("nic", interface.as_str());
        text.value(NIC_PROTECTED, &[nic], u8::from(attached.is_some()));
        text.value(NIC_LINKS, &[nic], *links);
        for mode in ["native", "generic"] {
            let is_it = attached.as_deref() == Some(mode);
            text.value(NIC_MODE, &[nic, ("mode", mode)], u8::from(is_it));
        }
    }
    for TableMemory { nic, table, bytes } in scrape.memory {
        text.value(TABLE_MEMORY, &[("nic", nic), ("table", table)], *bytes);
    }
}

fn links(text: &mut Text, links: &[LinkReport]) {
    for link in links {
        let vlan = link.vlan.map_or_else(String::new, |id| id.to_string());
        let labels = [
            ("link", link.name.as_str()),
            ("nic", &link.interface),
            ("vlan", &vlan),
            ("vpc", link.vpc.as_deref().unwrap_or_default()),
            ("status", &link.status),
        ];
        text.value(LINK_INFO, &labels, 1);
        for of in &link.families {
            family(text, link, of);
        }
    }
}

fn family(text: &mut Text, link: &LinkReport, of: &FamilyReport) {
    let labels = [("link", link.name.as_str()), ("family", of.family.as_str())];
    text.value(GATE_OPEN, &labels, u8::from(of.open));
    text.value(GATE_ENFORCED, &labels, u8::from(of.enforced));
    for condition in &of.conditions {
        let labels = [&labels[..], &[("condition", &condition.condition)]].concat();
        text.value(CONDITION_MET, &labels, u8::from(condition.met));
    }
    for (side, count) in [("remote", of.remote_prefixes), ("local", of.local_prefixes)] {
        text.value(POLICY_PREFIXES, &[&labels[..], &[("side", side)]].concat(), count);
    }
    text.value(ROUTES_WANTED, &labels, of.routes.wanted);
    text.value(ROUTES_INSTALLED, &labels, of.routes.installed);
    text.value(ROUTES_REFUSED, &labels, of.routes.refused.len());
}

/// The states of RFC 4271, as `session` names them.
const SESSION_STATES: [&str; 6] = ["idle", "connect", "active", "open_sent", "open_confirm", "established"];

fn sessions(text: &mut Text, sessions: &[SessionReport]) {
    for session in sessions {
        let labels = [("link", session.link.as_str()), ("transport", &session.transport)];
        let known = SESSION_STATES.into_iter().filter(|state| *state != session.state);
        for state in known.chain([session.state.as_str()]) {
            let value = u8::from(state == session.state);
            text.value(SESSION_STATE, &[&labels[..], &[("state", state)]].concat(), value);
        }
        text.value(SESSION_SECONDS, &labels, session.seconds);
        text.value(SESSION_ESTABLISHED, &labels, session.established);
        text.value(SESSION_STOPPED, &labels, u8::from(session.stopped.is_some()));
        for family in &session.families {
            let labels = [&labels[..], &[("family", &family.family)]].concat();
            text.value(BGP_RECEIVED, &labels, family.received);
            text.value(BGP_ACCEPTED, &labels, family.accepted);
            text.value(BGP_STALE, &labels, family.stale);
            text.value(BGP_ANNOUNCED, &labels, family.announced);
            text.value(BGP_OVER_LIMIT, &labels, family.refused);
            for rejection in Rejection::ALL.map(Rejection::name) {
                let count = family.rejected.get(rejection).copied().unwrap_or_default();
                text.value(BGP_REJECTED, &[&labels[..], &[("reason", rejection)]].concat(), count);
            }
        }
    }
}
