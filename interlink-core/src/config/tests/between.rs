//! What can be wrong between sections, each at the key to look at.

use super::super::Config;
use crate::testing::OPEN_LINK;

#[test]
fn two_links_on_one_vlan_are_told_at_the_second() {
    let text = format!("{AGENT}{}vlan = 7\n{}vlan = 7\n", link("paris"), link("lyon"));
    assert_eq!(
        refusal(&text),
        "9:8: link \"lyon\": vlan: eth1 (VLAN 7) is the place of link \"paris\" already"
    );
}

#[test]
fn two_links_without_a_vlan_are_on_one_too() {
    let text = format!("{AGENT}{}{}", link("paris"), link("lyon"));
    assert_eq!(
        refusal(&text),
        "5:1: link \"lyon\": vlan: eth1 (untagged) is the place of link \"paris\" already"
    );
}

#[test]
fn one_vlan_of_two_nics_is_two_places() {
    let lyon = link("lyon").replace("eth1", "eth2");
    assert_eq!(refusal(&format!("{AGENT}{}{lyon}", link("paris"))), "");
}

#[test]
fn names_are_unique_within_their_kind() {
    let twice = "[[vpc]]\nname = 'a'\ntable = 1\n[[vpc]]\nname = 'a'\ntable = 1\n[[routing_policy]]\nname = 'a'\n\
                 [[routing_policy]]\nname = 'a'\nis_ipv6 = true\n";
    let text = format!("{AGENT}{twice}{}{}vlan = 7\n", link("a"), link("a"));
    assert_eq!(
        refusal(&text),
        "6:8: vpc \"a\": name: there is another vpc of this name\n\
         11:8: routing_policy \"a\": name: there is another routing_policy of this name\n\
         17:8: link \"a\": name: there is another link of this name"
    );
}

/// The second is judged at its own place, not at that of its namesake.
#[test]
fn links_of_one_name_are_told_apart() {
    let text = format!("{AGENT}{}vlan = 7\n{}vlan = 7\n", link("a"), link("a"));
    assert_eq!(
        refusal(&text),
        "7:8: link \"a\": name: there is another link of this name\n\
         9:8: link \"a\": vlan: eth1 (VLAN 7) is the place of link \"a\" already"
    );
}

#[test]
fn nothing_is_announced_over_a_static_link() {
    let text = format!("{AGENT}{}session = {{ enforce = 'announced' }}\n", link("paris"));
    assert_eq!(
        refusal(&text),
        "5:11: link \"paris\": session: `enforce` is \"announced\", but the routers have no `asn`: nothing is announced \
         over a static link, so nothing would pass"
    );
    assert_eq!(refusal(&text.replace("announced", "policy")), "");
}

#[test]
fn a_vpc_has_a_table_of_its_own_or_a_vrf_of_its_own_and_a_vrf_no_rules() {
    let refused = |keys: &str| refusal(&format!("{AGENT}[[vpc]]\nname = 'a'\n{keys}\n"));
    assert_eq!(refused(""), "2:1: vpc \"a\": `table` is missing");
    assert_eq!(
        refused("table = 7\nvrf = 'red'"),
        "4:9: vpc \"a\": table: a VPC has a `table` or a `vrf`, not both"
    );
    assert_eq!(
        refused("vrf = 'red'\niif = ['eth1']\nrule_priority = 7"),
        "5:7: vpc \"a\": iif: a VRF has no `iif`: what comes in from its interfaces looks its table up anyway\n\
         6:17: vpc \"a\": rule_priority: a VRF has no rules of its own, so there is no `rule_priority`"
    );
    assert_eq!(
        refused("vrf = 'red'\n[[vpc]]\nname = 'b'\nvrf = 'red'"),
        "7:7: vpc \"b\": vrf: vrf red is that of vpc \"a\" already"
    );
    for priority in ["0", "32766", "-1", "'7'"] {
        let found = priority.replace('\'', "\"");
        assert_eq!(
            refused(&format!("table = 7\nrule_priority = {priority}")),
            format!(
                "5:17: vpc \"a\": rule_priority: found {found}, expected the priority of a rule, 1 to 32765 (the kernel's \
                 own rules begin at 32766)"
            )
        );
    }
    for good in [
        "table = 7\nrule_priority = 1",
        "table = 7\nrule_priority = 32765",
        "vrf = 'red'",
    ] {
        assert!(
            Config::parse(&format!("{AGENT}[[vpc]]\nname = 'a'\n{good}\n")).is_ok(),
            "{good}"
        );
    }
}

