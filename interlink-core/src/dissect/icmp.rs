//! ICMP (RFC 792) and ICMPv6 (RFC 4443, RFC 4861).

use std::fmt;

use super::bytes::Bytes;
use super::ip::{Ends, Protocol};

/// Where an error's quote of the packet begins that it is about.
const QUOTE: usize = 8;

pub(super) fn v4(f: &mut fmt::Formatter<'_>, ends: Ends, message: Bytes<'_>) -> fmt::Result {
    let (Some(kind), Some(code)) = (message.u8(0), message.u8(1)) else {
        return write!(f, " {ends} [|icmp]");
    };
    write!(f, " {ends} ICMP ")?;
    match kind {
        0 => echo(f, "reply", message)?,
        3 => unreachable_v4(f, code, message)?,
        5 => match (message.v4(4), message.skip(QUOTE).v4(16)) {
            (Some(router), Some(about)) => write!(f, "redirect {about} to {router}")?,
            _ => f.write_str("redirect [|icmp]")?,
        },
        8 => echo(f, "request", message)?,
        9 => f.write_str("router advertisement")?,
        10 => f.write_str("router solicitation")?,
        11 if code == 0 => f.write_str("time exceeded in-transit")?,
        11 => f.write_str("ip reassembly time exceeded")?,
        12 => f.write_str("parameter problem")?,
        other => write!(f, "type-{other}")?,
    }
    write!(f, ", length {}", message.length())
}

pub(super) fn v6(f: &mut fmt::Formatter<'_>, ends: Ends, message: Bytes<'_>) -> fmt::Result {
    let (Some(kind), Some(code)) = (message.u8(0), message.u8(1)) else {
        return write!(f, " {ends} [|icmp6]");
    };
    write!(f, " {ends} ICMP6, ")?;
    match kind {
        1 => unreachable_v6(f, code, message)?,
        2 => match message.u32(4) {
            Some(mtu) => write!(f, "packet too big, mtu {mtu}")?,
            None => f.write_str("packet too big [|icmp6]")?,
        },
        3 if code == 0 => f.write_str("time exceeded in-transit")?,
        3 => f.write_str("time exceeded in-reassembly")?,
        4 => f.write_str("parameter problem")?,
        128 => echo(f, "request", message)?,
        129 => echo(f, "reply", message)?,
        130 => f.write_str("multicast listener query")?,
        131 => f.write_str("multicast listener report")?,
        132 => f.write_str("multicast listener done")?,
        133 => f.write_str("router solicitation")?,
        134 => f.write_str("router advertisement")?,
        135 => about(f, "neighbor solicitation, who has", message)?,
        136 => about(f, "neighbor advertisement, tgt is", message)?,
        137 => about(f, "redirect, to", message)?,
        143 => f.write_str("multicast listener report v2")?,
        other => write!(f, "type-{other}")?,
    }
    write!(f, ", length {}", message.length())
}

fn echo(f: &mut fmt::Formatter<'_>, which: &str, message: Bytes<'_>) -> fmt::Result {
    match (message.u16(4), message.u16(6)) {
        (Some(id), Some(sequence)) => write!(f, "echo {which}, id {id}, seq {sequence}"),
        _ => write!(f, "echo {which} [|icmp]"),
    }
}

fn about(f: &mut fmt::Formatter<'_>, what: &str, message: Bytes<'_>) -> fmt::Result {
    match message.v6(8) {
        Some(target) => write!(f, "{what} {target}"),
        None => write!(f, "{what} [|icmp6]"),
    }
}

fn unreachable_v4(f: &mut fmt::Formatter<'_>, code: u8, message: Bytes<'_>) -> fmt::Result {
    let quote = message.skip(QUOTE);
    let (Some(header), Some(protocol), Some(to)) = (quote.u8(0), quote.u8(9), quote.v4(16)) else {
        return f.write_str("unreachable [|icmp]");
    };
    let header = usize::from(header & 0x0f).saturating_mul(4);
    match (code, quote.u16(header.saturating_add(2)), message.u16(6)) {
        (0, ..) => write!(f, "net {to} unreachable"),
        (1, ..) => write!(f, "host {to} unreachable"),
        (2, ..) => write!(f, "{to} protocol {protocol} unreachable"),
        (3, Some(port), _) => write!(f, "{to} {} port {port} unreachable", Protocol(protocol)),
        (4, _, Some(mtu)) => write!(f, "{to} unreachable - need to frag (mtu {mtu})"),
        (9 | 10 | 13, ..) => write!(f, "{to} unreachable - admin prohibited"),
        (code, ..) => write!(f, "{to} unreachable - code {code}"),
    }
}

fn unreachable_v6(f: &mut fmt::Formatter<'_>, code: u8, message: Bytes<'_>) -> fmt::Result {
    let quote = message.skip(QUOTE);
    let (Some(protocol), Some(to)) = (quote.u8(6), quote.v6(24)) else {
        return f.write_str("unreachable [|icmp6]");
    };
    match (code, quote.u16(42)) {
        (0, _) => write!(f, "unreachable route {to}"),
        (1, _) => write!(f, "unreachable prohibited {to}"),
        (3, _) => write!(f, "unreachable address {to}"),
        (4, Some(port)) => write!(f, "unreachable port, {to} {} port {port}", Protocol(protocol)),
        (code, _) => write!(f, "unreachable code {code}, {to}"),
    }
}
