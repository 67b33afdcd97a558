//! A prefix lets pass what it contains and not one address more, in both places of both families.

use std::net::{Ipv4Addr, Ipv6Addr};

use interlink_common::{Reason, Traffic};
use interlink_tests::{
    model::{Link, Network, is_nobodys},
    packet::Frame,
};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::support::{Bench, UNTAGGED, nets, open_link, slot_of, vlan_of};

use Reason::{Allowed, DestinationNotAllowed, SourceNotAllowed};
use Traffic::{V4, V6};

#[test]
fn an_ipv4_prefix_ends_at_its_ends() {
    let here: Ipv4Addr = "203.0.113.9".parse().unwrap();
    let lengths = [1, 2, 7, 8, 9, 15, 16, 17, 22, 23, 24, 25, 30, 31, 32];
    let prefixes = lengths.map(|length| Ipv4Net::new("74.125.171.86".parse().unwrap(), length).unwrap().trunc());
    let mut bench = in_both_places(&prefixes, Ipv4Net::from(here));
    for (prefix, place) in prefixes.iter().zip((0..).step_by(2)) {
        let (first, last) = (u32::from(prefix.network()), u32::from(prefix.broadcast()));
        for (address, inside) in ends(first, last, u32::wrapping_add, u32::wrapping_sub) {
            let address = Ipv4Addr::from(address);
            // `martians.rs` has those that no prefix lets pass.
            if is_nobodys(address.into()) {
                continue;
            }
            let what = format!("{address} and {prefix}");
            let frame = tagged(place).ipv4(address, here).bytes();
            let reason = if inside { Allowed } else { SourceNotAllowed };
            bench.check(&what, &frame, slot_of(place), V4, reason);
            let frame = tagged(place + 1).ipv4(here, address).bytes();
            let reason = if inside { Allowed } else { DestinationNotAllowed };
            bench.check(&what, &frame, slot_of(place + 1), V4, reason);
        }
    }
}

#[test]
fn an_ipv6_prefix_ends_at_its_ends() {
    let here: Ipv6Addr = "2a00::9".parse().unwrap();
    let address: Ipv6Addr = "6b2d:a53c:9669:5ac3:35ca:6996:a5c3:5a3c".parse().unwrap();
    let lengths = [
        1, 3, 8, 16, 31, 32, 33, 47, 48, 49, 63, 64, 65, 95, 96, 97, 126, 127, 128,
    ];
    let prefixes = lengths.map(|length| Ipv6Net::new(address, length).unwrap().trunc());
    let mut bench = in_both_places(&prefixes, Ipv6Net::from(here));
    for (prefix, place) in prefixes.iter().zip((0..).step_by(2)) {
        let (first, last) = (u128::from(prefix.network()), u128::from(prefix.broadcast()));
        // The one prefix so short that it holds our own address as well.
        if prefix.contains(&here) {
            continue;
        }
        for (address, inside) in ends(first, last, u128::wrapping_add, u128::wrapping_sub) {
            let address = Ipv6Addr::from(address);
            if is_nobodys(address.into()) {
                continue;
            }
            let what = format!("{address} and {prefix}");
            let frame = tagged(place).ipv6(address, here).bytes();
            let reason = if inside { Allowed } else { SourceNotAllowed };
            bench.check(&what, &frame, slot_of(place), V6, reason);
            let frame = tagged(place + 1).ipv6(here, address).bytes();
            let reason = if inside { Allowed } else { DestinationNotAllowed };
            bench.check(&what, &frame, slot_of(place + 1), V6, reason);
        }
    }
}

#[test]
fn a_prefix_of_everything_is_everything_of_its_family() {
    let mut bench = bench(&nets(&["0.0.0.0/0"]), &nets(&["0.0.0.0/0", "::/0"]));
    for address in ["0.0.0.1", "126.255.255.255", "128.0.0.0", "255.255.255.254"] {
        bench.check(
            address,
            &Frame::ethernet().ipv4(address, address).bytes(),
            UNTAGGED,
            V4,
            Allowed,
        );
    }
    bench.check(
        "v6",
        &Frame::ethernet().ipv6("::2", "::2").bytes(),
        UNTAGGED,
        V6,
        SourceNotAllowed,
    );
}

#[test]
fn nested_and_adjacent_prefixes_hold_what_they_hold_together() {
    let remote = nets(&[
        "10.0.0.0/24",
        "10.0.0.128/25",
        "10.0.0.7/32",
        "10.0.1.0/25",
        "2001:db8::/48",
        "2001:db8::/64",
    ]);
    let mut bench = bench(&remote, &nets(&["10.9.0.0/16", "2001:db8:9::/48"]));
    for (source, reason) in [
        ("9.255.255.255", SourceNotAllowed),
        ("10.0.0.0", Allowed),
        ("10.0.0.7", Allowed),
        ("10.0.0.8", Allowed),
        ("10.0.0.255", Allowed),
        ("10.0.1.0", Allowed),
        ("10.0.1.127", Allowed),
        ("10.0.1.128", SourceNotAllowed),
    ] {
        bench.check(
            source,
            &Frame::ethernet().ipv4(source, "10.9.0.1").bytes(),
            UNTAGGED,
            V4,
            reason,
        );
    }
    for (source, reason) in [
        ("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", SourceNotAllowed),
        ("2001:db8::", Allowed),
        ("2001:db8:0:1::", Allowed),
        ("2001:db8:0:ffff:ffff:ffff:ffff:ffff", Allowed),
        ("2001:db8:1::", SourceNotAllowed),
    ] {
        bench.check(
            source,
            &Frame::ethernet().ipv6(source, "2001:db8:9::1").bytes(),
            UNTAGGED,
            V6,
            reason,
        );
    }
}

/// The ends of a prefix and their neighbours, each with whether it is inside.
fn ends<T: Copy + From<u8>>(first: T, last: T, add: fn(T, T) -> T, sub: fn(T, T) -> T) -> [(T, bool); 4] {
    [
        (sub(first, 1.into()), false),
        (first, true),
        (last, true),
        (add(last, 1.into()), false),
    ]
}

/// Two links for each prefix: it is the remote one of the first, and the local one of the second.
fn in_both_places<N: Copy + Into<IpNet>>(prefixes: &[N], here: N) -> Bench {
    let link = |remote: N, local: N| Link {
        remote: vec![remote.into()],
        local: vec![local.into()],
        ..open_link()
    };
    Bench::with_links(
        prefixes
            .iter()
            .flat_map(|prefix| [link(*prefix, here), link(here, *prefix)]),
    )
}

fn tagged(place: u16) -> Frame {
    Frame::ethernet().vlan(vlan_of(place))
}

fn bench(remote: &[IpNet], local: &[IpNet]) -> Bench {
    let link = Link {
        remote: remote.to_vec(),
        local: local.to_vec(),
        ..open_link()
    };
    Bench::with(Network {
        links: [(0, link)].into(),
        ..Network::default()
    })
}
