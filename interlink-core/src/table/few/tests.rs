use proptest::prelude::*;

use interlink_common::TableId;

use super::*;
use crate::prefix::Prefix;
use crate::testing::{any_prefix, cases};

fn set<A: Address>(prefixes: &[&str]) -> PrefixSet<A> {
    let prefixes = prefixes.iter().map(|prefix| prefix.parse().unwrap());
    prefixes.map(|net| Prefix::try_from_net(net).unwrap()).collect()
}

#[test]
fn up_to_four_ranges_stand_in_an_entry() {
    let all = ["10.0.0.0/8", "172.16.4.0/22", "192.0.2.1/32", "255.255.255.255/32"];
    for count in 1..=4 {
        let set = set::<Ipv4Addr>(&all[..count]);
        let entry = few(&set).unwrap();
        assert_eq!(entry.count as usize, count);
        assert_eq!(entry.ranges[0].last, 0x0aff_ffff);
        assert_eq!(of_few(&entry), Some(set));
    }
    assert_eq!(few(&set::<Ipv4Addr>(&["0.0.0.0/0"])).unwrap().ranges[0].last, u32::MAX);
    assert_eq!(few(&set::<Ipv4Addr>(&[])), None);
    let five = [all.as_slice(), &["198.51.100.0/24"]].concat();
    assert_eq!(few(&set::<Ipv4Addr>(&five)), None);
}

#[test]
fn ipv6_ranges_stand_in_an_entry_if_they_are_whole_64s() {
    let whole = set::<Ipv6Addr>(&["2001:db8::/32", "fd00:0:0:7::/64", "ffff:ffff:ffff:ffff::/64"]);
    let entry = few(&whole).unwrap();
    assert_eq!(entry.ranges[1].first, 0xfd00_0000_0000_0007);
    assert_eq!(entry.ranges[1].last, 0xfd00_0000_0000_0007);
    assert_eq!(of_few(&entry), Some(whole));
    for divided in ["2001:db8::/65", "2001:db8:0:0:8000::/65", "2001:db8::1/128"] {
        assert_eq!(few(&set::<Ipv6Addr>(&["2001:db8:1::/48", divided])), None, "{divided}");
    }
}

#[test]
fn what_nobody_of_ours_wrote_into_an_entry_is_no_set() {
    let range = |first, last| KeyRange { first, last };
    let refused = [
        Set::of_ranges([range(5, 4)]).unwrap(),
        Set::of_ranges([range(5, 9), range(1, 2)]).unwrap(),
        Set::of_ranges([range(5, 9), range(9, 12)]).unwrap(),
        Set::of_ranges([range(5, 9), range(10, 12)]).unwrap(),
        Set {
            table: TableId(1),
            ..Set::of_ranges([range(5, 9)]).unwrap()
        },
        Set {
            count: 5,
            ..Set::of_ranges([range(5, 9)]).unwrap()
        },
        Set {
            ranges: [range(5, 9); 4],
            ..Set::of_ranges([range(5, 9)]).unwrap()
        },
        Set::default(),
    ];
    for entry in refused {
        assert_eq!(of_few::<Ipv4Addr>(&entry), None, "{entry:?}");
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn what_stands_in_an_entry_is_the_set(prefixes in prop::collection::vec(any_prefix::<Ipv6Addr>(), 0..6)) {
        let set: PrefixSet<Ipv6Addr> = prefixes.iter().copied().collect();
        let fits = (1..=4).contains(&set.ranges().len()) && set.prefixes().all(|prefix| prefix.length() <= 64);
        prop_assert_eq!(few(&set).is_some(), fits);
        if let Some(entry) = few(&set) {
            for prefix in &prefixes {
                let (first, _) = halves(prefix.network().to_bits());
                prop_assert_eq!(entry.contains(first), Some(true));
                prop_assert_eq!(entry.contains(first.wrapping_sub(1)), Some(set.contains(Ipv6Addr::from_bits(u128::from(first.wrapping_sub(1)) << 64))));
            }
            prop_assert_eq!(of_few(&entry), Some(set));
        }
    }
}
