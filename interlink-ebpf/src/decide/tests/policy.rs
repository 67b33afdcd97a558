//! Gates and prefixes.

use interlink_common::{KeyRange, Set};

use super::*;

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
        (link.remote_v4, link.remote_v6) = (Set4::default(), Set6::default());
    }));
    assert_eq!(reason(&v4, &lists).1, Reason::SourceNotAllowed);
    assert_eq!(reason(&v6, &lists).1, Reason::SourceNotAllowed);
    let lists = stored(one_link(|link| {
        (link.local_v4, link.local_v6) = (Set4::default(), Set6::default());
    }));
    assert_eq!(reason(&v4, &lists).1, Reason::DestinationNotAllowed);
    assert_eq!(reason(&v6, &lists).1, Reason::DestinationNotAllowed);
}

#[test]
fn ranges_in_the_entry_are_all_that_a_set_has() {
    let [remote, local] = [REMOTE4, LOCAL4].map(u32::from_be_bytes);
    let only4 = |key| Set4::of_ranges([KeyRange { first: key, last: key }]).unwrap();
    let [remote_half, local_half] = [REMOTE6, LOCAL6].map(|address| halves(address)[0]);
    let only6 = |key| Set6::of_ranges([KeyRange { first: key, last: key }]).unwrap();
    let v4 = ipv4_frame(REMOTE4, LOCAL4, 17, &[]);
    let v6 = ipv6_frame(REMOTE6, LOCAL6, 17, &[]);
    for (remote_off, local_off, expected) in [
        (0, 0, Reason::Allowed),
        (1, 0, Reason::SourceNotAllowed),
        (0, 1, Reason::DestinationNotAllowed),
    ] {
        let mut lists = one_link(|link| {
            // The table holds the address, and isn't asked.
            link.remote_v4 = Set {
                table: REMOTE,
                ..only4(remote + remote_off)
            };
            link.local_v4 = Set {
                table: LOCAL,
                ..only4(local - local_off)
            };
            link.remote_v6 = Set {
                table: REMOTE,
                ..only6(remote_half - u64::from(remote_off))
            };
            link.local_v6 = Set {
                table: LOCAL,
                ..only6(local_half + u64::from(local_off))
            };
        });
        assert_eq!(reason(&v4, &lists).1, expected);
        assert_eq!(reason(&v6, &lists).1, expected);
        (lists.v4, lists.v6) = (Vec::new(), Vec::new());
        assert_eq!(reason(&v4, &lists).1, expected);
        assert_eq!(reason(&v6, &lists).1, expected);
    }
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
fn what_no_packet_can_have_is_dropped_whatever_the_policy_contains() {
    let mut v6 = [[0; 16]; 3];
    v6[1][15] = 1;
    v6[2][10..].copy_from_slice(&[0xff, 0xff, 10, 20, 0, 1]);
    let all_hosts = [0xff, 0x0e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    for closed in [false, true] {
        let mut lists = if closed { closed_link() } else { one_link(|_| {}) };
        let v4 = [
            [0; 4],
            [127, 0, 0, 1],
            [127, 255, 255, 255],
            [224, 0, 0, 1],
            [239, 255, 255, 255],
            [255; 4],
        ];
        for address in v4 {
            lists.v4.extend([(REMOTE, address), (LOCAL, address)]);
            let from = reason(&ipv4_frame(address, LOCAL4, 17, &[]), &lists).1;
            let to = reason(&ipv4_frame(REMOTE4, address, 17, &[]), &lists).1;
            assert_eq!(
                (from, to),
                (Reason::MartianSource, Reason::MartianDestination),
                "{address:?}"
            );
        }
        for address in v6.into_iter().chain([all_hosts, [0xff; 16]]) {
            lists.v6.extend([(REMOTE, address), (LOCAL, address)]);
            let from = reason(&ipv6_frame(address, LOCAL6, 17, &[]), &lists).1;
            let to = reason(&ipv6_frame(REMOTE6, address, 17, &[]), &lists).1;
            assert_eq!(
                (from, to),
                (Reason::MartianSource, Reason::MartianDestination),
                "{address:?}"
            );
        }
    }
}

#[test]
fn the_neighbours_of_martians_are_addresses_like_any_other() {
    let v4 = [
        [0, 0, 0, 1],
        [126, 255, 255, 255],
        [128, 0, 0, 0],
        [223, 255, 255, 255],
        [240, 0, 0, 0],
        [255, 255, 255, 254],
    ];
    for address in v4 {
        let mut lists = one_link(|_| {});
        lists.v4.extend([(REMOTE, address), (LOCAL, address)]);
        let frame = ipv4_frame(address, address, 17, &[]);
        assert_eq!(reason(&frame, &lists).1, Reason::Allowed, "{address:?}");
    }
    let v6 = [
        2_u128,
        0xfffe_ffff_ffff,
        0x0001_0000_0000_0000,
        0x0000_0001_0000_0000_0000_0000_0000_0001,
        0x0001_0000_0000_0000_0000_ffff_0a14_0001,
        0x2002_0a14_0001_0000_0000_0000_0000_0001,
        0xfeff_ffff_ffff_ffff_ffff_ffff_ffff_ffff,
    ];
    for address in v6.map(u128::to_be_bytes) {
        let mut lists = one_link(|_| {});
        lists.v6.extend([(REMOTE, address), (LOCAL, address)]);
        let frame = ipv6_frame(address, address, 17, &[]);
        assert_eq!(reason(&frame, &lists).1, Reason::Allowed, "{address:?}");
    }
}

#[test]
fn nobody_sends_from_our_own_address() {
    for mut lists in [one_link(|_| {}), closed_link()] {
        lists.v4.push((REMOTE, OURS4));
        lists.v6.push((REMOTE, OURS6));
        assert_eq!(reason(&ipv4_frame(OURS4, LOCAL4, 17, &[]), &lists).1, Reason::OwnSource);
        assert_eq!(reason(&ipv6_frame(OURS6, LOCAL6, 17, &[]), &lists).1, Reason::OwnSource);
    }
    let lists = one_link(|link| (link.v4, link.v6) = (Interconnect4::default(), Interconnect6::default()));
    assert_eq!(
        reason(&ipv4_frame([0; 4], LOCAL4, 17, &[]), &lists).1,
        Reason::MartianSource
    );
    assert_eq!(
        reason(&ipv6_frame([0; 16], LOCAL6, 17, &[]), &lists).1,
        Reason::MartianSource
    );
}
