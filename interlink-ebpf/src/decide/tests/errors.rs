//! ICMP errors from outside, and the packets that they quote.

use super::*;

const ROUTER4: [u8; 4] = [192, 0, 2, 1];
const ROUTER6: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

#[test]
fn an_error_about_our_packet_passes_from_anywhere() {
    let lists = one_link(|_| {});
    for kind in 0..=255 {
        let expected = match kind {
            3 | 11 | 12 => Reason::IcmpError,
            _ => Reason::SourceNotAllowed,
        };
        let frame = ipv4_frame(ROUTER4, LOCAL4, 1, &error(kind, &quote4(LOCAL4, REMOTE4)));
        assert_eq!(reason(&frame, &lists), (Traffic::V4, expected), "type {kind}");
        let expected = match kind {
            1..=4 => Reason::IcmpError,
            _ => Reason::SourceNotAllowed,
        };
        let frame = ipv6_frame(ROUTER6, LOCAL6, 58, &error(kind, &quote6(LOCAL6, REMOTE6)));
        assert_eq!(reason(&frame, &lists), (Traffic::V6, expected), "type {kind}");
    }
    assert_eq!(lists.taken.get(), Some((SLOT, Limit::IcmpError)));
}

#[test]
fn an_error_that_quotes_no_packet_of_ours_is_forged() {
    let mut lists = one_link(|_| {});
    let other4 = [172, 16, 4, 10];
    lists.v4.push((LOCAL, other4));
    for (quote, destination) in [
        (quote4(REMOTE4, LOCAL4), LOCAL4),
        (quote4(LOCAL4, LOCAL4), LOCAL4),
        (quote4(ROUTER4, REMOTE4), ROUTER4),
        (quote4(LOCAL4, ROUTER4), LOCAL4),
        (quote4(other4, REMOTE4), LOCAL4),
        (quote4(OURS4, REMOTE4), OURS4),
    ] {
        let frame = ipv4_frame(ROUTER4, destination, 1, &error(3, &quote));
        assert_eq!(reason(&frame, &lists).1, Reason::IcmpErrorForged, "{quote:?}");
    }
    for (quote, destination) in [
        (quote6(REMOTE6, LOCAL6), LOCAL6),
        (quote6(ROUTER6, REMOTE6), ROUTER6),
        (quote6(LOCAL6, ROUTER6), LOCAL6),
        (quote6(LOCAL6, REMOTE6), REMOTE6),
    ] {
        let frame = ipv6_frame(ROUTER6, destination, 58, &error(2, &quote));
        assert_eq!(reason(&frame, &lists).1, Reason::IcmpErrorForged, "{quote:?}");
    }
    assert_eq!(lists.taken.get(), None, "what doesn't pass takes nothing");
}

#[test]
fn a_quote_that_is_cut_or_damaged_is_forged() {
    let lists = one_link(|_| {});
    let whole = error(3, &quote4(LOCAL4, REMOTE4));
    for length in 0..whole.len() {
        let expected = if length < 8 {
            Reason::SourceNotAllowed
        } else {
            Reason::IcmpErrorForged
        };
        let frame = ipv4_frame(ROUTER4, LOCAL4, 1, &whole[..length]);
        assert_eq!(reason(&frame, &lists).1, expected, "{length} bytes");
        let mut padded = frame;
        padded.resize(200, 0xee);
        assert_eq!(reason(&padded, &lists).1, expected, "{length} bytes and padding");
    }
    let whole = error(2, &quote6(LOCAL6, REMOTE6));
    for length in 8..whole.len() {
        let frame = ipv6_frame(ROUTER6, LOCAL6, 58, &whole[..length]);
        assert_eq!(reason(&frame, &lists).1, Reason::IcmpErrorForged, "{length} bytes");
    }
    for first in 0..=255 {
        let mut message = error(3, &quote4(LOCAL4, REMOTE4));
        message.extend([0; 40]);
        message[8] = first;
        let expected = if (0x45..=0x4f).contains(&first) {
            Reason::IcmpError
        } else {
            Reason::IcmpErrorForged
        };
        let frame = ipv4_frame(ROUTER4, LOCAL4, 1, &message);
        assert_eq!(reason(&frame, &lists).1, expected, "{first:#04x}");
        let mut message = error(3, &quote6(LOCAL6, REMOTE6));
        message[8] = first;
        let expected = if first >> 4 == 6 {
            Reason::IcmpError
        } else {
            Reason::IcmpErrorForged
        };
        let frame = ipv6_frame(ROUTER6, LOCAL6, 58, &message);
        assert_eq!(reason(&frame, &lists).1, expected, "{first:#04x}");
    }
    // With options, the quoted header ends later.
    let mut message = error(3, &quote4(LOCAL4, REMOTE4));
    message[8] = 0x46;
    let frame = ipv4_frame(ROUTER4, LOCAL4, 1, &message);
    assert_eq!(reason(&frame, &lists).1, Reason::IcmpErrorForged);
    message.extend([0; 4]);
    let frame = ipv4_frame(ROUTER4, LOCAL4, 1, &message);
    assert_eq!(reason(&frame, &lists).1, Reason::IcmpError);
}

