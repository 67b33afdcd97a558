//! Bytes that an attacker, or a broken router, might send.

use proptest::collection::vec;
use proptest::prelude::*;

use super::revised::message;
use super::*;
use crate::testing::cases;

proptest! {
    #![proptest_config(cases(2048))]

    #[test]
    fn no_bytes_whatever_make_reading_panic_or_hold_more_than_a_message(
        parts in vec(vec(any::<u8>(), 0..200), 0..20)
    ) {
        let mut frames = Frames::default();
        for part in parts {
            frames.push(&part);
            while let Ok(Some(_)) = frames.read() {}
        }
    }

    #[test]
    fn no_body_of_any_message_makes_reading_panic(
        kind in 0..8_u8,
        body in vec(any::<u8>(), 0..300),
        extended in any::<bool>(),
        four_octet in any::<bool>(),
    ) {
        let mut frames = Frames::default();
        frames.agree(extended, four_octet);
        frames.push(&message(kind, &body));
        if let Err(told) = frames.read() {
            prop_assert!(!told.encode().is_empty());
            prop_assert!(!told.to_string().is_empty());
        }
    }

    #[test]
    fn a_good_update_with_a_few_bytes_changed_is_read_or_refused(
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
    ) {
        let prefixes: Vec<Prefix<Ipv6Addr>> = vec![prefix("2001:db8::/32"), prefix("2001:db8:1::/48")];
        let said = Announcement {
            local_as: offer(65010, 12876).local_as,
            next_hop: "2001:db8:ffff::1".parse().unwrap(),
            communities: vec![Community::new(12876, 42200), Community::NO_EXPORT],
            only_to_customer: true,
        };
        let mut bytes = announce(&prefixes, &said, &agreed());
        for (index, value) in changes {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        let mut frames = Frames::default();
        frames.push(&bytes);
        while let Ok(Some(received)) = frames.read() {
            if let Received::Notification(told) = received {
                prop_assert!(!told.to_string().contains('\n'));
            }
        }
    }
}
