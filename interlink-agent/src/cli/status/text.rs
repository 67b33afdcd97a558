//! The report as one screen of text.

use std::fmt::{self, Write};

use interlink_core::report::{
    ApiReport, ConditionReport, CounterReport, FamilyReport, LinkReport, MetricsReport, NicReport, Report, RouteReport,
    SourceReport,
};

/// The report, for people.
pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string can't fail.
    write_report(&mut text, report).unwrap_or_default();
    text
}

fn write_report(f: &mut String, report: &Report) -> fmt::Result {
    let Report {
        version,
        state,
        troubles,
        source,
        metrics,
        nics,
        links,
        foreign_routes,
        foreign_routes_named,
        foreign_rules,
    } = report;
    writeln!(f, "interlink-agent {version}: {}", state.name())?;
    for trouble in troubles {
        writeln!(f, "  ! {trouble}")?;
    }
    write_source(f, source)?;
    if let Some(metrics) = metrics {
        write_metrics(f, metrics)?;
    }
    for nic in nics {
        write_nic(f, nic)?;
    }
    for link in links {
        write_link(f, link)?;
    }
    if *foreign_routes > 0 {
        writeln!(
            f,
            "\n{foreign_routes} routes of others are in the tables of the VPCs; they are left alone"
        )?;
        for route in foreign_routes_named.iter().take(SHOWN) {
            writeln!(f, "  {route}")?;
        }
        if *foreign_routes > SHOWN {
            writeln!(f, "  and {} more", foreign_routes - SHOWN)?;
        }
    }
    if !foreign_rules.is_empty() {
        writeln!(
            f,
            "\nrules of others look up the tables of the VPCs; they are left alone"
        )?;
    }
    for rule in foreign_rules {
        writeln!(f, "  {rule}")?;
    }
    Ok(())
}

fn write_source(f: &mut String, source: &SourceReport) -> fmt::Result {
    let SourceReport {
        file,
        error,
        api,
        confirm_within_seconds,
    } = source;
    writeln!(f, "configuration {file}")?;
    if let Some(api) = api {
        write_api(f, api)?;
    }
    if let Some(seconds) = confirm_within_seconds {
        writeln!(
            f,
            "  ! on trial: undone in {seconds} s unless you run `interlink-agent confirm`"
        )?;
    }
    if let Some(error) = error {
        writeln!(f, "  ! not in force: {error}")?;
    }
    Ok(())
}

fn write_metrics(f: &mut String, MetricsReport { listen, error }: &MetricsReport) -> fmt::Result {
    match error {
        None => writeln!(f, "metrics on http://{listen}/metrics"),
        Some(error) => writeln!(f, "  ! no metrics: can't listen on {listen}, trying on: {error}"),
    }
}

fn write_api(f: &mut String, api: &ApiReport) -> fmt::Result {
    let ApiReport {
        url,
        region,
        confirmed_seconds_ago,
        is_live,
        stream_error,
        report_error,
        state_error,
        mismatches,
    } = api;
    let age = confirmed_seconds_ago.map_or_else(
        || "never read as a whole".to_owned(),
        |seconds| format!("as of {seconds} s ago"),
    );
    let by = if *is_live {
        "changes come at once"
    } else {
        "changes are asked for"
    };
    writeln!(f, "following {url} in {region}: {age}, {by}")?;
    if let Some(error) = stream_error {
        writeln!(f, "  ! no stream of changes: {error}")?;
    }
    if let Some(error) = report_error {
        writeln!(f, "  ! it doesn't take what it is told of sessions: {error}")?;
    }
    if let Some(error) = state_error {
        writeln!(f, "  ! {error}")?;
    }
    mismatches.iter().try_for_each(|mismatch| writeln!(f, "  ! {mismatch}"))
}

