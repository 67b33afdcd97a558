//! The dashboard and the alerts that are shipped.

use std::collections::BTreeSet;
use std::process::Command;

use interlink_core::metrics;
use serde_json::Value;

use crate::support::{content, read, shipped};

const DASHBOARD: &str = "grafana/interlink.json";
const RULES: &str = "prometheus/interlink.rules.yml";
const RULES_TEST: &str = "prometheus/interlink.rules.test.yml";

#[test]
fn the_dashboard_asks_for_nothing_that_no_agent_tells() {
    let dashboard: Value = serde_json::from_str(&read(DASHBOARD)).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let mut expressions: Vec<_> = targets.map(|target| target["expr"].as_str().unwrap()).collect();
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    expressions.extend(variables.iter().map(|variable| variable["query"].as_str().unwrap()));
    assert!(panels.len() >= 10, "{panels:?}");
    let used: BTreeSet<_> = expressions
        .iter()
        .flat_map(|expression| metrics_in(expression))
        .collect();
    assert!(used.len() >= 15, "{used:?}");
    assert_known(DASHBOARD, &used);
}

#[test]
fn the_alerts_ask_for_nothing_that_no_agent_tells() {
    let rules = read(RULES);
    let expressions = rules.lines().filter_map(|line| line.trim().strip_prefix("expr: "));
    let used: BTreeSet<_> = expressions.flat_map(metrics_in).collect();
    assert!(used.len() >= 10, "{used:?}");
    assert_known(RULES, &used);
}

#[test]
fn the_alerts_fire_when_they_should_and_only_then() {
    let directory = shipped(RULES);
    let directory = directory.parent().unwrap();
    let promtool = |arguments: &[&str], file: &str| {
        let mut command = Command::new("promtool");
        content(command.current_dir(directory).args(arguments).arg(file), "")
    };
    let name = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    assert!(promtool(&["check", "rules"], &name(RULES)).contains("SUCCESS"));
    assert!(promtool(&["test", "rules"], &name(RULES_TEST)).contains("SUCCESS"));
}

fn assert_known(file: &str, used: &BTreeSet<String>) {
    let known: BTreeSet<_> = metrics::ALL.iter().map(|metric| metric.name.to_owned()).collect();
    let unknown: Vec<_> = used.difference(&known).collect();
    assert!(unknown.is_empty(), "{file} names what no agent tells: {unknown:?}");
}

/// The words of an expression that look like metrics of ours.
fn metrics_in(expression: &str) -> Vec<String> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = words.filter(|word| word.starts_with("interlink_") || word.starts_with("process_"));
    ours.map(str::to_owned).collect()
}