#[test]
fn an_error_with_options_of_its_own_is_read_behind_them() {
    let lists = one_link(|_| {});
    for words in 1..=10 {
        let payload = [vec![0; 4 * words], error(3, &quote4(LOCAL4, REMOTE4))].concat();
        let mut frame = ipv4_frame(ROUTER4, LOCAL4, 1, &payload);
        assert_eq!(reason(&frame, &lists).1, Reason::SourceNotAllowed, "type 0");
        frame[18] += u8::try_from(words).unwrap();
        assert_eq!(reason(&frame, &lists).1, Reason::IcmpError, "{words} words");
    }
}

#[test]
fn a_fragment_is_no_error() {
    let lists = one_link(|_| {});
    for (field, expected) in [
        (0x0000_u16, Reason::IcmpError),
        (0x4000, Reason::IcmpError),
        (0x2000, Reason::SourceNotAllowed),
        (0x0001, Reason::SourceNotAllowed),
    ] {
        let mut frame = ipv4_frame(ROUTER4, LOCAL4, 1, &error(3, &quote4(LOCAL4, REMOTE4)));
        frame[24..26].copy_from_slice(&field.to_be_bytes());
        assert_eq!(reason(&frame, &lists).1, expected, "{field:#06x}");
    }
}

#[test]
fn gates_limits_and_the_whitelist_come_first() {
    let v4 = ipv4_frame(ROUTER4, LOCAL4, 1, &error(3, &quote4(LOCAL4, REMOTE4)));
    let v6 = ipv6_frame(ROUTER6, LOCAL6, 58, &error(2, &quote6(LOCAL6, REMOTE6)));
    for frame in [&v4, &v6] {
        assert_eq!(reason(frame, &closed_link()).1, Reason::BgpDown);
        let lists = one_link(|_| {});
        lists.left.set(1);
        assert_eq!(reason(frame, &lists).1, Reason::IcmpError);
        assert_eq!(reason(frame, &lists).1, Reason::RateLimited);
        let empty = one_link(|link| (link.local_v4, link.local_v6) = (Set4::default(), Set6::default()));
        assert_eq!(reason(frame, &empty).1, Reason::IcmpErrorForged);
    }
    let lists = one_link(|_| {});
    lists.left.set(0);
    let listed = ipv4_frame(REMOTE4, LOCAL4, 1, &error(3, &quote4(REMOTE4, REMOTE4)));
    assert_eq!(reason(&listed, &lists).1, Reason::Allowed);
    let from_the_peer = ipv4_frame(PEER4, LOCAL4, 1, &error(11, &quote4(LOCAL4, REMOTE4)));
    lists.left.set(1);
    assert_eq!(reason(&from_the_peer, &lists).1, Reason::IcmpError);
}

/// An error, and eight bytes of the quoted packet's payload.
fn error(kind: u8, quote: &[u8]) -> Vec<u8> {
    [&[kind, 0, 0, 0, 0, 0, 5, 0][..], quote, &[0; 8]].concat()
}

fn quote4(source: [u8; 4], destination: [u8; 4]) -> Vec<u8> {
    ipv4_frame(source, destination, 6, &[])[18..].to_vec()
}

fn quote6(source: [u8; 16], destination: [u8; 16]) -> Vec<u8> {
    ipv6_frame(source, destination, 6, &[])[18..].to_vec()
}
