//! What `session` shows.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::connection::Connection;
use super::dial::Dial;
use super::routes::{Carry, Routes};
use super::{Session, Will};
use crate::explain::Heard;
use crate::family::Family;
use crate::gate::Session as Standing;
use crate::name::Name;
use crate::time::Time;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionReport {
    /// Its link.
    pub link: String,
    /// What it runs over: `v4` or `v6`.
    pub transport: String,
    /// Its state, as RFC 4271 calls it.
    pub state: String,
    /// For how many seconds it is established, or isn't.
    pub seconds: u64,
    /// How often it was established.
    pub established: u64,
    /// Why it isn't to run, if it isn't.
    pub stopped: Option<String>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Why nothing listens for the peer, if nothing does.
    pub not_listening: Option<String>,
    /// Our address.
    pub local_address: String,
    /// The peer's.
    pub peer_address: String,
    /// Our AS.
    pub local_as: u32,
    /// The peer's.
    pub peer_as: u32,
    /// Our BGP identifier.
    pub local_identifier: String,
    /// The peer's, while the session is established.
    pub peer_identifier: Option<String>,
    /// What was agreed on, in seconds.
    pub hold_time: Option<u16>,
    /// What both can do.
    pub capabilities: Vec<String>,
    /// What is carried.
    pub families: Vec<FamilySession>,
}

/// A family of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilySession {
    /// `v4` or `v6`.
    pub family: String,
    /// `up`, or `down`: what the gate goes by.
    pub status: String,
    /// For how many seconds routes from before a restart are still kept, if they are.
    pub kept_seconds: Option<u64>,
    /// How many routes the peer announced.
    pub received: usize,
    /// How many of them are used.
    pub accepted: usize,
    /// How many of them are from before a restart.
    pub stale: usize,
    /// How many more it announced than are kept.
    pub refused: u64,
    /// Why the others aren't used.
    pub rejected: BTreeMap<String, usize>,
    /// How many prefixes the peer was told.
    pub announced: usize,
    /// Why it wasn't told others, if it wasn't.
    pub not_announced: Option<String>,
}

impl Session {
    pub(in crate::bgp) const fn link(&self) -> &Name {
        &self.id.link
    }

    /// What the peer said about an address, if the session carries its family.
    pub(in crate::bgp) fn heard(&self, address: IpAddr) -> Option<Heard> {
        let covering = match address {
            IpAddr::V4(address) => self.v4.as_ref()?.rib.covering(address),
            IpAddr::V6(address) => self.v6.as_ref()?.rib.covering(address),
        };
        let connection = self.connections.values().max_by_key(|connection| connection.phase);
        let why = match self.established() {
            Some(_) => None,
            None => self.stopped().or_else(|| self.last_error.clone()),
        };
        Some(Heard {
            state: self.state(connection).to_owned(),
            why,
            covering,
        })
    }

    /// Why it isn't to run, if it isn't.
    fn stopped(&self) -> Option<String> {
        match self.wanted.will {
            Will::Run if self.idle.is_some() => Some("the peer announced too many prefixes".to_owned()),
            Will::Run => None,
            Will::NoCarrier => Some("its interface has no carrier".to_owned()),
            Will::Stay(why) => Some(why.to_owned()),
        }
    }

    pub(in crate::bgp) fn report(&self, now: Time) -> SessionReport {
        let connection = self.connections.values().max_by_key(|connection| connection.phase);
        let established = self.established();
        let agreed = established.and_then(|connection| connection.agreed.as_ref());
        let capabilities = agreed.into_iter().flat_map(|agreed| {
            [
                (agreed.four_octet, "four_octet_as"),
                (agreed.refresh, "route_refresh"),
                (agreed.enhanced_refresh, "enhanced_route_refresh"),
                (agreed.extended, "extended_message"),
                (agreed.roles, "role"),
                (agreed.restart.is_some(), "graceful_restart"),
                (agreed.notification_restart, "notification_graceful_restart"),
            ]
        });
        let offer = &self.wanted.offer;
        SessionReport {
            link: self.id.link.to_string(),
            transport: short(self.id.transport).to_owned(),
            state: self.state(connection).to_owned(),
            seconds: self.since.until(now).as_secs(),
            established: self.ups,
            stopped: self.stopped(),
            last_error: self.last_error.clone(),
            not_listening: match &self.listen {
                super::Listen::Failed { why, .. } => Some(why.clone()),
                super::Listen::Off | super::Listen::On => None,
            },
            local_address: self.wanted.endpoint.local.to_string(),
            peer_address: self.wanted.endpoint.peer.to_string(),
            local_as: offer.local_as.0.get(),
            peer_as: offer.peer_as.0.get(),
            local_identifier: offer.identifier.to_string(),
            peer_identifier: agreed.map(|agreed| agreed.identifier.to_string()),
            hold_time: agreed.map(|agreed| agreed.hold_time),
            capabilities: capabilities
                .filter(|(has, _)| *has)
                .map(|(_, name)| name.to_owned())
                .collect(),
            families: [family(self.v4.as_ref(), now), family(self.v6.as_ref(), now)]
                .into_iter()
                .flatten()
                .collect(),
        }
    }

    fn state(&self, connection: Option<&Connection>) -> &'static str {
        match (connection, self.dial, self.wanted.will) {
            (Some(connection), _, _) => connection.phase.name(),
            (None, _, Will::Stay(_) | Will::NoCarrier) => "idle",
            (None, Dial::Dialing, Will::Run) => "connect",
            (None, Dial::Off | Dial::Waiting | Dial::Connected, Will::Run) if self.idle.is_some() => "idle",
            (None, Dial::Off | Dial::Waiting | Dial::Connected, Will::Run) => "active",
        }
    }
}

fn family<A: Carry>(routes: Option<&Routes<A>>, now: Time) -> Option<FamilySession> {
    let routes = routes?;
    let counts = routes.rib.counts();
    Some(FamilySession {
        family: short(A::FAMILY).to_owned(),
        status: match routes.standing {
            Standing::Up => "up",
            Standing::Down => "down",
        }
        .to_owned(),
        kept_seconds: routes.kept.map(|(until, _)| now.until(until).as_secs()),
        received: counts.received,
        accepted: counts.accepted,
        stale: counts.stale,
        refused: counts.refused,
        rejected: counts
            .rejected
            .iter()
            .map(|(rejection, count)| (rejection.name().to_owned(), *count))
            .collect(),
        announced: routes.told(),
        not_announced: routes.too_many.clone(),
    })
}

const fn short(family: Family) -> &'static str {
    match family {
        Family::V4 => "v4",
        Family::V6 => "v6",
    }
}
