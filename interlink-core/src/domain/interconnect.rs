//! The two addresses of a link.

use ipnet::IpNet;

use crate::prefix::{Address, Prefix};

/// Our address and the peer's, in the one subnet that holds both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Interconnect<A> {
    ours: A,
    peer: A,
    length: u8,
}

/// Why two addresses are no interconnect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InterconnectError<A: Address> {
    /// Both routers have the same one.
    #[error("both routers have the address {0}")]
    Same(A),
    /// They don't share a subnet.
    #[error("{peer}/{length} is not in the subnet of {ours}/{length}")]
    Apart {
        /// Ours.
        ours: A,
        /// The peer's.
        peer: A,
        /// The subnet's length.
        length: u8,
    },
    /// The two are given with different lengths.
    #[error("the two routers give their subnet different lengths, /{ours} and /{peer}")]
    Lengths {
        /// Ours.
        ours: u8,
        /// The peer's.
        peer: u8,
    },
}

impl<A: Address> Interconnect<A> {
    /// Checks that the two can be neighbours. The lengths are those that each router's address was given with.
    pub fn new(ours: (A, u8), peer: (A, u8)) -> Result<Self, InterconnectError<A>> {
        let ((ours, length), (peer, peer_length)) = (ours, peer);
        if length != peer_length {
            return Err(InterconnectError::Lengths {
                ours: length,
                peer: peer_length,
            });
        }
        if ours == peer {
            return Err(InterconnectError::Same(ours));
        }
        if !Prefix::containing(ours, length).contains(peer) {
            return Err(InterconnectError::Apart { ours, peer, length });
        }
        Ok(Self { ours, peer, length })
    }

    /// Our address.
    pub const fn ours(self) -> A {
        self.ours
    }

    /// Our address with the length of the subnet.
    pub fn ours_net(self) -> IpNet {
        self.ours.net(self.length)
    }

    /// The peer's.
    pub const fn peer(self) -> A {
        self.peer
    }

    /// The subnet that holds both.
    pub fn subnet(self) -> Prefix<A> {
        Prefix::containing(self.ours, self.length)
    }
}
