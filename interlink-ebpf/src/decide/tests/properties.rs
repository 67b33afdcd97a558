//! What holds for every frame.

use proptest::prelude::*;

use super::*;

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
        let is_exception = matches!(
            reason,
            Reason::Arp | Reason::NeighbourDiscovery | Reason::Bgp | Reason::Bfd | Reason::Icmp
        );
        prop_assert_eq!(reason.verdict() == Verdict::Pass, is_exception, "{}", reason.name());
    }

    #[test]
    fn what_passes_an_open_gate_is_named_by_the_tables_or_quotes_what_is(frame in frames()) {
        let lists = one_link(|_| {});
        let reason = decide(&frame[..], &lists).reason;
        let has = |address: [u8; 4]| frame.windows(4).any(|window| window == address);
        let has6 = |address: [u8; 16]| frame.windows(16).any(|window| window == address);
        if matches!(reason, Reason::Allowed | Reason::IcmpError) {
            prop_assert!(has(REMOTE4) && has(LOCAL4) || has6(REMOTE6) && has6(LOCAL6));
        }
    }

    #[test]
    fn beyond_the_limits_no_more_passes_than_behind_them(frame in frames()) {
        let (plenty, nothing) = (one_link(|_| {}), one_link(|_| {}));
        nothing.left.set(0);
        let (free, limited) = (decide(&frame[..], &plenty).reason, decide(&frame[..], &nothing).reason);
        let expected = if plenty.taken.get().is_some() { Reason::RateLimited } else { free };
        prop_assert_eq!(limited, expected);
    }
}

/// Frames that get past the first checks: any bytes, behind headers that are right as far as they go.
fn frames() -> impl Strategy<Value = Vec<u8>> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..100);
    let v4 = prop::sample::select(vec![REMOTE4, LOCAL4, OURS4, PEER4, [0; 4]]);
    let v6 = prop::sample::select(vec![REMOTE6, LOCAL6, OURS6, PEER6, [0; 16]]);
    let protocol = prop::sample::select(vec![1, 6, 17, 44, 58]);
    let start = prop::sample::select(vec![
        &[3, 0, 0, 0][..],
        &[8, 0],
        &[2, 0, 0, 0, 0, 0, 5, 0],
        &[0, 179],
        &[0, 0, 14, 200],
        &[],
    ]);
    let bytes = move || (start.clone(), bytes()).prop_map(|(start, bytes)| [start, &bytes].concat());
    let quote = (v4.clone(), v4.clone(), bytes()).prop_map(|(a, b, data)| ipv4_frame(a, b, 6, &data)[18..].to_vec());
    let error = (v4.clone(), v4.clone(), quote)
        .prop_map(|(a, b, quote)| ipv4_frame(a, b, 1, &[&[3, 4, 0, 0, 0, 0, 5, 0], &quote[..]].concat()));
    let whole = prop_oneof![
        error,
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
