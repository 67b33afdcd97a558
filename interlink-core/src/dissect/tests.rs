//! The exact lines, and that there always is one.

mod names;

use proptest::collection::vec;
use proptest::prelude::*;

use super::Frame;
use crate::testing::cases;

const SYN: [u8; 20] = [
    0x9c, 0x40, 0x01, 0xbb, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xfa, 0xf0, 0, 0, 0, 0,
];
const ECHO: [u8; 16] = [8, 0, 0, 0, 0x12, 0x34, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8];

#[test]
fn what_ipv4_carries() {
    let fin_ack_with_data = [&SYN[..13], &[0x19], &SYN[14..], b"hello"].concat();
    let no_flags = [&SYN[..13], &[0], &SYN[14..]].concat();
    let short_header = [&SYN[..12], &[0x40], &SYN[13..]].concat();
    let quote = v4_packet(17, &[0x9c, 0x40, 0, 53, 0, 8, 0, 0]);
    let icmp = |kind, code, rest: [u8; 4]| [&[kind, code, 0, 0], &rest[..], &quote].concat();
    for (protocol, payload, line) in [
        (
            6,
            SYN.to_vec(),
            "IP 10.99.0.1.40000 > 172.16.4.10.443: Flags [S], length 0",
        ),
        (
            6,
            fin_ack_with_data,
            "IP 10.99.0.1.40000 > 172.16.4.10.443: Flags [FP.], length 5",
        ),
        (
            6,
            no_flags,
            "IP 10.99.0.1.40000 > 172.16.4.10.443: Flags [none], length 0",
        ),
        (
            6,
            short_header,
            "IP 10.99.0.1.40000 > 172.16.4.10.443: Flags [S], bad header length 16",
        ),
        (6, SYN[..3].to_vec(), "IP 10.99.0.1 > 172.16.4.10: [|tcp]"),
        (6, SYN[..12].to_vec(), "IP 10.99.0.1.40000 > 172.16.4.10.443: [|tcp]"),
        (
            17,
            vec![0, 53, 0x0e, 0xc8, 0, 32, 0, 0],
            "IP 10.99.0.1.53 > 172.16.4.10.3784: UDP, length 24",
        ),
        (
            17,
            vec![0, 53, 0x0e, 0xc8, 0, 7, 0, 0],
            "IP 10.99.0.1.53 > 172.16.4.10.3784: UDP, bad length 7",
        ),
        (
            17,
            vec![0, 53, 0x0e, 0xc8, 0],
            "IP 10.99.0.1.53 > 172.16.4.10.3784: [|udp]",
        ),
        (
            1,
            ECHO.to_vec(),
            "IP 10.99.0.1 > 172.16.4.10: ICMP echo request, id 4660, seq 7, length 16",
        ),
        (
            1,
            vec![0, 0, 0, 0, 0, 1, 0, 2],
            "IP 10.99.0.1 > 172.16.4.10: ICMP echo reply, id 1, seq 2, length 8",
        ),
        (1, vec![8], "IP 10.99.0.1 > 172.16.4.10: [|icmp]"),
        (
            1,
            vec![8, 0, 0, 0],
            "IP 10.99.0.1 > 172.16.4.10: ICMP echo request [|icmp], length 4",
        ),
        (
            1,
            icmp(3, 1, [0; 4]),
            "IP 10.99.0.1 > 172.16.4.10: ICMP host 172.16.4.10 unreachable, length 36",
        ),
        (
            1,
            icmp(3, 3, [0; 4]),
            "IP 10.99.0.1 > 172.16.4.10: ICMP 172.16.4.10 UDP port 53 unreachable, length 36",
        ),
        (
            1,
            icmp(3, 4, [0, 0, 5, 0x78]),
            "IP 10.99.0.1 > 172.16.4.10: ICMP 172.16.4.10 unreachable - need to frag (mtu 1400), length 36",
        ),
        (
            1,
            icmp(5, 1, [10, 0, 0, 9]),
            "IP 10.99.0.1 > 172.16.4.10: ICMP redirect 172.16.4.10 to 10.0.0.9, length 36",
        ),
        (
            1,
            icmp(11, 0, [0; 4]),
            "IP 10.99.0.1 > 172.16.4.10: ICMP time exceeded in-transit, length 36",
        ),
        (
            1,
            vec![3, 1, 0, 0],
            "IP 10.99.0.1 > 172.16.4.10: ICMP unreachable [|icmp], length 4",
        ),
        (
            1,
            vec![42, 0, 0, 0],
            "IP 10.99.0.1 > 172.16.4.10: ICMP type-42, length 4",
        ),
        (89, vec![0; 44], "IP 10.99.0.1 > 172.16.4.10: OSPF, length 44"),
        (253, vec![], "IP 10.99.0.1 > 172.16.4.10: ip-proto-253, length 0"),
    ] {
        assert_eq!(show(&frame(0x0800, &v4_packet(protocol, &payload))), line);
    }
}

