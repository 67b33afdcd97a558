//! ICMP errors from routers outside of the policy, and the packets that they quote.

use interlink_common::{Reason, Traffic};
use interlink_tests::packet::{Frame, Packet};

use crate::support::{BARE, BARE_VLAN, Bench, PARIS, PARIS_VLAN, UNTAGGED};

use Reason::{Allowed, DestinationNotAllowed, IcmpError, IcmpErrorForged, SourceNotAllowed};
use Traffic::{V4, V6};

const ROUTER4: &str = "198.51.100.1";
const REMOTE4: &str = "10.20.1.1";
const LOCAL4: &str = "172.16.4.9";
const ROUTER6: &str = "3fff::1";
const REMOTE6: &str = "2001:db8:20::1";
const LOCAL6: &str = "2001:db8:16::9";

fn quote4(source: &str, destination: &str) -> Packet {
    Frame::ethernet().ipv4(source, destination).tcp(443, 5000)
}

fn quote6(source: &str, destination: &str) -> Packet {
    Frame::ethernet().ipv6(source, destination).tcp(443, 5000)
}

/// An error from the router to a local host.
fn error4(kind: u8, quote: &Packet) -> Packet {
    Frame::ethernet()
        .ipv4(ROUTER4, LOCAL4)
        .icmp_error(kind, &quote.ip_bytes())
}

fn error6(kind: u8, quote: &Packet) -> Packet {
    Frame::ethernet()
        .ipv6(ROUTER6, LOCAL6)
        .icmp_error(kind, &quote.ip_bytes())
}

#[test]
fn an_error_about_our_packet_passes_from_any_router() {
    let mut bench = Bench::new();
    for (kind, reason) in [
        (0, SourceNotAllowed),
        (2, SourceNotAllowed),
        (3, IcmpError),
        (4, SourceNotAllowed),
        (5, SourceNotAllowed),
        (8, SourceNotAllowed),
        (10, SourceNotAllowed),
        (11, IcmpError),
        (12, IcmpError),
        (13, SourceNotAllowed),
    ] {
        let error = error4(kind, &quote4(LOCAL4, REMOTE4)).bytes();
        bench.check(&format!("type {kind}"), &error, UNTAGGED, V4, reason);
    }
    for (kind, reason) in [
        (0, SourceNotAllowed),
        (1, IcmpError),
        (2, IcmpError),
        (3, IcmpError),
        (4, IcmpError),
        (5, SourceNotAllowed),
        (100, SourceNotAllowed),
        (128, SourceNotAllowed),
        (137, SourceNotAllowed),
    ] {
        let error = error6(kind, &quote6(LOCAL6, REMOTE6)).bytes();
        bench.check(&format!("type {kind} of IPv6"), &error, UNTAGGED, V6, reason);
    }
    let from = |source: &str| Frame::ethernet().ipv4(source, LOCAL4);
    let quote = quote4(LOCAL4, REMOTE4).ip_bytes();
    let peers = from("169.254.0.100").icmp_error(11, &quote);
    bench.check("from the peer", &peers.bytes(), UNTAGGED, V4, IcmpError);
    let local = from("172.16.4.1").icmp_error(3, &quote);
    bench.check("from a local address", &local.bytes(), UNTAGGED, V4, IcmpError);
    let martian = from("127.0.0.1").icmp_error(3, &quote);
    bench.check("from nobody", &martian.bytes(), UNTAGGED, V4, Reason::MartianSource);
}

#[test]
fn the_whitelist_comes_before_the_quote() {
    let mut bench = Bench::new();
    let forged = quote4(REMOTE4, REMOTE4).ip_bytes();
    let error = |source: &str, destination: &str| Frame::ethernet().ipv4(source, destination).icmp_error(3, &forged);
    bench.check("from a remote", &error(REMOTE4, LOCAL4).bytes(), UNTAGGED, V4, Allowed);
    let elsewhere = error(REMOTE4, REMOTE4).bytes();
    bench.check(
        "from a remote to a remote",
        &elsewhere,
        UNTAGGED,
        V4,
        DestinationNotAllowed,
    );
    let forged = quote6(REMOTE6, REMOTE6).ip_bytes();
    let error = Frame::ethernet().ipv6(REMOTE6, LOCAL6).icmp_error(2, &forged);
    bench.check("from a remote", &error.bytes(), UNTAGGED, V6, Allowed);
}

