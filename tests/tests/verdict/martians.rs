//! Addresses that no packet of a link can have, whatever a policy contains.

use std::net::{Ipv4Addr, Ipv6Addr};

use interlink_common::{Reason, Traffic};
use interlink_tests::{
    model::{Link, Network},
    packet::Frame,
};

use crate::support::{BARE, BARE_VLAN, Bench, UNTAGGED, interconnect, nets, open_link};

use Reason::{Allowed, BgpDown, MartianDestination, MartianSource, NeighbourDiscovery, OwnSource};
use Traffic::{V4, V6};

const HOST4: Ipv4Addr = Ipv4Addr::new(8, 8, 8, 8);
const HOST6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

#[test]
fn a_policy_of_everything_contains_no_martians() {
    let (mut open, mut closed) = (everything(0), everything(BgpDown.code()));
    for (address, is_martian) in [
        ("0.0.0.0", true),
        ("0.0.0.1", false),
        ("0.255.255.255", false),
        ("126.255.255.255", false),
        ("127.0.0.0", true),
        ("127.255.255.255", true),
        ("128.0.0.0", false),
        ("223.255.255.255", false),
        ("224.0.0.0", true),
        ("239.255.255.255", true),
        ("240.0.0.0", false),
        ("255.255.255.254", false),
        ("255.255.255.255", true),
    ] {
        let from = Frame::ethernet().ipv4(address, HOST4).tcp(5000, 443).bytes();
        let to = Frame::ethernet().ipv4(HOST4, address).tcp(5000, 443).bytes();
        for (bench, otherwise) in [(&mut open, Allowed), (&mut closed, BgpDown)] {
            let reason = |martian| if is_martian { martian } else { otherwise };
            bench.check(address, &from, UNTAGGED, V4, reason(MartianSource));
            bench.check(address, &to, UNTAGGED, V4, reason(MartianDestination));
        }
    }
}

#[test]
fn a_policy_of_everything_contains_no_martians_of_ipv6() {
    let (mut open, mut closed) = (everything(0), everything(BgpDown.code()));
    for (address, is_martian) in [
        ("::", true),
        ("::1", true),
        ("::2", false),
        ("::10.20.1.1", false),
        ("::fffe:ffff:ffff", false),
        ("::ffff:0:0", true),
        ("::ffff:10.20.1.1", true),
        ("::ffff:255.255.255.255", true),
        ("::1:0:0:0", false),
        ("::1:ffff:10.20.1.1", false),
        ("0:0:0:1::", false),
        ("0:0:0:1::1", false),
        ("64:ff9b::10.20.1.1", false),
        ("2002:a14:101::1", false),
        ("feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("ff00::", true),
        ("ff0e::1", true),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true),
    ] {
        let from = Frame::ethernet().ipv6(address, HOST6).tcp(5000, 443).bytes();
        let to = Frame::ethernet().ipv6(HOST6, address).tcp(5000, 443).bytes();
        for (bench, otherwise) in [(&mut open, Allowed), (&mut closed, BgpDown)] {
            let reason = |martian| if is_martian { martian } else { otherwise };
            bench.check(address, &from, UNTAGGED, V6, reason(MartianSource));
            bench.check(address, &to, UNTAGGED, V6, reason(MartianDestination));
        }
    }
}

#[test]
fn nobody_else_sends_from_our_address() {
    for gate in [Allowed, BgpDown] {
        let mut bench = everything(gate.code());
        let v4 = |source: &str| Frame::ethernet().ipv4(source, HOST4).tcp(5000, 443).bytes();
        bench.check("ours", &v4("169.254.0.101"), UNTAGGED, V4, OwnSource);
        bench.check("the peer's", &v4("169.254.0.100"), UNTAGGED, V4, gate);
        bench.check("the next", &v4("169.254.0.102"), UNTAGGED, V4, gate);
        let v6 = |source: &str| Frame::ethernet().ipv6(source, HOST6).tcp(5000, 443).bytes();
        bench.check("ours", &v6("fd00::2"), UNTAGGED, V6, OwnSource);
        bench.check("the peer's", &v6("fd00::1"), UNTAGGED, V6, gate);
        bench.check("the next", &v6("fd00::3"), UNTAGGED, V6, gate);
        let bgp = Frame::ethernet().ipv4("169.254.0.101", "169.254.0.101").tcp(40000, 179);
        bench.check("BGP with ourselves", &bgp.bytes(), UNTAGGED, V4, OwnSource);
        let bgp = Frame::ethernet().ipv4("169.254.0.101", "127.0.0.1").tcp(40000, 179);
        bench.check("ours before what it goes to", &bgp.bytes(), UNTAGGED, V4, OwnSource);
        let solicitation = Frame::ethernet()
            .ipv6("fd00::2", "ff02::1")
            .neighbour_solicitation("fd00::1");
        bench.check(
            "a solicitation in our name",
            &solicitation.bytes(),
            UNTAGGED,
            V6,
            OwnSource,
        );
        let detection = Frame::ethernet()
            .ipv6("::", "ff02::1:ff00:2")
            .neighbour_solicitation("fd00::2");
        bench.check(
            "who wants our address",
            &detection.bytes(),
            UNTAGGED,
            V6,
            NeighbourDiscovery,
        );
    }
}

#[test]
fn a_link_without_an_interconnect_has_no_address_of_its_own() {
    let mut bench = Bench::new();
    let v4 = Frame::ethernet().vlan(BARE_VLAN).ipv4("0.0.0.0", HOST4).bytes();
    bench.check("zeros", &v4, BARE, V4, MartianSource);
    let v6 = Frame::ethernet().vlan(BARE_VLAN).ipv6("::", HOST6).bytes();
    bench.check("zeros", &v6, BARE, V6, MartianSource);
}

/// A link whose policy lists every address.
fn everything(gate: u32) -> Bench {
    let everything = nets(&["0.0.0.0/0", "::/0"]);
    let link = Link {
        gate_v4: gate,
        gate_v6: gate,
        remote: everything.clone(),
        local: everything,
        interconnects: vec![
            interconnect("169.254.0.101", "169.254.0.100", "169.254.0.100/31"),
            interconnect("fd00::2", "fd00::1", "fd00::/64"),
        ],
        ..open_link()
    };
    Bench::with(Network {
        links: [(0, link)].into(),
        ..Network::default()
    })
}
