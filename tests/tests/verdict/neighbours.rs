//! ARP and neighbour discovery between the two routers, and what only looks like them.

use std::net::Ipv6Addr;

use interlink_common::{Reason, Traffic};
use interlink_tests::packet::{Frame, Packet};

use crate::support::{BARE, BARE_VLAN, Bench, PARIS, PARIS_VLAN, UNTAGGED};

use Reason::{
    Arp, ArpForeign, MartianDestination, MartianSource, NeighbourDiscovery, NeighbourDiscoveryForeign, OwnSource,
    SourceNotAllowed,
};
use Traffic::{Other, V4, V6};

const OURS4: &str = "169.254.0.101";
const PEER4: &str = "169.254.0.100";
const OURS6: &str = "fd00:0:0:1::2";
const PEER6: &str = "fd00:0:0:1::1";
/// The multicast address that [`OURS6`] is solicited at (RFC 4291, section 2.7.1).
const SOLICITED: &str = "ff02::1:ff00:2";

#[test]
fn arp_passes_inside_the_interconnect_subnet() {
    let mut bench = Bench::new();
    let mut check = |what, sender: &str, target: &str, reason| {
        bench.check(what, &Frame::ethernet().arp(sender, target), UNTAGGED, Other, reason);
    };
    check("the peer asks for us", PEER4, OURS4, Arp);
    check("the peer announces itself", PEER4, PEER4, Arp);
    check("a probe", "0.0.0.0", PEER4, Arp);
    check("a target before the subnet", PEER4, "169.254.0.99", ArpForeign);
    check("a target after the subnet", PEER4, "169.254.0.102", ArpForeign);
    check("the peer asks with another address of its own", "10.20.1.1", OURS4, Arp);
    check("a sender that claims our address", OURS4, OURS4, ArpForeign);
    check("a sender that asks with our address", OURS4, PEER4, ArpForeign);
    check("a probe of nothing", "0.0.0.0", "0.0.0.0", ArpForeign);
    check("a probe of an allowed prefix", "0.0.0.0", "172.16.4.9", ArpForeign);

    let paris = |sender, target| Frame::ethernet().vlan(PARIS_VLAN).arp(sender, target);
    bench.check(
        "the subnet's first address",
        &paris("169.254.0.10", "169.254.0.8"),
        PARIS,
        Other,
        Arp,
    );
    bench.check(
        "the subnet's last address",
        &paris("169.254.0.10", "169.254.0.15"),
        PARIS,
        Other,
        Arp,
    );
    bench.check(
        "the address before",
        &paris("169.254.0.10", "169.254.0.7"),
        PARIS,
        Other,
        ArpForeign,
    );
    bench.check(
        "the address after",
        &paris("169.254.0.10", "169.254.0.16"),
        PARIS,
        Other,
        ArpForeign,
    );
    bench.check("another link's subnet", &paris(PEER4, OURS4), PARIS, Other, ArpForeign);
    let bare = Frame::ethernet().vlan(BARE_VLAN).arp("0.0.0.0", "0.0.0.0");
    bench.check("a link without an interconnect", &bare, BARE, Other, ArpForeign);
}

#[test]
fn arp_of_anything_but_ipv4_on_ethernet_is_foreign() {
    let mut bench = Bench::new();
    let frame = Frame::ethernet().arp(PEER4, OURS4);
    bench.check("as it should be", &frame, UNTAGGED, Other, Arp);
    for at in 14..20 {
        let mut frame = frame.clone();
        frame[at] ^= 1;
        bench.check("a type or length changed", &frame, UNTAGGED, Other, ArpForeign);
    }
}