#[test]
fn an_error_that_quotes_no_packet_of_ours_is_forged() {
    let mut bench = Bench::new();
    let mut check = |what, source: &str, destination: &str, to: &str, reason| {
        let quote = quote4(source, destination).ip_bytes();
        let error = Frame::ethernet().ipv4(ROUTER4, to).icmp_error(3, &quote);
        bench.check(what, &error.bytes(), UNTAGGED, V4, reason);
    };
    check("a packet of ours", LOCAL4, REMOTE4, LOCAL4, IcmpError);
    check("local's first address", "172.16.4.0", REMOTE4, "172.16.4.0", IcmpError);
    check(
        "local's last address",
        "172.16.7.255",
        REMOTE4,
        "172.16.7.255",
        IcmpError,
    );
    check("before local", "172.16.3.255", REMOTE4, "172.16.3.255", IcmpErrorForged);
    check("after local", "172.16.8.0", REMOTE4, "172.16.8.0", IcmpErrorForged);
    check("remote's first address", LOCAL4, "10.20.0.0", LOCAL4, IcmpError);
    check("remote's last address", LOCAL4, "10.20.255.255", LOCAL4, IcmpError);
    check("before remote", LOCAL4, "10.19.255.255", LOCAL4, IcmpErrorForged);
    check("after remote", LOCAL4, "10.21.0.0", LOCAL4, IcmpErrorForged);
    check("another host's", LOCAL4, REMOTE4, "172.16.4.10", IcmpErrorForged);
    check("the way back", REMOTE4, LOCAL4, LOCAL4, IcmpErrorForged);
    check(
        "the router's own",
        "169.254.0.101",
        REMOTE4,
        "169.254.0.101",
        IcmpErrorForged,
    );
    check(
        "another link's",
        "172.16.8.1",
        "10.30.0.1",
        "172.16.8.1",
        IcmpErrorForged,
    );

    let mut check = |what, source: &str, destination: &str, to: &str, reason| {
        let quote = quote6(source, destination).ip_bytes();
        let error = Frame::ethernet().ipv6(ROUTER6, to).icmp_error(2, &quote);
        bench.check(what, &error.bytes(), UNTAGGED, V6, reason);
    };
    let (last_local, after_local) = ("2001:db8:16:ffff:ffff:ffff:ffff:ffff", "2001:db8:17::");
    let (last_remote, after_remote) = ("2001:db8:20:ffff:ffff:ffff:ffff:ffff", "2001:db8:21::");
    check("a packet of ours", LOCAL6, REMOTE6, LOCAL6, IcmpError);
    check("local's last address", last_local, REMOTE6, last_local, IcmpError);
    check("after local", after_local, REMOTE6, after_local, IcmpErrorForged);
    check("remote's last address", LOCAL6, last_remote, LOCAL6, IcmpError);
    check("after remote", LOCAL6, after_remote, LOCAL6, IcmpErrorForged);
    check("another host's", LOCAL6, REMOTE6, "2001:db8:16::a", IcmpErrorForged);
    check("the way back", REMOTE6, LOCAL6, LOCAL6, IcmpErrorForged);

    let paris = Frame::ethernet().vlan(PARIS_VLAN).ipv4(ROUTER4, "172.16.8.1");
    let error = paris.icmp_error(3, &quote4("172.16.8.1", "10.30.0.1").ip_bytes());
    bench.check("on its own link", &error.bytes(), PARIS, V4, IcmpError);
    let bare = Frame::ethernet().vlan(BARE_VLAN).ipv4(ROUTER4, LOCAL4);
    let error = bare.icmp_error(3, &quote4(LOCAL4, REMOTE4).ip_bytes());
    bench.check("on a link without prefixes", &error.bytes(), BARE, V4, IcmpErrorForged);
}

