//! Printing, and reading what was printed.

use proptest::prelude::*;

use super::super::Config;
use crate::testing::{OPEN_LINK, any_config, cases};

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn what_is_printed_means_the_same_and_prints_the_same(config in any_config()) {
        let printed = config.to_string();
        let read = Config::parse(&printed);
        prop_assert_eq!(read.as_ref(), Ok(&config), "{}", printed);
        prop_assert_eq!(read.unwrap().to_string(), printed);
    }
}

#[test]
fn everything_is_printed_in_the_order_of_the_file_also_what_was_left_out() {
    assert_eq!(
        Config::parse(OPEN_LINK).unwrap().to_string(),
        r#"[agent]
role = "customer"

[[vpc]]
name = "prod"
table = 100
iif = []
rule_priority = 7300

[[routing_policy]]
name = "prod-v4"
is_ipv6 = false
prefix_filter_in = ["10.20.0.0/16"]
prefix_filter_out = ["172.16.4.0/22", "192.0.2.0/24"]

[[routing_policy]]
name = "prod-v6"
is_ipv6 = true
prefix_filter_in = ["2001:db8:20::/48"]
prefix_filter_out = ["2001:db8:4::/48"]

[[link]]
name = "paris"
interface = "eth1"
vlan = 2386
status = "active"
vpc = "prod"
routing_policy_v4 = "prod-v4"
routing_policy_v6 = "prod-v6"
enable_route_propagation = true
manage_interface = false
scw_bgp_config = { asn = 12876, ipv4 = "169.254.0.100/31", ipv6 = "fd00::/127" }
peer_bgp_config = { asn = 65010, ipv4 = "169.254.0.101/31", ipv6 = "fd00::1/127" }

[link.session]
hold_time = 90
max_prefixes = 1000
on_max_prefixes = "refuse"
idle_time = 300
max_announced_prefixes = 1000
enforce = "policy"
networks = []
announce_connected = true
transport = "each"
passive = false
ttl_security = false
keep_when_disabled = false
graceful_restart_time = 120
low_community = "12876:42050"
medium_community = "12876:42100"
high_community = "12876:42200"
graceful_shutdown = false
announce_role = false
"#
    );
}

#[test]
fn a_nic_is_printed_before_the_links() {
    let text = "[agent]\nrole = \"provider\"\n\n[[nic]]\ninterface = \"eth1\"\n";
    let link = "\n[[link]]\nname = \"a\"\ninterface = \"eth1\"\n";
    let printed = Config::parse(&format!("{text}{link}")).unwrap().to_string();
    let rest = "xdp_mode = \"native\"\nother_vlans = \"drop\"\nlldp = false\nlacp = false\n";
    assert!(printed.starts_with(&format!("{text}{rest}{link}")), "{printed}");
}

#[test]
fn what_has_no_default_is_not_printed_where_it_was_left_out() {
    let text = "[agent]\nrole = \"provider\"\n\n[[link]]\nname = \"a\\\\b\\\"c\"\ninterface = \"eth1\"\n";
    let printed = Config::parse(text).unwrap().to_string();
    let rest = "status = \"active\"\nenable_route_propagation = false\nmanage_interface = false\n\
                \n[link.session]\nhold_time = 90\n";
    assert!(printed.starts_with(&format!("{text}{rest}")), "{printed}");
    for key in ["max_accepted_prefixes", "router_id", "md5_key_file", "priority"] {
        assert!(!printed.contains(&format!("\n{key} ")), "{printed}");
    }
}
