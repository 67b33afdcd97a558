//! Messages to bytes and back, and bytes that no router should send.

mod hostile;
mod opens;
mod oracle;
mod revised;

use std::net::{Ipv4Addr, Ipv6Addr};

use super::*;
use crate::bgp::testing::{agreed, offer};
use crate::domain::Community;
use crate::prefix::Prefix;
use crate::testing::prefix;

#[test]
fn what_is_announced_is_read_back() {
    let prefixes: Vec<Prefix<Ipv4Addr>> = vec![prefix("10.1.0.0/16"), prefix("0.0.0.0/0"), prefix("10.2.3.4/32")];
    let said = Announcement {
        local_as: offer(65010, 12876).local_as,
        next_hop: "169.254.0.101".parse().unwrap(),
        communities: vec![Community::new(12876, 42200)],
        only_to_customer: false,
    };
    let update = one_update(&announce(&prefixes, &said, &agreed()));
    let [
        Announced {
            attributes,
            prefixes: read,
        },
    ] = &update.announced[..]
    else {
        panic!("{update:?}")
    };
    assert_eq!(read, &Prefixes::V4(prefixes));
    assert_eq!(&*attributes.as_path, [65010]);
    assert_eq!(attributes.next_hop, said.next_hop);
    assert_eq!(&*attributes.communities, said.communities);
    assert_eq!((attributes.origin, attributes.med), (Origin::Igp, None));
    assert_eq!((update.end_of_rib, update.faults.len()), (None, 0));
}

#[test]
fn what_is_announced_of_ipv6_is_read_back() {
    let prefixes: Vec<Prefix<Ipv6Addr>> = vec![prefix("2001:db8::/32"), prefix("::/0"), prefix("2001:db8::1/128")];
    let said = Announcement {
        local_as: offer(65010, 12876).local_as,
        next_hop: "2001:db8:ffff::1".parse().unwrap(),
        communities: Vec::new(),
        only_to_customer: true,
    };
    let update = one_update(&announce(&prefixes, &said, &agreed()));
    let [
        Announced {
            attributes,
            prefixes: read,
        },
    ] = &update.announced[..]
    else {
        panic!("{update:?}")
    };
    assert_eq!(read, &Prefixes::V6(prefixes));
    assert_eq!(
        (attributes.next_hop, attributes.only_to_customer),
        (said.next_hop, Some(65010))
    );
}

#[test]
fn what_is_withdrawn_is_read_back() {
    let v4: Vec<Prefix<Ipv4Addr>> = vec![prefix("10.1.0.0/16")];
    let v6: Vec<Prefix<Ipv6Addr>> = vec![prefix("2001:db8::/32")];
    for (bytes, withdrawn) in [
        (withdraw(&v4, &agreed()), Prefixes::V4(v4)),
        (withdraw(&v6, &agreed()), Prefixes::V6(v6)),
    ] {
        let update = one_update(&bytes);
        assert_eq!(update.withdrawn, [withdrawn]);
        assert_eq!(update.end_of_rib, None, "it withdraws something");
    }
}

#[test]
fn prefixes_of_ipv4_are_in_the_body_and_all_others_in_an_attribute() {
    let said = Announcement {
        local_as: offer(65010, 12876).local_as,
        next_hop: "169.254.0.101".parse().unwrap(),
        communities: Vec::new(),
        only_to_customer: false,
    };
    let v4: Prefix<Ipv4Addr> = prefix("10.1.0.0/16");
    let bytes = announce(&[v4], &said, &agreed());
    assert!(bytes.ends_with(&[0x40, 3, 4, 169, 254, 0, 101, 16, 10, 1]), "{bytes:?}");
    let v6: Prefix<Ipv6Addr> = prefix("2001:db8::/32");
    let bytes = announce(&[v6], &said, &agreed());
    let next_hop = [0x40, 3, 4, 169, 254, 0, 101];
    let is_legacy = bytes.windows(next_hop.len()).any(|window| window == next_hop);
    assert!(!is_legacy, "its next hop is in the attribute too: {bytes:?}");
}

