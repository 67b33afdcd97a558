//! The decision over tables that are lists. What the loaded program makes of far more frames is tested in the crate
//! `interlink-tests`.

extern crate std;

use std::{collections::BTreeMap, vec, vec::Vec};

use proptest::prelude::*;

use super::*;

const VLAN: u16 = 7;
const SLOT: u32 = 5;
const REMOTE: TableId = TableId(1);
const LOCAL: TableId = TableId(2);

const OURS4: [u8; 4] = [169, 254, 0, 101];
const PEER4: [u8; 4] = [169, 254, 0, 100];
const OURS6: [u8; 16] = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
const PEER6: [u8; 16] = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const REMOTE4: [u8; 4] = [10, 20, 0, 1];
const LOCAL4: [u8; 4] = [172, 16, 4, 9];
const REMOTE6: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const LOCAL6: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0x16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];

/// Tables of single addresses.
#[derive(Clone, Default)]
struct Lists {
    slots: BTreeMap<u16, u32>,
    links: BTreeMap<u32, LinkEntry>,
    v4: Vec<(TableId, [u8; 4])>,
    v6: Vec<(TableId, [u8; 16])>,
}

impl Tables for Lists {
    fn slot(&self, vlan: u16) -> u32 {
        self.slots.get(&vlan).copied().unwrap_or(0)
    }

    fn link(&self, slot: u32) -> Option<&LinkEntry> {
        self.links.get(&slot)
    }

    fn contains_v4(&self, table: TableId, address: [u8; 4]) -> bool {
        self.v4.contains(&(table, address))
    }

    fn contains_v6(&self, table: TableId, address: [u8; 16]) -> bool {
        self.v6.contains(&(table, address))
    }
}

#[test]
fn a_whitelisted_packet_passes_and_its_way_back_does_not() {
    let lists = one_link(|_| {});
    assert_eq!(
        reason(&ipv4_frame(REMOTE4, LOCAL4, 17, &[]), &lists),
        (Traffic::V4, Reason::Allowed)
    );
    assert_eq!(
        reason(&ipv4_frame(LOCAL4, REMOTE4, 17, &[]), &lists),
        (Traffic::V4, Reason::SourceNotAllowed)
    );
    assert_eq!(
        reason(&ipv4_frame(REMOTE4, REMOTE4, 17, &[]), &lists),
        (Traffic::V4, Reason::DestinationNotAllowed)
    );
    assert_eq!(
        reason(&ipv6_frame(REMOTE6, LOCAL6, 17, &[]), &lists),
        (Traffic::V6, Reason::Allowed)
    );
    assert_eq!(
        reason(&ipv6_frame(LOCAL6, REMOTE6, 17, &[]), &lists),
        (Traffic::V6, Reason::SourceNotAllowed)
    );
    assert_eq!(
        reason(&ipv6_frame(REMOTE6, REMOTE6, 17, &[]), &lists),
        (Traffic::V6, Reason::DestinationNotAllowed)
    );
}

#[test]
fn a_decision_names_the_slot_and_the_length() {
    let lists = one_link(|_| {});
    let frame = ipv4_frame(REMOTE4, LOCAL4, 17, &[0; 30]);
    let allowed = Decision {
        slot: SLOT,
        traffic: Traffic::V4,
        reason: Reason::Allowed,
        bytes: frame.len(),
    };
    assert_eq!(decide(&frame[..], &lists), allowed);

    let unknown = Decision {
        slot: 0,
        traffic: Traffic::Other,
        reason: Reason::UnknownVlan,
        bytes: frame.len(),
    };
    assert_eq!(
        decide(
            &frame[..],
            &Lists {
                slots: BTreeMap::new(),
                ..lists.clone()
            }
        ),
        unknown
    );
    let broken = Decision {
        reason: Reason::NoTables,
        ..unknown
    };
    assert_eq!(
        decide(
            &frame[..],
            &Lists {
                links: BTreeMap::new(),
                ..lists
            }
        ),
        broken
    );
}

#[test]
fn the_empty_table_contains_nothing_whatever_is_stored_under_its_number() {
    let v4 = ipv4_frame(REMOTE4, LOCAL4, 17, &[]);
    let v6 = ipv6_frame(REMOTE6, LOCAL6, 17, &[]);
    let stored = |mut lists: Lists| {
        lists.v4.extend([(TableId::EMPTY, REMOTE4), (TableId::EMPTY, LOCAL4)]);
        lists.v6.extend([(TableId::EMPTY, REMOTE6), (TableId::EMPTY, LOCAL6)]);
        lists
    };
    let lists = stored(one_link(|link| {
        (link.remote_v4, link.remote_v6) = (TableId::EMPTY, TableId::EMPTY);
    }));
    assert_eq!(reason(&v4, &lists).1, Reason::SourceNotAllowed);
    assert_eq!(reason(&v6, &lists).1, Reason::SourceNotAllowed);
    let lists = stored(one_link(|link| {
        (link.local_v4, link.local_v6) = (TableId::EMPTY, TableId::EMPTY);
    }));
    assert_eq!(reason(&v4, &lists).1, Reason::DestinationNotAllowed);
    assert_eq!(reason(&v6, &lists).1, Reason::DestinationNotAllowed);
}

