//! What can be wrong with a key by itself, in the words of the message.

use super::super::Config;

#[test]
fn each_key_of_a_link_says_what_it_found_and_what_it_expected() {
    let v4 = "an IPv4 address with the length of its subnet, such as \"169.254.0.100/31\"";
    let v6 = "an IPv6 address with the length of its subnet, such as \"2001:db8::1/127\"";
    let asn = "an AS number from 1 to 4294967295";
    for (key, expected, values) in [
        ("interface", "the name of a network interface", &["1", "true"][..]),
        (
            "vlan",
            "a VLAN id from 1 to 4094 (leave `vlan` out for an untagged link)",
            &["0", "4095", "-1", "0x1000", "1.5", "2026-09-01", "\"1\""],
        ),
        ("status", "a status in quotes", &["1"]),
        ("status", STATUSES, &["\"up\"", "\"Active\""]),
        ("vpc", "a name in quotes", &["2", "[]", "{}"]),
        ("routing_policy_v4", "a name in quotes", &["3.5"]),
        ("routing_policy_v6", "a name in quotes", &["false"]),
        ("enable_route_propagation", "true or false", &["1", "\"yes\""]),
        ("scw_bgp_config", "a table", &["1", "[]"]),
        ("peer_bgp_config", "a table", &["\"\""]),
        ("scw_bgp_config.asn", asn, &["0", "4294967296", "\"1\""]),
        ("peer_bgp_config.asn", asn, &["-1"]),
        (
            "scw_bgp_config.ipv4",
            v4,
            &["1", "\"169.254.0.1\"", "\"169.254.0.1/33\"", "\"fd00::/127\""],
        ),
        (
            "peer_bgp_config.ipv6",
            v6,
            &["1", "\"fd00::\"", "\"fd00::/129\"", "\"169.254.0.1/31\""],
        ),
        ("session", "a table", &["[]", "90"]),
        (
            "session.hold_time",
            "seconds: 0 for none, or 3 to 65535 (RFC 4271 §4.2)",
            &["1", "2", "65536", "-1", "\"90\""],
        ),
        (
            "session.max_prefixes",
            "a number of prefixes from 1 to 4294967295",
            &["0", "4294967296", "-1", "1e3"],
        ),
        (
            "session.on_max_prefixes",
            "\"warn\", \"refuse\" or \"idle\"",
            &["1", "\"drop\""],
        ),
        (
            "session.idle_time",
            "seconds, or 0 for a session that stays down until it is reset",
            &["-1", "\"5m\""],
        ),
        (
            "session.transport",
            "\"each\", \"ipv4\" or \"ipv6\"",
            &["4", "\"both\""],
        ),
        (
            "session.graceful_restart_time",
            "seconds: 0 for none, or up to 4095 (RFC 4724 §3)",
            &["-1", "4096", "true"],
        ),
        (
            "session.priority",
            "\"low\", \"medium\" or \"high\"",
            &["1", "\"highest\""],
        ),
        (
            "session.router_id",
            "a BGP identifier such as \"192.0.2.1\", which isn't 0.0.0.0",
            &["1", "\"0.0.0.0\"", "\"fd00::1\""],
        ),
        (
            "session.md5_key_file",
            "the absolute name of a file that holds the key",
            &["1", "\"key\"", "\"\""],
        ),
        (
            "session.high_community",
            "a community: two numbers up to 65535, such as \"12876:42200\"",
            &["42200", "\"42200\"", "\"65536:1\"", "\"1:2:3\"", "\"no-export\""],
        ),
    ] {
        for value in values {
            let found = match *value {
                "[]" => "a list",
                "{}" => "a table",
                value => value,
            };
            let (column, path) = (key.len() + 4, key.replace('.', ": "));
            let told = format!("4:{column}: link \"paris\": {path}: found {found}, expected {expected}");
            let interface = if key == "interface" { "" } else { "interface = 'eth1'" };
            let text = format!("agent.role = 'customer'\n[[link]]\nname = 'paris'\n{key} = {value}\n{interface}\n");
            assert_eq!(refusal(&text), told);
        }
    }
}

#[test]
fn each_key_of_a_nic_says_what_it_found_and_what_it_expected() {
    for (key, expected, values) in [
        ("xdp_mode", "\"native\" or \"generic\"", &["true", "\"skb\""][..]),
        ("other_vlans", "\"drop\" or \"pass\"", &["true", "\"Pass\""]),
        ("lldp", "true or false", &["1", "\"pass\""]),
        ("lacp", "true or false", &["0"]),
    ] {
        for value in values {
            let link = "agent.role = 'customer'\nlink = [{ name = 'a', interface = 'eth1' }]\n";
            let text = format!("{link}[[nic]]\ninterface = 'eth1'\n{key} = {value}\n");
            let column = key.len() + 4;
            let told = format!("5:{column}: nic \"eth1\": {key}: found {value}, expected {expected}");
            assert_eq!(refusal(&text), told);
        }
    }
    assert_eq!(
        refusal("agent.role = 'customer'\n[[nic]]\ninterface = 1\nmode = 'native'\n"),
        "3:13: nic 1: interface: found 1, expected the name of a network interface\n\
         4:1: nic 1: there is no key `mode`: the keys here are `interface`, `lacp`, `lldp`, `other_vlans`, `xdp_mode`"
    );
}

#[test]
fn a_name_that_can_be_none_says_why() {
    for (line, told) in [
        ("vpc = \"\"", "4:7: link \"paris\": vpc: a name can't be empty"),
        ("vpc = \"a\\n\"", "4:7: link \"paris\": vpc: '\\n' can't be in a name"),
        (
            "interface = \"way_too_long_name\"",
            "4:13: link \"paris\": interface: an interface name has at most 15 bytes, this one has 17",
        ),
    ] {
        let text = format!("agent.role = 'customer'\n[[link]]\nname = 'paris'\n{line}\n");
        let interface = if line.starts_with("interface") {
            ""
        } else {
            "interface = 'eth1'\n"
        };
        assert_eq!(refusal(&(text + interface)), told);
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
        "session.max_accepted_prefixes = 1",
        "session.max_announced_prefixes = 1",
        "session.idle_time = 0",
        "session.graceful_restart_time = 0",
        "session.graceful_restart_time = 4095",
        "session.low_community = '0:0'",
        "session.low_community = '65535:65535'",
        "session.networks = ['0.0.0.0/0', '::/0', '10.0.0.1/32']",
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

const STATUSES: &str = "one of \"unknown_link_status\", \"configuring\", \"failed\", \"requested\", \"refused\", \
                        \"expired\", \"provisioning\", \"active\", \"limited_connectivity\", \"all_down\", \
                        \"deprovisioning\", \"deleted\", \"locked\", \"ready\"";

fn refusal(text: &str) -> String {
    Config::parse(text).unwrap_err().to_string()
}
