//! A few consecutive addresses: so few that every set of them can be tried, with a byte for the model of a set.

use super::super::{Address, Prefix, PrefixSet};

/// Aligned, so that it is a prefix itself.
#[derive(Clone, Copy)]
pub(super) struct Window<A> {
    prefix: Prefix<A>,
}

/// The addresses of a window, and the bits of its sets.
pub(super) const SIZE: u32 = 8;

/// A subset of a window's addresses: bit 0 is the lowest.
pub(super) type Bits = u8;

impl<A: Address> Window<A> {
    /// At both edges of the address space, and in front of a carry through many bytes.
    pub(super) fn all() -> [Self; 3] {
        let inner = (0x2001_0db8_0000_0000_ffff_ffff << 32) | 0x0aff_fff8;
        [0, inner, u128::MAX].map(|number| Self {
            prefix: Prefix::containing(A::from_number(number), A::WIDTH - 3),
        })
    }

    /// The window itself.
    pub(super) const fn prefix(self) -> Prefix<A> {
        self.prefix
    }

    pub(super) fn address(self, bit: u32) -> A {
        A::from_number(self.prefix.network().number() + u128::from(bit))
    }

    /// Every prefix inside the window, with what it contains.
    pub(super) fn prefixes(self) -> Vec<(Prefix<A>, Bits)> {
        let mut prefixes = Vec::new();
        for (host_bits, size) in [(0, 1), (1, 2), (2, 4), (3, 8)] {
            for first in (0..SIZE).step_by(size) {
                let bits = (0xff_u8 >> (8 - size)) << first;
                prefixes.push((Prefix::containing(self.address(first), A::WIDTH - host_bits), bits));
            }
        }
        prefixes
    }

    /// The set of the addresses that the bits name, made host by host.
    pub(super) fn set(self, bits: Bits) -> PrefixSet<A> {
        (0..SIZE)
            .filter(|bit| bits >> bit & 1 == 1)
            .map(|bit| Prefix::containing(self.address(bit), A::WIDTH))
            .collect()
    }

    /// Sets enough to try every pair of them: those of six addresses, with the edge of the address space among these.
    pub(super) fn some(self) -> impl Iterator<Item = Bits> {
        let outermost = if self.prefix.network().number() == 0 { 0 } else { 2 };
        (0..64).map(move |bits| bits << outermost)
    }

    /// Every set of the window, at the index of its bits.
    pub(super) fn sets(self) -> Vec<PrefixSet<A>> {
        (0..=Bits::MAX).map(|bits| self.set(bits)).collect()
    }
}
