//! A peer that says anything.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::testing::cases;

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn whatever_a_peer_says_the_session_ends_at_worst_and_begins_again(
        messages in vec((0..7_u8, vec(any::<u8>(), 0..80)), 1..12),
        parts in 1..40_usize,
        early in any::<bool>(),
    ) {
        let mut lab = Lab::start(40);
        lab.run(if early { Duration::from_millis(203) } else { MINUTE });
        let stream: Vec<u8> = messages.iter().flat_map(|(kind, body)| message(*kind, body)).collect();
        for part in stream.chunks(parts) {
            if let Some(connection) = lab.connection(CUSTOMER) {
                lab.input(CUSTOMER, Input::Bytes { connection, bytes: part.to_vec() });
            }
        }
        lab.run(Duration::from_secs(1));
        for family in lab.nodes[CUSTOMER].knows() {
            prop_assert!(family.len() <= 1000);
        }
        lab.run(5 * MINUTE);
        lab.run(5 * MINUTE);
        prop_assert_eq!(lab.nodes[CUSTOMER].is_up(), [true; 2], "{:?}", lab.nodes[CUSTOMER].told);
    }

    #[test]
    fn whatever_a_peer_announces_nothing_is_learned_that_the_policy_does_not_allow(
        announced in vec((any::<u32>(), 0..=32_u8, vec(any::<u32>(), 0..3), any::<u32>()), 1..30),
    ) {
        let mut lab = Lab::start(41);
        lab.run(MINUTE);
        let Some(connection) = lab.connection(CUSTOMER) else { panic!() };
        for (address, length, path, next_hop) in announced {
            let path: Vec<u8> = path.iter().flat_map(|asn| asn.to_be_bytes()).collect();
            let count = u8::try_from(path.len() / 4).unwrap();
            let attributes = [
                &[0x40, 1, 1, 0, 0x40, 2, u8::try_from(path.len()).unwrap() + 8 - 2, 2, count + 1, 0, 0, 0x32, 0x4c],
                &path[..],
                &[0x40, 3, 4],
                &(if next_hop % 2 == 0 { 0xa9fe_0064 } else { next_hop }).to_be_bytes(),
            ]
            .concat();
            let bytes = usize::from(length.div_ceil(8));
            let nlri = [&[length], &address.to_be_bytes()[..bytes]].concat();
            let size = u16::try_from(attributes.len()).unwrap().to_be_bytes();
            let bytes = message(2, &[&[0, 0], &size[..], &attributes, &nlri].concat());
            lab.input(CUSTOMER, Input::Bytes { connection: connection.clone(), bytes });
        }
        lab.run(Duration::from_secs(1));
        let allowed: ipnet::Ipv4Net = "172.16.4.0/22".parse().unwrap();
        for prefix in &lab.nodes[CUSTOMER].knows()[0] {
            prop_assert!(allowed.contains(&prefix.parse::<ipnet::Ipv4Net>().unwrap()), "{prefix}");
        }
    }
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 19).unwrap().to_be_bytes();
    [&[0xff; 16][..], &length, &[kind], body].concat()
}
