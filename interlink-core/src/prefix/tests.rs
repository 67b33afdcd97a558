//! Each law is checked for both families, first on every set of a few addresses, then on generated ones.

mod algebra;
mod canonical;
mod single;
mod window;

use std::net::{Ipv4Addr, Ipv6Addr};

use super::Address;

/// Makes an IPv4 and an IPv6 test of each generic check.
macro_rules! for_both_families {
    ($($check:ident),* $(,)?) => {
        mod v4 {
            $(#[test] fn $check() { super::$check::<std::net::Ipv4Addr>(); })*
        }
        mod v6 {
            $(#[test] fn $check() { super::$check::<std::net::Ipv6Addr>(); })*
        }
    };
}
use for_both_families;

for_both_families![
    a_number_and_its_address_are_the_same_thing,
    addresses_are_ordered_as_their_numbers,
    neighbours_end_at_both_edges,
];

#[test]
fn bits_above_the_width_are_ignored() {
    assert_eq!(Ipv4Addr::from_number(0xff_0a00_0001), Ipv4Addr::new(10, 0, 0, 1));
    assert_eq!(Ipv4Addr::last(), Ipv4Addr::BROADCAST);
    assert_eq!(Ipv6Addr::last(), Ipv6Addr::from([0xff; 16]));
}

#[test]
fn an_address_is_taken_for_its_own_family_only() {
    let (v4, v6) = (Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST);
    assert_eq!(Ipv4Addr::from_ip(v4.into()), Some(v4));
    assert_eq!(Ipv4Addr::from_ip(v6.into()), None);
    assert_eq!(Ipv6Addr::from_ip(v6.into()), Some(v6));
    assert_eq!(Ipv6Addr::from_ip(v4.into()), None);
}

#[test]
fn a_length_beyond_the_width_is_that_of_a_host() {
    assert_eq!(Ipv4Addr::LOCALHOST.net(33).to_string(), "127.0.0.1/32");
    assert_eq!(Ipv4Addr::LOCALHOST.net(8).to_string(), "127.0.0.1/8");
    assert_eq!(Ipv6Addr::LOCALHOST.net(200).to_string(), "::1/128");
    assert_eq!(Ipv6Addr::LOCALHOST.net(64).to_string(), "::1/64");
}

fn a_number_and_its_address_are_the_same_thing<A: Address>() {
    for bit in 0..A::WIDTH {
        let number = 1_u128 << bit;
        assert_eq!(A::from_number(number).number(), number);
    }
    assert_eq!(A::from_number(0).number(), 0);
    assert_eq!(A::from_number(u128::MAX), A::last());
}

fn addresses_are_ordered_as_their_numbers<A: Address>() {
    for bit in 1..A::WIDTH {
        let number = 1_u128 << bit;
        assert!(A::from_number(number - 1) < A::from_number(number));
    }
}

fn neighbours_end_at_both_edges<A: Address>() {
    let (first, last) = (A::from_number(0), A::last());
    assert_eq!(first.predecessor(), None);
    assert_eq!(last.successor(), None);
    for bit in 0..A::WIDTH {
        let (lower, higher) = (A::from_number((1 << bit) - 1), A::from_number(1 << bit));
        assert_eq!(lower.successor(), Some(higher));
        assert_eq!(higher.predecessor(), Some(lower));
    }
}
