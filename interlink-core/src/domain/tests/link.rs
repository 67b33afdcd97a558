//! Links, their places, and what they are attached to.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::super::*;
use crate::family::Family;
use crate::state::TableNumber;
use crate::testing::{intent_of_open_link, interface, name, prefix};

#[test]
fn a_vlan_id_is_from_1_to_4094() {
    for id in [1, 2, 1500, 4093, 4094] {
        let vlan = Vlan::tagged(id).unwrap();
        assert_eq!((vlan.id().map(i64::from), i64::from(vlan.index())), (Some(id), id));
        assert_eq!(vlan.to_string(), format!("VLAN {id}"));
        assert_eq!(Vlan::from_index(vlan.index()), Some(vlan));
    }
    for id in [i64::MIN, -1, 0, 4095, 4096, 65536, 65537, i64::MAX] {
        assert_eq!(Vlan::tagged(id), Err(VlanError(id)));
    }
    assert_eq!(VlanError(0).to_string(), "0 is no VLAN id: they go from 1 to 4094");
}

#[test]
fn index_0_is_for_frames_without_a_tag() {
    assert_eq!(Vlan::from_index(0), Some(Vlan::UNTAGGED));
    assert_eq!((Vlan::UNTAGGED.id(), Vlan::UNTAGGED.index()), (None, 0));
    assert_eq!(Vlan::UNTAGGED.to_string(), "untagged");
    for index in [4095, 4096, u32::MAX] {
        assert_eq!(Vlan::from_index(index), None);
    }
}

#[test]
fn a_links_place_is_named_after_its_nic_and_tag() {
    let place = |vlan| LinkKey {
        interface: interface("eth1"),
        vlan,
    };
    assert_eq!(place(Vlan::UNTAGGED).to_string(), "eth1 (untagged)");
    assert_eq!(place(Vlan::tagged(10).unwrap()).to_string(), "eth1 (VLAN 10)");
}

#[test]
fn two_routers_of_one_subnet_are_an_interconnect() {
    let (ours, peer) = (Ipv4Addr::new(169, 254, 0, 101), Ipv4Addr::new(169, 254, 0, 100));
    for length in [31, 30, 24, 0] {
        let interconnect = Interconnect::new((ours, length), (peer, length)).unwrap();
        assert_eq!((interconnect.ours(), interconnect.peer()), (ours, peer));
        assert_eq!(interconnect.subnet().length(), length);
        assert!(interconnect.subnet().contains(ours) && interconnect.subnet().contains(peer));
    }
    let one = Ipv6Addr::LOCALHOST;
    let subnet = Interconnect::new((one, 127), (Ipv6Addr::UNSPECIFIED, 127))
        .unwrap()
        .subnet();
    assert_eq!(subnet, prefix("::/127"));
}

#[test]
fn routers_that_can_not_be_neighbours_are_refused() {
    let refusal = |ours: &str, length, peer: &str, peer_length| {
        let address = |text: &str| text.parse::<Ipv4Addr>().unwrap();
        Interconnect::new((address(ours), length), (address(peer), peer_length))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refusal("169.254.0.1", 31, "169.254.0.2", 31),
        "169.254.0.2/31 is not in the subnet of 169.254.0.1/31"
    );
    assert_eq!(
        refusal("169.254.0.1", 32, "169.254.0.0", 32),
        "169.254.0.0/32 is not in the subnet of 169.254.0.1/32"
    );
    assert_eq!(
        refusal("169.254.0.1", 31, "169.254.0.1", 31),
        "both routers have the address 169.254.0.1"
    );
    assert_eq!(
        refusal("169.254.0.1", 31, "169.254.0.1", 30),
        "the two routers give their subnet different lengths, /31 and /30"
    );
}

#[test]
fn a_link_has_what_its_names_lead_to() {
    let intent = intent_of_open_link();
    let link = &intent.links[&name("paris")];
    assert_eq!(intent.vpc(link), Some(&intent.vpcs[&name("prod")]));
    assert_eq!(
        intent.whitelist_v4(link).unwrap().local.prefixes(),
        [prefix("10.20.0.0/16")]
    );
    assert_eq!(
        intent.whitelist_v6(link).unwrap().remote.prefixes(),
        [prefix("2001:db8:4::/48")]
    );
    assert!(Family::ALL.into_iter().all(|family| intent.has_policy(link, family)));
}

#[test]
fn a_link_has_nothing_behind_no_name_a_name_of_nothing_or_a_policy_of_the_other_family() {
    let intent = intent_of_open_link();
    let paris = &intent.links[&name("paris")];
    for [vpc, v4, v6] in [
        [None, None, None],
        [Some("gone"), Some("gone"), Some("gone")],
        [None, Some("prod-v6"), Some("prod-v4")],
    ] {
        let mut link = paris.clone();
        link.vpc = vpc.map(name);
        link.policies.v4 = v4.map(name);
        link.policies.v6 = v6.map(name);
        assert_eq!(intent.vpc(&link), None);
        assert_eq!(intent.whitelist_v4(&link), None);
        assert_eq!(intent.whitelist_v6(&link), None);
        assert!(!Family::ALL.into_iter().any(|family| intent.has_policy(&link, family)));
    }
}

#[test]
fn a_policy_knows_its_name_and_family() {
    let intent = intent_of_open_link();
    for (text, family) in [("prod-v4", Family::V4), ("prod-v6", Family::V6)] {
        let policy = &intent.policies[&name(text)];
        assert_eq!((policy.name(), policy.family()), (&name(text), family));
    }
}

#[test]
fn the_only_link_is_meant_where_no_name_is_said() {
    let one = intent_of_open_link();
    assert_eq!(one.link(None).map(|link| link.name.as_str()), Ok("paris"));
    assert_eq!(one.link(Some("paris")).map(|link| link.name.as_str()), Ok("paris"));
    assert_eq!(
        one.link(Some("lyon")).unwrap_err().to_string(),
        "there is no link \"lyon\": the links are \"paris\""
    );

    let two = two_links();
    for known in ["lyon", "paris"] {
        assert_eq!(two.link(Some(known)).map(|link| link.name.as_str()), Ok(known));
    }
    assert_eq!(
        two.link(None).unwrap_err().to_string(),
        "say which link the packet comes from with --link: \"lyon\", \"paris\""
    );
    assert_eq!(
        two.link(Some("Paris")).unwrap_err().to_string(),
        "there is no link \"Paris\": the links are \"lyon\", \"paris\""
    );

    for name in [None, Some("paris")] {
        assert_eq!(Intent::default().link(name).unwrap_err(), NoLink::None);
    }
    assert_eq!(NoLink::None.to_string(), "no link is configured");
}

#[test]
fn what_is_to_be_looked_at_is_named_once() {
    assert!(Intent::default().nics_of_links().is_empty());
    assert!(Intent::default().tables(&BTreeMap::new()).is_empty());
    let two = two_links();
    assert_eq!(two.nics_of_links(), [&interface("eth1")].into());
    assert_eq!(two.tables(&BTreeMap::new()), [TableNumber(100)].into());
}

/// Two links on one NIC, and in one VPC.
fn two_links() -> Intent {
    let mut intent = intent_of_open_link();
    let mut second = intent.links.values().next().unwrap().clone();
    second.name = name("lyon");
    second.key.vlan = Vlan::UNTAGGED;
    intent.links.insert(second.name.clone(), second);
    intent
}