#[test]
fn ipv4_headers_that_are_odd() {
    let odd = |at: usize, bytes: &[u8]| {
        let mut packet = v4_packet(6, &SYN);
        packet[at..at + bytes.len()].copy_from_slice(bytes);
        show(&frame(0x0800, &packet))
    };
    for (line, wanted) in [
        (odd(0, &[0x65]), "IP, wrong version 6, length 40"),
        (odd(0, &[0x44]), "IP bad-hlen 16, length 40"),
        (odd(2, &[0, 19]), "IP bad-len 19, length 40"),
        (
            odd(2, &[0, 60]),
            "IP truncated-ip - 20 bytes missing! 10.99.0.1.40000 > 172.16.4.10.443: Flags [S], length 0",
        ),
        (
            odd(6, &[0x20, 0]),
            "IP 10.99.0.1.40000 > 172.16.4.10.443: Flags [S], length 0, first fragment",
        ),
        (
            odd(6, &[0x00, 0xb9]),
            "IP 10.99.0.1 > 172.16.4.10: TCP fragment at 1480, length 20",
        ),
        (
            odd(0, &[0x46]),
            "IP 10.99.0.1.0 > 172.16.4.10.1: Flags [none], bad header length 0",
        ),
    ] {
        assert_eq!(line, wanted);
    }
    let packet = v4_packet(6, &SYN);
    assert_eq!(show(&frame(0x0800, &packet[..15])), "IP [|ip]");
    assert_eq!(show(&frame(0x0800, &[])), "[|ip]");
}

