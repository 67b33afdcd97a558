//! TCP and UDP.

use std::fmt;

use super::bytes::Bytes;
use super::ip::Ends;

const TCP_HEADER: usize = 20;
const UDP_HEADER: usize = 8;
/// The flags from the lowest bit on.
const FLAGS: [char; 8] = ['F', 'S', 'R', 'P', '.', 'U', 'E', 'W'];

pub(super) fn tcp(f: &mut fmt::Formatter<'_>, ends: Ends, segment: Bytes<'_>) -> fmt::Result {
    if !ports(f, ends, segment)? {
        return f.write_str(" [|tcp]");
    }
    let (Some(header), Some(flags)) = (segment.u8(12), segment.u8(13)) else {
        return f.write_str(" [|tcp]");
    };
    let header = usize::from(header >> 4).saturating_mul(4);
    let set = (0..).zip(FLAGS).filter(|(bit, _)| flags >> *bit & 1 == 1);
    let letters: String = set.map(|(_, letter)| letter).collect();
    let letters = if letters.is_empty() { "none" } else { &letters };
    write!(f, " Flags [{letters}]")?;
    if header < TCP_HEADER {
        return write!(f, ", bad header length {header}");
    }
    write!(f, ", length {}", segment.skip(header).length())
}

pub(super) fn udp(f: &mut fmt::Formatter<'_>, ends: Ends, datagram: Bytes<'_>) -> fmt::Result {
    if !ports(f, ends, datagram)? {
        return f.write_str(" [|udp]");
    }
    let Some(length) = datagram.u16(4) else {
        return f.write_str(" [|udp]");
    };
    f.write_str(" UDP")?;
    let length = usize::from(length);
    if length < UDP_HEADER {
        return write!(f, ", bad length {length}");
    }
    write!(f, ", length {}", length.saturating_sub(UDP_HEADER))
}

/// Writes the two ends, with their ports where these are at hand; says whether they are.
fn ports(f: &mut fmt::Formatter<'_>, ends: Ends, payload: Bytes<'_>) -> Result<bool, fmt::Error> {
    let Ends { source, destination } = ends;
    if let (Some(from), Some(to)) = (payload.u16(0), payload.u16(2)) {
        write!(f, " {source}.{from} > {destination}.{to}:")?;
        Ok(true)
    } else {
        write!(f, " {ends}")?;
        Ok(false)
    }
}
