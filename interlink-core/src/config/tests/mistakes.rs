//! What can be wrong with a key by itself, in the words of the message.

use super::super::Config;

#[test]
fn each_key_of_a_link_says_what_it_found_and_what_it_expected() {
    let vlan = "expected a VLAN id from 1 to 4094 (leave `vlan` out for an untagged link)";
    let statuses = "expected one of \"unknown_link_status\", \"configuring\", \"failed\", \"requested\", \"refused\", \
                    \"expired\", \"provisioning\", \"active\", \"limited_connectivity\", \"all_down\", \
                    \"deprovisioning\", \"deleted\", \"locked\", \"ready\"";
    let mode = "expected \"native\" or \"generic\"";
    let v4 = "expected an IPv4 address with the length of its subnet, such as \"169.254.0.100/31\"";
    let v6 = "expected an IPv6 address with the length of its subnet, such as \"2001:db8::1/127\"";
    let asn = "expected an AS number from 1 to 4294967295";
    let hold_time = "expected seconds: 0 for none, or 3 to 65535 (RFC 4271 §4.2)";
    let max_prefixes = "expected a number of prefixes from 1 to 4294967295";
    for (line, told) in [
        ("vlan = 0", format!("5:8: link \"paris\": vlan: found 0, {vlan}")),
        ("vlan = 4095", format!("5:8: link \"paris\": vlan: found 4095, {vlan}")),
        (
            "vlan = \"1\"",
            format!("5:8: link \"paris\": vlan: found \"1\", {vlan}"),
        ),
        (
            "vlan = 0x1000",
            format!("5:8: link \"paris\": vlan: found 0x1000, {vlan}"),
        ),
        ("vlan = 1.5", format!("5:8: link \"paris\": vlan: found 1.5, {vlan}")),
        (
            "vlan = 2026-09-01",
            format!("5:8: link \"paris\": vlan: found 2026-09-01, {vlan}"),
        ),
        (
            "status = \"up\"",
            format!("5:10: link \"paris\": status: found \"up\", {statuses}"),
        ),
        (
            "status = 1",
            "5:10: link \"paris\": status: found 1, expected a status in quotes".into(),
        ),
        (
            "vpc = 2",
            "5:7: link \"paris\": vpc: found 2, expected a name in quotes".into(),
        ),
        ("vpc = \"\"", "5:7: link \"paris\": vpc: a name can't be empty".into()),
        (
            "vpc = \"\\n\"",
            "5:7: link \"paris\": vpc: '\\n' can't be in a name".into(),
        ),
        (
            "routing_policy_v4 = []",
            "5:21: link \"paris\": routing_policy_v4: found a list, expected a name in quotes".into(),
        ),
        (
            "routing_policy_v6 = {}",
            "5:21: link \"paris\": routing_policy_v6: found a table, expected a name in quotes".into(),
        ),
        (
            "enable_route_propagation = 1",
            "5:28: link \"paris\": enable_route_propagation: found 1, expected true or false".into(),
        ),
        (
            "enable_route_propagation = \"yes\"",
            "5:28: link \"paris\": enable_route_propagation: found \"yes\", expected true or false".into(),
        ),
        (
            "xdp_mode = \"skb\"",
            format!("5:12: link \"paris\": xdp_mode: found \"skb\", {mode}"),
        ),
        (
            "xdp_mode = true",
            format!("5:12: link \"paris\": xdp_mode: found true, {mode}"),
        ),
        (
            "scw_bgp_config = 1",
            "5:18: link \"paris\": scw_bgp_config: found 1, expected a table".into(),
        ),
        (
            "scw_bgp_config.asn = 0",
            format!("5:22: link \"paris\": scw_bgp_config: asn: found 0, {asn}"),
        ),
        (
            "peer_bgp_config.asn = 4294967296",
            format!("5:23: link \"paris\": peer_bgp_config: asn: found 4294967296, {asn}"),
        ),
        (
            "scw_bgp_config.ipv4 = \"169.254.0.1\"",
            format!("5:23: link \"paris\": scw_bgp_config: ipv4: found \"169.254.0.1\", {v4}"),
        ),
        (
            "scw_bgp_config.ipv4 = \"fd00::/127\"",
            format!("5:23: link \"paris\": scw_bgp_config: ipv4: found \"fd00::/127\", {v4}"),
        ),
        (
            "peer_bgp_config.ipv6 = \"::1/129\"",
            format!("5:24: link \"paris\": peer_bgp_config: ipv6: found \"::1/129\", {v6}"),
        ),
        (
            "peer_bgp_config.ipv6 = 1",
            format!("5:24: link \"paris\": peer_bgp_config: ipv6: found 1, {v6}"),
        ),
        (
            "session = []",
            "5:11: link \"paris\": session: found a list, expected a table".into(),
        ),
        (
            "session.hold_time = 2",
            format!("5:21: link \"paris\": session: hold_time: found 2, {hold_time}"),
        ),
        (
            "session.hold_time = 65536",
            format!("5:21: link \"paris\": session: hold_time: found 65536, {hold_time}"),
        ),
        (
            "session.hold_time = -1",
            format!("5:21: link \"paris\": session: hold_time: found -1, {hold_time}"),
        ),
        (
            "session.max_prefixes = 0",
            format!("5:24: link \"paris\": session: max_prefixes: found 0, {max_prefixes}"),
        ),
        (
            "session.max_prefixes = 4294967296",
            format!("5:24: link \"paris\": session: max_prefixes: found 4294967296, {max_prefixes}"),
        ),
    ] {
        let text = format!("agent.role = 'customer'\n[[link]]\nname = 'paris'\ninterface = 'eth1'\n{line}\n");
        assert_eq!(refusal(&text), told, "{line}");
    }
}

