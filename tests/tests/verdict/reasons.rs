//! Every reason, both of its polarities, and what stands right beside it.

use interlink_common::{Reason, Traffic};
use interlink_tests::{
    model::Network,
    packet::{Frame, Packet},
};

use crate::support::{BARE, BARE_VLAN, BROKEN_VLAN, Bench, PARIS_VLAN, UNTAGGED, network};

use Reason::*;
use Traffic::{Other, V4, V6};

const REMOTE4: &str = "10.20.1.1";
const LOCAL4: &str = "172.16.4.9";
const REMOTE6: &str = "2001:db8:20::1";
const LOCAL6: &str = "2001:db8:16::9";

fn v4() -> Packet {
    Frame::ethernet().ipv4(REMOTE4, LOCAL4)
}

fn v6() -> Packet {
    Frame::ethernet().ipv6(REMOTE6, LOCAL6)
}

#[test]
fn every_reason_has_its_frame() {
    let mut bench = Bench::with(Network {
        lldp: true,
        lacp: true,
        ..network()
    });
    for reason in Reason::ALL {
        let (slot, traffic, frame) = match reason {
            Allowed => (UNTAGGED, V4, v4().tcp(5000, 443).bytes()),
            Arp => (UNTAGGED, Other, Frame::ethernet().arp("169.254.0.100", "169.254.0.101")),
            NeighbourDiscovery => {
                let packet = Frame::ethernet().ipv6("fe80::1", "ff02::1:ff00:2");
                (UNTAGGED, V6, packet.neighbour_solicitation("fd00:0:0:1::2").bytes())
            }
            Bgp => (
                UNTAGGED,
                V4,
                Frame::ethernet()
                    .ipv4("169.254.0.100", "169.254.0.101")
                    .tcp(40000, 179)
                    .bytes(),
            ),
            Icmp => {
                let packet = Frame::ethernet().ipv4("169.254.0.100", "169.254.0.101");
                (UNTAGGED, V4, packet.echo().bytes())
            }
            Bfd => {
                let packet = Frame::ethernet().ipv4("169.254.0.100", "169.254.0.101");
                (UNTAGGED, V4, packet.hop_limit(255).udp(49152, 3784, b"").bytes())
            }
            IcmpError => {
                let quote = Frame::ethernet().ipv4(LOCAL4, REMOTE4).tcp(443, 5000).ip_bytes();
                let packet = Frame::ethernet().ipv4("198.51.100.1", LOCAL4);
                (UNTAGGED, V4, packet.icmp_error(3, &quote).bytes())
            }
            IcmpErrorForged => {
                let quote = Frame::ethernet().ipv4(REMOTE4, LOCAL4).tcp(443, 5000).ip_bytes();
                let packet = Frame::ethernet().ipv4("198.51.100.1", LOCAL4);
                (UNTAGGED, V4, packet.icmp_error(3, &quote).bytes())
            }
            Lldp => (0, Other, Frame::ethernet().lldp()),
            Lacp => (0, Other, Frame::ethernet().slow_protocol(1)),
            OwnSource => (UNTAGGED, V4, Frame::ethernet().ipv4("169.254.0.101", LOCAL4).bytes()),
            MartianSource => (UNTAGGED, V4, Frame::ethernet().ipv4("127.0.0.1", LOCAL4).bytes()),
            MartianDestination => (UNTAGGED, V4, Frame::ethernet().ipv4(REMOTE4, "224.0.0.5").bytes()),
            Truncated => (UNTAGGED, V4, Frame::ethernet().carrying(0x0800, &[0x45; 19])),
            UnknownEthertype => (UNTAGGED, Other, Frame::ethernet().carrying(0x8847, &[0; 46])),
            TooManyTags => (
                0,
                Other,
                Frame::ethernet().vlan(1).vlan(2).vlan(3).carrying(0x0800, &[0; 46]),
            ),
            UnknownVlan => (
                0,
                Other,
                Frame::ethernet().vlan(PARIS_VLAN + 1).ipv4(REMOTE4, LOCAL4).bytes(),
            ),
            HeaderInvalid => (UNTAGGED, V4, v4().claiming_version(5).bytes()),
            ArpForeign => (UNTAGGED, Other, Frame::ethernet().arp("169.254.0.100", "169.254.0.102")),
            NeighbourDiscoveryForeign => {
                let packet = Frame::ethernet().ipv6("fe80::1", "ff02::1").hop_limit(255);
                (UNTAGGED, V6, packet.icmp(134, 0, &[0; 12]).bytes())
            }
            SourceNotAllowed => (UNTAGGED, V4, Frame::ethernet().ipv4("10.21.0.0", LOCAL4).bytes()),
            DestinationNotAllowed => (UNTAGGED, V4, Frame::ethernet().ipv4(REMOTE4, "172.16.8.0").bytes()),
            NoTables => (
                0,
                Other,
                Frame::ethernet().vlan(BROKEN_VLAN).ipv4(REMOTE4, LOCAL4).bytes(),
            ),
            // `shared.rs` shares the NIC, `limits.rs` reaches a limit, `gates.rs` closes a gate for each of the rest.
            OtherVlan | RateLimited | LinkStatus | NoVpc | NoRoutingPolicy | PropagationDisabled | NoInterconnect
            | BgpDown => continue,
        };
        bench.check(reason.name(), &frame, slot, traffic, *reason);
    }
}