#[test]
fn two_vpcs_have_two_tables() {
    let vpcs = "[[vpc]]\nname = 'a'\ntable = 7\n[[vpc]]\nname = 'b'\ntable = 0x7\n";
    assert_eq!(
        refusal(&format!("{AGENT}{vpcs}")),
        "7:9: vpc \"b\": table: table 7 is that of vpc \"a\" already"
    );
}

#[test]
fn what_a_link_is_attached_to_exists_and_is_of_the_family() {
    for (from, to, told) in [
        (
            "vpc = \"prod\"",
            "vpc = \"prud\"",
            "24:7: link \"paris\": vpc: there is no vpc \"prud\": add a `[[vpc]]` with that name, or correct it",
        ),
        (
            "routing_policy_v4 = \"prod-v4\"",
            "routing_policy_v4 = \"prod\"",
            "25:21: link \"paris\": routing_policy_v4: there is no routing_policy \"prod\": add a `[[routing_policy]]` with \
             that name, or correct it",
        ),
        (
            "routing_policy_v6 = \"prod-v6\"",
            "routing_policy_v6 = \"gone\"",
            "26:21: link \"paris\": routing_policy_v6: there is no routing_policy \"gone\": add a `[[routing_policy]]` with \
             that name, or correct it",
        ),
        (
            "routing_policy_v4 = \"prod-v4\"",
            "routing_policy_v4 = \"prod-v6\"",
            "25:21: link \"paris\": routing_policy_v4: routing_policy \"prod-v6\" is of IPv6, expected one of IPv4",
        ),
        (
            "routing_policy_v6 = \"prod-v6\"",
            "routing_policy_v6 = \"prod-v4\"",
            "26:21: link \"paris\": routing_policy_v6: routing_policy \"prod-v4\" is of IPv4, expected one of IPv6",
        ),
    ] {
        assert!(OPEN_LINK.contains(from));
        assert_eq!(refusal(&OPEN_LINK.replace(from, to)), told);
    }
}

#[test]
fn the_two_routers_fit_each_other() {
    let alone = |key: &str, given: &str| {
        format!("`{key}` is given in `{given}` alone: a link has it for both routers or for none")
    };
    for (scw, peer, told) in [
        (
            "ipv4 = '169.254.0.0/31'",
            "",
            format!("6:19: link \"paris\": peer_bgp_config: {}", alone("ipv4", "scw_bgp_config")),
        ),
        (
            "",
            "ipv6 = 'fd00::/127'",
            format!("5:18: link \"paris\": scw_bgp_config: {}", alone("ipv6", "peer_bgp_config")),
        ),
        (
            "asn = 1",
            "",
            format!("6:19: link \"paris\": peer_bgp_config: {}", alone("asn", "scw_bgp_config")),
        ),
        (
            "",
            "asn = 1",
            format!("5:18: link \"paris\": scw_bgp_config: {}", alone("asn", "peer_bgp_config")),
        ),
        (
            "asn = 65010",
            "asn = 65010",
            "6:19: link \"paris\": peer_bgp_config: both routers have the AS number 65010: the session is an external one"
                .to_owned(),
        ),
        (
            "ipv4 = '169.254.0.0/31'",
            "ipv4 = '169.254.0.2/31'",
            "6:19: link \"paris\": peer_bgp_config: ipv4: 169.254.0.0/31 is not in the subnet of 169.254.0.2/31".into(),
        ),
        (
            "ipv4 = '169.254.0.0/31'",
            "ipv4 = '169.254.0.0/31'",
            "6:19: link \"paris\": peer_bgp_config: ipv4: both routers have the address 169.254.0.0".into(),
        ),
        (
            "ipv6 = 'fd00::/127'",
            "ipv6 = 'fd00::1/64'",
            "6:19: link \"paris\": peer_bgp_config: ipv6: the two routers give their subnet different lengths, /64 and /127"
                .into(),
        ),
    ] {
        let link = link("paris");
        let text = format!("{AGENT}{link}scw_bgp_config = {{ {scw} }}\npeer_bgp_config = {{ {peer} }}\n");
        assert_eq!(refusal(&text), told, "{scw} and {peer}");
    }
}