fn write_nic(f: &mut String, nic: &NicReport) -> fmt::Result {
    let NicReport {
        interface,
        attached,
        other_vlans,
        lldp,
        lacp,
        links,
        counters,
    } = nic;
    match attached {
        Some(mode) => writeln!(f, "\nNIC {interface}: protected in {mode} mode, {links} links")?,
        None => writeln!(f, "\nNIC {interface}: NOT PROTECTED, our program doesn't run there")?,
    }
    let passing = [
        (other_vlans == "pass", "frames of no link"),
        (*lldp, "LLDP"),
        (*lacp, "LACP"),
    ];
    let passing: Vec<_> = passing
        .into_iter()
        .filter(|(passes, _)| *passes)
        .map(|(_, what)| what)
        .collect();
    if !passing.is_empty() {
        writeln!(f, "  lets pass beside its links: {}", passing.join(", "))?;
    }
    write_counters(f, "  ", counters)
}

fn write_link(f: &mut String, link: &LinkReport) -> fmt::Result {
    let LinkReport {
        name,
        interface,
        vlan,
        status,
        vpc,
        table,
        is_static,
        counters,
        families,
    } = link;
    let vlan = vlan.map_or_else(|| "untagged".to_owned(), |id| format!("VLAN {id}"));
    let vpc = match (vpc, table) {
        (Some(vpc), Some(table)) => format!("VPC {vpc} (table {table})"),
        (Some(vpc), None) => format!("VPC {vpc} (no table)"),
        (None, _) => "no VPC".to_owned(),
    };
    let routing = if *is_static { "static routes" } else { "BGP" };
    writeln!(f, "\nlink {name} on {interface} ({vlan}): {status}, {vpc}, {routing}")?;
    write_counters(f, "  ", counters)?;
    families.iter().try_for_each(|family| write_family(f, family))
}

fn write_family(f: &mut String, family: &FamilyReport) -> fmt::Result {
    let FamilyReport {
        family,
        open,
        enforced,
        conditions,
        bgp_status,
        routing_policy,
        remote_prefixes,
        local_prefixes,
        routes,
        counters,
    } = family;
    let family = if family == "v4" { "IPv4" } else { "IPv6" };
    let state = if *open { "open" } else { "closed" };
    let pending = if *enforced {
        ""
    } else {
        " (the kernel doesn't hold that yet)"
    };
    let policy = routing_policy.as_ref().map_or_else(String::new, |policy| {
        format!(", policy {policy} ({remote_prefixes} remote and {local_prefixes} local prefixes)")
    });
    let session = bgp_status
        .as_ref()
        .map_or_else(String::new, |status| format!(", BGP {status}"));
    writeln!(f, "  {family} {state}{pending}{policy}{session}")?;
    let marks: Vec<_> = conditions
        .iter()
        .map(|ConditionReport { condition, met, .. }| format!("{condition} {}", if *met { "yes" } else { "NO" }))
        .collect();
    writeln!(f, "    {}", marks.join(", "))?;
    if let Some(ConditionReport { why, next_step, .. }) = conditions.iter().find(|condition| !condition.met) {
        let (why, next_step) = (
            why.as_deref().unwrap_or_default(),
            next_step.as_deref().unwrap_or_default(),
        );
        writeln!(f, "    waiting: {why}: {next_step}")?;
    }
    let RouteReport {
        wanted,
        installed,
        refused,
    } = routes;
    if *wanted > 0 || !refused.is_empty() {
        writeln!(
            f,
            "    routes {installed} of {wanted} installed, {} refused",
            refused.len()
        )?;
    }
    for refusal in refused.iter().take(SHOWN) {
        writeln!(f, "      ! {refusal}")?;
    }
    write_counters(f, "    ", counters)
}

/// How many refused routes are named; `--json` has them all.
const SHOWN: usize = 5;

fn write_counters(f: &mut String, indent: &str, counters: &[CounterReport]) -> fmt::Result {
    counters.iter().try_for_each(
        |CounterReport {
             reason,
             verdict,
             packets,
             bytes,
         }| { writeln!(f, "{indent}{verdict} {reason}: {packets} packets, {bytes} bytes") },
    )
}

#[cfg(test)]
mod tests;
