//! Frames of no link: other VLANs, LLDP and LACP.

use interlink_common::{Reason, Traffic};
use interlink_tests::{
    model::{Link, Network},
    packet::Frame,
};

use crate::support::{BROKEN_VLAN, Bench, PARIS, PARIS_VLAN, UNTAGGED, network, open_link};

use Reason::{Allowed, Lacp, Lldp, NoTables, OtherVlan, TooManyTags, Truncated, UnknownEthertype, UnknownVlan};
use Traffic::{Other, V4};

#[test]
fn a_shared_nic_lets_the_vlans_of_others_pass_and_no_more() {
    for (other_vlans, reason) in [(false, UnknownVlan), (true, OtherVlan)] {
        let mut bench = Bench::with(Network {
            other_vlans,
            ..network()
        });
        let mut check = |what, frame: &[u8], reason| bench.check(what, frame, 0, Other, reason);
        let spoofed = |frame: Frame| frame.ipv4("8.8.8.8", "172.16.4.9").bytes();
        let id = PARIS_VLAN;
        check("the id before", &spoofed(Frame::ethernet().vlan(id - 1)), reason);
        check("the id after", &spoofed(Frame::ethernet().vlan(id + 1)), reason);
        check("802.1ad", &spoofed(Frame::ethernet().service_vlan(9)), reason);
        check(
            "the link's id inside",
            &spoofed(Frame::ethernet().service_vlan(9).vlan(id)),
            reason,
        );
        check("behind a priority", &spoofed(Frame::ethernet().vlan(0).vlan(9)), reason);
        check("4095", &spoofed(Frame::ethernet().vlan(4095)), reason);
        check(
            "any EtherType",
            &Frame::ethernet().vlan(9).carrying(0x8847, &[]),
            reason,
        );
        check(
            "a header that lies",
            &Frame::ethernet().vlan(9).carrying(0x0800, &[0xff; 9]),
            reason,
        );
        let tags = Frame::ethernet().vlan(9).vlan(9).vlan(9);
        check("three tags", &tags.carrying(0x0800, &[0; 46]), TooManyTags);
        check(
            "a tag that is cut",
            &Frame::ethernet().carrying(0x8100, &[0, 9, 8]),
            Truncated,
        );
        check("a broken slot", &spoofed(Frame::ethernet().vlan(BROKEN_VLAN)), NoTables);
        let links = Frame::ethernet().vlan(id).carrying(0x8847, &[0; 46]);
        bench.check("a link's", &links, PARIS, Other, UnknownEthertype);
        let links = Frame::ethernet().carrying(0x8847, &[0; 46]);
        bench.check("the untagged link's", &links, UNTAGGED, Other, UnknownEthertype);
        let links = Frame::ethernet().vlan(id).ipv4("10.30.0.1", "172.16.8.1").bytes();
        bench.check("a link's packet", &links, PARIS, V4, Allowed);
    }
}

#[test]
fn untagged_frames_are_others_where_no_link_is_untagged() {
    for (other_vlans, reason) in [(false, UnknownVlan), (true, OtherVlan)] {
        let mut bench = Bench::with(Network {
            other_vlans,
            ..tagged_link()
        });
        let mut check = |what, frame: &[u8]| bench.check(what, frame, 0, Other, reason);
        check("IPv4", &Frame::ethernet().ipv4("8.8.8.8", "172.16.4.9").bytes());
        check("ARP", &Frame::ethernet().arp("169.254.0.100", "169.254.0.101"));
        check("LLDP", &Frame::ethernet().lldp());
        check("LACP", &Frame::ethernet().slow_protocol(1));
        check(
            "a priority",
            &Frame::ethernet().vlan(0).ipv4("8.8.8.8", "172.16.4.9").bytes(),
        );
        check("no payload", &Frame::ethernet().carrying(0, &[]));
    }
}

#[test]
fn lldp_and_lacp_pass_where_they_are_asked_for() {
    for with_untagged in [false, true] {
        let mut bench = Bench::with(if with_untagged { network() } else { tagged_link() });
        for (lldp, lacp) in [(false, false), (true, false), (false, true), (true, true)] {
            bench.set_nic(|network| (network.lldp, network.lacp) = (lldp, lacp));
            let (slot, otherwise) = if with_untagged {
                (UNTAGGED, UnknownEthertype)
            } else {
                (0, UnknownVlan)
            };
            let mut check = |what, frame: &[u8], passes, reason| {
                let (slot, reason) = if passes { (0, reason) } else { (slot, otherwise) };
                bench.check(what, frame, slot, Other, reason);
            };
            check("LLDP", &Frame::ethernet().lldp(), lldp, Lldp);
            check("LLDP to us", &Frame::ethernet().carrying(0x88cc, &[]), lldp, Lldp);
            check("LACP", &Frame::ethernet().slow_protocol(1), lacp, Lacp);
            check("a marker", &Frame::ethernet().slow_protocol(2), lacp, Lacp);
            check("subtype 0", &Frame::ethernet().slow_protocol(0), false, Lacp);
            check("OAM", &Frame::ethernet().slow_protocol(3), false, Lacp);
            check("LACP to us", &Frame::ethernet().carrying(0x8809, &[1; 46]), false, Lacp);
            let others = Frame::ethernet().to([1, 0x80, 0xc2, 0, 0, 3]);
            check("LACP to another group", &others.carrying(0x8809, &[1; 46]), false, Lacp);
            let empty = Frame::ethernet().to([1, 0x80, 0xc2, 0, 0, 2]);
            check("LACP without a subtype", &empty.carrying(0x8809, &[]), false, Lacp);
            check(
                "the EtherType before",
                &Frame::ethernet().carrying(0x88cb, &[0; 46]),
                false,
                Lldp,
            );
            check(
                "the EtherType after",
                &Frame::ethernet().carrying(0x88cd, &[0; 46]),
                false,
                Lldp,
            );
            check("LLDP with a priority", &Frame::ethernet().vlan(0).lldp(), false, Lldp);
            check(
                "LACP with a priority",
                &Frame::ethernet().vlan(0).slow_protocol(1),
                false,
                Lacp,
            );
            let tagged = Frame::ethernet().vlan(PARIS_VLAN).lldp();
            bench.check("LLDP in a link's VLAN", &tagged, PARIS, Other, UnknownEthertype);
            let tagged = Frame::ethernet().vlan(9).slow_protocol(1);
            bench.check("LACP in another VLAN", &tagged, 0, Other, UnknownVlan);
        }
    }
}

#[test]
fn what_the_nic_asks_for_is_named_before_what_others_share() {
    let mut bench = Bench::with(Network {
        other_vlans: true,
        lldp: true,
        lacp: true,
        ..tagged_link()
    });
    bench.check("LLDP", &Frame::ethernet().lldp(), 0, Other, Lldp);
    bench.check("LACP", &Frame::ethernet().slow_protocol(1), 0, Other, Lacp);
    bench.check("OAM", &Frame::ethernet().slow_protocol(3), 0, Other, OtherVlan);
}

/// A NIC without an untagged link.
fn tagged_link() -> Network {
    let link = Link {
        slot: PARIS,
        ..open_link()
    };
    Network {
        links: [(PARIS_VLAN, link)].into(),
        ..Network::default()
    }
}
