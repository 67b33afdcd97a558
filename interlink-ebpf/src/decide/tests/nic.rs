//! Frames of no link: other VLANs, LLDP, LACP.

use super::*;

const UNKNOWN: u16 = VLAN + 1;
const LLDP_GROUP: [u8; 6] = [1, 0x80, 0xc2, 0, 0, 0x0e];
const SLOW_PROTOCOLS: [u8; 6] = [1, 0x80, 0xc2, 0, 0, 2];

#[test]
fn other_vlans_pass_where_the_nic_is_shared() {
    for (flags, expected) in [
        (NicFlags::default(), Reason::UnknownVlan),
        (NicFlags::LLDP.with(NicFlags::LACP, true), Reason::UnknownVlan),
        (NicFlags::OTHER_VLANS, Reason::OtherVlan),
    ] {
        let lists = with_nic(flags);
        for frame in [
            tagged(UNKNOWN, 0x0800),
            tagged(UNKNOWN, 0x88cc),
            untagged([2; 6], 0x0800, &[]),
            untagged(LLDP_GROUP, 0x88cd, &[]),
        ] {
            assert_eq!(of_no_link(&frame, &lists), expected, "{frame:?}");
        }
        let known = ipv4_frame(REMOTE4, LOCAL4, 17, &[]);
        assert_eq!(reason(&known, &lists).1, Reason::Allowed);
        assert_eq!(reason(&tagged(VLAN, 0x88cc), &lists).1, Reason::UnknownEthertype);
        let cut = &untagged([2; 6], 0x8100, &[0])[..];
        assert_eq!(of_no_link(cut, &lists), Reason::Truncated);
        let broken = Lists {
            links: BTreeMap::new(),
            ..lists
        };
        assert_eq!(of_no_link(&known, &broken), Reason::NoTables);
    }
}

#[test]
fn lldp_and_lacp_pass_where_the_nic_asks_for_them() {
    let lldp = untagged(LLDP_GROUP, 0x88cc, &[]);
    let lacp = untagged(SLOW_PROTOCOLS, 0x8809, &[1]);
    let marker = untagged(SLOW_PROTOCOLS, 0x8809, &[2]);
    let (none, neither) = (NicFlags::default(), Reason::UnknownVlan);
    for (flags, of_lldp, of_lacp) in [
        (none, neither, neither),
        (NicFlags::LLDP, Reason::Lldp, neither),
        (NicFlags::LACP, neither, Reason::Lacp),
        (NicFlags::OTHER_VLANS, Reason::OtherVlan, Reason::OtherVlan),
        (NicFlags(7), Reason::Lldp, Reason::Lacp),
    ] {
        let mut lists = with_nic(flags);
        for is_a_links in [false, true] {
            let otherwise = |reason| {
                if is_a_links && matches!(reason, Reason::UnknownVlan | Reason::OtherVlan) {
                    Reason::UnknownEthertype
                } else {
                    reason
                }
            };
            let what = |frame: &Vec<u8>| decide(&frame[..], &lists).reason;
            assert_eq!(what(&lldp), otherwise(of_lldp), "{flags:?}");
            assert_eq!(what(&lacp), otherwise(of_lacp), "{flags:?}");
            assert_eq!(what(&marker), otherwise(of_lacp), "{flags:?}");
            lists.slots.insert(0, SLOT);
        }
    }
}

#[test]
fn what_only_looks_like_lacp_is_none() {
    let lists = with_nic(NicFlags::LACP);
    for frame in [
        untagged([1, 0x80, 0xc2, 0, 0, 3], 0x8809, &[1]),
        untagged([2; 6], 0x8809, &[1]),
        untagged(SLOW_PROTOCOLS, 0x8809, &[0]),
        untagged(SLOW_PROTOCOLS, 0x8809, &[3]),
        untagged(SLOW_PROTOCOLS, 0x8809, &[]),
        untagged(SLOW_PROTOCOLS, 0x8808, &[1]),
    ] {
        assert_eq!(of_no_link(&frame, &lists), Reason::UnknownVlan, "{frame:?}");
    }
    // A tag with a priority alone is a tag.
    let priority = untagged(SLOW_PROTOCOLS, 0x8100, &[0xe0, 0, 0x88, 0x09, 1]);
    assert_eq!(of_no_link(&priority, &lists), Reason::UnknownVlan);
}

#[test]
fn the_nics_own_frames_are_its_own_and_share_a_limit() {
    let mut lists = with_nic(NicFlags(7));
    lists.slots.insert(0, SLOT);
    lists.left.set(2);
    let lldp = untagged(LLDP_GROUP, 0x88cc, &[]);
    let lacp = untagged(SLOW_PROTOCOLS, 0x8809, &[1]);
    assert_eq!(of_no_link(&lldp, &lists), Reason::Lldp);
    assert_eq!(of_no_link(&lacp, &lists), Reason::Lacp);
    assert_eq!(of_no_link(&lldp, &lists), Reason::RateLimited);
    assert_eq!(lists.taken.get(), Some((0, Limit::Control)));
}

fn with_nic(nic: NicFlags) -> Lists {
    Lists {
        nic,
        ..one_link(|_| {})
    }
}

fn of_no_link(frame: &[u8], lists: &Lists) -> Reason {
    let decision = decide(frame, lists);
    assert_eq!(
        (decision.slot, decision.traffic, decision.bytes),
        (0, Traffic::Other, frame.len())
    );
    decision.reason
}

fn tagged(vlan: u16, ethertype: u16) -> Vec<u8> {
    let [high, low] = vlan.to_be_bytes();
    let [first, second] = ethertype.to_be_bytes();
    untagged([2; 6], 0x8100, &[high, low, first, second])
}

fn untagged(destination: [u8; 6], ethertype: u16, payload: &[u8]) -> Vec<u8> {
    [&destination[..], &[2; 6], &ethertype.to_be_bytes(), payload].concat()
}
