extern crate std;

use std::{vec, vec::Vec};

use proptest::prelude::*;

use super::*;

const ADDRESSES: [u8; 12] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

#[test]
fn an_untagged_frame_has_vlan_0() {
    let frame = frame(&[], 0x0800, &[]);
    assert_eq!(
        layer2(&frame[..]),
        Ok(Layer2 {
            vlan: 0,
            ethertype: 0x0800,
            payload: 14
        })
    );
    assert_eq!(layer2(&frame[..13]), Err(Reason::Truncated));
    assert_eq!(layer2(&[][..]), Err(Reason::Truncated));
}

#[test]
fn the_first_id_that_is_not_0_is_the_vlan() {
    for (tags, vlan) in [
        (&[(0x8100, 7)][..], 7),
        (&[(0x88a8, 7)], 7),
        (&[(0x8100, 0xffff)], 4095),
        (&[(0x8100, 0xf000)], 0),
        (&[(0x88a8, 7), (0x8100, 9)], 7),
        (&[(0x88a8, 0xe000), (0x8100, 9)], 9),
        (&[(0x88a8, 7), (0x8100, 0xe000)], 7),
        (&[(0x8100, 0), (0x8100, 0)], 0),
    ] {
        let frame = frame(tags, 0x86dd, &[]);
        let payload = 14 + 4 * tags.len();
        assert_eq!(
            layer2(&frame[..]),
            Ok(Layer2 {
                vlan,
                ethertype: 0x86dd,
                payload
            }),
            "{tags:?}"
        );
        for length in 0..payload {
            assert_eq!(
                layer2(&frame[..length]),
                Err(Reason::Truncated),
                "{tags:?}, {length} bytes"
            );
        }
    }
}

#[test]
fn a_third_tag_is_one_too_many() {
    let frame = frame(&[(0x88a8, 1), (0x8100, 2), (0x8100, 3)], 0x0800, &[0; 46]);
    assert_eq!(layer2(&frame[..]), Err(Reason::TooManyTags));
    assert_eq!(layer2(&frame[..22]), Err(Reason::TooManyTags), "whatever follows");
    assert_eq!(layer2(&frame[..21]), Err(Reason::Truncated));
}

#[test]
fn an_arp_packet_names_sender_and_target() {
    let mut packet = vec![0, 1, 8, 0, 6, 4, 0, 1];
    packet.extend(1..=20);
    let arp = arp(&packet[..], 0).unwrap();
    assert_eq!(arp.sender(), [7, 8, 9, 10]);
    assert_eq!(arp.target(), [17, 18, 19, 20]);
    assert_eq!(super::arp(&packet[..27], 0), Err(Reason::Truncated));
    for at in 0..6 {
        let mut packet = packet.clone();
        packet[at] += 1;
        assert_eq!(super::arp(&packet[..], 0), Err(Reason::ArpForeign), "byte {at}");
    }
}

#[test]
fn an_ipv4_header_has_its_fields() {
    let mut frame = vec![0xaa, 0xbb];
    frame.extend([
        0x46, 0, 0, 26, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 20, 30, 40, 172, 16, 4, 9,
    ]);
    frame.extend([1, 1, 1, 0, 0xee, 0xee]);
    let header = ipv4(&frame[..], 2).unwrap();
    assert_eq!(header.source(), [10, 20, 30, 40]);
    assert_eq!(header.destination(), [172, 16, 4, 9]);
    assert_eq!(header.protocol(), 17);
    assert!(header.has_options());
    assert!(!header.is_fragment());
    assert_eq!((header.at, header.end), (2, 28));
}

