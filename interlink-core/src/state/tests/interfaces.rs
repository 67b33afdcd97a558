//! Which interface the kernel sends a link's packets to.

use std::collections::BTreeMap;

use super::super::*;
use crate::domain::{LinkKey, Vlan};
use crate::name::InterfaceName;
use crate::testing::{intent_of_open_link, interface};

#[test]
fn an_untagged_link_is_reached_through_its_nic() {
    let interfaces = BTreeMap::from([vlan_interface("eth1.0", "eth1", 0)]);
    assert_eq!(towards("eth1", None, &interfaces), "eth1");
}

#[test]
fn a_tagged_link_is_reached_through_the_vlan_interface_whatever_its_name() {
    let interfaces = BTreeMap::from([
        vlan_interface("eth1.2386", "eth2", 2386),
        vlan_interface("eth1.7", "eth1", 7),
        vlan_interface("uplink", "eth1", 2386),
        vlan_interface("zz", "eth2", 2386),
    ]);
    assert_eq!(towards("eth1", Some(2386), &interfaces), "uplink");
    assert_eq!(towards("eth1", Some(7), &interfaces), "eth1.7");
    assert_eq!(towards("eth2", Some(2386), &interfaces), "eth1.2386");
}

#[test]
fn a_vlan_interface_that_is_not_there_has_the_name_that_custom_gives_it() {
    let interfaces = BTreeMap::from([vlan_interface("eth1.2386", "eth2", 2386)]);
    assert_eq!(towards("eth1", Some(7), &interfaces), "eth1.7");
    assert_eq!(towards("enp129s0f0", Some(2386), &interfaces), "enp129s0f0.2386");
    // Too long for a name with the NIC's in it.
    assert_eq!(towards("enp129s0f10", Some(2386), &interfaces), "vlan2386");
}

#[test]
fn an_interface_that_routes_lead_to_is_guarded_by_its_link() {
    let interfaces = BTreeMap::from([vlan_interface("uplink", "eth1", 2386)]);
    let derived = derive(&intent_of_open_link(), &Facts::default(), &interfaces);
    let key = LinkKey {
        interface: interface("eth1"),
        vlan: Vlan::tagged(2386).unwrap(),
    };
    assert_eq!(derived.desired.guards, BTreeMap::from([(interface("uplink"), key)]));
}

fn towards(nic: &str, vlan: Option<i64>, interfaces: &BTreeMap<InterfaceName, Interface>) -> String {
    let key = LinkKey {
        interface: interface(nic),
        vlan: vlan.map_or(Vlan::UNTAGGED, |id| Vlan::tagged(id).unwrap()),
    };
    route_interface(&key, interfaces).to_string()
}

fn vlan_interface(name: &str, parent: &str, id: u16) -> (InterfaceName, Interface) {
    let vlan = VlanOf {
        parent: interface(parent),
        id,
    };
    let state = Interface {
        vlan: Some(vlan),
        ..crate::testing::kernel::plain(7)
    };
    (interface(name), state)
}
