//! Addresses, prefixes and sets of them, once for both families.

mod set;

#[cfg(test)]
mod tests;

use std::fmt::{self, Debug, Display};
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::family::Family;

pub use set::{PrefixSet, Range};

/// Address and length; an address alone is that of a host.
pub(crate) fn net(text: &str) -> Option<IpNet> {
    let net = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    net.ok()
}

/// An IPv4 or an IPv6 address, as a number.
pub trait Address: Copy + Ord + Hash + Debug + Display + Send + Sync + Into<IpAddr> + 'static {
    /// How many bits it has.
    const WIDTH: u8;
    /// Its family.
    const FAMILY: Family;

    /// The address as a number; the first bit on the wire is the highest.
    fn number(self) -> u128;

    /// The address of a number, whose bits above [`Self::WIDTH`] are ignored.
    fn from_number(number: u128) -> Self;

    /// The address, if it is of this family.
    fn from_ip(address: IpAddr) -> Option<Self>;

    /// Address and length as ipnet's type.
    fn net(self, length: u8) -> IpNet;

    /// The highest address.
    fn last() -> Self {
        Self::from_number(u128::MAX)
    }

    /// The next higher address, if there is one.
    fn successor(self) -> Option<Self> {
        (self != Self::last()).then(|| Self::from_number(self.number().wrapping_add(1)))
    }

    /// The next lower address, if there is one.
    fn predecessor(self) -> Option<Self> {
        self.number().checked_sub(1).map(Self::from_number)
    }
}

impl Address for Ipv4Addr {
    const WIDTH: u8 = 32;
    const FAMILY: Family = Family::V4;

    fn number(self) -> u128 {
        self.to_bits().into()
    }

    fn from_number(number: u128) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the bits above the width are to be ignored"
        )]
        Self::from_bits(number as u32)
    }

    fn from_ip(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        }
    }

    fn net(self, length: u8) -> IpNet {
        Ipv4Net::new(self, length.min(Self::WIDTH)).map_or_else(|_| Ipv4Net::from(self).into(), IpNet::V4)
    }
}

impl Address for Ipv6Addr {
    const WIDTH: u8 = 128;
    const FAMILY: Family = Family::V6;

    fn number(self) -> u128 {
        self.to_bits()
    }

    fn from_number(number: u128) -> Self {
        Self::from_bits(number)
    }

    fn from_ip(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V6(address) => Some(address),
            IpAddr::V4(_) => None,
        }
    }

    fn net(self, length: u8) -> IpNet {
        Ipv6Net::new(self, length.min(Self::WIDTH)).map_or_else(|_| Ipv6Net::from(self).into(), IpNet::V6)
    }
}

/// A network: an address without host bits, and a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix<A> {
    network: A,
    length: u8,
}

/// What keeps an [`IpNet`] from being a [`Prefix`] of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrefixError {
    /// It is of the other family.
    #[error("{found} is {}, not {expected}", Family::of_net(*found))]
    OtherFamily {
        /// What was given.
        found: IpNet,
        /// The family that was asked for.
        expected: Family,
    },
    /// Bits are set behind its length.
    #[error("{found} has host bits set: the network is {}", found.trunc())]
    HostBits {
        /// What was given.
        found: IpNet,
    },
}

impl<A: Address> Prefix<A> {
    /// The prefix of this length that contains an address.
    pub fn containing(address: A, length: u8) -> Self {
        let length = length.min(A::WIDTH);
        Self {
            network: A::from_number(address.number() & mask::<A>(length)),
            length,
        }
    }

    /// The prefix that ipnet's type names.
    pub fn try_from_net(net: IpNet) -> Result<Self, PrefixError> {
        let address = A::from_ip(net.addr()).ok_or(PrefixError::OtherFamily {
            found: net,
            expected: A::FAMILY,
        })?;
        let prefix = Self::containing(address, net.prefix_len());
        if prefix.network == address {
            Ok(prefix)
        } else {
            Err(PrefixError::HostBits { found: net })
        }
    }

    /// Its lowest address.
    pub const fn network(self) -> A {
        self.network
    }

    /// How many bits of an address it fixes.
    pub const fn length(self) -> u8 {
        self.length
    }

    /// Its highest address.
    pub fn last(self) -> A {
        A::from_number(self.network.number() | !mask::<A>(self.length))
    }

    /// Whether the address is in it.
    pub fn contains(self, address: A) -> bool {
        self.network <= address && address <= self.last()
    }

    /// As ipnet's type.
    pub fn net(self) -> IpNet {
        self.network.net(self.length)
    }
}

impl<A: Address> fmt::Display for Prefix<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.length)
    }
}

/// Ones for the first `length` bits of an address, in the low [`Address::WIDTH`] bits of the number; for a length of
/// zero nothing at all.
fn mask<A: Address>(length: u8) -> u128 {
    let host_bits = u32::from(A::WIDTH.saturating_sub(length));
    u128::MAX.checked_shl(host_bits).unwrap_or(0)
}