#[test]
fn what_ipv6_carries() {
    let target = &v6("2001:db8::9")[..];
    let quote = v6_packet(17, &[0x9c, 0x40, 0, 53, 0, 8, 0, 0]);
    let icmp = |kind, code, rest: &[u8]| [&[kind, code, 0, 0], rest].concat();
    let hop_by_hop = [&[6, 0, 5, 2, 0, 0, 1, 0], &SYN[..]].concat();
    for (next, payload, line) in [
        (
            6,
            SYN.to_vec(),
            "2001:db8:99::1.40000 > 2001:db8:4::10.443: Flags [S], length 0",
        ),
        (
            17,
            vec![0, 53, 0, 54, 0, 8, 0, 0],
            "2001:db8:99::1.53 > 2001:db8:4::10.54: UDP, length 0",
        ),
        (
            58,
            icmp(128, 0, &[0, 1, 0, 2]),
            "2001:db8:99::1 > 2001:db8:4::10: ICMP6, echo request, id 1, seq 2, length 8",
        ),
        (
            58,
            icmp(135, 0, &[&[0; 4], target].concat()),
            "2001:db8:99::1 > 2001:db8:4::10: ICMP6, neighbor solicitation, who has 2001:db8::9, length 24",
        ),
        (
            58,
            icmp(136, 0, &[&[0; 4], target].concat()),
            "2001:db8:99::1 > 2001:db8:4::10: ICMP6, neighbor advertisement, tgt is 2001:db8::9, length 24",
        ),
        (
            58,
            icmp(136, 0, &[0; 4]),
            "2001:db8:99::1 > 2001:db8:4::10: ICMP6, neighbor advertisement, tgt is [|icmp6], length 8",
        ),
        (
            58,
            icmp(134, 0, &[0; 12]),
            "2001:db8:99::1 > 2001:db8:4::10: ICMP6, router advertisement, length 16",
        ),
        (
            58,
            icmp(2, 0, &[&[0, 0, 5, 0][..], &quote].concat()),
            "2001:db8:99::1 > 2001:db8:4::10: ICMP6, packet too big, mtu 1280, length 56",
        ),
        (
            58,
            icmp(1, 4, &[&[0; 4][..], &quote].concat()),
            "2001:db8:99::1 > 2001:db8:4::10: ICMP6, unreachable port, 2001:db8:4::10 UDP port 53, length 56",
        ),
        (1, ECHO.to_vec(), "2001:db8:99::1 > 2001:db8:4::10: ICMP, length 16"),
        (59, vec![], "2001:db8:99::1 > 2001:db8:4::10: no next header"),
        (
            0,
            hop_by_hop,
            "2001:db8:99::1.40000 > 2001:db8:4::10.443: Flags [S], length 0, behind hop-by-hop",
        ),
        (60, vec![6], "2001:db8:99::1 > 2001:db8:4::10: [|destination]"),
        (
            44,
            vec![17, 0, 0x05, 0xa8, 0, 0, 0, 1, 9],
            "2001:db8:99::1 > 2001:db8:4::10: UDP fragment at 1448, length 1",
        ),
        (
            44,
            [&[6, 0, 0, 1, 0, 0, 0, 1], &SYN[..]].concat(),
            "2001:db8:99::1.40000 > 2001:db8:4::10.443: Flags [S], length 0, first fragment, behind fragment",
        ),
    ] {
        assert_eq!(show(&frame(0x86dd, &v6_packet(next, &payload))), format!("IP6 {line}"));
    }
    assert_eq!(show(&frame(0x86dd, &v6_packet(6, &SYN)[..39])), "IP6 [|ip6]");
    assert_eq!(show(&frame(0x86dd, &[0x45])), "IP6, wrong version 4, length 1");
}

#[test]
fn arp_and_what_is_neither() {
    let arp = |operation, sender: [u8; 4], target: [u8; 4]| {
        let mac = [2, 0, 0, 0, 0, 0x0a];
        let packet = [&[0, 1, 8, 0, 6, 4, 0, operation][..], &mac, &sender, &[0; 6], &target].concat();
        show(&frame(0x0806, &packet))
    };
    let (near, far) = ([169, 254, 0, 100], [169, 254, 0, 101]);
    assert_eq!(
        arp(1, far, near),
        "ARP, Request who-has 169.254.0.100 tell 169.254.0.101, length 28"
    );
    assert_eq!(arp(1, far, far), "ARP, Announcement 169.254.0.101, length 28");
    assert_eq!(
        arp(2, far, near),
        "ARP, Reply 169.254.0.101 is-at 02:00:00:00:00:0a, length 28"
    );
    assert_eq!(
        arp(9, far, near),
        "ARP, operation 9 of 169.254.0.101 to 169.254.0.100, length 28"
    );
    let ends = "02:00:00:00:00:02 > 02:00:00:00:00:01, ";
    for (ethertype, payload, line) in [
        (
            0x0806,
            vec![0, 6, 8, 0, 6, 4, 0, 1],
            "ARP, operation 1, hardware 6, protocol 0x0800, length 8".to_owned(),
        ),
        (0x0806, vec![0, 1, 8, 0, 6, 4, 0, 1], "ARP, [|arp]".to_owned()),
        (0x0806, vec![0, 1], "[|arp]".to_owned()),
        (0x88cc, vec![0; 50], format!("{ends}LLDP, length 50")),
        (0x0026, vec![0; 38], format!("{ends}802.3, length 38")),
        (0x1234, vec![0; 3], format!("{ends}ethertype 0x1234, length 3")),
    ] {
        assert_eq!(show(&frame(ethertype, &payload)), line);
    }
}