#[test]
fn the_smallest_and_the_greatest_numbers_are_taken() {
    for line in [
        "vlan = 1",
        "vlan = 4094",
        "session.hold_time = 0",
        "session.hold_time = 3",
        "session.hold_time = 65535",
        "session.max_prefixes = 1",
        "session.max_prefixes = 4294967295",
        "scw_bgp_config.asn = 1\npeer_bgp_config.asn = 4294967295",
    ] {
        let text = format!("agent.role = 'customer'\n[[link]]\nname = 'paris'\ninterface = 'eth1'\n{line}\n");
        assert!(Config::parse(&text).is_ok(), "{line}");
    }
    for table in [1, 252, 256, u32::MAX] {
        let text = format!("agent.role = 'customer'\n[[vpc]]\nname = 'a'\ntable = {table}\n");
        assert!(Config::parse(&text).is_ok(), "{table}");
    }
}

#[test]
fn a_table_is_one_that_the_kernel_leaves_free() {
    let expected =
        "expected the number of a routing table, 1 to 252 or 256 to 4294967295 (253 to 255 are the kernel's own)";
    for table in ["0", "253", "254", "255", "4294967296", "-1", "\"main\""] {
        let text = format!("agent.role = 'customer'\n[[vpc]]\nname = 'a'\ntable = {table}\n");
        assert_eq!(
            refusal(&text),
            format!("4:9: vpc \"a\": table: found {table}, {expected}")
        );
    }
}

#[test]
fn a_role_is_one_of_two() {
    for role in ["\"in\"", "1"] {
        assert_eq!(
            refusal(&format!("agent.role = {role}")),
            format!(
                "1:14: agent: role: found {role}, expected \"customer\" (the on-premises end) or \"provider\" (the VPC's end)"
            )
        );
    }
}

#[test]
fn a_prefix_is_a_network_of_the_policys_family() {
    let family = "a policy holds prefixes of one family, which `is_ipv6` says";
    let v4 = "expected an IPv4 prefix such as \"10.20.0.0/16\"";
    let v6 = "expected an IPv6 prefix such as \"2001:db8:20::/48\"";
    for (is_ipv6, prefix, told) in [
        (
            false,
            "'10.20.0.5/16'",
            "10.20.0.5/16 has host bits set: the network is 10.20.0.0/16".to_owned(),
        ),
        (
            true,
            "'2001:db8::1/32'",
            "2001:db8::1/32 has host bits set: the network is 2001:db8::/32".into(),
        ),
        (
            false,
            "'2001:db8::/32'",
            format!("2001:db8::/32 is IPv6, not IPv4: {family}"),
        ),
        (
            true,
            "'10.20.0.0/16'",
            format!("10.20.0.0/16 is IPv4, not IPv6: {family}"),
        ),
        (false, "'10.20.0.0/33'", format!("found \"10.20.0.0/33\", {v4}")),
        (true, "'::/129'", format!("found \"::/129\", {v6}")),
        (false, "'office'", format!("found \"office\", {v4}")),
        (true, "10.2", format!("found 10.2, {v6}")),
    ] {
        for key in ["prefix_filter_in", "prefix_filter_out"] {
            let text = format!(
                "agent.role = 'customer'\n[[routing_policy]]\nname = 'p'\nis_ipv6 = {is_ipv6}\n{key} = [{prefix}]"
            );
            let column = key.len() + 5;
            assert_eq!(
                refusal(&text),
                format!("5:{column}: routing_policy \"p\": {key}: {told}")
            );
        }
    }
}

#[test]
fn each_bad_item_of_a_list_is_told_and_the_good_ones_are_not() {
    let policy = "[[routing_policy]]\nname = 'p'\nprefix_filter_in = ['10.0.0.1/8', '10.0.0.0/8', 5]\nprefix_filter_out = '::/0'\n";
    assert_eq!(
        refusal(&format!("agent.role = 'customer'\n{policy}")),
        "4:21: routing_policy \"p\": prefix_filter_in: 10.0.0.1/8 has host bits set: the network is 10.0.0.0/8\n\
         4:49: routing_policy \"p\": prefix_filter_in: found 5, expected an IPv4 prefix such as \"10.20.0.0/16\"\n\
         5:21: routing_policy \"p\": prefix_filter_out: found \"::/0\", expected a list"
    );
}

/// One mistake, one message: its prefixes may be right for the family that was meant.
#[test]
fn a_policy_of_unreadable_family_has_no_other_fault() {
    let policy = "[[routing_policy]]\nname = 'p'\nis_ipv6 = 'yes'\nprefix_filter_in = ['::/0']\n";
    let link = "[[link]]\nname = 'paris'\ninterface = 'eth1'\nrouting_policy_v6 = 'p'\n";
    assert_eq!(
        refusal(&format!("agent.role = 'customer'\n{policy}{link}")),
        "4:11: routing_policy \"p\": is_ipv6: found \"yes\", expected true or false"
    );
}

fn refusal(text: &str) -> String {
    Config::parse(text).unwrap_err().to_string()
}
