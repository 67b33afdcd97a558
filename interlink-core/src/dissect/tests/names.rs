//! Everything that has a name is called by it, and nothing else is.

use super::{SYN, frame, show, v4_packet, v6, v6_packet};

#[test]
fn every_ethertype_that_comes_up_between_routers_is_called_by_its_name() {
    for (ethertype, name) in [
        (0x05ff, "802.3"),
        (0x0600, "ethertype 0x0600"),
        (0x8035, "RARP"),
        (0x8809, "Slow Protocols (LACP)"),
        (0x8847, "MPLS"),
        (0x8848, "MPLS"),
        (0x8863, "PPPoE D"),
        (0x8864, "PPPoE S"),
        (0x888e, "EAPOL"),
        (0x88cc, "LLDP"),
        (0x88e5, "MACsec"),
        (0x88f7, "PTP"),
        (0x9000, "Loopback"),
    ] {
        assert_eq!(
            show(&frame(ethertype, &[0; 46])),
            format!("02:00:00:00:00:02 > 02:00:00:00:00:01, {name}, length 46")
        );
    }
    for (tag, name) in [(0x8100, "vlan 1"), (0x88a8, "vlan 1 (802.1ad)")] {
        let tags = [&[0, 1][..], &u16::to_be_bytes(tag)].concat().repeat(4);
        assert_eq!(
            show(&frame(tag, &tags)),
            format!(
                "{}02:00:00:00:00:02 > 02:00:00:00:00:01, more VLAN tags, length 0",
                format!("{name}, ").repeat(4)
            )
        );
    }
}

#[test]
fn every_protocol_with_a_common_name_is_called_by_it() {
    for (number, name) in [
        (1, "ICMP"),
        (2, "IGMP"),
        (4, "IPIP"),
        (6, "TCP"),
        (17, "UDP"),
        (41, "IPv6"),
        (47, "GRE"),
        (50, "ESP"),
        (51, "AH"),
        (58, "ICMP6"),
        (59, "ip-proto-59"),
        (89, "OSPF"),
        (103, "PIM"),
        (112, "VRRP"),
        (132, "SCTP"),
        (255, "ip-proto-255"),
    ] {
        let mut fragment = v4_packet(number, &[0; 8]);
        fragment[7] = 1;
        assert_eq!(
            show(&frame(0x0800, &fragment)),
            format!("IP 10.99.0.1 > 172.16.4.10: {name} fragment at 8, length 8")
        );
    }
}

#[test]
fn every_icmp_type_of_ipv4_is_called_by_its_name() {
    for (kind, code, name) in [
        (0, 0, "echo reply, id 1, seq 2"),
        (5, 0, "redirect [|icmp]"),
        (8, 0, "echo request, id 1, seq 2"),
        (9, 0, "router advertisement"),
        (10, 0, "router solicitation"),
        (11, 0, "time exceeded in-transit"),
        (11, 1, "ip reassembly time exceeded"),
        (12, 0, "parameter problem"),
        (13, 0, "type-13"),
    ] {
        assert_eq!(
            show(&frame(0x0800, &v4_packet(1, &[kind, code, 0, 0, 0, 1, 0, 2]))),
            format!("IP 10.99.0.1 > 172.16.4.10: ICMP {name}, length 8")
        );
    }
}

#[test]
fn every_way_to_be_unreachable_in_ipv4_is_called_by_its_name() {
    let quote = v4_packet(17, &[0x9c, 0x40, 0, 53]);
    for (code, name) in [
        (0, "net 172.16.4.10 unreachable"),
        (1, "host 172.16.4.10 unreachable"),
        (2, "172.16.4.10 protocol 17 unreachable"),
        (3, "172.16.4.10 UDP port 53 unreachable"),
        (4, "172.16.4.10 unreachable - need to frag (mtu 1400)"),
        (5, "172.16.4.10 unreachable - code 5"),
        (9, "172.16.4.10 unreachable - admin prohibited"),
        (10, "172.16.4.10 unreachable - admin prohibited"),
        (13, "172.16.4.10 unreachable - admin prohibited"),
        (14, "172.16.4.10 unreachable - code 14"),
    ] {
        assert_eq!(unreachable_v4(code, &quote), name);
    }
    // Without the port there is nothing but the code.
    assert_eq!(unreachable_v4(3, &quote[..23]), "172.16.4.10 unreachable - code 3");
    // The port stands behind the quoted header's options.
    let with_options = [&[0x46], &quote[1..20], &[0, 1, 0, 2], &quote[20..]].concat();
    assert_eq!(unreachable_v4(3, &with_options), "172.16.4.10 UDP port 53 unreachable");
}

fn unreachable_v4(code: u8, quote: &[u8]) -> String {
    let message = [&[3, code, 0, 0, 0, 0, 5, 0x78], quote].concat();
    let line = show(&frame(0x0800, &v4_packet(1, &message)));
    let line = line.strip_prefix("IP 10.99.0.1 > 172.16.4.10: ICMP ").unwrap();
    line.strip_suffix(&format!(", length {}", message.len()))
        .unwrap()
        .to_owned()
}