/// The section that a key is missing from may be missing altogether: the link is the place then.
#[test]
fn a_router_that_is_left_out_is_told_at_the_link() {
    let text = format!("{AGENT}{}scw_bgp_config = {{ asn = 1 }}\n", link("paris"));
    assert_eq!(
        refusal(&text),
        "2:1: link \"paris\": peer_bgp_config: `asn` is given in `scw_bgp_config` alone: a link has it for both routers \
         or for none"
    );
}

#[test]
fn a_nic_has_one_section_at_most() {
    let nic = |name| format!("[[nic]]\ninterface = '{name}'\n");
    let links = link("paris") + &link("lyon").replace("eth1", "eth2");
    let with = |nics: String| refusal(&format!("{AGENT}{links}{nics}"));
    assert_eq!(with(nic("eth1")), "");
    assert_eq!(with(nic("eth2") + &nic("eth1")), "");
    assert_eq!(
        with(nic("eth1") + &nic("eth2") + &nic("eth1")),
        "13:13: nic \"eth1\": interface: there is another `[[nic]]` for this interface"
    );
}

#[test]
fn a_nic_that_no_link_is_on_has_no_section() {
    let nic = "[[nic]]\ninterface = 'eth2'\n";
    assert_eq!(
        refusal(&format!("{AGENT}{nic}{nic}{}", link("paris"))),
        "3:13: nic \"eth2\": interface: no link is on eth2, so nothing is loaded there: add its `[[link]]`, or take this \
         section out\n\
         5:13: nic \"eth2\": interface: there is another `[[nic]]` for this interface"
    );
    // A link that can't be read may be on it.
    let unreadable = link("paris").replace("'eth1'", "7");
    assert_eq!(
        refusal(&format!("{AGENT}{nic}{unreadable}")),
        "6:13: link \"paris\": interface: found 7, expected the name of a network interface"
    );
}

/// What can't be read isn't compared: there would be a second message for the same mistake.
#[test]
fn a_mistake_in_one_key_is_not_told_again_between_sections() {
    let text = format!(
        "{AGENT}{}vlan = 5000\nscw_bgp_config = {{ asn = 1 }}\npeer_bgp_config = {{ asn = 0 }}\n{}vlan = -1\n",
        link("paris"),
        link("lyon")
    );
    let vlan = "expected a VLAN id from 1 to 4094 (leave `vlan` out for an untagged link)";
    assert_eq!(
        refusal(&text),
        format!(
            "5:8: link \"paris\": vlan: found 5000, {vlan}\n\
             7:27: link \"paris\": peer_bgp_config: asn: found 0, expected an AS number from 1 to 4294967295\n\
             11:8: link \"lyon\": vlan: found -1, {vlan}"
        )
    );
}

#[test]
fn every_mistake_is_told_in_the_order_of_the_text() {
    let text = "[[link]]\nname = 'paris'\ninterface = 'eth 1'\nvpc = 'prod'\nvlan = 1\ncolour = 'red'\n\
                [agent]\nrole = 'client'\n\
                [[routing_policy]]\nname = 'v4'\nprefix_filter_in = ['10.0.0.1/8']\n\
                [[link]]\nname = 'lyon'\ninterface = 'eth1'\nrouting_policy_v6 = 'v4'\n";
    assert_eq!(
        refusal(text),
        "3:13: link \"paris\": interface: ' ' can't be in a name\n\
         4:7: link \"paris\": vpc: there is no vpc \"prod\": add a `[[vpc]]` with that name, or correct it\n\
         6:1: link \"paris\": there is no key `colour`: the keys here are `enable_route_propagation`, `interface`, \
         `manage_interface`, `name`, `peer_bgp_config`, `routing_policy_v4`, `routing_policy_v6`, `scw_bgp_config`, `session`, `status`, `vlan`, \
         `vpc`\n\
         8:8: agent: role: found \"client\", expected \"customer\" (the on-premises end) or \"provider\" (the VPC's end)\n\
         11:21: routing_policy \"v4\": prefix_filter_in: 10.0.0.1/8 has host bits set: the network is 10.0.0.0/8\n\
         15:21: link \"lyon\": routing_policy_v6: routing_policy \"v4\" is of IPv4, expected one of IPv6"
    );
}

const AGENT: &str = "agent.role = 'customer'\n";

fn link(name: &str) -> String {
    format!("[[link]]\nname = '{name}'\ninterface = 'eth1'\n")
}

/// Empty for a text without a mistake.
fn refusal(text: &str) -> String {
    Config::parse(text)
        .err()
        .map_or_else(String::new, |errors| errors.to_string())
}
