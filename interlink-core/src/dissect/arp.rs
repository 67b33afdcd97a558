//! ARP (RFC 826).

use std::fmt;

use super::Mac;
use super::bytes::Bytes;

/// IPv4 on Ethernet: the two types, then the lengths of their addresses.
const ETHERNET_AND_IPV4: [u8; 6] = [0, 1, 8, 0, 6, 4];

pub(super) fn arp(f: &mut fmt::Formatter<'_>, packet: Bytes<'_>) -> fmt::Result {
    let (Some(types), Some(operation)) = (packet.array(0), packet.u16(6)) else {
        return f.write_str("[|arp]");
    };
    f.write_str("ARP, ")?;
    if types == ETHERNET_AND_IPV4 {
        let (Some(hardware), Some(sender), Some(target)) = (packet.array(8), packet.v4(14), packet.v4(24)) else {
            return f.write_str("[|arp]");
        };
        match operation {
            1 if sender == target => write!(f, "Announcement {sender}")?,
            1 => write!(f, "Request who-has {target} tell {sender}")?,
            2 => write!(f, "Reply {sender} is-at {}", Mac(hardware))?,
            other => write!(f, "operation {other} of {sender} to {target}")?,
        }
    } else {
        let (hardware, protocol) = (packet.u16(0).unwrap_or(0), packet.u16(2).unwrap_or(0));
        write!(
            f,
            "operation {operation}, hardware {hardware}, protocol {protocol:#06x}"
        )?;
    }
    write!(f, ", length {}", packet.length())
}
