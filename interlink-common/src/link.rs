//! What the program knows of one link.

use crate::set::{ENTRY_RANGES, KeyRange, Set, Set4, Set6, TableId};

/// The two IPv4 interconnect addresses and their subnet, all zero where the link has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Interconnect4 {
    /// Our address.
    pub ours: [u8; 4],
    /// The peer's.
    pub peer: [u8; 4],
    /// The mask of the subnet that holds both.
    pub mask: [u8; 4],
}

/// The two IPv6 interconnect addresses and their subnet, all zero where the link has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Interconnect6 {
    /// Our address.
    pub ours: [u8; 16],
    /// The peer's.
    pub peer: [u8; 16],
    /// The mask of the subnet that holds both.
    pub mask: [u8; 16],
}

/// One state of one link. An entry that is in use is never written: the next state goes into the link's other slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct LinkEntry {
    /// The code of the reason that IPv4 packets of a closed gate are dropped for; that of
    /// [`Reason::Allowed`](crate::Reason::Allowed) is an open gate.
    pub gate_v4: u32,
    /// The same for IPv6.
    pub gate_v6: u32,
    /// The prefixes across the link.
    pub remote_v4: Set4,
    /// The prefixes on our side.
    pub local_v4: Set4,
    /// The prefixes across the link.
    pub remote_v6: Set6,
    /// The prefixes on our side.
    pub local_v6: Set6,
    /// The IPv4 interconnect.
    pub v4: Interconnect4,
    /// The IPv6 interconnect.
    pub v6: Interconnect6,
    /// Zero. The program reads an entry in place, so all of its bytes have a name.
    pub reserved: u32,
}

impl LinkEntry {
    /// The size of an entry in the map, in bytes.
    pub const SIZE: usize = 296;

    /// The entry as the map holds it.
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let Self {
            gate_v4,
            gate_v6,
            remote_v4,
            local_v4,
            remote_v6,
            local_v6,
            v4,
            v6,
            reserved,
        } = self;
        let mut bytes = [0; Self::SIZE];
        let mut rest = bytes.iter_mut();
        let mut put = |field: &[u8]| {
            for (source, target) in field.iter().zip(&mut rest) {
                *target = *source;
            }
        };
        put(&gate_v4.to_ne_bytes());
        put(&gate_v6.to_ne_bytes());
        for set in [remote_v4, local_v4] {
            put_set(set, &mut put, |put, key| put(&key.to_ne_bytes()));
        }
        for set in [remote_v6, local_v6] {
            put_set(set, &mut put, |put, key| put(&key.to_ne_bytes()));
        }
        let Interconnect4 { ours, peer, mask } = v4;
        for address in [ours, peer, mask] {
            put(address);
        }
        let Interconnect6 { ours, peer, mask } = v6;
        for address in [ours, peer, mask] {
            put(address);
        }
        put(&reserved.to_ne_bytes());
        bytes
    }

    /// The entry that the map's bytes stand for.
    pub fn from_bytes(bytes: &[u8; Self::SIZE]) -> Self {
        let mut rest = bytes.iter().copied();
        let rest = &mut rest;
        Self {
            gate_v4: u32::from_ne_bytes(take(rest)),
            gate_v6: u32::from_ne_bytes(take(rest)),
            remote_v4: take_set(rest, |rest| u32::from_ne_bytes(take(rest))),
            local_v4: take_set(rest, |rest| u32::from_ne_bytes(take(rest))),
            remote_v6: take_set(rest, |rest| u64::from_ne_bytes(take(rest))),
            local_v6: take_set(rest, |rest| u64::from_ne_bytes(take(rest))),
            v4: Interconnect4 {
                ours: take(rest),
                peer: take(rest),
                mask: take(rest),
            },
            v6: Interconnect6 {
                ours: take(rest),
                peer: take(rest),
                mask: take(rest),
            },
            reserved: u32::from_ne_bytes(take(rest)),
        }
    }
}

fn put_set<Key: Copy, Put: FnMut(&[u8])>(set: &Set<Key>, put: &mut Put, put_key: impl Fn(&mut Put, Key)) {
    let Set { table, count, ranges } = set;
    put(&table.0.to_ne_bytes());
    put(&count.to_ne_bytes());
    for KeyRange { first, last } in ranges {
        put_key(put, *first);
        put_key(put, *last);
    }
}

fn take_set<Key, Bytes: Iterator<Item = u8>>(rest: &mut Bytes, key: impl Fn(&mut Bytes) -> Key) -> Set<Key> {
    Set {
        table: TableId(u32::from_ne_bytes(take(rest))),
        count: u32::from_ne_bytes(take(rest)),
        ranges: core::array::from_fn::<_, ENTRY_RANGES, _>(|_| KeyRange {
            first: key(rest),
            last: key(rest),
        }),
    }
}

/// The next `N` bytes; zeros past the end, which the size of [`LinkEntry`] rules out.
pub(crate) fn take<const N: usize>(rest: &mut impl Iterator<Item = u8>) -> [u8; N] {
    core::array::from_fn(|_| rest.next().unwrap_or(0))
}
