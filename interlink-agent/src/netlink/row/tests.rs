use interlink_core::state::Interface;
use interlink_core::state::TagStripping;
use netlink_packet_core::Emitable;
use netlink_packet_route::route::{RouteAttribute, RouteMessage, RouteProtocol};

use super::*;
use crate::netlink::write;

#[test]
fn what_is_written_is_read_back() {
    for (prefix, hops) in [
        ("192.0.2.0/24", &["10.0.0.2@wan0"][..]),
        ("0.0.0.0/0", &["10.0.0.2@wan0", "10.0.1.2@wan1"]),
        ("192.0.2.0/24", &["fe80::1@wan0"]),
        ("192.0.2.0/24", &["fe80::1@wan0", "10.0.1.2@wan1"]),
        ("2001:db8::/32", &["2001:db8::2@wan0"]),
        ("::/0", &["fe80::1@wan0", "fe80::1@wan1"]),
    ] {
        for table in [7, 100_000] {
            let (key, path) = (key(table, prefix), path(hops));
            let bytes = bytes(&write::write(&key, &path, &interfaces()).unwrap());
            let row = Row::read(&bytes).unwrap().unwrap();
            assert!(row.is_ours());
            assert_eq!((row.key, row.path(&names())), (key, path.clone()));
            assert_eq!(row.owner(&names()), Some(Owner::Us(path)));
            assert_eq!(row.owner(&Names::new()), None, "an interface that isn't known");
        }
    }
}

#[test]
fn what_breaks_off_anywhere_is_malformed_or_shorter_and_never_a_panic() {
    let key = key(100_000, "192.0.2.0/24");
    let whole = bytes(&write::write(&key, &path(&["10.0.0.2@wan0", "fe80::1@wan1"]), &interfaces()).unwrap());
    let mut malformed = 0;
    for length in 0..whole.len() {
        match Row::read(&whole[..length]) {
            Ok(row) => drop(row.map(|row| row.path(&names()))),
            Err(error) => {
                malformed += 1;
                assert!(error.to_string().contains(&format!("{length} bytes")));
            }
        }
    }
    assert!(malformed > whole.len() / 2, "{malformed} of {}", whole.len());
    // Any byte may be anything, lengths among them.
    for place in 0..whole.len() {
        for value in [0, 1, 3, 4, 5, 8, 0x7f, 0xff] {
            let mut bytes = whole.clone();
            bytes[place] = value;
            if let Ok(Some(row)) = Row::read(&bytes) {
                row.path(&names());
            }
        }
    }
}

#[test]
fn a_form_that_is_never_written_leads_along_no_path_of_ours() {
    let key = key(100, "192.0.2.0/24");
    let plain = write::write(&key, &path(&["10.0.0.2@wan0"]), &interfaces()).unwrap();
    let mut forms = Vec::new();
    let mut form = |change: fn(&mut RouteMessage)| {
        let mut message = plain.clone();
        change(&mut message);
        forms.push(message);
    };
    form(|it| it.header.kind = netlink_packet_route::route::RouteType::BlackHole);
    form(|it| it.header.kind = netlink_packet_route::route::RouteType::Unreachable);
    form(|it| it.header.scope = netlink_packet_route::route::RouteScope::Link);
    form(|it| it.header.tos = 4);
    form(|it| it.header.source_prefix_length = 8);
    form(|it| it.attributes.push(RouteAttribute::Metrics(vec![])));
    form(|it| it.attributes.push(RouteAttribute::NhId(7)));
    form(|it| {
        it.attributes
            .push(RouteAttribute::PrefSource(std::net::Ipv4Addr::LOCALHOST.into()));
    });
    form(|it| it.attributes.retain(|it| !matches!(it, RouteAttribute::Gateway(_))));
    form(|it| it.attributes.retain(|it| !matches!(it, RouteAttribute::Oif(_))));
    for message in forms {
        let bytes = bytes(&message);
        let row = Row::read(&bytes).unwrap().unwrap();
        assert_eq!((row.key, row.path(&names())), (key, Path::Other), "{message:?}");
    }
}

