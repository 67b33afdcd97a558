//! One session, whose peer is this test.

mod connecting;
mod ending;
mod following;
mod taking;
mod telling;

use std::net::Ipv4Addr;

use super::connection::{Kind, Step};
use super::routes::Kept;
use super::*;
use crate::bgp::codec::{self, Announcement, Notification, RestartOffer};
use crate::bgp::effect::{Endpoint, Event, Side};
use crate::bgp::export::ExportPolicy;
use crate::bgp::testing::{agreed, asn, offer, policy};
use crate::domain::OverLimit;
use crate::testing::{interface, name, prefix};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn every_message_in_every_phase_has_its_meaning() {
    use Step::{Alive, End, Establish, Listen, Negotiate, Refuse};
    let kinds = [
        Kind::Open,
        Kind::Keepalive,
        Kind::Update,
        Kind::Refresh,
        Kind::Notification,
    ];
    for (phase, steps) in [
        (Phase::OpenSent, [Negotiate, Refuse(1), Refuse(1), Refuse(1), End]),
        (Phase::OpenConfirm, [Refuse(2), Establish, Refuse(2), Refuse(2), End]),
        (Phase::Established, [Refuse(3), Alive, Listen, Listen, End]),
    ] {
        assert_eq!(kinds.map(|kind| phase.on(kind)), steps, "{phase:?}");
    }
}

/// A customer's session of IPv4, and the moment that it is at.
struct Alone {
    session: Session,
    now: Time,
    random: fastrand::Rng,
}

impl Alone {
    fn new(wanted: Wanted) -> Self {
        let now = Time::default();
        Self {
            session: Session::new(id(), wanted, now),
            now,
            random: fastrand::Rng::with_seed(1),
        }
    }

    /// One that runs, and whose peer hasn't been heard of.
    fn started(wanted: Wanted) -> Self {
        let mut alone = Self::new(wanted);
        alone.act(Session::start);
        alone
    }

    /// One that the peer, which can restart, has established by connecting.
    fn up(wanted: Wanted) -> Self {
        let mut alone = Self::started(wanted);
        alone.establish(&incoming(1), &peer());
        alone
    }

    fn act(&mut self, act: impl FnOnce(&mut Session, &mut Context<'_>)) -> Vec<Effect> {
        let mut effects = VecDeque::new();
        let mut cx = Context {
            now: self.now,
            effects: &mut effects,
            random: &mut self.random,
            restarting: false,
        };
        act(&mut self.session, &mut cx);
        effects.into()
    }

    fn wait(&mut self, time: Duration) -> Vec<Effect> {
        self.now = self.now.after(time);
        self.act(Session::due)
    }

    /// Waits for as long as the next try to connect does.
    fn dial(&mut self) -> ConnectionId {
        let at = self.session.dial_at.unwrap();
        self.wait(self.now.until(at));
        self.session.dialed_id()
    }

    fn accept(&mut self, id: &ConnectionId) -> Vec<Effect> {
        let from = self.session.wanted.endpoint.peer;
        self.act(|session, cx| session.accepted(id.clone(), from, cx))
    }

    fn connect(&mut self, id: &ConnectionId) -> Vec<Effect> {
        self.act(|session, cx| session.connected(id.clone(), cx))
    }

    fn hear(&mut self, id: &ConnectionId, bytes: &[u8]) -> Vec<Effect> {
        self.act(|session, cx| session.bytes(id, bytes, cx))
    }

    fn lose(&mut self, id: &ConnectionId) -> Vec<Effect> {
        self.act(|session, cx| session.closed(id, "broken".to_owned(), cx))
    }

    fn establish(&mut self, id: &ConnectionId, peer: &codec::Offer) -> Vec<Effect> {
        self.accept(id);
        self.hear(id, &codec::open(peer));
        self.hear(id, &codec::keepalive())
    }

    fn follow(&mut self, wanted: Wanted) -> Vec<Effect> {
        self.act(|session, cx| session.follow(wanted, cx))
    }

    /// The peer announces networks, and all that it was told is handed to the kernel.
    fn taught(&mut self, networks: &[&str]) -> Vec<Effect> {
        let bytes = codec::announce(&prefixes(networks), &said("169.254.0.100", 12876), &agreed());
        self.hear(&incoming(1), &bytes)
    }

    fn routes(&self) -> &Routes<Ipv4Addr> {
        self.session.v4.as_ref().unwrap()
    }
}

fn wanted() -> Wanted {
    let networks = ["10.20.1.0/24", "10.20.2.0/24"];
    Wanted {
        will: Will::Run,
        endpoint: Endpoint {
            local: "169.254.0.101".parse().unwrap(),
            peer: "169.254.0.100".parse().unwrap(),
            interface: interface("eth1"),
            md5_key_file: None,
            ttl_security: false,
        },
        offer: offer(65010, 12876),
        passive: false,
        restart_time: 120,
        limits: Limits {
            most: 2,
            most_accepted: None,
            action: OverLimit::Refuse,
            idle: None,
            most_bytes: Limits::MOST_BYTES,
        },
        v4: Some(Carried {
            import: policy(&["172.16.0.0/16"]),
            export: ExportPolicy {
                local: Some(std::sync::Arc::new([prefix("10.20.0.0/16")].into_iter().collect())),
                networks: networks.map(prefix).into(),
                most: 100_000,
            },
            said: said("169.254.0.101", 65010),
            propagate: true,
        }),
        v6: None,
    }
}

fn said(next_hop: &str, local_as: u32) -> Announcement {
    Announcement {
        local_as: asn(local_as),
        next_hop: next_hop.parse().unwrap(),
        communities: Vec::new(),
        only_to_customer: false,
    }
}

/// What the peer offers: it can restart.
fn peer() -> codec::Offer {
    codec::Offer {
        restart: Some(RestartOffer {
            time: 77,
            restarting: false,
            preserved: PerFamily { v4: true, v6: true },
        }),
        ..offer(12876, 65010)
    }
}

fn id() -> SessionId {
    SessionId {
        link: name("paris"),
        transport: Family::V4,
    }
}

fn incoming(number: u64) -> ConnectionId {
    ConnectionId {
        session: id(),
        side: Side::Incoming,
        number,
    }
}

fn prefixes(networks: &[&str]) -> Vec<Prefix<Ipv4Addr>> {
    networks.iter().map(|network| prefix(network)).collect()
}

/// What the operator is told.
fn told(effects: &[Effect]) -> Vec<String> {
    let told = effects.iter().filter_map(|effect| match effect {
        Effect::Tell(event) => Some(event.to_string()),
        _ => None,
    });
    told.collect()
}

/// Whether these bytes are sent, alone or among others.
fn sends(effects: &[Effect], wanted: &[u8]) -> bool {
    effects.iter().any(
        |effect| matches!(effect, Effect::Send { bytes, .. } if bytes.windows(wanted.len()).any(|some| some == wanted)),
    )
}

/// Whether a connection is closed with this NOTIFICATION.
fn ends(effects: &[Effect], id: &ConnectionId, told: &Notification) -> bool {
    let send = Effect::Send {
        connection: id.clone(),
        bytes: told.encode(),
    };
    effects.contains(&send) && effects.contains(&Effect::Close(id.clone()))
}
