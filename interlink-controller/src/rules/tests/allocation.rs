use std::collections::BTreeSet;

use crate::rules::testing::{FRANCE_IX, RACK, World, new_link};
use crate::rules::{Bandwidth, Command, NewHost, NewLink, Refusal, Vlan};

fn dedicated() -> NewLink {
    NewLink {
        bandwidth: Bandwidth::try_from(100).unwrap(),
        ..new_link(NewHost::Dedicated(RACK))
    }
}

#[test]
fn the_provider_has_the_even_address_and_the_peer_the_odd_one() {
    let mut world = World::new();
    for _ in 0..3 {
        world.hosted();
    }
    let links: Vec<_> = world.state.links().map(|link| link.interconnect).collect();
    let v4: BTreeSet<_> = links
        .iter()
        .map(|ends| (ends.v4.to_string(), ends.peer_v4().to_string()))
        .collect();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(
        v4,
        BTreeSet::from([
            pair("169.254.0.0", "169.254.0.1"),
            pair("169.254.0.2", "169.254.0.3"),
            pair("169.254.0.4", "169.254.0.5")
        ])
    );
    let v6: BTreeSet<_> = links
        .iter()
        .map(|ends| (ends.v6.to_string(), ends.peer_v6().to_string()))
        .collect();
    assert_eq!(
        v6,
        BTreeSet::from([
            pair("fd00:10::", "fd00:10::1"),
            pair("fd00:10::2", "fd00:10::3"),
            pair("fd00:10::4", "fd00:10::5")
        ])
    );
}

#[test]
fn what_a_deleted_link_had_is_given_again() {
    let mut world = World::new();
    let ids: Vec<_> = (0..3)
        .map(|_| world.link_of(Command::CreateLink(dedicated())).id)
        .collect();
    let gone = world.link(ids[1]).clone();
    world.ask(Command::DeleteLink(ids[1])).unwrap();
    let next = world.link_of(Command::CreateLink(dedicated()));
    assert_eq!(next.interconnect, gone.interconnect);
    assert_eq!(next.vlan, gone.vlan);
    assert_eq!(next.peer_asn, gone.peer_asn);
}

#[test]
fn vlan_ids_differ_on_a_port_and_may_be_the_same_on_two() {
    let mut world = World::new();
    let first = world.link_of(Command::CreateLink(dedicated()));
    let same = NewLink {
        vlan: Some(first.vlan),
        ..dedicated()
    };
    assert!(matches!(
        world.ask(Command::CreateLink(same)),
        Err(Refusal::Arguments(_))
    ));
    let second = world.link_of(Command::CreateLink(dedicated()));
    assert_ne!(first.vlan, second.vlan);
    let (one, other) = (world.hosted(), world.hosted());
    assert_ne!(world.link(one).vlan, world.link(other).vlan);
    let free_pro = world.link_of(Command::CreateLink(new_link(NewHost::Partner(
        crate::rules::testing::FREE_PRO,
    ))));
    assert_eq!(free_pro.vlan, world.link(one).vlan.min(world.link(other).vlan));
}

#[test]
fn a_port_without_a_free_vlan_id_is_out_of_stock() {
    let mut world = World::new();
    let taken: BTreeSet<Vlan> = (0..4)
        .map(|_| world.link_of(Command::CreateLink(dedicated())).vlan)
        .collect();
    assert_eq!(
        taken.into_iter().map(Vlan::get).collect::<Vec<_>>(),
        [2000, 2001, 2002, 2003]
    );
    let asn = crate::rules::Asn::try_from(65_000).unwrap();
    let refusal = world.ask(Command::CreateLink(NewLink {
        peer_asn: Some(asn),
        ..dedicated()
    }));
    assert_eq!(refusal, Err(Refusal::OutOfStock { resource: "vlan" }));
}

#[test]
fn interconnects_end_with_their_network() {
    let mut world = World::new();
    world.inventory.interconnect_v4 = "169.254.0.0/30".parse().unwrap();
    for _ in 0..2 {
        world.hosted();
    }
    let refusal = world.ask(Command::CreateLink(new_link(NewHost::Partner(FRANCE_IX))));
    assert_eq!(
        refusal,
        Err(Refusal::OutOfStock {
            resource: "interconnect"
        })
    );
}

#[test]
fn a_pairing_key_is_neither_the_links_id_nor_anothers_key() {
    let mut world = World::new();
    let ids = [world.hosted(), world.hosted()];
    let keys: BTreeSet<_> = ids
        .iter()
        .map(|id| match world.link(*id).host {
            crate::rules::Host::Partner { pairing_key, .. } => pairing_key.0,
            crate::rules::Host::Dedicated { .. } => panic!("no key"),
        })
        .collect();
    assert_eq!(keys.len(), 2);
    assert!(ids.iter().all(|id| !keys.contains(&id.0)));
}

#[test]
fn no_peer_is_given_the_as_of_the_provider() {
    let mut world = World::new();
    world.inventory.asn = *world.inventory.peer_asns.start();
    let link = world.link_of(Command::CreateLink(dedicated()));
    assert_ne!(link.peer_asn, world.inventory.asn);
}
