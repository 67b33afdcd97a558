//! Links on bonds of two NICs.

use interlink_tests::lab::{LINK, Lab};

use crate::support::{NATIVE, address, is_guarded, makes, mode, refusal, settled, start};

#[test]
fn a_bond_whose_mode_and_nics_can_is_guarded_natively() {
    let lab = Lab::new();
    if !bonded(&lab, "active-backup") {
        return;
    }
    let _agent = start(&lab, "bond0", None);
    settled(&lab);
    assert_eq!(mode(&lab, "bond0"), NATIVE);
    is_guarded(&lab);
}

#[test]
fn a_bond_whose_mode_cannot_says_so_and_forwards_nothing() {
    let lab = Lab::new();
    if !bonded(&lab, "balance-alb") {
        return;
    }
    let said = refusal(&lab, "bond0");
    let begin = "interlink-agent: bond0 can't run XDP natively (No native XDP support for the current bonding mode";
    assert!(
        said.starts_with(begin) && said.contains("set the bond to `active-backup`"),
        "{said}"
    );
    assert_eq!(mode(&lab, "bond0"), None);
    // Until somebody puts a route there, there is no such table.
    let routes = lab.gateway.try_ip("route show table 100").stdout;
    assert_eq!(String::from_utf8_lossy(&routes), "");
}

/// Makes a bond of the link and of one more NIC, in that mode, with the link's addresses.
fn bonded(lab: &Lab, mode: &str) -> bool {
    if !makes(&lab.gateway, &format!("bond0 type bond mode {mode} miimon 50")) {
        return false;
    }
    lab.gateway.veth("link1", &lab.on_premises, "eth1");
    for nic in [LINK, "link1"] {
        lab.gateway.ip(&format!("link set {nic} down"));
        lab.gateway.ip(&format!("link set {nic} master bond0"));
    }
    address(lab, "bond0", "eth0");
    true
}
