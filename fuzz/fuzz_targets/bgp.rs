//! Any bytes of a peer: they end the session at worst, and what they leave in the RIB adds up.

#![no_main]

use std::net::{Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;

use interlink_core::bgp::codec::{Frames, Prefixes, Received, Refresh, Update};
use interlink_core::bgp::import::ImportPolicy;
use interlink_core::bgp::rib::AdjRibIn;
use interlink_core::config::default;
use interlink_core::domain::{Asn, Interconnect};
use interlink_core::family::Family;
use interlink_core::prefix::{Address, Prefix};
use libfuzzer_sys::fuzz_target;

/// The most routes that are kept, and that are accepted, of each family.
const MOST: usize = 64;
const MOST_ACCEPTED: usize = 32;
/// No attribute is longer than a message.
const LONGEST: usize = 65_536;

fuzz_target!(|input: &[u8]| {
    let Some((flags, bytes)) = input.split_first() else {
        return;
    };
    let (extended, four_octet, raw) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0);
    let mut ribs = Ribs {
        v4: AdjRibIn::new(
            policy("169.254.0.100", "169.254.0.101", 31, "10.0.0.0", 9),
            MOST_ACCEPTED,
        ),
        v6: AdjRibIn::new(policy("fd00::", "fd00::1", 127, "2001:db8::", 32), MOST_ACCEPTED),
    };
    let mut frames = Frames::default();
    frames.agree(extended, four_octet);
    if raw {
        ribs.take(&mut frames, bytes);
    } else {
        // In messages of the right form, which chance alone hardly makes: kind, length, body.
        let mut rest = bytes;
        while let [kind, length, after @ ..] = rest {
            let (body, next) = after.split_at((*length as usize * 4).min(after.len()));
            let size = u16::try_from(body.len() + 19).unwrap().to_be_bytes();
            let message = [&[0xff; 16][..], &size, &[1 + kind % 5], body].concat();
            ribs.take(&mut frames, &message);
            rest = next;
        }
    }
});

struct Ribs {
    v4: AdjRibIn<Ipv4Addr>,
    v6: AdjRibIn<Ipv6Addr>,
}

impl Ribs {
    fn take(&mut self, frames: &mut Frames, bytes: &[u8]) {
        frames.push(bytes);
        loop {
            match frames.read() {
                Ok(Some(Received::Update(update))) => self.update(&update),
                Ok(Some(Received::Refresh(Some((family, Refresh::Begin))))) => match family {
                    Family::V4 => self.v4.mark(),
                    Family::V6 => self.v6.mark(),
                },
                Ok(Some(Received::Refresh(Some((family, Refresh::End))))) => self.sweep(family),
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(told) => {
                    // The session ends, and the next begins; the routes are kept for it.
                    assert!(!told.encode().is_empty());
                    *frames = Frames::default();
                    self.v4.mark();
                    self.v6.mark();
                }
            }
        }
        check(&self.v4);
        check(&self.v6);
    }

    fn update(&mut self, update: &Update) {
        for prefixes in &update.withdrawn {
            match prefixes {
                Prefixes::V4(prefixes) => self.v4.withdraw(prefixes),
                Prefixes::V6(prefixes) => self.v6.withdraw(prefixes),
            };
        }
        for announced in &update.announced {
            match &announced.prefixes {
                Prefixes::V4(prefixes) => self.v4.announce(prefixes, &announced.attributes, MOST),
                Prefixes::V6(prefixes) => self.v6.announce(prefixes, &announced.attributes, MOST),
            };
        }
        if let Some(family) = update.end_of_rib {
            self.sweep(family);
        }
    }

    fn sweep(&mut self, family: Family) {
        match family {
            Family::V4 => self.v4.sweep(),
            Family::V6 => self.v6.sweep(),
        };
    }
}

fn check<A: Address>(rib: &AdjRibIn<A>) {
    let counts = rib.counts();
    let rejected: usize = counts.rejected.values().sum();
    assert_eq!(counts.received, counts.accepted + rejected);
    assert_eq!(counts.received, rib.routes().count());
    assert!(counts.received <= MOST && counts.accepted <= MOST_ACCEPTED && counts.stale <= counts.received);
    assert!(rib.attribute_bytes() <= counts.received * 2 * LONGEST);
    let accepted = rib.accepted();
    assert_eq!(accepted.len(), counts.accepted);
    for route in accepted.iter() {
        let remote = rib.policy().remote.as_ref().unwrap();
        assert!(remote.covers(route.prefix), "{} isn't allowed", route.prefix);
    }
}

fn policy<A: Address + std::str::FromStr<Err: std::fmt::Debug>>(
    peer: &str,
    ours: &str,
    length: u8,
    remote: &str,
    remote_length: u8,
) -> ImportPolicy<A> {
    let asn = |number| Asn(NonZeroU32::new(number).unwrap());
    let (ours, peer) = (ours.parse().unwrap(), peer.parse().unwrap());
    ImportPolicy {
        remote: Some(Arc::new(
            [Prefix::containing(remote.parse().unwrap(), remote_length)]
                .into_iter()
                .collect(),
        )),
        lists_default: false,
        interconnect: Interconnect::new((ours, length), (peer, length)).unwrap(),
        local_as: asn(65_010),
        peer_as: asn(12_876),
        role: None,
        communities: default::COMMUNITIES,
        graceful_shutdown: false,
    }
}
