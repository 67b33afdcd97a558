//! TCP of the BGP session, and what only looks like it.

use interlink_common::{Reason, Traffic};
use interlink_tests::packet::{Frame, Packet};

use crate::support::{Bench, PARIS, PARIS_VLAN, UNTAGGED};

use Reason::{Bgp, OwnSource, SourceNotAllowed};
use Traffic::{V4, V6};

const OURS4: &str = "169.254.0.101";
const PEER4: &str = "169.254.0.100";
const OURS6: &str = "fd00:0:0:1::2";
const PEER6: &str = "fd00:0:0:1::1";

#[test]
fn bgp_passes_between_the_two_routers() {
    let mut bench = Bench::new();
    let v4 = || Frame::ethernet().ipv4(PEER4, OURS4);
    let mut check = |what, packet: Packet, reason| bench.check(what, &packet.bytes(), UNTAGGED, V4, reason);
    check("their connection", v4().tcp(40000, 179), Bgp);
    check("our connection", v4().tcp(179, 40000), Bgp);
    check("don't fragment", v4().dont_fragment().tcp(179, 40000), Bgp);
    check("the ports alone", v4().carrying(6, &[0, 179, 1, 2]), Bgp);
    check("the port before", v4().tcp(178, 178), SourceNotAllowed);
    check("the port after", v4().tcp(180, 180), SourceNotAllowed);
    check("the port, bytes swapped", v4().tcp(0xb300, 0xb300), SourceNotAllowed);
    check("UDP", v4().udp(179, 179, b""), SourceNotAllowed);
    check("options", v4().options(&[1, 1, 1, 0]).tcp(40000, 179), SourceNotAllowed);
    check(
        "options that look like ports",
        v4().options(&[0, 179, 0, 179]).tcp(40000, 443),
        SourceNotAllowed,
    );
    check(
        "a first fragment",
        v4().fragment(0, true).tcp(40000, 179),
        SourceNotAllowed,
    );
    check(
        "a last fragment",
        v4().fragment(1, false).tcp(40000, 179),
        SourceNotAllowed,
    );
    check("half the ports", v4().carrying(6, &[0, 179, 0]), SourceNotAllowed);
    check(
        "ports behind the end",
        v4().carrying(6, &[0, 179, 0, 179]).claiming_length(23),
        SourceNotAllowed,
    );
    check(
        "from us to the peer",
        Frame::ethernet().ipv4(OURS4, PEER4).tcp(40000, 179),
        OwnSource,
    );
    check(
        "from somebody else",
        Frame::ethernet().ipv4("169.254.0.99", OURS4).tcp(40000, 179),
        SourceNotAllowed,
    );
    check(
        "to somebody else",
        Frame::ethernet().ipv4(PEER4, "169.254.0.102").tcp(40000, 179),
        SourceNotAllowed,
    );
    let other = Frame::ethernet().vlan(PARIS_VLAN).ipv4(PEER4, OURS4).tcp(40000, 179);
    bench.check("on another link", &other.bytes(), PARIS, V4, SourceNotAllowed);

    let v6 = || Frame::ethernet().ipv6(PEER6, OURS6);
    let mut check = |what, packet: Packet, reason| bench.check(what, &packet.bytes(), UNTAGGED, V6, reason);
    check("their connection", v6().tcp(40000, 179), Bgp);
    check("our connection", v6().tcp(179, 40000), Bgp);
    check("the port before", v6().tcp(178, 178), SourceNotAllowed);
    check("the port after", v6().tcp(180, 180), SourceNotAllowed);
    check("UDP", v6().udp(179, 179, b""), SourceNotAllowed);
    check(
        "behind options",
        v6().tcp(40000, 179).behind(0, &[0; 8]),
        SourceNotAllowed,
    );
    check("a fragment", v6().tcp(40000, 179).behind(44, &[0; 8]), SourceNotAllowed);
    check("half the ports", v6().carrying(6, &[0, 179, 0]), SourceNotAllowed);
    check(
        "ports behind the end",
        v6().carrying(6, &[0, 179, 0, 179]).claiming_length(3),
        SourceNotAllowed,
    );
    check(
        "from the subnet",
        Frame::ethernet().ipv6("fd00:0:0:1::3", OURS6).tcp(40000, 179),
        SourceNotAllowed,
    );
    check(
        "to the subnet",
        Frame::ethernet().ipv6(PEER6, "fd00:0:0:1::3").tcp(40000, 179),
        SourceNotAllowed,
    );
    check(
        "between link-local addresses",
        Frame::ethernet().ipv6("fe80::1", "fe80::2").tcp(1, 179),
        SourceNotAllowed,
    );
}
