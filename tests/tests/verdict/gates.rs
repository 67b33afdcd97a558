//! Gates: closed for each reason, of one family or of both, and broken.

use interlink_common::{Reason, Traffic, Verdict};
use interlink_tests::{
    model::{Link, Network},
    packet::Frame,
};

use crate::support::{Bench, UNTAGGED, interconnect, nets, open_link};

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
    for reason in GATES {
        let mut bench = with_gates(reason.code(), Allowed.code());
        bench.check("v4", &v4(), UNTAGGED, V4, reason);
        bench.check("v6", &v6(), UNTAGGED, V6, Allowed);

        let mut bench = with_gates(Allowed.code(), reason.code());
        bench.check("v4", &v4(), UNTAGGED, V4, Allowed);
        bench.check("v6", &v6(), UNTAGGED, V6, reason);
    }
}

#[test]
fn a_closed_gate_comes_before_the_prefixes() {
    let mut bench = with_gates(Reason::NoVpc.code(), Reason::BgpDown.code());
    let v4 = Frame::ethernet().ipv4("8.8.8.8", "8.8.4.4").bytes();
    bench.check("v4", &v4, UNTAGGED, V4, Reason::NoVpc);
    let v6 = Frame::ethernet().ipv6("2001:db8::1", "2001:db8::2").bytes();
    bench.check("v6", &v6, UNTAGGED, V6, Reason::BgpDown);
}

#[test]
fn what_the_link_itself_needs_passes_every_gate() {
    for reason in GATES {
        let mut bench = with_gates(reason.code(), reason.code());
        let ethernet = Frame::ethernet;
        bench.check(
            "ARP",
            &ethernet().arp("169.254.0.100", "169.254.0.101"),
            UNTAGGED,
            Other,
            Arp,
        );
        bench.check(
            "foreign ARP",
            &ethernet().arp("10.20.1.1", "172.16.4.9"),
            UNTAGGED,
            Other,
            ArpForeign,
        );
        let bgp = ethernet()
            .ipv4("169.254.0.100", "169.254.0.101")
            .tcp(40000, 179)
            .bytes();
        bench.check("BGP on IPv4", &bgp, UNTAGGED, V4, Bgp);
        let bgp = ethernet().ipv6("fd00::1", "fd00::2").tcp(40000, 179).bytes();
        bench.check("BGP on IPv6", &bgp, UNTAGGED, V6, Bgp);
        let solicitation = ethernet()
            .ipv6("fe80::1", "ff02::1:ff00:2")
            .neighbour_solicitation("fd00::2")
            .bytes();
        bench.check("neighbour discovery", &solicitation, UNTAGGED, V6, NeighbourDiscovery);
        let advertisement = ethernet().ipv6("fe80::1", "ff02::1").icmp(134, 0, &[0; 12]).bytes();
        bench.check(
            "a router advertisement",
            &advertisement,
            UNTAGGED,
            V6,
            NeighbourDiscoveryForeign,
        );
        let echo = ethernet().ipv4("169.254.0.100", "169.254.0.101").echo().bytes();
        bench.check("an echo request between the routers", &echo, UNTAGGED, V4, Icmp);
        let bfd = ethernet()
            .ipv6("fd00::1", "fd00::2")
            .hop_limit(255)
            .udp(49152, 3784, b"");
        bench.check("BFD between the routers", &bfd.bytes(), UNTAGGED, V6, Bfd);
        let quote = ethernet().ipv4("172.16.4.9", "10.20.1.1").tcp(443, 5000).ip_bytes();
        let error = ethernet().ipv4("198.51.100.1", "172.16.4.9").icmp_error(3, &quote);
        bench.check("an error of a router between", &error.bytes(), UNTAGGED, V4, reason);
        let redirect = ethernet().ipv4("169.254.0.100", "169.254.0.101").icmp(5, 0, &[0; 32]);
        bench.check("a redirect", &redirect.bytes(), UNTAGGED, V4, reason);
    }
}

#[test]
fn a_gate_that_no_reason_to_drop_stands_for_is_a_broken_table() {
    let passing = Reason::ALL
        .iter()
        .filter(|reason| reason.verdict() == Verdict::Pass && **reason != Allowed);
    let unknown = [Reason::COUNT, Reason::COUNT + 1, 255, 256, 1 << 16, u32::MAX];
    for code in passing.map(|reason| reason.code()).chain(unknown) {
        let mut bench = with_gates(code, code);
        bench.check(&format!("v4, gate {code}"), &v4(), UNTAGGED, V4, NoTables);
        bench.check(&format!("v6, gate {code}"), &v6(), UNTAGGED, V6, NoTables);
    }
}

fn v4() -> Vec<u8> {
    Frame::ethernet().ipv4("10.20.1.1", "172.16.4.9").tcp(5000, 443).bytes()
}

fn v6() -> Vec<u8> {
    Frame::ethernet()
        .ipv6("2001:db8:20::1", "2001:db8:16::9")
        .tcp(5000, 443)
        .bytes()
}

fn with_gates(gate_v4: u32, gate_v6: u32) -> Bench {
    let link = Link {
        gate_v4,
        gate_v6,
        remote: nets(&["10.20.0.0/16", "2001:db8:20::/48"]),
        local: nets(&["172.16.4.0/22", "2001:db8:16::/48"]),
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
