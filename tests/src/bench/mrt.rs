//! Dumps of real routing tables: MRT's TABLE_DUMP_V2 (RFC 6396, section 4.3; RFC 8050 for additional paths), as Route
//! Views and RIPE RIS publish them. Only the prefixes are read.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::process::Command;

use interlink_core::prefix::{Address, Prefix};

/// The type of the records, and the subtypes of those with unicast routes.
const TABLE_DUMP_V2: u16 = 13;
const RIB_IPV4_UNICAST: u16 = 2;
const RIB_IPV6_UNICAST: u16 = 4;
const RIB_IPV4_UNICAST_ADDPATH: u16 = 8;
const RIB_IPV6_UNICAST_ADDPATH: u16 = 10;

/// Each prefix once, in order. A default route is left out: it would cover all the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dump {
    /// Those of IPv4.
    pub v4: Vec<Prefix<Ipv4Addr>>,
    /// Those of IPv6.
    pub v6: Vec<Prefix<Ipv6Addr>>,
}

/// What is wrong with a dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It ends within the record that begins at this byte.
    Truncated(usize),
    /// The record that begins at this byte has a prefix longer than its addresses are.
    Length(usize),
    /// It has no routes of TABLE_DUMP_V2.
    Nothing,
}

/// Reads a file; one that ends in `.bz2` or `.gz` is unpacked by the program for it.
pub fn read(path: &Path) -> Dump {
    let packed = |program: &str| {
        let output = Command::new(program).arg("-dc").arg(path).output();
        let output = output.unwrap_or_else(|error| panic!("{program}: {error}; unpack {} first", path.display()));
        assert!(output.status.success(), "{program} can't unpack {}", path.display());
        output.stdout
    };
    let bytes = match path.extension().and_then(|extension| extension.to_str()) {
        Some("bz2") => packed("bzip2"),
        Some("gz") => packed("gzip"),
        _ => std::fs::read(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display())),
    };
    parse(&bytes).unwrap_or_else(|malformed| panic!("{} is no dump of a table: {malformed:?}", path.display()))
}

/// Reads a dump that isn't packed.
pub fn parse(bytes: &[u8]) -> Result<Dump, Malformed> {
    let (mut v4, mut v6) = (BTreeSet::new(), BTreeSet::new());
    let mut rest = bytes;
    while !rest.is_empty() {
        let at = bytes.len() - rest.len();
        let truncated = || Malformed::Truncated(at);
        // Timestamp, type, subtype, length.
        let (header, behind) = rest.split_first_chunk::<12>().ok_or_else(truncated)?;
        let [_, _, _, _, t0, t1, s0, s1, length @ ..] = *header;
        let length = usize::try_from(u32::from_be_bytes(length)).map_err(|_| truncated())?;
        let (record, behind) = behind.split_at_checked(length).ok_or_else(truncated)?;
        if u16::from_be_bytes([t0, t1]) == TABLE_DUMP_V2 {
            match u16::from_be_bytes([s0, s1]) {
                RIB_IPV4_UNICAST | RIB_IPV4_UNICAST_ADDPATH => v4.extend(prefix::<Ipv4Addr>(record, at)?),
                RIB_IPV6_UNICAST | RIB_IPV6_UNICAST_ADDPATH => v6.extend(prefix::<Ipv6Addr>(record, at)?),
                // The table of peers, multicast, and what else there may be.
                _ => {}
            }
        }
        rest = behind;
    }
    if v4.is_empty() && v6.is_empty() {
        return Err(Malformed::Nothing);
    }
    Ok(Dump {
        v4: v4.into_iter().collect(),
        v6: v6.into_iter().collect(),
    })
}

/// The prefix of a record, behind its sequence number; none for a default route.
fn prefix<A: Address>(record: &[u8], at: usize) -> Result<Option<Prefix<A>>, Malformed> {
    let truncated = Malformed::Truncated(at);
    let (_sequence, rest) = record.split_first_chunk::<4>().ok_or(truncated)?;
    let (&length, rest) = rest.split_first().ok_or(truncated)?;
    if length > A::WIDTH {
        return Err(Malformed::Length(at));
    }
    let octets = rest.get(..usize::from(length).div_ceil(8)).ok_or(truncated)?;
    let number = (octets.iter()).fold(0, |number: u128, octet| number << 8 | u128::from(*octet));
    let missing = u32::from(A::WIDTH) - 8 * u32::try_from(octets.len()).unwrap_or(0);
    let address = A::from_number(number.checked_shl(missing).unwrap_or(0));
    Ok((length > 0).then(|| Prefix::containing(address, length)))
}

#[cfg(test)]
mod tests;
