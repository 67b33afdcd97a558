//! Addresses that no packet of a link has, whatever its policy says.
//!
//! Each is one that no host sends from, and that stands for no single host. 6to4 (2002::/16) and the deprecated
//! IPv4-compatible addresses are ordinary ones: what is mapped into them is the policy's business.

use interlink_common::Interconnect6;

use crate::parse::field;

/// 0.0.0.0, 127.0.0.0/8, 224.0.0.0/4, 255.255.255.255.
#[inline(always)]
pub(super) fn is_martian_v4(address: [u8; 4]) -> bool {
    let [first, ..] = address;
    match first {
        127 | 224..=239 => true,
        0 => address == [0; 4],
        255 => address == [255; 4],
        _ => false,
    }
}

/// ::, ::1, ::ffff:0:0/96, ff00::/8.
#[inline(always)]
pub(super) fn is_martian_v6(address: [u8; 16]) -> bool {
    let [first, ..] = address;
    match first {
        0 => field::<0, _, _>(&address) == [0; 8] && is_special(u64::from_be_bytes(field::<8, _, _>(&address))),
        0xff => true,
        _ => false,
    }
}

/// fe80::/10.
#[inline(always)]
pub(super) fn is_link_local(address: [u8; 16]) -> bool {
    u16::from_be_bytes(field::<0, _, _>(&address)) & 0xffc0 == 0xfe80
}

/// ff02::/16.
#[inline(always)]
pub(super) fn is_link_multicast(address: [u8; 16]) -> bool {
    field::<0, _, _>(&address) == [0xff, 0x02]
}

/// Whether an address is in the interconnect subnet, of a link that has one.
#[inline(always)]
pub(super) fn in_subnet_v6(interconnect: &Interconnect6, address: [u8; 16]) -> bool {
    let mask = u128::from_ne_bytes(interconnect.mask);
    (u128::from_ne_bytes(address) ^ u128::from_ne_bytes(interconnect.ours)) & mask == 0
}

/// Whether ::/64 with this second half is the unspecified address, loopback or an IPv4-mapped one (RFC 4291, sections
/// 2.5.2, 2.5.3 and 2.5.5.2).
#[inline(always)]
const fn is_special(low: u64) -> bool {
    low <= 1 || low >> 32 == 0xffff
}
