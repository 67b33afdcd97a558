//! What passes closed gates.

use super::*;

#[test]
fn the_session_passes_a_closed_gate_and_its_neighbours_do_not() {
    let lists = closed_link();
    let tcp = |source: u16, destination: u16| [source.to_be_bytes(), destination.to_be_bytes()].concat();
    let gate = Reason::BgpDown;
    for (source, destination, protocol, payload, expected) in [
        (PEER4, OURS4, 6, tcp(40000, 179), Reason::Bgp),
        (PEER4, OURS4, 6, tcp(179, 40000), Reason::Bgp),
        (PEER4, OURS4, 6, tcp(178, 180), gate),
        (PEER4, OURS4, 17, tcp(179, 179), gate),
        (OURS4, PEER4, 6, tcp(40000, 179), Reason::OwnSource),
        (REMOTE4, OURS4, 6, tcp(40000, 179), gate),
        (PEER4, LOCAL4, 6, tcp(40000, 179), gate),
        (PEER4, OURS4, 6, vec![0, 179, 0], gate),
    ] {
        let what = (source, destination, protocol, &payload);
        assert_eq!(
            reason(&ipv4_frame(source, destination, protocol, &payload), &lists).1,
            expected,
            "{what:?}"
        );
    }
    assert_eq!(
        reason(&ipv6_frame(PEER6, OURS6, 6, &tcp(40000, 179)), &lists).1,
        Reason::Bgp
    );
    assert_eq!(
        reason(&ipv6_frame(OURS6, PEER6, 6, &tcp(40000, 179)), &lists).1,
        Reason::OwnSource
    );
    assert_eq!(reason(&ipv6_frame(PEER6, OURS6, 6, &tcp(40000, 180)), &lists).1, gate);
}

#[test]
fn arp_passes_a_closed_gate_inside_the_subnet() {
    let lists = closed_link();
    for (sender, target, expected) in [
        (PEER4, OURS4, Reason::Arp),
        ([0; 4], OURS4, Reason::Arp),
        (REMOTE4, OURS4, Reason::Arp),
        (PEER4, PEER4, Reason::Arp),
        (OURS4, OURS4, Reason::ArpForeign),
        (OURS4, PEER4, Reason::ArpForeign),
        (PEER4, LOCAL4, Reason::ArpForeign),
        (PEER4, [169, 254, 0, 102], Reason::ArpForeign),
    ] {
        let frame = arp_frame(sender, target);
        assert_eq!(
            reason(&frame, &lists),
            (Traffic::Other, expected),
            "{sender:?} {target:?}"
        );
    }
    let without = one_link(|link| link.v4 = Interconnect4::default());
    assert_eq!(reason(&arp_frame([0; 4], [0; 4]), &without).1, Reason::ArpForeign);
}

#[test]
fn neighbour_discovery_passes_a_closed_gate_inside_the_subnet() {
    let lists = closed_link();
    let all_nodes = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    for (source, kind, target, expected) in [
        (PEER6, 135, OURS6, Reason::NeighbourDiscovery),
        (PEER6, 136, PEER6, Reason::NeighbourDiscovery),
        ([0; 16], 135, OURS6, Reason::NeighbourDiscovery),
        ([0; 16], 136, OURS6, Reason::MartianSource),
        (PEER6, 134, OURS6, Reason::NeighbourDiscoveryForeign),
        (REMOTE6, 135, OURS6, Reason::NeighbourDiscoveryForeign),
        (PEER6, 135, LOCAL6, Reason::NeighbourDiscoveryForeign),
    ] {
        let message: Vec<u8> = [kind, 0, 0, 0, 0, 0, 0, 0].into_iter().chain(target).collect();
        let frame = ipv6_frame(source, all_nodes, 58, &message);
        assert_eq!(
            reason(&frame, &lists),
            (Traffic::V6, expected),
            "{source:?} {kind} {target:?}"
        );
    }
}

