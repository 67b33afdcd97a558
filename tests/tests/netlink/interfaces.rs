//! The snapshot of interfaces.

use std::collections::BTreeSet;

use aya::EbpfLoader;
use aya::programs::Xdp;
use aya::programs::xdp::XdpMode;
use interlink_agent::dataplane::object::OBJECT;
use interlink_common::PROGRAM;
use interlink_core::state::VlanOf;
use interlink_tests::netns::NetNs;
use ipnet::IpNet;

use crate::support::{Gateway, Interfaces, give_up_after, name};

fn read(ns: &NetNs) -> Interfaces {
    ns.block_on(async || {
        interlink_agent::netlink::Netlink::open()
            .unwrap()
            .0
            .interfaces()
            .await
            .unwrap()
    })
}

fn addresses(texts: &[&str]) -> BTreeSet<IpNet> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn every_interface_is_as_ip_shows_it() {
    let gateway = Gateway::new();
    gateway.link("small", &["169.254.0.101/31", "2001:db8:2::1/127"]);
    gateway.ns.ip("link set small mtu 1400");
    gateway.link("off", &["10.0.9.1/24"]);
    gateway.ns.ip("link set off down");
    gateway.link("dark", &[]);
    gateway.peer.ip("link set peer-dark down");
    gateway.ns.ip("address add 10.0.1.77/24 dev wan1");

    let read = read(&gateway.ns);
    let shown = gateway.ns.ip_json("address show");
    assert_eq!(read.len(), shown.len());
    for row in shown {
        let text = row["ifname"].as_str().unwrap();
        let interface = &read[&name(text)];
        let flags: Vec<_> = row["flags"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|flag| flag.as_str())
            .collect();
        assert_eq!(u64::from(interface.index), row["ifindex"].as_u64().unwrap(), "{text}");
        assert_eq!(u64::from(interface.mtu), row["mtu"].as_u64().unwrap(), "{text}");
        assert_eq!(interface.up, flags.contains(&"UP"), "{text}");
        assert_eq!(interface.carrier, flags.contains(&"LOWER_UP"), "{text}");
        assert_eq!((&interface.vlan, interface.xdp_program), (&None, None), "{text}");
        let addresses = row["addr_info"].as_array().unwrap().iter().map(|it| {
            format!("{}/{}", it["local"].as_str().unwrap(), it["prefixlen"])
                .parse()
                .unwrap()
        });
        assert_eq!(interface.addresses, addresses.collect::<BTreeSet<IpNet>>(), "{text}");
    }
    assert!(!read[&name("off")].up);
    assert!(read[&name("dark")].up && !read[&name("dark")].carrier);
    assert!(read[&name("small")].carrier);
}

#[test]
fn of_a_point_to_point_address_our_own_end_is_kept() {
    let gateway = Gateway::new();
    gateway.link("ptp", &[]);
    gateway.ns.ip("address add 10.0.2.1 peer 10.0.2.2/32 dev ptp");
    gateway
        .ns
        .ip("address add 2001:db8:2::1 peer 2001:db8:2::2/128 dev ptp");
    let mut read = read(&gateway.ns)[&name("ptp")].addresses.clone();
    read.retain(|address| !address.to_string().starts_with("fe80"));
    assert_eq!(read, addresses(&["10.0.2.1/32", "2001:db8:2::1/128"]));
}

#[test]
fn an_interface_that_is_made_anew_has_its_new_index_and_one_that_is_renamed_its_new_name() {
    let gateway = Gateway::new();
    let before = read(&gateway.ns)[&name("wan0")].index;
    gateway.ns.ip("link del wan0");
    assert!(!read(&gateway.ns).contains_key(&name("wan0")));
    gateway.link("other", &[]);
    gateway.link("wan0", &[]);
    let after = read(&gateway.ns)[&name("wan0")].index;
    assert_ne!(before, after);
    let shown = gateway.ns.ip_json("link show wan0");
    assert_eq!(shown[0]["ifindex"].as_u64(), Some(after.into()));

    gateway.ns.ip("link set wan0 down");
    gateway.ns.ip("link set wan0 name wan9");
    let renamed = read(&gateway.ns);
    assert_eq!(renamed[&name("wan9")].index, after);
    assert!(!renamed.contains_key(&name("wan0")));
}

#[test]
fn a_vlan_interface_names_its_parent_and_its_id() {
    let gateway = Gateway::new();
    let made = gateway.ns.try_ip("link add link wan0 name wan0.2386 type vlan id 2386");
    if !made.status.success() {
        let said = String::from_utf8_lossy(&made.stderr);
        interlink_tests::skip(&format!("this kernel has no 802.1Q: {}", said.trim()));
        return;
    }
    gateway
        .ns
        .ip("link add link wan0 name outer type vlan protocol 802.1ad id 7");
    let read = read(&gateway.ns);
    assert_eq!(
        read[&name("wan0.2386")].vlan,
        Some(VlanOf {
            parent: name("wan0"),
            id: 2386
        })
    );
    assert_eq!(read[&name("outer")].vlan, None);
}

#[test]
fn the_id_of_an_attached_program_is_told_in_either_mode() {
    let gateway = Gateway::new();
    for mode in [XdpMode::Skb, XdpMode::Driver] {
        let mut object = EbpfLoader::new().load(OBJECT).unwrap();
        let program: &mut Xdp = object.program_mut(PROGRAM).unwrap().try_into().unwrap();
        program.load().unwrap();
        gateway.ns.run(|| program.attach("wan0", mode).unwrap());
        let shown = &gateway.ns.ip_json("link show wan0")[0]["xdp"]["prog"]["id"];
        assert!(shown.is_u64(), "{mode:?}: {shown}");
        let read = read(&gateway.ns);
        assert_eq!(
            read[&name("wan0")].xdp_program.map(u64::from),
            shown.as_u64(),
            "{mode:?}"
        );
        assert_eq!(read[&name("wan1")].xdp_program, None, "{mode:?}");
        drop(object);
        assert_eq!(
            crate::interfaces::read(&gateway.ns)[&name("wan0")].xdp_program,
            None,
            "{mode:?}"
        );
    }
}

#[test]
fn a_snapshot_that_is_given_up_does_not_disturb_the_next() {
    let gateway = Gateway::new();
    let lines = (0..300).map(|number| format!("link add many{number} type bridge"));
    gateway.ns.ip_batch(&lines.collect::<Vec<_>>().join("\n"));
    gateway.with(async |netlink, _| {
        for polls in 1..20 {
            drop(give_up_after(polls, netlink.interfaces()).await);
            assert_eq!(netlink.interfaces().await.unwrap().len(), 303);
        }
    });
}