#[test]
fn neighbour_discovery_passes_between_the_routers() {
    let mut bench = Bench::new();
    let mut check = |what, packet: Packet, reason| bench.check(what, &packet.bytes(), UNTAGGED, V6, reason);
    let ip = |source: &str, destination: &str| Frame::ethernet().ipv6(source, destination);

    check(
        "a solicitation",
        ip(PEER6, SOLICITED).neighbour_solicitation(OURS6),
        NeighbourDiscovery,
    );
    check(
        "from a link-local address",
        ip("fe80::1", SOLICITED).neighbour_solicitation(OURS6),
        NeighbourDiscovery,
    );
    check(
        "for a link-local address",
        ip("fe80::1", "fe80::2").neighbour_solicitation("fe80::2"),
        NeighbourDiscovery,
    );
    check(
        "straight to us",
        ip(PEER6, OURS6).neighbour_solicitation(OURS6),
        NeighbourDiscovery,
    );
    check(
        "an advertisement",
        ip(PEER6, OURS6).neighbour_advertisement(PEER6),
        NeighbourDiscovery,
    );
    check(
        "to all nodes",
        ip(PEER6, "ff02::1").neighbour_advertisement(PEER6),
        NeighbourDiscovery,
    );
    check(
        "detection of duplicates",
        ip("::", SOLICITED).neighbour_solicitation(OURS6),
        NeighbourDiscovery,
    );
    check(
        "an advertisement from nobody",
        ip("::", "ff02::1").neighbour_advertisement(OURS6),
        MartianSource,
    );

    let solicitation = |source, destination, target: &str| ip(source, destination).neighbour_solicitation(target);
    check(
        "a routed hop limit",
        solicitation(PEER6, SOLICITED, OURS6).hop_limit(254),
        NeighbourDiscoveryForeign,
    );
    let raw = |code, body: &[u8]| ip("fe80::1", "fe80::2").hop_limit(255).icmp(135, code, body);
    let body = [&[0, 0, 0, 0], &OURS6.parse::<Ipv6Addr>().unwrap().octets()[..]].concat();
    check("a solicitation, byte by byte", raw(0, &body), NeighbourDiscovery);
    check("another code", raw(1, &body), NeighbourDiscoveryForeign);
    check("a cut target", raw(0, &body[..19]), NeighbourDiscoveryForeign);
    let claimed = solicitation("fe80::1", SOLICITED, OURS6).claiming_length(23);
    check("a target behind the packet's end", claimed, NeighbourDiscoveryForeign);
    check(
        "a foreign source",
        solicitation("2001:db8:20::1", SOLICITED, OURS6),
        NeighbourDiscoveryForeign,
    );
    check(
        "a foreign target",
        solicitation("fe80::1", SOLICITED, "2001:db8:16::9"),
        NeighbourDiscoveryForeign,
    );
    check(
        "a multicast of the site",
        solicitation("fe80::1", "ff05::1", OURS6),
        MartianDestination,
    );
    check(
        "a foreign destination",
        solicitation("fe80::1", "2001:db8:16::9", OURS6),
        SourceNotAllowed,
    );
    check(
        "behind options",
        solicitation(PEER6, SOLICITED, OURS6).behind(0, &[0; 8]),
        MartianDestination,
    );
    for kind in [1, 128, 130, 133, 134, 137, 143] {
        let packet = ip("fe80::1", "ff02::1").neighbour(kind, OURS6);
        check("another message of ICMPv6", packet, NeighbourDiscoveryForeign);
    }
    check(
        "UDP to all nodes",
        ip("fe80::1", "ff02::1").udp(1, 2, b""),
        MartianDestination,
    );
}

#[test]
fn neighbour_discovery_ends_where_its_prefixes_end() {
    let mut bench = Bench::new();
    let paris = |source: &str, destination: &str| Frame::ethernet().vlan(PARIS_VLAN).ipv6(source, destination);
    let mut check = |what, packet: Packet, reason| bench.check(what, &packet.bytes(), PARIS, V6, reason);
    for (target, reason) in [
        ("fd00:0:0:1:ffff:ffff:ffff:ffff", NeighbourDiscoveryForeign),
        ("fd00:0:0:2::", NeighbourDiscovery),
        ("fd00:0:0:2::1", NeighbourDiscovery),
        ("fd00:0:0:2::2", NeighbourDiscoveryForeign),
        ("fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NeighbourDiscoveryForeign),
        ("fe80::", NeighbourDiscovery),
        ("febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NeighbourDiscovery),
        ("fec0::", NeighbourDiscoveryForeign),
    ] {
        check(
            target,
            paris("fe80::1", "ff02::1").neighbour_solicitation(target),
            reason,
        );
        // Paris has the subnet's first address itself.
        let reason = if target == "fd00:0:0:2::" { OwnSource } else { reason };
        check(
            target,
            paris(target, "ff02::1").neighbour_solicitation("fe80::1"),
            reason,
        );
    }
    for (destination, reason) in [
        ("ff01:ffff:ffff:ffff:ffff:ffff:ffff:ffff", MartianDestination),
        ("ff02::", NeighbourDiscovery),
        ("ff02:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NeighbourDiscovery),
        ("ff03::", MartianDestination),
        ("fec0::", SourceNotAllowed),
    ] {
        check(
            destination,
            paris("fe80::1", destination).neighbour_solicitation("fe80::1"),
            reason,
        );
    }
}

#[test]
fn without_an_interconnect_there_are_no_neighbours() {
    let mut bench = Bench::new();
    let bare = |source: &str, destination: &str| Frame::ethernet().vlan(BARE_VLAN).ipv6(source, destination);
    let mut check = |what, packet: Packet, reason| bench.check(what, &packet.bytes(), BARE, V6, reason);
    check(
        "link-local",
        bare("fe80::1", "fe80::2").neighbour_solicitation("fe80::2"),
        NeighbourDiscoveryForeign,
    );
    check(
        "duplicates",
        bare("::", "ff02::1:ff00:0").neighbour_solicitation("::"),
        MartianSource,
    );
    check("BGP between zeros", bare("::", "::").tcp(179, 179), MartianSource);
    let v4 = Frame::ethernet()
        .vlan(BARE_VLAN)
        .ipv4("0.0.0.0", "0.0.0.0")
        .tcp(179, 179);
    bench.check("BGP between zeros", &v4.bytes(), BARE, V4, MartianSource);
}
