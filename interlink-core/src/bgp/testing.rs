//! What the tests of the speaker share.

use std::net::Ipv4Addr;
use std::num::NonZeroU32;

use super::codec::{Negotiated, Offer};
use crate::domain::Asn;
use crate::family::PerFamily;

pub(crate) fn asn(number: u32) -> Asn {
    Asn(NonZeroU32::new(number).unwrap())
}

pub(crate) fn offer(local: u32, peer: u32) -> Offer {
    Offer {
        local_as: asn(local),
        peer_as: asn(peer),
        identifier: Ipv4Addr::from_bits(local),
        hold_time: 90,
        families: PerFamily { v4: true, v6: true },
        role: None,
        restart: None,
    }
}

pub(crate) fn agreed() -> Negotiated {
    Negotiated {
        identifier: Ipv4Addr::new(10, 0, 0, 1),
        hold_time: 90,
        families: PerFamily { v4: true, v6: true },
        four_octet: true,
        refresh: true,
        enhanced_refresh: true,
        extended: false,
        roles: false,
        restart: None,
        notification_restart: false,
    }
}
