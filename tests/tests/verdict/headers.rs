//! Headers that end too early or contradict themselves, and frames of more than one buffer.

use interlink_common::{Reason, Traffic};
use interlink_tests::kernel::Kernel;
use interlink_tests::packet::{Frame, Packet};

use crate::support::{Bench, KINDS, PARIS, PARIS_VLAN, UNTAGGED, network};

use Reason::{Allowed, HeaderInvalid, TooManyTags, Truncated};
use Traffic::{Other, V4, V6};

const JUMBO: usize = 9000;

fn v4() -> Packet {
    Frame::ethernet().ipv4("10.20.1.1", "172.16.4.9")
}

fn v6() -> Packet {
    Frame::ethernet().ipv6("2001:db8:20::1", "2001:db8:16::9")
}

#[test]
fn a_frame_that_ends_inside_a_header_is_truncated() {
    let mut bench = Bench::new();
    let mut truncated = |what, frame: &[u8], length, slot, traffic| {
        bench.check(what, &frame[..length], slot, traffic, Truncated);
    };
    let tagged = Frame::ethernet()
        .vlan(PARIS_VLAN)
        .vlan(0)
        .ipv4("10.30.0.1", "172.16.8.1")
        .bytes();
    for length in 14..22 {
        truncated("inside the tags", &tagged, length, 0, Other);
    }
    for length in [22, 23, 41] {
        truncated("behind the tags", &tagged, length, PARIS, V4);
    }
    for length in [14, 15, 33] {
        truncated("IPv4", &v4().bytes(), length, UNTAGGED, V4);
    }
    for length in [14, 15, 53] {
        truncated("IPv6", &v6().bytes(), length, UNTAGGED, V6);
    }
    let arp = Frame::ethernet().arp("169.254.0.100", "169.254.0.101");
    for length in [14, 15, 41] {
        truncated("ARP", &arp, length, UNTAGGED, Other);
    }
}

#[test]
fn a_third_tag_is_seen_before_its_end() {
    let mut bench = Bench::new();
    let frame = Frame::ethernet().vlan(1).vlan(2).vlan(3).carrying(0x0800, &[]);
    bench.check("three tags, the third cut", &frame[..22], 0, Other, TooManyTags);
    bench.check("three tags, the second cut", &frame[..21], 0, Other, Truncated);
}

#[test]
fn ipv4_lengths_have_to_agree() {
    let mut bench = Bench::new();
    let packet = || v4().carrying(253, &[0; 12]);
    let mut check = |what, packet: Packet, reason| bench.check(what, &packet.bytes(), UNTAGGED, V4, reason);
    for version in (0..16).filter(|version| *version != 4) {
        check("another version", packet().claiming_version(version), HeaderInvalid);
    }
    for words in 0..5 {
        check(
            "a header shorter than the fixed part",
            packet().claiming_header(words),
            HeaderInvalid,
        );
    }
    for words in 5..=8 {
        check("a header that fits", packet().claiming_header(words), Allowed);
    }
    for words in 9..16 {
        check(
            "a header longer than the packet",
            packet().claiming_header(words),
            HeaderInvalid,
        );
    }
    check("a length of zero", packet().claiming_length(0), HeaderInvalid);
    check(
        "a length below the header's",
        packet().claiming_length(19),
        HeaderInvalid,
    );
    check("a length of the header's", packet().claiming_length(20), Allowed);
    check("a length below the frame's", packet().claiming_length(31), Allowed);
    check(
        "a length above the frame's",
        packet().claiming_length(33),
        HeaderInvalid,
    );
    check("the greatest length", packet().claiming_length(0xffff), HeaderInvalid);
    let options = || v4().options(&[1, 1, 1, 0]);
    check(
        "a length below that of options",
        options().claiming_length(23),
        HeaderInvalid,
    );
    check("a length of header and options", options().claiming_length(24), Allowed);
    let cut = v4().options(&[1, 1, 1, 0]).bytes();
    bench.check("options cut off", &cut[..36], UNTAGGED, V4, HeaderInvalid);
}

#[test]
fn ipv6_lengths_have_to_agree() {
    let mut bench = Bench::new();
    let packet = || v6().carrying(253, &[0; 12]);
    let mut check = |what, packet: Packet, reason| bench.check(what, &packet.bytes(), UNTAGGED, V6, reason);
    for version in (0..16).filter(|version| *version != 6) {
        check("another version", packet().claiming_version(version), HeaderInvalid);
    }
    check("no payload, as a jumbogram says", packet().claiming_length(0), Allowed);
    check("a payload below the frame's", packet().claiming_length(11), Allowed);
    check(
        "a payload above the frame's",
        packet().claiming_length(13),
        HeaderInvalid,
    );
    check("the greatest payload", packet().claiming_length(0xffff), HeaderInvalid);
}

#[test]
fn a_frame_of_several_buffers_is_judged_and_counted_whole() {
    let mut bench = Bench::new();
    let v4 = v4().carrying(253, &[0; JUMBO]);
    let v6 = v6().carrying(253, &[0; JUMBO]);
    bench.check("IPv4", &v4.bytes(), UNTAGGED, V4, Allowed);
    bench.check("IPv6", &v6.bytes(), UNTAGGED, V6, Allowed);
    let tagged = Frame::ethernet()
        .vlan(PARIS_VLAN)
        .ipv4("10.30.0.1", "172.16.8.1")
        .carrying(253, &[0; JUMBO]);
    bench.check("IPv4 in a VLAN", &tagged.bytes(), PARIS, V4, Allowed);

    let (v4_frame, v6_frame) = (v4.bytes().len(), v6.bytes().len());
    let padded = v4.padded_to(v4_frame + 100);
    bench.check_bytes("padding isn't counted", &padded, UNTAGGED, V4, Allowed, v4_frame);
    let padded = v6.padded_to(v6_frame + 100);
    bench.check_bytes("padding isn't counted", &padded, UNTAGGED, V6, Allowed, v6_frame);
}

#[test]
fn a_length_above_that_of_all_buffers_is_invalid() {
    let v4 = v4()
        .claiming_length(u16::try_from(JUMBO).unwrap() + 21)
        .carrying(253, &[0; JUMBO])
        .bytes();
    let v6 = v6()
        .claiming_length(u16::try_from(JUMBO).unwrap() + 1)
        .carrying(253, &[0; JUMBO])
        .bytes();
    for (frame, traffic) in [(v4, V4), (v6, V6)] {
        for tables in KINDS {
            let kernel = Kernel::with(&network(), tables);
            assert_eq!(kernel.run(&frame), HeaderInvalid.verdict(), "{tables:?}");
            let counted: Vec<_> = kernel.counters().into_iter().map(|(_, counter)| counter).collect();
            assert_eq!(counted.len(), 1, "{traffic:?}");
            assert!(
                counted[0].bytes < frame.len() as u64,
                "only the first buffer has a length that is known"
            );
        }
    }
}
