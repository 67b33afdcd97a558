//! Links on VLAN interfaces, with one tag and with two.

use interlink_common::{Reason, Traffic, counter_index};
use interlink_tests::agent;
use interlink_tests::lab::{self, LINK, Lab};
use interlink_tests::maps::Maps;

use crate::support::{NATIVE, address, is_guarded, makes, mode, settled, start};

const VLAN: u16 = 2386;

#[test]
fn a_tagged_link_lets_pass_what_its_policy_allows_and_no_other_vlan() {
    let lab = Lab::new();
    if !stacked(&lab, &[("802.1Q", VLAN)]) {
        return;
    }
    let _agent = start(&lab, LINK, Some(VLAN));
    settled(&lab);
    assert_eq!(mode(&lab, LINK), NATIVE);
    assert_eq!(mode(&lab, &format!("{LINK}.{VLAN}")), None, "it is the NIC that drops");
    let routes = lab.gateway.ip("route show table 100");
    assert!(
        routes.contains(&format!("via 169.254.0.101 dev {LINK}.{VLAN} ")),
        "{routes}"
    );

    let maps = Maps::of(&lab, LINK);
    let slot = maps.slot(VLAN.into());
    let packets = |traffic, reason| maps.packets(counter_index(slot, traffic, reason));
    is_guarded(&lab);
    for traffic in [Traffic::V4, Traffic::V6] {
        assert!(packets(traffic, Reason::Allowed) >= 1, "{traffic:?}");
        assert!(packets(traffic, Reason::SourceNotAllowed) >= 1, "{traffic:?}");
        assert!(packets(traffic, Reason::DestinationNotAllowed) >= 1, "{traffic:?}");
    }

    let of_none = || maps.packets(counter_index(0, Traffic::Other, Reason::UnknownVlan));
    let before = of_none();
    assert!(makes(&lab.on_premises, "link eth0 name eth0.7 type vlan id 7"));
    lab.on_premises.ip("link set eth0.7 up");
    lab.on_premises.ip("address add 192.0.2.1/24 dev eth0.7");
    let asked = lab
        .on_premises
        .command("ping")
        .args(["-c1", "-W1", "192.0.2.2"])
        .output()
        .unwrap();
    assert!(!asked.status.success());
    assert!(of_none() > before, "another VLAN is no link's");
}

#[test]
fn of_two_tags_the_first_selects_the_link_and_what_is_inside_is_judged() {
    let lab = Lab::new();
    if !stacked(&lab, &[("802.1ad", VLAN), ("802.1Q", 8)]) {
        return;
    }
    // No interface of the link's own leads there, so the ways are made by hand.
    lab.gateway.ip("route add 10.20.0.0/16 via 169.254.0.101 table 100");
    lab.gateway.ip("route add 2001:db8:20::/48 via fd00::1 table 100");
    let _agent = start(&lab, LINK, Some(VLAN));
    let maps = Maps::of(&lab, LINK);
    agent::wait_for(&lab, "an attached program", |status| {
        status["nics"][0]["attached"] == "native"
    });
    is_guarded(&lab);
    let allowed = counter_index(maps.slot(VLAN.into()), Traffic::V4, Reason::Allowed);
    assert!(maps.packets(allowed) >= 1);
}

/// Puts VLAN interfaces on both ends of the link, each on the one before, and the addresses on the last.
fn stacked(lab: &Lab, tags: &[(&str, u16)]) -> bool {
    // A veth hands over a tag that its own end should have put in beside the frame, as no cable can.
    let offload = [
        "-K",
        "eth0",
        "tx-vlan-hw-insert",
        "off",
        "tx-vlan-stag-hw-insert",
        "off",
    ];
    lab::run(lab.on_premises.command("ethtool").args(offload));
    let mut names = (LINK.to_owned(), "eth0".to_owned());
    for (protocol, id) in tags {
        let add = |parent: &str| format!("link {parent} name {parent}.{id} type vlan protocol {protocol} id {id}");
        if !makes(&lab.gateway, &add(&names.0)) || !makes(&lab.on_premises, &add(&names.1)) {
            return false;
        }
        names = (format!("{}.{id}", names.0), format!("{}.{id}", names.1));
        lab.gateway.ip(&format!("link set {} up", names.0));
        lab.on_premises.ip(&format!("link set {} up", names.1));
    }
    address(lab, &names.0, &names.1);
    true
}
