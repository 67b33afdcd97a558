//! More links than there was room for at first.

use std::collections::BTreeMap;

use interlink_common::{LINK_CAPACITY, Reason, Traffic};
use interlink_core::domain::Vlan;
use interlink_core::state::{AttachMode, Attachment, LinkState, NicSettings, OtherVlans};
use interlink_tests::packet::Frame;

use crate::bench::{Bench, NIC, closed_link, interface, nic, observe, open_link, running, vlan};
use crate::switching::Sender;

const SETTINGS: NicSettings = NicSettings {
    other_vlans: OtherVlans::Drop,
    lldp: true,
    lacp: false,
};

#[test]
fn tables_grow_with_the_links_and_no_packet_sees_it() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    dataplane.set_nic(&nic(NIC), SETTINGS).unwrap();
    let open = open_link(&["10.1.0.0/16"]);
    let mut links: BTreeMap<Vlan, LinkState> = [(vlan(0), open.clone())].into();
    dataplane.set_link(&nic(NIC), vlan(0), &open).unwrap();
    dataplane
        .attach(&nic(NIC), AttachMode::Native, &interface(NIC))
        .unwrap();
    let allowed = Frame::ethernet().ipv4("10.1.0.1", "172.16.4.1").udp(1, 2, &[]).bytes();
    let spoofed = Frame::ethernet().ipv4("10.2.0.1", "172.16.4.1").udp(1, 2, &[]).bytes();
    let senders = [
        Sender::start(&bench, "allowed", &allowed),
        Sender::start(&bench, "spoofed", &spoofed),
    ];
    let closed = closed_link(Reason::NoVpc);
    for id in 1..LINK_CAPACITY - 1 {
        dataplane.set_link(&nic(NIC), vlan(id), &closed).unwrap();
        links.insert(vlan(id), closed.clone());
    }
    let (first, counted) = (running(NIC).unwrap().0, counted_now(&dataplane));
    dataplane.set_link(&nic(NIC), vlan(LINK_CAPACITY), &open).unwrap();
    links.insert(vlan(LINK_CAPACITY), open.clone());
    assert_ne!(running(NIC).unwrap().0, first, "another program, in the same place");
    let grown = counted_now(&dataplane);
    drop(senders);
    for (key, packets) in &counted {
        assert!(grown[key] >= *packets, "{key:?} was {packets}, is {}", grown[key]);
    }
    let reasons: Vec<_> = grown.keys().copied().collect();
    let expected = [(Traffic::V4, Reason::Allowed), (Traffic::V4, Reason::SourceNotAllowed)];
    assert_eq!(reasons, expected);

    let observed = observe(&mut dataplane, NIC);
    assert_eq!(observed.links, links);
    assert_eq!(observed.settings, SETTINGS);
    assert_eq!(observed.attachment, Attachment::Attached(AttachMode::Native));
    assert!(!observed.outdated);
    drop(dataplane);
    let mut next = bench.open();
    assert_eq!(
        observe(&mut next, NIC),
        observed,
        "the next agent adopts the larger tables"
    );
    let program = running(NIC);
    for id in LINK_CAPACITY..LINK_CAPACITY + 100 {
        next.set_link(&nic(NIC), vlan(id), &closed).unwrap();
    }
    assert_eq!(running(NIC), program, "there is room for all of these");
    next.replace(&nic(NIC)).unwrap();
    assert_eq!(observe(&mut next, NIC).links.len(), 163);
}

fn counted_now(dataplane: &interlink_agent::dataplane::Dataplane) -> BTreeMap<(Traffic, Reason), u64> {
    let rows = dataplane.counters(&nic(NIC)).unwrap().into_iter();
    rows.map(|row| ((row.traffic, row.reason), row.packets)).collect()
}
