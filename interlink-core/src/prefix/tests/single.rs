//! One prefix.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::super::{Address, Prefix, PrefixError};
use super::for_both_families;
use super::window::{SIZE, Window};

for_both_families![
    a_prefix_contains_what_shares_its_bits,
    every_length_has_its_edges,
    a_net_and_its_prefix_are_the_same_thing,
    each_single_host_bit_is_refused,
];

#[test]
fn host_bits_are_refused_with_the_network_that_was_meant() {
    assert_eq!(
        refusal::<Ipv4Addr>("10.0.0.5/24"),
        "10.0.0.5/24 has host bits set: the network is 10.0.0.0/24"
    );
    assert_eq!(
        refusal::<Ipv6Addr>("2001:db8::1/32"),
        "2001:db8::1/32 has host bits set: the network is 2001:db8::/32"
    );
}

#[test]
fn the_other_family_is_refused_before_host_bits() {
    assert_eq!(
        refusal::<Ipv4Addr>("2001:db8::1/32"),
        "2001:db8::1/32 is IPv6, not IPv4"
    );
    assert_eq!(refusal::<Ipv6Addr>("10.0.0.0/24"), "10.0.0.0/24 is IPv4, not IPv6");
}

#[test]
fn a_prefix_is_written_as_network_and_length() {
    let written = |net: &str| Prefix::<Ipv4Addr>::try_from_net(net.parse().unwrap()).map(|prefix| prefix.to_string());
    assert_eq!(written("0.0.0.0/0").unwrap(), "0.0.0.0/0");
    assert_eq!(written("10.20.0.0/16").unwrap(), "10.20.0.0/16");
    assert_eq!(written("255.255.255.255/32").unwrap(), "255.255.255.255/32");
}

fn a_prefix_contains_what_shares_its_bits<A: Address>() {
    for window in Window::<A>::all() {
        for (prefix, bits) in window.prefixes() {
            for bit in 0..SIZE {
                assert_eq!(
                    prefix.contains(window.address(bit)),
                    bits >> bit & 1 == 1,
                    "{bit} in {prefix}"
                );
            }
        }
    }
}

fn every_length_has_its_edges<A: Address>() {
    for length in 0..=A::WIDTH {
        let (lowest, highest) = (
            Prefix::containing(A::from_number(0), length),
            Prefix::containing(A::last(), length),
        );
        assert_eq!(lowest.network(), A::from_number(0));
        assert_eq!(highest.last(), A::last());
        assert_eq!(lowest.length(), length);
        let size_less_one = lowest.last().number();
        assert_eq!(
            size_less_one.count_ones(),
            u32::from(A::WIDTH - length),
            "host bits of /{length}"
        );
        assert_eq!(highest.last().number() - highest.network().number(), size_less_one);
        assert_eq!(lowest == highest, length == 0);
    }
    assert_eq!(Prefix::containing(A::last(), u8::MAX).length(), A::WIDTH);
}

fn a_net_and_its_prefix_are_the_same_thing<A: Address>() {
    for length in 0..=A::WIDTH {
        let prefix = Prefix::containing(A::last(), length);
        assert_eq!(prefix.net().to_string(), prefix.to_string());
        assert_eq!(Prefix::try_from_net(prefix.net()), Ok(prefix));
    }
}

fn each_single_host_bit_is_refused<A: Address>() {
    for length in 0..A::WIDTH {
        for bit in 0..(A::WIDTH - length) {
            let found = A::from_number(1 << bit).net(length);
            assert_eq!(
                Prefix::<A>::try_from_net(found),
                Err(PrefixError::HostBits { found }),
                "{found}"
            );
        }
    }
}

fn refusal<A: Address>(net: &str) -> String {
    Prefix::<A>::try_from_net(net.parse::<IpNet>().unwrap())
        .unwrap_err()
        .to_string()
}