#[test]
fn the_end_of_a_table_is_read_back() {
    for family in interlink_core::family::Family::ALL {
        let key = RouteKey::end_of(TableNumber(100), family);
        let bytes = bytes(&write::write(&key, &Path::Unreachable, &interfaces()).unwrap());
        let row = Row::read(&bytes).unwrap().unwrap();
        assert_eq!((row.key, row.path(&Names::new())), (key, Path::Unreachable));
        assert_eq!(row.owner(&Names::new()), Some(Owner::Us(Path::Unreachable)));
    }
}

#[test]
fn of_others_routes_the_protocol_counts_and_clones_are_no_routes() {
    let key = key(100, "192.0.2.0/24");
    let mut message = write::write(&key, &path(&["10.0.0.2@wan0"]), &interfaces()).unwrap();
    message.header.protocol = RouteProtocol::Static;
    let others = bytes(&message);
    let row = Row::read(&others).unwrap().unwrap();
    assert!(!row.is_ours());
    assert_eq!(row.owner(&Names::new()), Some(Owner::Other(Protocol(4))));
    message.header.flags = netlink_packet_route::route::RouteFlags::Cloned;
    assert!(Row::read(&bytes(&message)).unwrap().is_none());
    message.header.address_family = netlink_packet_route::AddressFamily::Mpls;
    assert!(Row::read(&bytes(&message)).unwrap().is_none());
}

#[test]
fn rows_that_lead_the_same_way_are_packed_with_one_path() {
    let names = names();
    let mut packing = Packing::new(&names);
    let ways = [
        path(&["10.0.0.2@wan0"]),
        path(&["10.0.0.2@wan1"]),
        path(&["10.0.0.2@wan0", "10.0.1.2@wan1"]),
        path(&["10.0.0.2@wan0", "10.0.1.3@wan1"]),
    ];
    for number in 0..12_u8 {
        let key = key(100, &format!("10.{number}.0.0/16"));
        let way = &ways[usize::from(number / 2) % ways.len()];
        let bytes = bytes(&write::write(&key, way, &interfaces()).unwrap());
        packing.push(&Row::read(&bytes).unwrap().unwrap());
    }
    let routes = packing.builder.finish(Path::and);
    assert_eq!(routes.paths(), ways);
    for (number, (_, way)) in routes.iter().enumerate() {
        assert_eq!(way, &ways[number / 2 % ways.len()], "route {number}");
    }
}

fn key(table: u32, prefix: &str) -> RouteKey {
    RouteKey {
        table: TableNumber(table),
        prefix: prefix.parse().unwrap(),
        metric: 100,
    }
}

fn path(hops: &[&str]) -> Path {
    let hops = hops.iter().map(|hop| {
        let (gateway, interface) = hop.split_once('@').unwrap();
        NextHop {
            interface: InterfaceName::new(interface).unwrap(),
            gateway: gateway.parse().unwrap(),
        }
    });
    Path::Via(hops.collect())
}

fn interfaces() -> BTreeMap<InterfaceName, Interface> {
    let interface = |(index, name): (u32, &InterfaceName)| {
        let interface = Interface {
            index,
            up: true,
            carrier: true,
            mtu: 1500,
            addresses: BTreeSet::new(),
            our_addresses: BTreeSet::new(),
            is_ours: false,
            vrf: None,
            vlan: None,
            xdp_program: None,
            tag_stripping: TagStripping::Off,
        };
        (name.clone(), interface)
    };
    names().iter().map(|(index, name)| interface((*index, name))).collect()
}

fn names() -> Names {
    let names = [(3, "wan0"), (4, "wan1")].map(|(index, name)| (index, InterfaceName::new(name).unwrap()));
    names.into()
}

fn bytes(message: &RouteMessage) -> Vec<u8> {
    let mut bytes = vec![0; message.buffer_len()];
    message.emit(&mut bytes);
    bytes
}
