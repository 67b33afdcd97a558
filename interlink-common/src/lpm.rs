//! The keys of the tries.
//!
//! All tables of a family share one trie: a key starts with the table's id, so that a lookup can only match inside
//! its own table. The data of a key is in network byte order, as the kernel compares it from its first bit on.

use crate::TableId;

/// The bits that the table's id takes in front of the address.
pub const TABLE_BITS: u32 = 32;

/// The data of an IPv4 key: table id, address.
#[inline]
pub const fn key_v4(table: TableId, address: [u8; 4]) -> [u8; 8] {
    ((table.0 as u64) << 32 | u32::from_be_bytes(address) as u64).to_be_bytes()
}

/// The data of an IPv6 key: table id, address.
// Word by word: a copy of sixteen bytes becomes sixteen copies of one byte in the program.
#[inline]
pub fn key_v6(table: TableId, address: [u8; 16]) -> [u8; 20] {
    let table = [table.0.to_be_bytes()];
    let mut words = table.iter().chain(address.as_chunks().0);
    let mut key = [0; 20];
    for target in key.as_chunks_mut().0 {
        *target = words.next().copied().unwrap_or_default();
    }
    key
}

/// The table and the address of an IPv4 key.
pub const fn split_v4(key: [u8; 8]) -> (TableId, [u8; 4]) {
    let [t0, t1, t2, t3, a0, a1, a2, a3] = key;
    (TableId(u32::from_be_bytes([t0, t1, t2, t3])), [a0, a1, a2, a3])
}

/// The table and the address of an IPv6 key.
pub fn split_v6(key: [u8; 20]) -> (TableId, [u8; 16]) {
    let mut rest = key.into_iter();
    (
        TableId(u32::from_be_bytes(crate::link::take(&mut rest))),
        crate::link::take(&mut rest),
    )
}
