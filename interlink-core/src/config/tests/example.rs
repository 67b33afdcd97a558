//! The example that is shipped: it is true, and complete.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Config, default};
use crate::domain::PriorityCommunities;

const EXAMPLE: &str = include_str!("../../../../etc/interlink.toml.example");

#[test]
fn the_example_has_every_key_that_is_known() {
    let printed = Config::parse(EXAMPLE).unwrap().to_string();
    assert_eq!(keys(EXAMPLE), known_keys());
    assert_eq!(keys(&printed), known_keys());
}

#[test]
fn the_example_explains_each_key_where_it_first_stands() {
    let tables = [
        "agent",
        "metrics",
        "vpc",
        "routing_policy",
        "nic",
        "link",
        "scw_bgp_config",
        "peer_bgp_config",
        "session",
    ];
    let explained: BTreeSet<_> = explanations().keys().map(ToString::to_string).collect();
    let but_tables: BTreeSet<_> = known_keys()
        .into_iter()
        .filter(|key| key == "vpc" || !tables.contains(&key.as_str()))
        .collect();
    assert_eq!(explained, but_tables);
    for table in tables {
        let header = |line: &str| line.starts_with('[') && line.trim_matches(['[', ']']).ends_with(table);
        let (above, _) = EXAMPLE
            .lines()
            .zip(EXAMPLE.lines().skip(1))
            .find(|(_, line)| header(line))
            .unwrap();
        assert!(
            table == "agent" || above.starts_with("# "),
            "{table} has no explanation"
        );
    }
}

#[test]
fn the_defaults_that_the_example_tells_are_the_ones_that_hold() {
    let told: BTreeMap<_, _> = explanations()
        .into_iter()
        .filter(|(_, default)| !["required", "default: none"].contains(default))
        .collect();
    let [is_ipv6, propagation] = [default::IS_IPV6, default::ENABLE_ROUTE_PROPAGATION].map(|on| on.to_string());
    let [hold_time, max_prefixes] = [default::HOLD_TIME.into(), default::MAX_PREFIXES].map(|number| number.to_string());
    let (rule_priority, manage_interface) = (
        default::RULE_PRIORITY.to_string(),
        default::MANAGE_INTERFACE.to_string(),
    );
    let (status, xdp_mode) = (format!("\"{}\"", default::STATUS), format!("\"{}\"", default::XDP_MODE));
    let other_vlans = format!("\"{}\"", default::OTHER_VLANS);
    let [lldp, lacp] = [default::LLDP, default::LACP].map(|on| on.to_string());
    let session = default::session();
    let [idle_time, announced] = [session.idle_time, session.max_announced_prefixes].map(|number| number.to_string());
    let restart_time = session.graceful_restart_time.to_string();
    let PriorityCommunities { low, medium, high } = session.communities;
    let [low, medium, high] = [low, medium, high].map(|community| format!("\"{community}\""));
    let on_max_prefixes = format!("\"{}\"", session.on_max_prefixes.name());
    let transport = format!("\"{}\"", session.transport.name());
    let enforce = format!("\"{}\"", session.enforce.name());
    let connected = session.announce_connected.to_string();
    let off = [
        session.passive,
        session.ttl_security,
        session.keep_when_disabled,
        session.graceful_shutdown,
        session.announce_role,
    ];
    assert_eq!(off, [false; 5]);
    let expected = [
        ("iif", "[]"),
        ("rule_priority", &rule_priority),
        ("manage_interface", &manage_interface),
        ("is_ipv6", is_ipv6.as_str()),
        ("prefix_filter_in", "[]"),
        ("prefix_filter_out", "[]"),
        ("status", &status),
        ("enable_route_propagation", &propagation),
        ("xdp_mode", &xdp_mode),
        ("other_vlans", &other_vlans),
        ("lldp", &lldp),
        ("lacp", &lacp),
        ("hold_time", &hold_time),
        ("max_prefixes", &max_prefixes),
        ("on_max_prefixes", &on_max_prefixes),
        ("idle_time", &idle_time),
        ("max_announced_prefixes", &announced),
        ("enforce", &enforce),
        ("networks", "[]"),
        ("announce_connected", &connected),
        ("transport", &transport),
        ("passive", "false"),
        ("ttl_security", "false"),
        ("keep_when_disabled", "false"),
        ("graceful_restart_time", &restart_time),
        ("low_community", &low),
        ("medium_community", &medium),
        ("high_community", &high),
        ("graceful_shutdown", "false"),
        ("announce_role", "false"),
    ];
    let expected: BTreeMap<_, _> = expected.map(|(key, value)| (key, format!("default: {value}"))).into();
    assert_eq!(
        told,
        expected.iter().map(|(key, value)| (*key, value.as_str())).collect()
    );
}

