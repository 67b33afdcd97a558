//! The kernel's own view, by `ip` and `bpftool`, held against what the agent says.

use interlink_common::{Reason, Traffic, counter_index, map};
use serde_json::Value;

use super::table::Table;
use crate::agent;
use crate::lab::{LINK, Lab, TABLE};
use crate::maps::{Maps, bpftool};
use crate::netns::NetNs;

/// The first condition of a family that isn't met.
pub(super) fn first_unmet(status: &Value, family: usize) -> Option<&str> {
    let conditions = status["links"][0]["families"][family]["conditions"].as_array()?;
    conditions.iter().find(|condition| condition["met"] == false)?["condition"].as_str()
}

/// What the agent says is to be done next.
pub(super) fn next_step(status: &Value) -> Option<String> {
    let conditions = status["links"][0]["families"][0]["conditions"].as_array()?;
    let unmet = conditions.iter().find(|condition| condition["met"] == false)?;
    Some(format!("{}: {}", unmet["why"].as_str()?, unmet["next_step"].as_str()?))
}

/// How many packets of a family a reason was counted for.
pub(super) fn counted(status: &Value, family: usize, reason: &str) -> u64 {
    let counters = status["links"][0]["families"][family]["counters"]
        .as_array()
        .into_iter()
        .flatten();
    counters
        .filter(|counter| counter["reason"] == reason)
        .filter_map(|counter| counter["packets"].as_u64())
        .sum()
}

/// Whether the VPC's table holds routes exactly when it should.
pub(super) fn routes_are(lab: &Lab, wanted: bool, step: &str, table: &mut Table) {
    let routes = routes(&lab.gateway);
    let what = if wanted {
        "the routes are in the VPC's table"
    } else {
        "no route is in the VPC's table"
    };
    table.check(&format!("{step}: {what}"), routes.len() == if wanted { 2 } else { 0 });
}

/// What `ip` and `bpftool` show is what `status` says.
pub(super) fn agrees_with_status(lab: &Lab, table: &mut Table) {
    let status = agent::status(lab).unwrap_or_default();
    let installed: u64 = (0..2)
        .filter_map(|family| status["links"][0]["families"][family]["routes"]["installed"].as_u64())
        .sum();
    let routes = routes(&lab.gateway);
    table.check(
        "`ip route` shows as many routes as `status`",
        routes.len() as u64 == installed,
    );

    let maps = Maps::of(lab, LINK);
    let program = bpftool(&["prog", "show"], &maps.pins.join("program"))["id"].clone();
    let link = &lab.gateway.ip_json(&format!("link show {LINK}"))[0];
    let attached = link["xdp"]["prog"]["id"].clone();
    table.check(
        "`bpftool prog` shows the program that `ip link` has on the NIC",
        program == attached && program != Value::Null,
    );
    table.check(
        "`status` says that the NIC is protected in native mode",
        status["nics"][0]["attached"] == "native",
    );
    let slot = maps.slot(0);
    for (family, traffic, gate) in [(0, Traffic::V4, 0), (1, Traffic::V6, 4)] {
        let open = status["links"][0]["families"][family]["open"] == true;
        let name = if family == 0 { "IPv4" } else { "IPv6" };
        table.check(
            &format!("`bpftool map dump` shows the gate of {name} as `status` does"),
            slot != 0 && open == (maps.word(map::LINKS, slot, gate) == Reason::Allowed.code()),
        );
        let index = counter_index(slot, traffic, Reason::Allowed);
        let (dumped, said) = (maps.packets(index), counted(&status, family, Reason::Allowed.name()));
        table.check(
            &format!("`bpftool map dump` shows {said} packets of {name} allowed, as `status` does"),
            dumped == said && said > 0,
        );
    }
}

/// Nothing of ours is left in the gateway.
pub(super) fn is_clean(lab: &Lab, table: &mut Table) {
    let link = &lab.gateway.ip_json(&format!("link show {LINK}"))[0];
    table.check("no program is on the NIC", link["xdp"].is_null());
    table.check("no route is in the VPC's table", routes(&lab.gateway).is_empty());
    table.check("nothing of ours is pinned", !lab.bpffs().join("interlink").exists());
}

/// The id of the program on the NIC.
pub(super) fn program(lab: &Lab) -> Option<u64> {
    lab.gateway.ip_json(&format!("link show {LINK}"))[0]["xdp"]["prog"]["id"].as_u64()
}

/// What the table of the VPC holds on a host.
pub(super) fn routes(host: &NetNs) -> Vec<Value> {
    ["-4", "-6"]
        .iter()
        .flat_map(|family| {
            // A table that never held a route doesn't exist, which `ip` calls an error.
            let output = host.try_ip(&format!("-j {family} route show table {TABLE}"));
            serde_json::from_slice::<Vec<Value>>(&output.stdout).unwrap_or_default()
        })
        .collect()
}