#[test]
fn each_familys_end_is_read_back() {
    for family in Family::ALL {
        let update = one_update(&end_of_rib(family, &agreed()));
        assert_eq!(update.end_of_rib, Some(family));
        assert!(
            update
                .withdrawn
                .iter()
                .all(|prefixes| matches!(prefixes, Prefixes::V6(some) if some.is_empty()))
        );
    }
}

#[test]
fn many_prefixes_take_as_many_messages_as_they_need_and_all_arrive() {
    let prefixes: Vec<Prefix<Ipv6Addr>> = (0..3000_u128)
        .map(|number| Prefix::containing(Ipv6Addr::from_bits((0x2001_0db8 << 96) | (number << 64)), 64))
        .collect();
    let said = Announcement {
        local_as: offer(65010, 12876).local_as,
        next_hop: "2001:db8:ffff::1".parse().unwrap(),
        communities: (0..20).map(Community).collect(),
        only_to_customer: false,
    };
    for extended in [false, true] {
        let agreed = Negotiated { extended, ..agreed() };
        let bytes = announce(&prefixes, &said, &agreed);
        let mut read = Vec::new();
        for update in updates(&bytes, extended) {
            for Announced { prefixes, .. } in update.announced {
                match prefixes {
                    Prefixes::V6(some) => read.extend(some),
                    Prefixes::V4(_) => panic!(),
                }
            }
        }
        assert_eq!(read, prefixes, "extended: {extended}");
    }
}

#[test]
fn a_refresh_is_read_back() {
    for family in Family::ALL {
        for meaning in [Refresh::Ask, Refresh::Begin, Refresh::End] {
            let mut frames = Frames::default();
            frames.push(&refresh(family, meaning));
            assert_eq!(frames.read(), Ok(Some(Received::Refresh(Some((family, meaning))))));
        }
    }
}

#[test]
fn a_notification_carries_the_operators_words_and_shows_them_safely() {
    let told = Notification::new(Alarm::Shutdown, "route propagation\nis off");
    let mut frames = Frames::default();
    frames.push(&told.encode());
    let Ok(Some(Received::Notification(read))) = frames.read() else {
        panic!()
    };
    assert_eq!(read, told);
    assert_eq!(
        read.to_string(),
        "Administrative Shutdown (6/2): \"route propagation is off\""
    );
    let hard = told.hard();
    assert_eq!(format!("{hard:?}"), hard.to_string());
    assert!(hard.is_hard() && !Notification::new(Alarm::Shutdown, "").is_hard());
    assert_eq!(
        hard.to_string(),
        "Hard Reset (6/9): Administrative Shutdown (6/2): \"route propagation is off\""
    );
}

#[test]
fn a_peer_that_gives_no_words_is_shown_without_any() {
    for body in [&[6, 2][..], &[6, 2, 0]] {
        let mut frames = Frames::default();
        frames.push(&revised::message(3, body));
        match frames.read() {
            Ok(Some(Received::Notification(told))) => assert_eq!(told.to_string(), "Administrative Shutdown (6/2)"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn messages_are_found_wherever_the_stream_is_cut() {
    let stream = [keepalive(), end_of_rib(Family::V4, &agreed()), keepalive()].concat();
    for cut in 1..stream.len() {
        let (first, rest) = stream.split_at(cut);
        let mut frames = Frames::default();
        let mut found = 0;
        for part in [first, rest] {
            frames.push(part);
            while frames.read().unwrap().is_some() {
                found += 1;
            }
        }
        assert_eq!(found, 3, "cut at {cut}");
    }
}

fn one_update(bytes: &[u8]) -> Update {
    let mut all = updates(bytes, false);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn updates(bytes: &[u8], extended: bool) -> Vec<Update> {
    let mut frames = Frames::default();
    frames.agree(extended, true);
    frames.push(bytes);
    let mut all = Vec::new();
    while let Some(received) = frames.read().unwrap() {
        match received {
            Received::Update(update) => all.push(*update),
            other => panic!("{other:?}"),
        }
    }
    all
}
