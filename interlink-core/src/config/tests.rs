//! The file's whole life: read, refused, printed, turned into an intent.

mod between;
mod example;
mod mistakes;
mod print;
mod sections;
mod syntax;

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use super::*;
use crate::domain::{Asn, Bgp, LinkStatus, Nic, Role, Vlan, VpcTable};
use crate::state::{AttachMode, NicSettings, OtherVlans, TableNumber};
use crate::testing::{OPEN_LINK, interface, name, prefix};

/// The text of DESIGN §7.
const DESIGN: &str = r#"
[agent]
role = "customer"

[[vpc]]
name = "prod"
table = 100

[[routing_policy]]
name = "prod-v4"
prefix_filter_in  = ["10.20.0.0/16"]         # the provider accepts these from the customer
prefix_filter_out = ["172.16.4.0/22"]        # the provider announces these

[[link]]
name = "paris"
interface = "enp1s0f0"                       # the dedicated physical NIC
vlan = 2386                                  # left out: untagged
status = "active"
vpc = "prod"
routing_policy_v4 = "prod-v4"
enable_route_propagation = true
scw_bgp_config  = { asn = 12876, ipv4 = "169.254.0.100/31" }
peer_bgp_config = { asn = 65010, ipv4 = "169.254.0.101/31" }

[link.session]                               # what the API does not carry
hold_time = 90
max_prefixes = 1000
"#;

#[test]
fn the_designs_example_means_what_it_says() {
    let config = Config::parse(DESIGN).unwrap();
    let asn = |number| NonZeroU32::new(number).map(Asn);
    let expected = Config {
        agent: AgentSection { role: Role::Customer },
        metrics: MetricsSection::default(),
        vpcs: vec![VpcSection {
            name: name("prod"),
            table: plain(100),
        }],
        policies: vec![PolicySection::V4 {
            name: name("prod-v4"),
            filters: crate::domain::Filters {
                prefix_filter_in: vec![prefix("10.20.0.0/16")],
                prefix_filter_out: vec![prefix("172.16.4.0/22")],
            },
        }],
        nics: vec![],
        links: vec![LinkSection {
            name: name("paris"),
            interface: interface("enp1s0f0"),
            vlan: Vlan::tagged(2386).unwrap(),
            status: LinkStatus::Active,
            vpc: Some(name("prod")),
            routing_policy_v4: Some(name("prod-v4")),
            routing_policy_v6: None,
            enable_route_propagation: true,
            manage_interface: false,
            scw_bgp_config: BgpConfig {
                asn: asn(12876),
                ipv4: Some(("169.254.0.100".parse().unwrap(), 31)),
                ipv6: None,
            },
            peer_bgp_config: BgpConfig {
                asn: asn(65010),
                ipv4: Some(("169.254.0.101".parse().unwrap(), 31)),
                ipv6: None,
            },
            session: default::session(),
        }],
        source: None,
    };
    assert_eq!(config, expected);
}

#[test]
fn a_file_with_no_more_than_a_role_is_one() {
    let config = Config::parse("[agent]\nrole = \"provider\"").unwrap();
    assert_eq!(config.agent.role, Role::Provider);
    assert!(config.vpcs.is_empty() && config.policies.is_empty() && config.links.is_empty());
}

#[test]
fn keys_that_are_left_out_have_their_defaults() {
    let config = Config::parse("agent.role = 'provider'\n[[link]]\nname = 'l'\ninterface = 'eth1'").unwrap();
    let expected = LinkSection {
        name: name("l"),
        interface: interface("eth1"),
        vlan: Vlan::UNTAGGED,
        status: default::STATUS,
        vpc: None,
        routing_policy_v4: None,
        routing_policy_v6: None,
        enable_route_propagation: default::ENABLE_ROUTE_PROPAGATION,
        manage_interface: false,
        scw_bgp_config: BgpConfig::default(),
        peer_bgp_config: BgpConfig::default(),
        session: default::session(),
    };
    assert_eq!(config.links, [expected]);
    let text = "agent.role = 'provider'\nnic = [{ interface = 'eth1' }]\nlink = [{ name = 'l', interface = 'eth1' }]";
    let expected = NicSection {
        interface: interface("eth1"),
        xdp_mode: default::XDP_MODE,
        other_vlans: default::OTHER_VLANS,
        lldp: default::LLDP,
        lacp: default::LACP,
    };
    assert_eq!(Config::parse(text).unwrap().nics, [expected]);
}

