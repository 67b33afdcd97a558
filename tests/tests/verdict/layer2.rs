//! Tags, which select a link, and EtherTypes.

use interlink_common::{Reason, Traffic};
use interlink_tests::packet::Frame;

use crate::support::{BROKEN_VLAN, Bench, PARIS, PARIS_VLAN, UNTAGGED};

use Reason::{Allowed, NoTables, SourceNotAllowed, TooManyTags, UnknownEthertype, UnknownVlan};
use Traffic::{Other, V4};

const REMOTE4: &str = "10.20.1.1";
const LOCAL4: &str = "172.16.4.9";

#[test]
fn the_vlan_id_selects_the_link() {
    let mut bench = Bench::new();
    let paris = |frame: Frame| frame.ipv4("10.30.0.1", "172.16.8.1").tcp(5000, 443).bytes();
    let (id, ethernet) = (PARIS_VLAN, Frame::ethernet);
    let mut check = |what, frame: Vec<u8>, slot, traffic, reason| bench.check(what, &frame, slot, traffic, reason);
    check("802.1Q", paris(ethernet().vlan(id)), PARIS, V4, Allowed);
    check("802.1ad", paris(ethernet().service_vlan(id)), PARIS, V4, Allowed);
    check(
        "with a priority",
        paris(ethernet().tag(0x8100, 0xf000 | id)),
        PARIS,
        V4,
        Allowed,
    );
    check("the id before", paris(ethernet().vlan(id - 1)), 0, Other, UnknownVlan);
    check("the id after", paris(ethernet().vlan(id + 1)), 0, Other, UnknownVlan);
    check("no tag", paris(ethernet()), UNTAGGED, V4, SourceNotAllowed);
    check(
        "the untagged link's packet",
        ethernet().vlan(id).ipv4(REMOTE4, LOCAL4).bytes(),
        PARIS,
        V4,
        SourceNotAllowed,
    );
    check(
        "a priority alone",
        ethernet().tag(0x8100, 0xe000).ipv4(REMOTE4, LOCAL4).bytes(),
        UNTAGGED,
        V4,
        Allowed,
    );
    check(
        "two priorities",
        ethernet().vlan(0).vlan(0).ipv4(REMOTE4, LOCAL4).bytes(),
        UNTAGGED,
        V4,
        Allowed,
    );
    check(
        "a VLAN behind a priority",
        paris(ethernet().vlan(0).vlan(id)),
        PARIS,
        V4,
        Allowed,
    );
    check(
        "a priority behind a VLAN",
        paris(ethernet().vlan(id).vlan(0)),
        PARIS,
        V4,
        Allowed,
    );
    check(
        "two ids",
        paris(ethernet().service_vlan(id).vlan(9)),
        PARIS,
        V4,
        Allowed,
    );
    check(
        "two ids, swapped",
        paris(ethernet().service_vlan(9).vlan(id)),
        0,
        Other,
        UnknownVlan,
    );
    check(
        "three tags",
        paris(ethernet().vlan(id).vlan(0).vlan(0)),
        0,
        Other,
        TooManyTags,
    );
    check(
        "a tag of another type",
        paris(ethernet().tag(0x9100, id)),
        UNTAGGED,
        Other,
        UnknownEthertype,
    );
    check("a broken slot", paris(ethernet().vlan(BROKEN_VLAN)), 0, Other, NoTables);
}

#[test]
fn only_ip_and_arp_are_known() {
    let mut bench = Bench::new();
    for ethertype in [
        0, 46, 0x05dc, 0x0801, 0x0805, 0x0807, 0x8035, 0x86dc, 0x86de, 0x8847, 0x8863, 0x88cc, 0xffff,
    ] {
        let frame = Frame::ethernet().carrying(ethertype, &[0x45; 64]);
        bench.check(&format!("{ethertype:#06x}"), &frame, UNTAGGED, Other, UnknownEthertype);
    }
    bench.check(
        "nothing behind",
        &Frame::ethernet().carrying(0x88cc, &[]),
        UNTAGGED,
        Other,
        UnknownEthertype,
    );
}
