//! A packet in one line, in tcpdump's words.
//!
//! It reads what a sample holds of a frame and never fails: what isn't there any more is shown as `[|tcp]`, by the
//! name of the header that is cut off. Whatever the bytes are, some line comes out.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod arp;
mod bytes;
mod icmp;
mod ip;
mod transport;

#[cfg(test)]
mod tests;

use std::fmt;

use bytes::Bytes;

const ETHERNET: usize = 14;
const TAG: usize = 4;
/// How many VLAN tags are shown before the rest is an unknown EtherType.
const MAX_TAGS: usize = 4;
/// The least EtherType; below it the field is a length (IEEE 802.3).
const LEAST_ETHERTYPE: u16 = 0x0600;

/// A frame to be shown: its first bytes, and how long it was.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    captured: &'a [u8],
    length: usize,
}

impl<'a> Frame<'a> {
    /// A frame of `length` bytes, of which the first are at hand.
    pub fn new(captured: &'a [u8], length: usize) -> Self {
        let length = length.max(captured.len());
        Self { captured, length }
    }
}

impl fmt::Display for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frame = Bytes::new(self.captured, self.length);
        let (Some(destination), Some(source), Some(mut ethertype)) = (frame.array(0), frame.array(6), frame.u16(12))
        else {
            return f.write_str("[|ether]");
        };
        let mut payload = frame.skip(ETHERNET);
        for _ in 0..MAX_TAGS {
            let kind = match ethertype {
                0x8100 => "",
                0x88a8 => " (802.1ad)",
                _ => break,
            };
            let (Some(tag), Some(next)) = (payload.u16(0), payload.u16(2)) else {
                return f.write_str("[|vlan]");
            };
            write!(f, "vlan {}{kind}, ", tag & 0x0fff)?;
            ethertype = next;
            payload = payload.skip(TAG);
        }
        match ethertype {
            0x0800 => ip::v4(f, payload),
            0x86dd => ip::v6(f, payload),
            0x0806 => arp::arp(f, payload),
            other => {
                write!(f, "{} > {}, ", Mac(source), Mac(destination))?;
                match name(other) {
                    Some(name) => f.write_str(name)?,
                    None => write!(f, "ethertype {other:#06x}")?,
                }
                write!(f, ", length {}", payload.length())
            }
        }
    }
}

/// The protocols that come up on a link between routers.
const fn name(ethertype: u16) -> Option<&'static str> {
    Some(match ethertype {
        0x8035 => "RARP",
        0x8100 | 0x88a8 => "more VLAN tags",
        0x8809 => "Slow Protocols (LACP)",
        0x8847 | 0x8848 => "MPLS",
        0x8863 => "PPPoE D",
        0x8864 => "PPPoE S",
        0x888e => "EAPOL",
        0x88cc => "LLDP",
        0x88e5 => "MACsec",
        0x88f7 => "PTP",
        0x9000 => "Loopback",
        length if length < LEAST_ETHERTYPE => "802.3",
        _ => return None,
    })
}

/// A hardware address.
struct Mac([u8; 6]);

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separators = std::iter::once("").chain(std::iter::repeat(":"));
        self.0
            .iter()
            .zip(separators)
            .try_for_each(|(byte, separator)| write!(f, "{separator}{byte:02x}"))
    }
}