#[test]
fn tags_and_frames_that_end_early() {
    let syn = &frame(0x0800, &v4_packet(6, &SYN))[12..];
    let tagged = |tags: &[u8]| show(&[&[0; 12], tags, syn].concat());
    let line = "IP 10.99.0.1.40000 > 172.16.4.10.443: Flags [S], length 0";
    assert_eq!(tagged(&[0x81, 0, 0xe9, 0x52]), format!("vlan 2386, {line}"));
    assert_eq!(
        tagged(&[0x88, 0xa8, 0, 100, 0x81, 0, 0, 200]),
        format!("vlan 100 (802.1ad), vlan 200, {line}")
    );
    let five = [0x81, 0, 0, 1].repeat(5);
    assert!(
        tagged(&five).ends_with("more VLAN tags, length 44"),
        "{}",
        tagged(&five)
    );
    assert_eq!(show(&[0; 13]), "[|ether]");
    assert_eq!(show(&[&[0; 12][..], &[0x81, 0, 0]].concat()), "[|vlan]");
    let whole = frame(
        0x0800,
        &v4_packet(17, &[&[0, 53, 0, 54, 0x03, 0xf0, 0, 0], &[0; 1000][..]].concat()),
    );
    assert_eq!(
        Frame::new(&whole[..128], whole.len()).to_string(),
        "IP 10.99.0.1.53 > 172.16.4.10.54: UDP, length 1000"
    );
    assert_eq!(
        Frame::new(&whole[..36], whole.len()).to_string(),
        "IP 10.99.0.1 > 172.16.4.10: [|udp]"
    );
}

proptest! {
    #![proptest_config(cases(4096))]

    #[test]
    fn any_bytes_give_one_line(bytes in vec(any::<u8>(), 0..160), length in 0..10_000_usize) {
        prop_assert!(is_a_line(&Frame::new(&bytes, length).to_string()));
    }

    #[test]
    fn a_packet_that_is_damaged_and_cut_gives_one_line(
        packet in any_packet(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = packet;
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let whole = bytes.len();
        bytes.truncate(cut.index(whole + 1));
        prop_assert!(is_a_line(&Frame::new(&bytes, whole).to_string()));
    }
}

fn any_packet() -> impl Strategy<Value = Vec<u8>> {
    let next = prop::sample::select(vec![0_u8, 1, 6, 17, 43, 44, 51, 58, 59, 60, 89]);
    (any::<bool>(), next, vec(any::<u8>(), 0..100)).prop_map(|(is_v4, next, payload)| {
        if is_v4 {
            frame(0x0800, &v4_packet(next, &payload))
        } else {
            frame(0x86dd, &v6_packet(next, &payload))
        }
    })
}

/// No terminal may be talked to by a packet.
fn is_a_line(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() || c == ' ')
}

fn show(frame: &[u8]) -> String {
    Frame::new(frame, frame.len()).to_string()
}

fn frame(ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let head = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    [&head[..], &ethertype.to_be_bytes(), payload].concat()
}

fn v4_packet(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let head = [0x45, 0, length[0], length[1], 0, 0, 0, 0, 64, protocol, 0, 0];
    [&head[..], &[10, 99, 0, 1], &[172, 16, 4, 10], payload].concat()
}

fn v6_packet(next: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [0x60, 0, 0, 0, length[0], length[1], next, 64];
    [&head[..], &v6("2001:db8:99::1"), &v6("2001:db8:4::10"), payload].concat()
}

fn v6(text: &str) -> [u8; 16] {
    text.parse::<std::net::Ipv6Addr>().unwrap().octets()
}