#[test]
fn a_quote_is_whole_and_sane() {
    let mut bench = Bench::new();
    let mut check = |what: &str, quote: &[u8], reason| {
        let error = Frame::ethernet().ipv4(ROUTER4, LOCAL4).icmp_error(3, quote);
        bench.check(what, &error.bytes(), UNTAGGED, V4, reason);
        // What Ethernet pads with is no part of the quote.
        bench.check(what, &error.padded_to(200), UNTAGGED, V4, reason);
    };
    let quote = quote4(LOCAL4, REMOTE4).ip_bytes();
    for length in [0, 1, 19, 20, 27] {
        check("cut", &quote[..length], IcmpErrorForged);
    }
    check("eight bytes of payload", &quote[..28], IcmpError);
    check("all", &quote, IcmpError);
    let large = quote4(LOCAL4, REMOTE4).carrying(17, &[0; 100]).ip_bytes();
    check("more than RFC 792 asks for", &large, IcmpError);
    let options = quote4(LOCAL4, REMOTE4).options(&[1; 8]).ip_bytes();
    check("options and seven bytes", &options[..35], IcmpErrorForged);
    check("options and eight bytes", &options[..36], IcmpError);
    for words in [0, 4] {
        let quote = quote4(LOCAL4, REMOTE4).claiming_header(words).ip_bytes();
        check("a header below 20 bytes", &quote, IcmpErrorForged);
    }
    let quote = quote4(LOCAL4, REMOTE4).claiming_header(8).ip_bytes();
    check("a header that reaches into the payload", &quote, IcmpError);
    let quote = quote4(LOCAL4, REMOTE4).claiming_header(15).ip_bytes();
    check("a header beyond the quote", &quote, IcmpErrorForged);
    let quote = quote4(LOCAL4, REMOTE4).claiming_version(6).ip_bytes();
    check("another version", &quote, IcmpErrorForged);
    check("another family", &quote6(LOCAL6, REMOTE6).ip_bytes(), IcmpErrorForged);
    let quote = quote4(LOCAL4, REMOTE4).claiming_length(1500).ip_bytes();
    check("a length beyond the quote, as it should be", &quote, IcmpError);

    let mut check = |what, quote: &[u8], reason| {
        let error = Frame::ethernet().ipv6(ROUTER6, LOCAL6).icmp_error(2, quote);
        bench.check(what, &error.bytes(), UNTAGGED, V6, reason);
        bench.check(what, &error.padded_to(200), UNTAGGED, V6, reason);
    };
    let quote = quote6(LOCAL6, REMOTE6).ip_bytes();
    for length in [0, 1, 39, 40, 47] {
        check("cut", &quote[..length], IcmpErrorForged);
    }
    check("eight bytes of payload", &quote[..48], IcmpError);
    check("all", &quote, IcmpError);
    let quote = quote6(LOCAL6, REMOTE6).claiming_version(4).ip_bytes();
    check("another version", &quote, IcmpErrorForged);
    let quote = quote6(LOCAL6, REMOTE6).behind(44, &[0; 8]).ip_bytes();
    check("extension headers in the quote", &quote, IcmpError);
}

#[test]
fn what_carries_an_error_is_whole() {
    let mut bench = Bench::new();
    let mut check = |what, packet: Packet, reason| bench.check(what, &packet.bytes(), UNTAGGED, V4, reason);
    let error = || error4(3, &quote4(LOCAL4, REMOTE4));
    check("a first fragment", error().fragment(0, true), SourceNotAllowed);
    check("a last fragment", error().fragment(5, false), SourceNotAllowed);
    check("don't fragment", error().dont_fragment(), IcmpError);
    check("options", error().options(&[1; 4]), IcmpError);
    check("all options that there can be", error().options(&[1; 40]), IcmpError);
    check(
        "a packet that ends in its header",
        error().claiming_length(27),
        SourceNotAllowed,
    );
    check("one without a quote", error().claiming_length(28), IcmpErrorForged);
    check(
        "one that ends in its quote",
        error().claiming_length(20 + 8 + 27),
        IcmpErrorForged,
    );
    check(
        "one that ends behind it",
        error().claiming_length(20 + 8 + 28),
        IcmpError,
    );
    check("no ICMP", error().carrying(17, &[3; 60]), SourceNotAllowed);
    check(
        "the other family's ICMP",
        error().carrying(58, &[3; 60]),
        SourceNotAllowed,
    );
    let large = quote4(LOCAL4, REMOTE4).carrying(17, &[0; 8000]);
    let large = error4(3, &large).bytes();
    bench.check("in several buffers", &large, UNTAGGED, V4, IcmpError);

    let mut check = |what, packet: Packet, reason| bench.check(what, &packet.bytes(), UNTAGGED, V6, reason);
    let error = || error6(2, &quote6(LOCAL6, REMOTE6));
    check("behind options", error().behind(60, &[0; 8]), SourceNotAllowed);
    check("a fragment", error().behind(44, &[0; 8]), SourceNotAllowed);
    check("no ICMP", error().carrying(1, &[2; 60]), SourceNotAllowed);
    check(
        "a packet that ends in its header",
        error().claiming_length(7),
        SourceNotAllowed,
    );
    check("one without a quote", error().claiming_length(8), IcmpErrorForged);
    check(
        "one that ends in its quote",
        error().claiming_length(8 + 47),
        IcmpErrorForged,
    );
    check("one that ends behind it", error().claiming_length(8 + 48), IcmpError);
}
