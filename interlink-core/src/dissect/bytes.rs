//! Bytes of which the end may be missing.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A part of a packet: what is at hand of it, and how long it was on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes<'a> {
    captured: &'a [u8],
    length: usize,
}

impl<'a> Bytes<'a> {
    /// Of `length` bytes, as many as are at hand.
    pub(super) fn new(captured: &'a [u8], length: usize) -> Self {
        let captured = captured.get(..length).unwrap_or(captured);
        Self { captured, length }
    }

    /// How long it was.
    pub(super) const fn length(self) -> usize {
        self.length
    }

    /// What follows the first bytes.
    pub(super) fn skip(self, bytes: usize) -> Self {
        Self {
            captured: self.captured.get(bytes..).unwrap_or_default(),
            length: self.length.saturating_sub(bytes),
        }
    }

    /// Its first bytes alone.
    pub(super) fn limit(self, length: usize) -> Self {
        Self::new(self.captured, length.min(self.length))
    }

    pub(super) fn array<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.captured.get(at..)?.first_chunk().copied()
    }

    pub(super) fn u8(self, at: usize) -> Option<u8> {
        self.captured.get(at).copied()
    }

    pub(super) fn u16(self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_be_bytes)
    }

    pub(super) fn u32(self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_be_bytes)
    }

    pub(super) fn v4(self, at: usize) -> Option<Ipv4Addr> {
        self.array::<4>(at).map(Ipv4Addr::from)
    }

    pub(super) fn v6(self, at: usize) -> Option<Ipv6Addr> {
        self.array::<16>(at).map(Ipv6Addr::from)
    }
}