#[test]
fn a_packet_between_allowed_prefixes_passes_whatever_it_carries() {
    let mut bench = Bench::new();
    for packet in [v4(), v6()] {
        let traffic = if packet.bytes()[12] == 0x08 { V4 } else { V6 };
        let mut passes = |what, frame: &[u8]| bench.check(what, frame, UNTAGGED, traffic, Allowed);
        passes("nothing", &packet.bytes());
        passes("TCP", &packet.clone().tcp(5000, 443).bytes());
        passes("a port of BGP between hosts", &packet.clone().tcp(5000, 179).bytes());
        passes("UDP", &packet.clone().udp(5000, 53, b"query").bytes());
        passes("an echo request", &packet.clone().echo().bytes());
        passes("an unknown protocol", &packet.clone().carrying(253, &[1, 2, 3]).bytes());
        passes(
            "a frame with padding",
            &packet.clone().carrying(253, &[1]).padded_to(80),
        );
    }
    let mut passes = |what, frame: &[u8]| bench.check(what, frame, UNTAGGED, V4, Allowed);
    passes(
        "options",
        &v4().options(&[7, 7, 4, 0, 0, 0, 0, 0]).tcp(5000, 443).bytes(),
    );
    passes("a first fragment", &v4().fragment(0, true).tcp(5000, 443).bytes());
    passes(
        "a later fragment",
        &v4().fragment(185, true).carrying(6, &[0; 8]).bytes(),
    );
    passes(
        "a last fragment",
        &v4().fragment(370, false).carrying(6, &[0; 8]).bytes(),
    );
    passes("don't fragment", &v4().dont_fragment().tcp(5000, 443).bytes());
    let mut passes = |what, frame: &[u8]| bench.check(what, frame, UNTAGGED, V6, Allowed);
    passes(
        "hop-by-hop options",
        &v6().tcp(5000, 443).behind(0, &[0, 0, 1, 4, 0, 0, 0, 0]).bytes(),
    );
    passes("a routing header", &v6().tcp(5000, 443).behind(43, &[0; 8]).bytes());
    passes(
        "a fragment",
        &v6().tcp(5000, 443).behind(44, &[0, 0, 0, 1, 0, 0, 0, 9]).bytes(),
    );
}

#[test]
fn source_and_destination_both_have_to_be_allowed() {
    let mut bench = Bench::new();
    let mut check = |what, frame: Packet, traffic, reason| {
        bench.check(what, &frame.tcp(5000, 443).bytes(), UNTAGGED, traffic, reason);
    };
    check("v4", v4(), V4, Allowed);
    check(
        "a spoofed source",
        Frame::ethernet().ipv4("8.8.8.8", LOCAL4),
        V4,
        SourceNotAllowed,
    );
    check(
        "our own prefix as source",
        Frame::ethernet().ipv4(LOCAL4, LOCAL4),
        V4,
        SourceNotAllowed,
    );
    check(
        "a remote destination",
        Frame::ethernet().ipv4(REMOTE4, REMOTE4),
        V4,
        DestinationNotAllowed,
    );
    check(
        "a broadcast",
        Frame::ethernet().ipv4(REMOTE4, "255.255.255.255"),
        V4,
        MartianDestination,
    );
    check(
        "a multicast",
        Frame::ethernet().ipv4(REMOTE4, "224.0.0.5"),
        V4,
        MartianDestination,
    );
    check(
        "the way back",
        Frame::ethernet().ipv4(LOCAL4, REMOTE4),
        V4,
        SourceNotAllowed,
    );
    check(
        "another link's prefixes",
        Frame::ethernet().ipv4("10.30.0.1", "172.16.8.1"),
        V4,
        SourceNotAllowed,
    );
    check(
        "another link's destination",
        Frame::ethernet().ipv4(REMOTE4, "172.16.8.1"),
        V4,
        DestinationNotAllowed,
    );
    check("v6", v6(), V6, Allowed);
    check(
        "a spoofed source",
        Frame::ethernet().ipv6("2001:db8:21::", LOCAL6),
        V6,
        SourceNotAllowed,
    );
    check(
        "a link-local source",
        Frame::ethernet().ipv6("fe80::1", LOCAL6),
        V6,
        SourceNotAllowed,
    );
    check(
        "a remote destination",
        Frame::ethernet().ipv6(REMOTE6, REMOTE6),
        V6,
        DestinationNotAllowed,
    );
    check(
        "a multicast",
        Frame::ethernet().ipv6(REMOTE6, "ff02::5"),
        V6,
        MartianDestination,
    );
    check(
        "an allowed v4 source, mapped",
        Frame::ethernet().ipv6("::ffff:10.20.1.1", LOCAL6),
        V6,
        MartianSource,
    );
    check(
        "an allowed v4 source, 6to4",
        Frame::ethernet().ipv6("2002:a14:101::1", LOCAL6),
        V6,
        SourceNotAllowed,
    );
    check(
        "another link's prefixes",
        Frame::ethernet().ipv6("2001:db8:30::1", "2001:db8:17::"),
        V6,
        SourceNotAllowed,
    );
}

#[test]
fn a_link_without_prefixes_lets_nothing_pass() {
    let mut bench = Bench::new();
    let bare = || Frame::ethernet().vlan(BARE_VLAN);
    bench.check("v4", &bare().ipv4(REMOTE4, LOCAL4).bytes(), BARE, V4, SourceNotAllowed);
    bench.check(
        "v4 zeros",
        &bare().ipv4("0.0.0.0", "0.0.0.0").bytes(),
        BARE,
        V4,
        MartianSource,
    );
    bench.check("v6", &bare().ipv6(REMOTE6, LOCAL6).bytes(), BARE, V6, SourceNotAllowed);
    bench.check("v6 zeros", &bare().ipv6("::", "::").bytes(), BARE, V6, MartianSource);
}
