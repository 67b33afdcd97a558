//! What can be wrong with a section: what it lacks, what it is, and what nobody knows.

use super::super::Config;
use super::super::reader::edits;

#[test]
fn what_has_no_default_has_to_be_there() {
    assert_eq!(refusal(""), "1:1: agent: `[agent]` with its `role` is missing");
    assert_eq!(refusal("[agent]"), "1:1: agent: `role` is missing");
    assert_eq!(
        refusal("agent.role = 'customer'\n[[vpc]]\n[[routing_policy]]\n[[link]]\n[[nic]]\n"),
        "2:1: vpc 1: `name` is missing\n\
         2:1: vpc 1: `table` is missing\n\
         3:1: routing_policy 1: `name` is missing\n\
         4:1: link 1: `name` is missing\n\
         4:1: link 1: `interface` is missing\n\
         5:1: nic 1: `interface` is missing"
    );
}

#[test]
fn a_section_of_another_kind_is_told_once() {
    assert_eq!(refusal("agent = 5"), "1:9: agent: found 5, expected a table");
    assert_eq!(
        refusal("[[agent]]\nrole = 'customer'"),
        "1:1: agent: found a list, expected a table"
    );
    assert_eq!(
        refusal("vpc = 1\nrouting_policy = 'a'\nlink = {}\nagent.role = 'customer'"),
        "1:7: vpc: found 1, expected `[[vpc]]`\n\
         2:18: routing_policy: found \"a\", expected `[[routing_policy]]`\n\
         3:8: link: found a table, expected `[[link]]`"
    );
    assert_eq!(
        refusal("agent.role = 'customer'\nvpc = [{ name = 'a', table = 1 }, 2]"),
        "2:35: vpc 2: found 2, expected a table"
    );
}

#[test]
fn an_unknown_key_is_told_with_the_one_that_was_meant() {
    for (line, told) in [
        (
            "intrface = 1",
            "5:1: link \"paris\": there is no key `intrface`: did you mean `interface`?",
        ),
        (
            "Vlan = 1",
            "5:1: link \"paris\": there is no key `Vlan`: did you mean `vlan`?",
        ),
        (
            "vlanid = 1",
            "5:1: link \"paris\": there is no key `vlanid`: did you mean `vlan`?",
        ),
        (
            "session.holdtime = 1",
            "5:9: link \"paris\": session: there is no key `holdtime`: did you mean `hold_time`?",
        ),
        (
            "scw_bgp_config.as = 1",
            "5:16: link \"paris\": scw_bgp_config: there is no key `as`: did you mean `asn`?",
        ),
        (
            "session.vlan = 1",
            "5:9: link \"paris\": session: there is no key `vlan`: the keys here are `announce_connected`, \
             `announce_role`, `enforce`, `graceful_restart_time`, `graceful_shutdown`, `high_community`, `hold_time`, `idle_time`, \
             `keep_when_disabled`, `low_community`, `max_accepted_prefixes`, `max_announced_prefixes`, `max_prefixes`, \
             `md5_key_file`, `medium_community`, `networks`, `on_max_prefixes`, `passive`, `priority`, `router_id`, \
             `transport`, `ttl_security`",
        ),
        (
            "speed = 1",
            "5:1: link \"paris\": there is no key `speed`: the keys here are `enable_route_propagation`, `interface`, \
             `manage_interface`, `name`, `peer_bgp_config`, `routing_policy_v4`, `routing_policy_v6`, `scw_bgp_config`, `session`, `status`, \
             `vlan`, `vpc`",
        ),
    ] {
        let text = format!("agent.role = 'customer'\n[[link]]\nname = 'paris'\ninterface = 'eth1'\n{line}\n");
        assert_eq!(refusal(&text), told);
    }
    assert_eq!(
        refusal(
            "agent.role = 'customer'\nagent.rol = 1\n[links]\n[[vpc]]\nname = 'a'\ntable = 1\ncolour = 1\n[source]\n"
        ),
        "2:7: agent: there is no key `rol`: did you mean `role`?\n\
         3:2: there is no key `links`: did you mean `link`?\n\
         7:1: vpc \"a\": there is no key `colour`: the keys here are `id`, `iif`, `name`, `rule_priority`, `table`, `vrf`\n\
         8:1: source: `kind` is missing"
    );
}

#[test]
fn edits_are_counted_as_levenshtein_did() {
    for (from, to, distance) in [
        ("", "", 0),
        ("", "abc", 3),
        ("abc", "", 3),
        ("kitten", "sitting", 3),
        ("vlan", "vlan", 0),
        ("valn", "vlan", 2),
        ("flaw", "lawn", 2),
        ("é", "e", 1),
    ] {
        assert_eq!(edits(from, to), distance, "{from} to {to}");
    }
}

fn refusal(text: &str) -> String {
    Config::parse(text).unwrap_err().to_string()
}
