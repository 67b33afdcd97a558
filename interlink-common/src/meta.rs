//! Who wrote the maps.

use crate::{ABI_VERSION, link::take};

/// Stored beside the data that it gives meaning to: an agent adopts maps only when it would have written the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Meta {
    /// [`ABI_VERSION`] of the writer.
    pub abi: u32,
    /// Zero.
    pub reserved: u32,
    /// A digest of the object that the program was loaded from.
    pub object: [u8; 16],
}

impl Meta {
    /// Its size in the map, in bytes.
    pub const SIZE: usize = 24;

    /// That of this version, for an object with this digest.
    pub const fn new(object: [u8; 16]) -> Self {
        Self {
            abi: ABI_VERSION,
            reserved: 0,
            object,
        }
    }

    /// As the map holds it.
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let Self { abi, reserved, object } = self;
        let mut rest = abi
            .to_ne_bytes()
            .into_iter()
            .chain(reserved.to_ne_bytes())
            .chain(*object);
        take(&mut rest)
    }

    /// What the map's bytes stand for.
    pub fn from_bytes(bytes: &[u8; Self::SIZE]) -> Self {
        let mut rest = bytes.iter().copied();
        Self {
            abi: u32::from_ne_bytes(take(&mut rest)),
            reserved: u32::from_ne_bytes(take(&mut rest)),
            object: take(&mut rest),
        }
    }
}
