//! Gates: closed for each reason, of one family or of both, and broken.

use interlink_common::{Reason, Traffic, Verdict};
use interlink_tests::{model::Link, packet::Frame};

use crate::support::{Bench, interconnect, nets, open_link, slot_of, vlan_of};

use Reason::{Allowed, Arp, ArpForeign, Bfd, Bgp, Icmp, NeighbourDiscovery, NeighbourDiscoveryForeign, NoTables};
use Traffic::{Other, V4, V6};

const GATES: [Reason; 6] = [
    Reason::LinkStatus,
    Reason::NoVpc,
    Reason::NoRoutingPolicy,
    Reason::PropagationDisabled,
    Reason::NoInterconnect,
    Reason::BgpDown,
];

#[test]
fn a_closed_gate_drops_its_family_and_says_why() {
    let links = GATES.map(|reason| [(reason, Allowed), (Allowed, reason)]);
    let gates = || links.iter().flatten();
    let mut bench = with_gates(gates().map(|(v4, v6)| (v4.code(), v6.code())));
    for (place, (of_v4, of_v6)) in (0..).zip(gates()) {
        bench.check("v4", &v4(place), slot_of(place), V4, *of_v4);
        bench.check("v6", &v6(place), slot_of(place), V6, *of_v6);
    }
}

#[test]
fn a_closed_gate_comes_before_the_prefixes() {
    let mut bench = with_gates([(Reason::NoVpc.code(), Reason::BgpDown.code())]);
    let v4 = tagged(0).ipv4("8.8.8.8", "8.8.4.4").bytes();
    bench.check("v4", &v4, slot_of(0), V4, Reason::NoVpc);
    let v6 = tagged(0).ipv6("2001:db8::1", "2001:db8::2").bytes();
    bench.check("v6", &v6, slot_of(0), V6, Reason::BgpDown);
}

#[test]
fn what_the_link_itself_needs_passes_every_gate() {
    let mut bench = with_gates(GATES.map(|reason| (reason.code(), reason.code())));
    for (place, reason) in (0..).zip(GATES) {
        let (ethernet, slot) = (|| tagged(place), slot_of(place));
        bench.check(
            "ARP",
            &ethernet().arp("169.254.0.100", "169.254.0.101"),
            slot,
            Other,
            Arp,
        );
        bench.check(
            "foreign ARP",
            &ethernet().arp("10.20.1.1", "172.16.4.9"),
            slot,
            Other,
            ArpForeign,
        );
        let bgp = ethernet()
            .ipv4("169.254.0.100", "169.254.0.101")
            .tcp(40000, 179)
            .bytes();
        bench.check("BGP on IPv4", &bgp, slot, V4, Bgp);
        let bgp = ethernet().ipv6("fd00::1", "fd00::2").tcp(40000, 179).bytes();
        bench.check("BGP on IPv6", &bgp, slot, V6, Bgp);
        let solicitation = ethernet()
            .ipv6("fe80::1", "ff02::1:ff00:2")
            .neighbour_solicitation("fd00::2")
            .bytes();
        bench.check("neighbour discovery", &solicitation, slot, V6, NeighbourDiscovery);
        let advertisement = ethernet().ipv6("fe80::1", "ff02::1").icmp(134, 0, &[0; 12]).bytes();
        bench.check(
            "a router advertisement",
            &advertisement,
            slot,
            V6,
            NeighbourDiscoveryForeign,
        );
        let echo = ethernet().ipv4("169.254.0.100", "169.254.0.101").echo().bytes();
        bench.check("an echo request between the routers", &echo, slot, V4, Icmp);
        let bfd = ethernet()
            .ipv6("fd00::1", "fd00::2")
            .hop_limit(255)
            .udp(49152, 3784, b"");
        bench.check("BFD between the routers", &bfd.bytes(), slot, V6, Bfd);
        let quote = ethernet().ipv4("172.16.4.9", "10.20.1.1").tcp(443, 5000).ip_bytes();
        let error = ethernet().ipv4("198.51.100.1", "172.16.4.9").icmp_error(3, &quote);
        bench.check("an error of a router between", &error.bytes(), slot, V4, reason);
        let redirect = ethernet().ipv4("169.254.0.100", "169.254.0.101").icmp(5, 0, &[0; 32]);
        bench.check("a redirect", &redirect.bytes(), slot, V4, reason);
    }
}

#[test]
fn a_gate_that_no_reason_to_drop_stands_for_is_a_broken_table() {
    let passing = Reason::ALL
        .iter()
        .filter(|reason| reason.verdict() == Verdict::Pass && **reason != Allowed);
    let unknown = [Reason::COUNT, Reason::COUNT + 1, 255, 256, 1 << 16, u32::MAX];
    let codes: Vec<_> = passing.map(|reason| reason.code()).chain(unknown).collect();
    let mut bench = with_gates(codes.iter().map(|code| (*code, *code)));
    for (place, code) in (0..).zip(codes) {
        bench.check(&format!("v4, gate {code}"), &v4(place), slot_of(place), V4, NoTables);
        bench.check(&format!("v6, gate {code}"), &v6(place), slot_of(place), V6, NoTables);
    }
}

fn tagged(place: u16) -> Frame {
    Frame::ethernet().vlan(vlan_of(place))
}

fn v4(place: u16) -> Vec<u8> {
    tagged(place).ipv4("10.20.1.1", "172.16.4.9").tcp(5000, 443).bytes()
}

fn v6(place: u16) -> Vec<u8> {
    tagged(place)
        .ipv6("2001:db8:20::1", "2001:db8:16::9")
        .tcp(5000, 443)
        .bytes()
}

/// A link for each pair of gates.
fn with_gates(gates: impl IntoIterator<Item = (u32, u32)>) -> Bench {
    Bench::with_links(gates.into_iter().map(|(gate_v4, gate_v6)| Link {
        gate_v4,
        gate_v6,
        remote: nets(&["10.20.0.0/16", "2001:db8:20::/48"]),
        local: nets(&["172.16.4.0/22", "2001:db8:16::/48"]),
        interconnects: vec![
            interconnect("169.254.0.101", "169.254.0.100", "169.254.0.100/31"),
            interconnect("fd00::2", "fd00::1", "fd00::/64"),
        ],
        ..open_link()
    }))
}