#[test]
fn icmp_passes_a_closed_gate_from_the_peer_to_us() {
    let lists = closed_link();
    let message = |kind| vec![kind, 0, 0, 0, 0, 0, 0, 0];
    let gate = Reason::BgpDown;
    for kind in 0..=255 {
        let expected = if matches!(kind, 0 | 3 | 8 | 11 | 12) {
            Reason::Icmp
        } else {
            gate
        };
        let frame = ipv4_frame(PEER4, OURS4, 1, &message(kind));
        assert_eq!(reason(&frame, &lists).1, expected, "type {kind}");
        let expected = if matches!(kind, 1..=4 | 128 | 129) {
            Reason::Icmp
        } else {
            gate
        };
        let frame = ipv6_frame(PEER6, OURS6, 58, &message(kind));
        assert_eq!(reason(&frame, &lists).1, expected, "type {kind}");
    }
    for (source, destination, payload) in [
        (PEER4, LOCAL4, message(8)),
        (REMOTE4, OURS4, message(8)),
        (PEER4, OURS4, message(8)[..7].to_vec()),
    ] {
        let frame = ipv4_frame(source, destination, 1, &payload);
        assert_eq!(reason(&frame, &lists).1, gate, "{source:?} {destination:?} {payload:?}");
    }
    // The other family's ICMP.
    assert_eq!(reason(&ipv4_frame(PEER4, OURS4, 58, &message(128)), &lists).1, gate);
    assert_eq!(reason(&ipv6_frame(PEER6, OURS6, 1, &message(8)), &lists).1, gate);
}

#[test]
fn bfd_passes_a_closed_gate_from_the_peer_to_us() {
    let lists = closed_link();
    let udp = |port: u16| [&[0xc0, 0][..], &port.to_be_bytes(), &[0, 8, 0, 0]].concat();
    let with_hop_limit = |mut frame: Vec<u8>, at: usize, hop_limit| {
        frame[at] = hop_limit;
        frame
    };
    let gate = Reason::BgpDown;
    for (port, hop_limit, expected) in [
        (3784, 255, Reason::Bfd),
        (3784, 254, gate),
        (3784, 0, gate),
        (3785, 255, Reason::Bfd),
        (3785, 1, Reason::Bfd),
        (3783, 255, gate),
        (3786, 255, gate),
        (4784, 255, gate),
    ] {
        let v4 = with_hop_limit(ipv4_frame(PEER4, OURS4, 17, &udp(port)), 18 + 8, hop_limit);
        assert_eq!(reason(&v4, &lists).1, expected, "{port} {hop_limit}");
        let v6 = with_hop_limit(ipv6_frame(PEER6, OURS6, 17, &udp(port)), 18 + 7, hop_limit);
        assert_eq!(reason(&v6, &lists).1, expected, "{port} {hop_limit}");
    }
    let from_bfd = [[0x0e, 0xc8, 0xc0, 0], [0, 8, 0, 0]].concat();
    let cut = &udp(3784)[..7];
    for payload in [&from_bfd[..], cut] {
        let v6 = ipv6_frame(PEER6, OURS6, 17, payload);
        assert_eq!(reason(&v6, &lists).1, gate, "{payload:?}");
    }
}

#[test]
fn what_has_a_limit_is_dropped_beyond_it_and_the_rest_has_none() {
    let solicitation: Vec<u8> = [135, 0, 0, 0, 0, 0, 0, 0].into_iter().chain(OURS6).collect();
    let echo = [8, 0, 0, 0, 0, 0, 0, 0];
    for (frame, limit, expected) in [
        (arp_frame(PEER4, OURS4), Limit::Arp, Reason::Arp),
        (
            ipv6_frame(PEER6, OURS6, 58, &solicitation),
            Limit::NeighbourDiscovery,
            Reason::NeighbourDiscovery,
        ),
        (ipv4_frame(PEER4, OURS4, 1, &echo), Limit::Icmp, Reason::Icmp),
    ] {
        let lists = closed_link();
        lists.left.set(2);
        let reasons: Vec<_> = (0..4).map(|_| reason(&frame, &lists).1).collect();
        let limited = Reason::RateLimited;
        assert_eq!(reasons, [expected, expected, limited, limited]);
        assert_eq!(lists.taken.get(), Some((SLOT, limit)));
    }
    for frame in [
        arp_frame(PEER4, LOCAL4),
        ipv4_frame(PEER4, OURS4, 6, &[0, 179, 0, 179]),
        ipv4_frame(REMOTE4, LOCAL4, 1, &echo),
        ipv4_frame(REMOTE4, OURS4, 1, &echo),
    ] {
        let lists = closed_link();
        reason(&frame, &lists);
        assert_eq!(lists.taken.get(), None);
    }
}
