//! ICMP and BFD from router to router, and what only looks like them.

use interlink_common::{Reason, Traffic};
use interlink_tests::packet::{Frame, Packet};

use crate::support::{Bench, PARIS, PARIS_VLAN, UNTAGGED};

use Reason::{Bfd, Icmp, OwnSource, SourceNotAllowed};
use Traffic::{V4, V6};

const OURS4: &str = "169.254.0.101";
const PEER4: &str = "169.254.0.100";
const OURS6: &str = "fd00:0:0:1::2";
const PEER6: &str = "fd00:0:0:1::1";

fn v4() -> Packet {
    Frame::ethernet().ipv4(PEER4, OURS4)
}

fn v6() -> Packet {
    Frame::ethernet().ipv6(PEER6, OURS6)
}

#[test]
fn echoes_and_errors_pass_between_the_two_routers() {
    let mut bench = Bench::new();
    // The types of errors are judged by what they quote where they aren't the router's.
    for (kind, reason) in [
        (0, Icmp),
        (1, SourceNotAllowed),
        (2, SourceNotAllowed),
        (3, Icmp),
        (4, SourceNotAllowed),
        (5, SourceNotAllowed),
        (8, Icmp),
        (9, SourceNotAllowed),
        (11, Icmp),
        (12, Icmp),
        (13, SourceNotAllowed),
        (17, SourceNotAllowed),
        (128, SourceNotAllowed),
    ] {
        let packet = v4().icmp(kind, 0, &[0; 32]);
        bench.check(&format!("type {kind}"), &packet.bytes(), UNTAGGED, V4, reason);
    }
    for (kind, reason) in [
        (0, SourceNotAllowed),
        (1, Icmp),
        (2, Icmp),
        (3, Icmp),
        (4, Icmp),
        (5, SourceNotAllowed),
        (8, SourceNotAllowed),
        (127, SourceNotAllowed),
        (128, Icmp),
        (129, Icmp),
        (130, SourceNotAllowed),
        (133, SourceNotAllowed),
        (137, SourceNotAllowed),
    ] {
        let packet = v6().icmp(kind, 0, &[0; 32]);
        bench.check(&format!("type {kind} of IPv6"), &packet.bytes(), UNTAGGED, V6, reason);
    }
}

#[test]
fn icmp_to_us_is_whole_plain_and_the_peers() {
    let mut bench = Bench::new();
    let mut check = |what, packet: Packet, reason| bench.check(what, &packet.bytes(), UNTAGGED, V4, reason);
    let from = |source: &str, destination: &str| Frame::ethernet().ipv4(source, destination).echo();
    check("a ping", v4().echo(), Icmp);
    check("a large one", v4().icmp(8, 0, &[0; 1400]), Icmp);
    check("don't fragment", v4().dont_fragment().echo(), Icmp);
    check("any hop limit", v4().hop_limit(1).echo(), Icmp);
    check(
        "a header and no more",
        v4().carrying(1, &[8, 0, 0, 0, 0, 1, 0, 1]),
        Icmp,
    );
    check(
        "less than a header",
        v4().carrying(1, &[8, 0, 0, 0, 0, 1, 0]),
        SourceNotAllowed,
    );
    check(
        "a header behind the end",
        v4().echo().claiming_length(27),
        SourceNotAllowed,
    );
    check(
        "an error cut",
        v4().carrying(1, &[3, 0, 0, 0, 0, 1, 0]),
        SourceNotAllowed,
    );
    check("a first fragment", v4().fragment(0, true).echo(), SourceNotAllowed);
    check("a last fragment", v4().fragment(1, false).echo(), SourceNotAllowed);
    check("options", v4().options(&[1, 1, 1, 0]).echo(), SourceNotAllowed);
    check(
        "from the subnet's neighbour",
        from("169.254.0.99", OURS4),
        SourceNotAllowed,
    );
    check("from elsewhere", from("8.8.8.8", OURS4), SourceNotAllowed);
    check("to another address", from(PEER4, "169.254.0.102"), SourceNotAllowed);
    check("from ourselves", from(OURS4, OURS4), OwnSource);
    let other = Frame::ethernet().vlan(PARIS_VLAN).ipv4(PEER4, OURS4).echo();
    bench.check("on another link", &other.bytes(), PARIS, V4, SourceNotAllowed);
    let paris = Frame::ethernet()
        .vlan(PARIS_VLAN)
        .ipv4("169.254.0.10", "169.254.0.9")
        .echo();
    bench.check("on its own", &paris.bytes(), PARIS, V4, Icmp);

    let mut check = |what, packet: Packet, reason| bench.check(what, &packet.bytes(), UNTAGGED, V6, reason);
    check("a ping", v6().echo(), Icmp);
    check("behind options", v6().echo().behind(0, &[0; 8]), SourceNotAllowed);
    check("a fragment", v6().echo().behind(44, &[0; 8]), SourceNotAllowed);
    check("less than a header", v6().echo().claiming_length(7), SourceNotAllowed);
    check(
        "from elsewhere",
        Frame::ethernet().ipv6("2001:db8::1", OURS6).echo(),
        SourceNotAllowed,
    );
    check(
        "from the subnet",
        Frame::ethernet().ipv6("fd00:0:0:1::3", OURS6).echo(),
        SourceNotAllowed,
    );
}

#[test]
fn bfd_passes_between_the_two_routers_when_nobody_forwarded_it() {
    let mut bench = Bench::new();
    for (port, hop_limit, reason) in [
        (3783, 255, SourceNotAllowed),
        (3784, 255, Bfd),
        (3784, 254, SourceNotAllowed),
        (3784, 1, SourceNotAllowed),
        (3785, 255, Bfd),
        (3785, 64, Bfd),
        (3786, 255, SourceNotAllowed),
        (4784, 255, SourceNotAllowed),
        (0xc80e, 255, SourceNotAllowed),
    ] {
        let what = format!("port {port}, hop limit {hop_limit}");
        let packet = v4().hop_limit(hop_limit).udp(49152, port, &[0; 24]);
        bench.check(&what, &packet.bytes(), UNTAGGED, V4, reason);
        let packet = v6().hop_limit(hop_limit).udp(49152, port, &[0; 24]);
        bench.check(&what, &packet.bytes(), UNTAGGED, V6, reason);
    }
    let v4 = || v4().hop_limit(255);
    let mut check = |what, packet: Packet, reason| bench.check(what, &packet.bytes(), UNTAGGED, V4, reason);
    check("from the port", v4().udp(3784, 49152, &[0; 24]), SourceNotAllowed);
    check("TCP", v4().tcp(49152, 3784), SourceNotAllowed);
    check("no data", v4().udp(49152, 3784, b""), Bfd);
    check(
        "less than a header",
        v4().udp(49152, 3784, b"").claiming_length(27),
        SourceNotAllowed,
    );
    check(
        "a first fragment",
        v4().udp(49152, 3784, &[0; 24]).fragment(0, true),
        SourceNotAllowed,
    );
    check(
        "options",
        v4().udp(49152, 3784, &[0; 24]).options(&[1; 4]),
        SourceNotAllowed,
    );
    let from = |source: &str, destination: &str| Frame::ethernet().ipv4(source, destination).hop_limit(255);
    check(
        "from elsewhere",
        from("8.8.8.8", OURS4).udp(1, 3784, b""),
        SourceNotAllowed,
    );
    check(
        "to elsewhere",
        from(PEER4, "172.16.4.9").udp(1, 3784, b""),
        SourceNotAllowed,
    );
    check(
        "an echo of ours that comes back",
        from(OURS4, OURS4).udp(1, 3785, b""),
        OwnSource,
    );
}