/// Taking a line out gives the default that the line above it tells, or the refusal.
#[test]
fn what_the_example_calls_required_is_and_nothing_else() {
    for (key, default) in explanations() {
        let line = EXAMPLE.lines().find(|line| key_of(line) == Some(key)).unwrap();
        let without = EXAMPLE.replacen(&format!("\n{line}\n"), "\n", 1);
        let missing = Config::parse(&without).err().map(|errors| errors.to_string());
        let is_required = missing.is_some_and(|told| told.contains(&format!("`{key}` is missing")));
        assert_eq!(is_required, default == "required", "{key}");
    }
}

/// The first explained line of each key, with what stands in the parentheses at the end of the comment above.
fn explanations() -> BTreeMap<&'static str, &'static str> {
    let mut section = "";
    let mut explained = BTreeMap::new();
    for (above, line) in EXAMPLE.lines().zip(EXAMPLE.lines().skip(1)) {
        if line.starts_with('[') {
            section = line;
        }
        let end = above.strip_prefix("# ").and_then(|comment| comment.strip_suffix(')'));
        if let (Some(key), Some((_, default))) = (key_of(line), end.and_then(|comment| comment.rsplit_once(" ("))) {
            assert!(above.len() > default.len() + 20, "{section}: {key} has no explanation");
            explained.entry(key).or_insert(default);
        }
    }
    explained
}

/// What the parser says that it knows, asked with a key that it doesn't.
fn known_keys() -> BTreeSet<String> {
    let unknown = "zzzzzzzzzz = 1";
    let (table, inner) = (format!("{{ {unknown} }}"), format!("{{ s = {{ {unknown} }} }}"));
    let link = ["scw_bgp_config", "peer_bgp_config", "session"].map(|key| inner.replacen('s', key, 1));
    let text = format!(
        "{unknown}\nagent = {table}\nmetrics = {table}\nvpc = [{table}]\nrouting_policy = [{table}]\nnic = [{table}]\nlink = [{table}, {}]",
        link.join(", ")
    );
    let told = Config::parse(&text).unwrap_err().to_string();
    let lists = told.lines().filter_map(|line| line.split_once("the keys here are "));
    let keys: BTreeSet<_> = lists
        .clone()
        .flat_map(|(_, list)| list.split(", "))
        .map(|key| key.trim_matches('`').to_owned())
        .collect();
    assert_eq!(lists.count(), 10, "{told}");
    // These two have an example of their own.
    keys.into_iter()
        .filter(|key| !["id", "source"].contains(&key.as_str()))
        .collect()
}

#[test]
fn the_example_of_a_source_has_every_key_of_it_and_the_defaults_that_hold() {
    let example = include_str!("../../../../etc/interlink-api.toml.example");
    let config = Config::parse(example).unwrap();
    let source = config.source.as_ref().unwrap();
    assert_eq!(
        (source.api_url.as_str(), source.state_file.as_str()),
        (default::API_URL, default::STATE_FILE)
    );
    assert_eq!(
        (source.poll_interval, source.configuring_poll_interval),
        (default::POLL_INTERVAL, default::CONFIGURING_POLL_INTERVAL)
    );
    assert_eq!((source.links.len(), source.vpcs.len()), (2, 1));
    let unknown = "agent.role = 'customer'\n[source]\nkind = 'scaleway'\nregion = 'x'\nzzzzzzzzzz = 1\n";
    let told = Config::parse(unknown).unwrap_err().to_string();
    let (_, list) = told.split_once("the keys here are ").unwrap();
    for key in list.split(", ").map(|key| key.trim_matches('`')) {
        assert!(example.contains(&format!("\n{key} = ")), "{key}");
    }
    assert_eq!(Config::parse(&config.to_string()), Ok(config));
}

/// Every key of a text, inline tables and the names of tables included.
fn keys(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let words = lines.flat_map(|line| match line.strip_prefix('[') {
        // `[[link]]` and `[link.session]`.
        Some(header) => vec![header.trim_matches(['[', ']']).rsplit('.').next().unwrap()],
        None => line.split(['{', ',']).filter_map(key_of).collect(),
    });
    words.map(str::to_owned).collect()
}

fn key_of(assignment: &str) -> Option<&str> {
    let (key, _) = assignment.split_once(" =")?;
    let key = key.trim();
    let is_key = key
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    is_key.then_some(key)
}