#[test]
fn a_gate_is_open_for_one_code_alone() {
    let frame = ipv4_frame(REMOTE4, LOCAL4, 17, &[]);
    for code in (0..300).chain([u32::MAX]) {
        let expected = match Reason::from_code(code) {
            Some(Reason::Allowed) => Reason::Allowed,
            Some(reason) if reason.verdict() == Verdict::Drop => reason,
            _ => Reason::NoTables,
        };
        let lists = one_link(|link| link.gate_v4 = code);
        assert_eq!(reason(&frame, &lists).1, expected, "gate {code}");
    }
}

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
        (OURS4, PEER4, 6, tcp(40000, 179), gate),
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
    assert_eq!(reason(&ipv6_frame(OURS6, PEER6, 6, &tcp(40000, 179)), &lists).1, gate);
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
        ([0; 16], 136, OURS6, Reason::NeighbourDiscoveryForeign),
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

proptest! {
    #[test]
    fn a_frame_of_no_link_never_passes(frame in frames()) {
        let decision = decide(&frame[..], &Lists::default());
        prop_assert_eq!(decision.reason.verdict(), Verdict::Drop);
        prop_assert_eq!((decision.slot, decision.bytes), (0, frame.len()));
    }

    #[test]
    fn without_prefixes_and_interconnects_nothing_passes(frame in frames()) {
        let mut lists = Lists::default();
        lists.slots.extend([(0, SLOT), (VLAN, SLOT)]);
        lists.links.insert(SLOT, LinkEntry::default());
        prop_assert_eq!(decide(&frame[..], &lists).reason.verdict(), Verdict::Drop);
    }

    #[test]
    fn through_closed_gates_only_the_exceptions_pass(frame in frames()) {
        let reason = decide(&frame[..], &closed_link()).reason;
        let is_exception = matches!(reason, Reason::Arp | Reason::NeighbourDiscovery | Reason::Bgp);
        prop_assert_eq!(reason.verdict() == Verdict::Pass, is_exception, "{}", reason.name());
    }
}

/// Frames that get past the first checks: any bytes, behind headers that are right as far as they go.
fn frames() -> impl Strategy<Value = Vec<u8>> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..100);
    let v4 = prop::sample::select(vec![REMOTE4, LOCAL4, OURS4, PEER4, [0; 4]]);
    let v6 = prop::sample::select(vec![REMOTE6, LOCAL6, OURS6, PEER6, [0; 16]]);
    let protocol = prop::sample::select(vec![6, 17, 44, 58]);
    let whole = prop_oneof![
        bytes(),
        bytes().prop_map(|bytes| frame(0x0800, &bytes)),
        bytes().prop_map(|bytes| frame(0x86dd, &bytes)),
        (v4.clone(), v4.clone()).prop_map(|(sender, target)| arp_frame(sender, target)),
        (v4.clone(), v4, protocol.clone(), bytes())
            .prop_map(|(a, b, protocol, data)| ipv4_frame(a, b, protocol, &data)),
        (v6.clone(), v6, protocol, bytes()).prop_map(|(a, b, protocol, data)| ipv6_frame(a, b, protocol, &data)),
    ];
    (whole, any::<prop::sample::Index>(), any::<bool>()).prop_map(|(mut frame, cut, is_cut)| {
        if is_cut {
            frame.truncate(cut.index(frame.len() + 1));
        }
        frame
    })
}

fn reason(frame: &[u8], lists: &Lists) -> (Traffic, Reason) {
    let decision = decide(frame, lists);
    assert_eq!((decision.slot, decision.bytes), (SLOT, frame.len()));
    (decision.traffic, decision.reason)
}

fn closed_link() -> Lists {
    one_link(|link| (link.gate_v4, link.gate_v6) = (Reason::BgpDown.code(), Reason::BgpDown.code()))
}

fn one_link(change: impl FnOnce(&mut LinkEntry)) -> Lists {
    let mut link = LinkEntry {
        remote_v4: REMOTE,
        local_v4: LOCAL,
        remote_v6: REMOTE,
        local_v6: LOCAL,
        v4: Interconnect4 {
            ours: OURS4,
            peer: PEER4,
            mask: [255, 255, 255, 254],
        },
        v6: Interconnect6 {
            ours: OURS6,
            peer: PEER6,
            mask: (!0_u128 << 64).to_be_bytes(),
        },
        ..LinkEntry::default()
    };
    change(&mut link);
    Lists {
        slots: [(VLAN, SLOT)].into(),
        links: [(SLOT, link)].into(),
        v4: vec![(REMOTE, REMOTE4), (LOCAL, LOCAL4)],
        v6: vec![(REMOTE, REMOTE6), (LOCAL, LOCAL6)],
    }
}

fn frame(ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0; 12];
    frame.extend(0x8100_u16.to_be_bytes());
    frame.extend(VLAN.to_be_bytes());
    frame.extend(ethertype.to_be_bytes());
    frame.extend(payload);
    frame
}

fn arp_frame(sender: [u8; 4], target: [u8; 4]) -> Vec<u8> {
    let mut packet = vec![0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1];
    packet.extend(sender);
    packet.extend([0; 6]);
    packet.extend(target);
    frame(0x0806, &packet)
}

fn ipv4_frame(source: [u8; 4], destination: [u8; 4], protocol: u8, payload: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x45, 0, high, low, 0, 0, 0, 0, 64, protocol, 0, 0];
    packet.extend(source);
    packet.extend(destination);
    packet.extend(payload);
    frame(0x0800, &packet)
}

fn ipv6_frame(source: [u8; 16], destination: [u8; 16], protocol: u8, payload: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(payload.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x60, 0, 0, 0, high, low, protocol, 255];
    packet.extend(source);
    packet.extend(destination);
    packet.extend(payload);
    frame(0x86dd, &packet)
}