#[test]
fn every_icmp_type_of_ipv6_is_called_by_its_name() {
    for (kind, code, name) in [
        (1, 0, "unreachable [|icmp6]"),
        (2, 0, "packet too big, mtu 65538"),
        (3, 0, "time exceeded in-transit"),
        (3, 1, "time exceeded in-reassembly"),
        (4, 0, "parameter problem"),
        (128, 0, "echo request, id 1, seq 2"),
        (129, 0, "echo reply, id 1, seq 2"),
        (130, 0, "multicast listener query"),
        (131, 0, "multicast listener report"),
        (132, 0, "multicast listener done"),
        (133, 0, "router solicitation"),
        (134, 0, "router advertisement"),
        (135, 0, "neighbor solicitation, who has 2001:db8::9"),
        (136, 0, "neighbor advertisement, tgt is 2001:db8::9"),
        (137, 0, "redirect, to 2001:db8::9"),
        (138, 0, "type-138"),
        (143, 0, "multicast listener report v2"),
    ] {
        let message = [&[kind, code, 0, 0, 0, 1, 0, 2], &v6("2001:db8::9")[..]].concat();
        assert_eq!(
            show(&frame(0x86dd, &v6_packet(58, &message))),
            format!("IP6 2001:db8:99::1 > 2001:db8:4::10: ICMP6, {name}, length 24")
        );
    }
    assert_eq!(
        show(&frame(0x86dd, &v6_packet(58, &[2, 0, 0, 0, 0, 0, 5]))),
        "IP6 2001:db8:99::1 > 2001:db8:4::10: ICMP6, packet too big [|icmp6], length 7"
    );
}

#[test]
fn every_way_to_be_unreachable_in_ipv6_is_called_by_its_name() {
    let quote = v6_packet(17, &[0x9c, 0x40, 0, 53]);
    let unreachable = |code, quote: &[u8]| {
        let message = [&[1, code, 0, 0, 0, 0, 0, 0], quote].concat();
        let line = show(&frame(0x86dd, &v6_packet(58, &message)));
        let line = line
            .strip_prefix("IP6 2001:db8:99::1 > 2001:db8:4::10: ICMP6, ")
            .unwrap();
        line.strip_suffix(&format!(", length {}", message.len()))
            .unwrap()
            .to_owned()
    };
    for (code, name) in [
        (0, "unreachable route 2001:db8:4::10"),
        (1, "unreachable prohibited 2001:db8:4::10"),
        (2, "unreachable code 2, 2001:db8:4::10"),
        (3, "unreachable address 2001:db8:4::10"),
        (4, "unreachable port, 2001:db8:4::10 UDP port 53"),
        (5, "unreachable code 5, 2001:db8:4::10"),
    ] {
        assert_eq!(unreachable(code, &quote), name);
    }
    assert_eq!(unreachable(4, &quote[..43]), "unreachable code 4, 2001:db8:4::10");
}

#[test]
fn every_extension_header_is_called_by_its_name_and_looked_behind() {
    let hop_by_hop = [&[43, 1][..], &[0; 14]].concat();
    let routing = [&[60, 2][..], &[0; 22]].concat();
    let destination = [&[51, 0][..], &[0; 6]].concat();
    let authentication = [&[6, 4][..], &[0; 22]].concat();
    let all = [&hop_by_hop, &routing, &destination, &authentication, &SYN[..]].concat();
    assert_eq!(
        show(&frame(0x86dd, &v6_packet(0, &all))),
        "IP6 2001:db8:99::1.40000 > 2001:db8:4::10.443: Flags [S], length 0, \
         behind hop-by-hop and routing and destination and AH"
    );
    for (next, name) in [
        (0, "hop-by-hop"),
        (43, "routing"),
        (44, "fragment"),
        (51, "AH"),
        (60, "destination"),
    ] {
        for present in [0, 1] {
            assert_eq!(
                show(&frame(0x86dd, &v6_packet(next, &vec![6; present]))),
                format!("IP6 2001:db8:99::1 > 2001:db8:4::10: [|{name}]")
            );
        }
    }
    assert_eq!(
        show(&frame(0x86dd, &v6_packet(44, &[6, 0, 0]))),
        "IP6 2001:db8:99::1 > 2001:db8:4::10: [|fragment]"
    );
}

#[test]
fn a_fragment_header_has_eight_bytes_and_is_told_apart_by_offset_and_more() {
    // The reserved byte says nothing, where other headers have their length.
    let fragment = |field: u16| {
        let field = field.to_be_bytes();
        let payload = [&[6, 9, field[0], field[1], 0, 0, 0, 1], &SYN[..]].concat();
        show(&frame(0x86dd, &v6_packet(44, &payload)))
    };
    let syn = "IP6 2001:db8:99::1.40000 > 2001:db8:4::10.443: Flags [S], length 0";
    assert_eq!(
        fragment(0),
        format!("{syn}, behind fragment"),
        "whole in one (RFC 6946)"
    );
    assert_eq!(fragment(1), format!("{syn}, first fragment, behind fragment"));
    for more in [0, 1] {
        assert_eq!(
            fragment(8 | more),
            "IP6 2001:db8:99::1 > 2001:db8:4::10: TCP fragment at 8, length 20"
        );
    }
}

#[test]
fn eight_extension_headers_are_looked_behind_and_no_more() {
    let options = |next| [next, 0, 0, 0, 0, 0, 0, 0];
    let chain = |count: usize| [options(60).repeat(count - 1), options(6).to_vec(), SYN.to_vec()].concat();
    let behind = ["destination"; 8].join(" and ");
    assert_eq!(
        show(&frame(0x86dd, &v6_packet(60, &chain(8)))),
        format!("IP6 2001:db8:99::1.40000 > 2001:db8:4::10.443: Flags [S], length 0, behind {behind}")
    );
    assert_eq!(
        show(&frame(0x86dd, &v6_packet(60, &chain(9)))),
        format!("IP6 2001:db8:99::1 > 2001:db8:4::10: ip-proto-60, length 28, behind {behind}")
    );
}
