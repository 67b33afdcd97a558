//! Families that no session of ours carries.

use bytes::Bytes;

const EXTENDED_LENGTH: u8 = 0x10;
const MP_REACH: u8 = 14;
const MP_UNREACH: u8 = 15;

/// Leaves out what is about families that no session of ours carries, whatever is in it: the other crate would end the
/// session for a family that it doesn't know (RFC 4760 §7 lets us ignore it).
pub(super) fn without_other_families(attributes: &Bytes) -> Bytes {
    let mut kept = Vec::new();
    let mut rest: &[u8] = attributes;
    while let Some((attribute, after)) = next_attribute(rest) {
        if is_of_another_family(attribute) {
            kept.push(attribute);
        }
        rest = after;
    }
    if kept.is_empty() {
        return attributes.clone();
    }
    let mut clean = Vec::with_capacity(attributes.len());
    let mut rest: &[u8] = attributes;
    while let Some((attribute, after)) = next_attribute(rest) {
        if !is_of_another_family(attribute) {
            clean.extend_from_slice(attribute);
        }
        rest = after;
    }
    clean.extend_from_slice(rest);
    clean.into()
}

/// The first attribute with its header, and what follows it; none where the lengths don't fit.
fn next_attribute(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (flags, length) = match bytes {
        [flags, _, high, low, ..] if flags & EXTENDED_LENGTH != 0 => {
            (flags, usize::from(u16::from_be_bytes([*high, *low])))
        }
        [flags, _, length, ..] if flags & EXTENDED_LENGTH == 0 => (flags, usize::from(*length)),
        _ => return None,
    };
    let header = if flags & EXTENDED_LENGTH == 0 { 3 } else { 4 };
    bytes.split_at_checked(length.checked_add(header)?)
}

fn is_of_another_family(attribute: &[u8]) -> bool {
    let value = match attribute {
        [flags, MP_REACH | MP_UNREACH, _, _, value @ ..] if flags & EXTENDED_LENGTH != 0 => value,
        [flags, MP_REACH | MP_UNREACH, _, value @ ..] if flags & EXTENDED_LENGTH == 0 => value,
        _ => return false,
    };
    match value {
        [high, low, safi, ..] => !matches!((u16::from_be_bytes([*high, *low]), safi), (1 | 2, 1)),
        _ => false,
    }
}