/// A NIC is as its section says, and without one as nothing says.
#[test]
fn an_intent_has_the_nics_of_its_file_by_interface() {
    let text =
        format!("{OPEN_LINK}[[nic]]\ninterface = 'eth1'\nxdp_mode = 'generic'\nother_vlans = 'pass'\nlldp = true\n");
    let nics = Config::parse(&text).unwrap().intent().nics;
    let nic = Nic {
        mode: AttachMode::Generic,
        settings: NicSettings {
            other_vlans: OtherVlans::Pass,
            lldp: true,
            lacp: false,
        },
    };
    assert_eq!(nics, BTreeMap::from([(interface("eth1"), nic)]));
    let lacp = text.replace("lldp", "lacp").replace("generic", "native");
    let nic = Nic {
        mode: AttachMode::Native,
        settings: NicSettings {
            lldp: false,
            lacp: true,
            ..nic.settings
        },
    };
    assert_eq!(Config::parse(&lacp).unwrap().intent().nics[&interface("eth1")], nic);
    assert!(Config::parse(OPEN_LINK).unwrap().intent().nics.is_empty());
}

#[test]
fn a_number_may_be_written_in_each_of_tomls_ways() {
    for table in ["1000", "1_000", "0x3e8", "0o1750", "0b11_1110_1000", "+1000"] {
        let text = format!("agent.role = 'provider'\nvpc = [{{ name = 'a', table = {table} }}]");
        assert_eq!(Config::parse(&text).unwrap().vpcs[0].table, plain(1000), "{table}");
    }
}

#[test]
fn an_address_alone_is_a_prefix_of_one() {
    let text = "agent.role = 'provider'\n[[routing_policy]]\nname = 'a'\nprefix_filter_in = ['192.0.2.1']";
    let config = Config::parse(text).unwrap();
    let PolicySection::V4 { filters, .. } = &config.policies[0] else {
        panic!("it is of IPv4");
    };
    assert_eq!(filters.prefix_filter_in, [prefix("192.0.2.1/32")]);
}

/// Each role sees the same two routers from its own end.
#[test]
fn the_role_says_which_router_is_ours() {
    for (link_role, role, (our_as, peer_as), (ours, peer)) in [
        (
            Role::Customer,
            "customer",
            (65010, 12876),
            ("169.254.0.101", "169.254.0.100"),
        ),
        (
            Role::Provider,
            "provider",
            (12876, 65010),
            ("169.254.0.100", "169.254.0.101"),
        ),
    ] {
        let text = OPEN_LINK.replace("\"customer\"", &format!("{role:?}"));
        let intent = Config::parse(&text).unwrap().intent();
        let link = &intent.links[&name("paris")];
        let asn = |number| Asn(NonZeroU32::new(number).unwrap());
        assert_eq!(
            link.bgp,
            Some(Bgp {
                local_as: asn(our_as),
                peer_as: asn(peer_as),
                role: link_role,
            })
        );
        let v4 = link.interconnect_v4.unwrap();
        assert_eq!(
            (v4.ours().to_string(), v4.peer().to_string()),
            (ours.into(), peer.into())
        );
        let v6 = link.interconnect_v6.unwrap();
        assert_eq!(v6.ours().to_string() == "fd00::1", role == "customer");
        assert_eq!(v6.subnet(), prefix("fd00::/127"));
    }
}

#[test]
fn an_intent_has_everything_of_its_file_by_name() {
    let intent = Config::parse(OPEN_LINK).unwrap().intent();
    let names: Vec<_> = intent
        .policies
        .iter()
        .map(|(key, policy)| (key, policy.name()))
        .collect();
    assert_eq!(
        names,
        [
            (&name("prod-v4"), &name("prod-v4")),
            (&name("prod-v6"), &name("prod-v6"))
        ]
    );
    assert_eq!(intent.vpcs[&name("prod")].table, plain(100));
    let link = &intent.links[&name("paris")];
    assert_eq!(link.key.to_string(), "eth1 (VLAN 2386)");
    assert_eq!(link.name, name("paris"));
    assert_eq!(link.status, LinkStatus::Active);
    assert!(link.enable_route_propagation);
}

fn plain(number: u32) -> VpcTable {
    VpcTable::Plain {
        number: TableNumber(number),
        iif: [].into(),
        rule_priority: default::RULE_PRIORITY,
    }
}