#[test]
fn an_ipv4_fragment_is_known_by_its_flag_or_its_offset() {
    for (field, expected) in [
        (0x0000, false),
        (0x4000, false),
        (0x8000, false),
        (0x2000, true),
        (0x0001, true),
    ] {
        let [high, low] = u16::to_be_bytes(field);
        let packet = [0x45, 0, 0, 20, 0, 0, high, low, 64, 17, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(ipv4(&packet[..], 0).unwrap().is_fragment(), expected, "{field:#06x}");
    }
}

#[test]
fn ipv4_lengths_that_contradict_are_invalid() {
    for (first, total, length, expected) in [
        (0x45, 20, 20, Ok(20)),
        (0x45, 20, 46, Ok(20)),
        (0x45, 19, 46, Err(Reason::HeaderInvalid)),
        (0x45, 47, 46, Err(Reason::HeaderInvalid)),
        (0x44, 20, 46, Err(Reason::HeaderInvalid)),
        (0x40, 20, 46, Err(Reason::HeaderInvalid)),
        (0x4f, 60, 60, Ok(60)),
        (0x4f, 59, 60, Err(Reason::HeaderInvalid)),
        (0x55, 20, 46, Err(Reason::HeaderInvalid)),
        (0x35, 20, 46, Err(Reason::HeaderInvalid)),
        (0x45, 20, 19, Err(Reason::Truncated)),
        (0x45, 0xffff, 46, Err(Reason::HeaderInvalid)),
    ] {
        let mut packet = vec![0; length];
        packet[0] = first;
        packet[2..4].copy_from_slice(&u16::to_be_bytes(total));
        let end = ipv4(&packet[..], 0).map(|header| header.end);
        assert_eq!(end, expected, "{first:#04x}, total {total} of {length}");
    }
}

#[test]
fn an_ipv6_header_has_its_fields() {
    let packet: Vec<u8> = [0x60, 0, 0, 0, 0, 2, 58, 255]
        .into_iter()
        .chain(1..=32)
        .chain([0xee; 3])
        .collect();
    let header = ipv6(&packet[..], 0).unwrap();
    assert_eq!(header.next_header(), 58);
    assert_eq!(header.hop_limit(), 255);
    assert_eq!(header.source()[..], packet[8..24]);
    assert_eq!(header.destination()[..], packet[24..40]);
    assert_eq!((header.at, header.end), (0, 42));
}

#[test]
fn ipv6_lengths_that_contradict_are_invalid() {
    for (first, payload, length, expected) in [
        (0x60, 0, 40, Ok(40)),
        (0x6f, 6, 46, Ok(46)),
        (0x60, 5, 46, Ok(45)),
        (0x60, 7, 46, Err(Reason::HeaderInvalid)),
        (0x60, 0xffff, 46, Err(Reason::HeaderInvalid)),
        (0x40, 0, 46, Err(Reason::HeaderInvalid)),
        (0x60, 0, 39, Err(Reason::Truncated)),
    ] {
        let mut packet = vec![0; length];
        packet[0] = first;
        packet[4..6].copy_from_slice(&u16::to_be_bytes(payload));
        let end = ipv6(&packet[..], 0).map(|header| header.end);
        assert_eq!(end, expected, "{first:#04x}, payload {payload} of {length}");
    }
}

proptest! {
    #[test]
    fn a_header_that_is_returned_lies_in_the_frame(bytes in prop::collection::vec(any::<u8>(), 0..80), at in 0_usize..90) {
        if let Ok(header) = ipv4(&bytes[..], at) {
            prop_assert!(at + IPV4_HEADER <= header.end && header.end <= bytes.len());
        }
        if let Ok(header) = ipv6(&bytes[..], at) {
            prop_assert!(at + IPV6_HEADER <= header.end && header.end <= bytes.len());
        }
        if let Ok(layer2) = layer2(&bytes[..]) {
            prop_assert!(layer2.vlan < 4096 && layer2.payload <= bytes.len());
        }
    }
}

fn frame(tags: &[(u16, u16)], ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = ADDRESSES.to_vec();
    for (kind, control) in tags {
        frame.extend(kind.to_be_bytes());
        frame.extend(control.to_be_bytes());
    }
    frame.extend(ethertype.to_be_bytes());
    frame.extend(payload);
    frame
}
