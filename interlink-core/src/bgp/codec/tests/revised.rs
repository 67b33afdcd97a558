//! What RFC 7606 makes of what is wrong in an UPDATE.

use super::*;

/// What becomes of the one route that an UPDATE announces.
#[derive(Debug, PartialEq)]
enum Outcome {
    Kept,
    KeptWithout,
    Withdrawn,
    Reset(u8, u8),
}

const ORIGIN: &[u8] = &[0x40, 1, 1, 0];
const AS_PATH: &[u8] = &[0x40, 2, 6, 2, 1, 0, 0, 0x32, 0x4c];
const NEXT_HOP: &[u8] = &[0x40, 3, 4, 169, 254, 0, 100];

use Outcome::{Kept, KeptWithout, Reset, Withdrawn};

#[test]
fn every_fault_ends_as_rfc_7606_says() {
    for (what, attributes, expected) in faults() {
        assert_eq!(outcome(&attributes, &[16, 10, 1]), expected, "{what}");
    }
}

/// What is wrong with the attributes, and what becomes of the route.
#[expect(clippy::too_many_lines, reason = "a table")]
fn faults() -> Vec<(&'static str, Vec<u8>, Outcome)> {
    vec![
        ("nothing wrong", [ORIGIN, AS_PATH, NEXT_HOP].concat(), Kept),
        ("no origin", [AS_PATH, NEXT_HOP].concat(), Withdrawn),
        ("no AS path", [ORIGIN, NEXT_HOP].concat(), Withdrawn),
        ("no next hop", [ORIGIN, AS_PATH].concat(), Withdrawn),
        (
            "origin 3",
            [&[0x40, 1, 1, 3][..], AS_PATH, NEXT_HOP].concat(),
            Withdrawn,
        ),
        (
            "origin of 2 bytes",
            [&[0x40, 1, 2, 0, 0][..], AS_PATH, NEXT_HOP].concat(),
            Withdrawn,
        ),
        (
            "origin marked optional",
            [&[0xc0, 1, 1, 0][..], AS_PATH, NEXT_HOP].concat(),
            Withdrawn,
        ),
        (
            "AS path cut short",
            [ORIGIN, &[0x40, 2, 3, 2, 1, 0], NEXT_HOP].concat(),
            Withdrawn,
        ),
        (
            "segment of type 9",
            [ORIGIN, &[0x40, 2, 6, 9, 1, 0, 0, 0, 1], NEXT_HOP].concat(),
            Withdrawn,
        ),
        (
            "empty segment",
            [ORIGIN, &[0x40, 2, 2, 2, 0], NEXT_HOP].concat(),
            Withdrawn,
        ),
        (
            "AS set (RFC 9774)",
            [ORIGIN, &[0x40, 2, 6, 1, 1, 0, 0, 0, 1], NEXT_HOP].concat(),
            Withdrawn,
        ),
        (
            "AS 0 (RFC 7607)",
            [ORIGIN, &[0x40, 2, 6, 2, 1, 0, 0, 0, 0], NEXT_HOP].concat(),
            Withdrawn,
        ),
        (
            "next hop of 3 bytes",
            [ORIGIN, AS_PATH, &[0x40, 3, 3, 1, 2, 3]].concat(),
            Withdrawn,
        ),
        ("MED of 3 bytes", good_and(&[0x80, 4, 3, 1, 2, 3]), Withdrawn),
        (
            "local preference of 3 bytes",
            good_and(&[0x40, 5, 3, 1, 2, 3]),
            KeptWithout,
        ),
        ("atomic aggregate of 1 byte", good_and(&[0x40, 6, 1, 0]), KeptWithout),
        ("aggregator of 3 bytes", good_and(&[0xc0, 7, 3, 0, 0, 0]), KeptWithout),
        (
            "communities of 5 bytes",
            good_and(&[0xc0, 8, 5, 0, 0, 0, 0, 0]),
            Withdrawn,
        ),
        ("no community at all", good_and(&[0xc0, 8, 0]), Withdrawn),
        ("originator of 3 bytes", good_and(&[0x80, 9, 3, 0, 0, 0]), KeptWithout),
        (
            "extended communities of 7 bytes",
            good_and(&[0xc0, 16, 7, 0, 0, 0, 0, 0, 0, 0]),
            Withdrawn,
        ),
        (
            "large communities of 11 bytes",
            good_and(&[0xc0, 32, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            Withdrawn,
        ),
        (
            "only to customer of 3 bytes",
            good_and(&[0xc0, 35, 3, 0, 0, 0]),
            Withdrawn,
        ),
        (
            "the second origin counts for nothing",
            [ORIGIN, ORIGIN, AS_PATH, NEXT_HOP].concat(),
            KeptWithout,
        ),
        ("an unknown optional attribute", good_and(&[0xc0, 99, 1, 0]), Kept),
        (
            "an unknown well-known attribute",
            good_and(&[0x40, 99, 1, 0]),
            Withdrawn,
        ),
        (
            "an attribute that runs over the end",
            good_and(&[0x80, 4, 40, 1]),
            Withdrawn,
        ),
        ("an attribute's header cut short", good_and(&[0x80, 4]), Withdrawn),
        (
            "a family that nobody knows",
            good_and(&[0x80, 14, 5, 0x12, 0x34, 1, 0, 0]),
            Kept,
        ),
        (
            "a family that nobody knows, in an attribute of extended length",
            good_and(&[0x90, 14, 0, 5, 0x12, 0x34, 1, 0, 0]),
            Kept,
        ),
        ("flow specifications", good_and(&[0x80, 15, 4, 0, 1, 133, 9]), Kept),
        (
            "IPv6 prefixes that can't be read",
            good_and(&[0x80, 15, 5, 0, 2, 1, 129, 0]),
            Reset(3, 9),
        ),
        (
            "a next hop of no length that IPv6 knows",
            good_and(&[0x80, 14, 8, 0, 2, 1, 3, 1, 2, 3, 0]),
            Reset(3, 9),
        ),
    ]
}

fn good_and(another: &[u8]) -> Vec<u8> {
    [ORIGIN, AS_PATH, NEXT_HOP, another].concat()
}

/// Else a peer that withdraws something of another family would have us forget what it didn't announce again.
#[test]
fn what_is_withdrawn_of_a_family_that_nobody_knows_is_no_end_of_rib() {
    let update = one_update(&message(2, &[0, 0, 0, 6, 0x80, 15, 3, 0x12, 0x34, 1]));
    assert_eq!(update.end_of_rib, None);
    assert_eq!(one_update(&message(2, &[0; 4])).end_of_rib, Some(Family::V4));
}

#[test]
fn what_is_said_of_a_route_is_read() {
    let update = read(&good_and(&[0x80, 4, 4, 0, 0, 0, 7]), &[16, 10, 1]).unwrap();
    let attributes = &update.announced[0].attributes;
    assert_eq!((attributes.origin, attributes.med), (Origin::Igp, Some(7)));
    let update = read(&[&[0x40, 1, 1, 1][..], AS_PATH, NEXT_HOP].concat(), &[16, 10, 1]).unwrap();
    assert_eq!(update.announced[0].attributes.origin, Origin::Egp);
}

#[test]
fn only_the_end_of_a_family_of_ours_is_one() {
    for (what, attributes, end) in [
        ("of IPv4", &[][..], Some(Family::V4)),
        ("of IPv6", &[0x80, 15, 3, 0, 2, 1], Some(Family::V6)),
        ("of a VPN", &[0x80, 15, 3, 0, 1, 128], None),
        ("of a family that nobody knows", &[0x80, 15, 3, 0x12, 0x34, 1], None),
    ] {
        assert_eq!(read(attributes, &[]).unwrap().end_of_rib, end, "{what}");
    }
}

#[test]
fn prefixes_that_cannot_be_read_end_the_session() {
    let attributes = [ORIGIN, AS_PATH, NEXT_HOP].concat();
    assert_eq!(outcome(&attributes, &[33, 10, 1, 0, 0, 0]), Outcome::Reset(3, 10));
    assert_eq!(outcome(&attributes, &[24, 10, 1]), Outcome::Reset(3, 10));
}

#[test]
fn lengths_that_contradict_each_other_end_the_session() {
    for body in [&[0, 0, 0, 9, 1][..], &[0, 9, 0, 0], &[0, 0, 0]] {
        let mut frames = Frames::default();
        frames.push(&message(2, body));
        assert_eq!(frames.read().unwrap_err().code(), (3, 1), "{body:?}");
    }
}

#[test]
fn headers_that_are_none_end_the_session() {
    let mut bad_marker = message(4, &[]);
    bad_marker[3] = 0;
    let mut too_short = message(4, &[]);
    too_short[17] = 18;
    let mut too_long = message(2, &[0; 4]);
    too_long[16..18].copy_from_slice(&4097_u16.to_be_bytes());
    for (bytes, code) in [
        (bad_marker, (1, 1)),
        (too_short, (1, 2)),
        (too_long, (1, 2)),
        (message(9, &[]), (1, 3)),
        (message(4, &[0]), (1, 2)),
        (message(3, &[6]), (1, 2)),
    ] {
        let mut frames = Frames::default();
        frames.push(&bytes);
        assert_eq!(frames.read().unwrap_err().code(), code, "{bytes:?}");
    }
}

fn outcome(attributes: &[u8], nlri: &[u8]) -> Outcome {
    match read(attributes, nlri) {
        Ok(update) => match (&update.announced[..], &update.withdrawn[..]) {
            ([_], []) if update.faults.is_empty() => Outcome::Kept,
            ([_], []) => Outcome::KeptWithout,
            ([], [_]) => Outcome::Withdrawn,
            _ => panic!("{update:?}"),
        },
        Err(told) => Outcome::Reset(told.code().0, told.code().1),
    }
}

fn read(attributes: &[u8], nlri: &[u8]) -> Result<Update, Notification> {
    let length = u16::try_from(attributes.len()).unwrap().to_be_bytes();
    let mut frames = Frames::default();
    frames.push(&message(2, &[&[0, 0], &length[..], attributes, nlri].concat()));
    match frames.read()? {
        Some(Received::Update(update)) => Ok(*update),
        other => panic!("{other:?}"),
    }
}

pub(super) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 19).unwrap().to_be_bytes();
    [&[0xff; 16][..], &length, &[kind], body].concat()
}
