//! One TCP connection of a session, from OPEN to NOTIFICATION (RFC 4271 §8).

use std::time::Duration;

use super::super::codec::{Frames, Negotiated, Received};
use super::super::effect::ConnectionId;
use crate::time::Time;

/// How far it is (RFC 4271 §8.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Our OPEN is sent.
    OpenSent,
    /// The peer's is agreed with.
    OpenConfirm,
    /// The peer agrees, too.
    Established,
}

/// What arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Keepalive,
    Update,
    Refresh,
    Notification,
}

/// What it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// See whether we agree.
    Negotiate,
    /// The session is established.
    Establish,
    /// The peer is alive.
    Alive,
    /// It has something to say.
    Listen,
    /// It ends the session.
    End,
    /// It doesn't belong there; the subcode says where (RFC 6608).
    Refuse(u8),
}

impl Phase {
    pub(super) const fn on(self, kind: Kind) -> Step {
        match (self, kind) {
            (Self::OpenSent, Kind::Open) => Step::Negotiate,
            (Self::OpenConfirm, Kind::Keepalive) => Step::Establish,
            (Self::Established, Kind::Keepalive) => Step::Alive,
            (Self::Established, Kind::Update | Kind::Refresh) => Step::Listen,
            (Self::OpenSent | Self::OpenConfirm | Self::Established, Kind::Notification) => Step::End,
            (Self::OpenSent, Kind::Keepalive | Kind::Update | Kind::Refresh) => Step::Refuse(1),
            (Self::OpenConfirm, Kind::Open | Kind::Update | Kind::Refresh) => Step::Refuse(2),
            (Self::Established, Kind::Open) => Step::Refuse(3),
        }
    }

    /// As RFC 4271 calls it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::OpenSent => "open_sent",
            Self::OpenConfirm => "open_confirm",
            Self::Established => "established",
        }
    }
}

impl Kind {
    pub(super) const fn of(received: &Received) -> Self {
        match received {
            Received::Open(_) => Self::Open,
            Received::Keepalive => Self::Keepalive,
            Received::Update(_) => Self::Update,
            Received::Refresh(_) => Self::Refresh,
            Received::Notification(_) => Self::Notification,
        }
    }
}

/// How long a peer may take to send its OPEN (RFC 4271 §8.2.2 suggests 4 minutes).
const OPEN_WITHIN: Duration = Duration::from_mins(4);

/// The least time that a peer may take nothing for (RFC 9687 §6).
const SEND_HOLD: Duration = Duration::from_mins(8);

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) opened: Time,
    pub(super) phase: Phase,
    pub(super) frames: Frames,
    pub(super) agreed: Option<Negotiated>,
    /// When the peer will have been silent for too long.
    pub(super) hold_until: Option<Time>,
    /// When we have to say something.
    pub(super) keepalive_at: Option<Time>,
    /// When the peer will have taken nothing for too long, while something is under way.
    pub(super) stuck_at: Option<Time>,
    in_flight: u32,
}

impl Connection {
    pub(super) fn new(id: ConnectionId, now: Time) -> Self {
        Self {
            id,
            opened: now,
            phase: Phase::OpenSent,
            frames: Frames::default(),
            agreed: None,
            hold_until: Some(now.after(OPEN_WITHIN)),
            keepalive_at: None,
            stuck_at: None,
            in_flight: 0,
        }
    }

    /// Takes what was agreed on.
    pub(super) fn agree(&mut self, agreed: Negotiated, now: Time, random: &mut fastrand::Rng) {
        self.frames.agree(agreed.extended, agreed.four_octet);
        self.phase = Phase::OpenConfirm;
        self.agreed = Some(agreed);
        self.heard(now);
        self.plan_keepalive(now, random);
    }

    /// The peer said something.
    pub(super) fn heard(&mut self, now: Time) {
        self.hold_until = self.hold_time().map(|hold| now.after(hold));
    }

    /// Any message counts as one that says so, once there is a hold time to keep (RFC 4271 §8.2.2).
    pub(super) fn heard_if_agreed(&mut self, now: Time) {
        if self.agreed.is_some() {
            self.heard(now);
        }
    }

    /// A third of the hold time, and up to a quarter less (RFC 4271 §10).
    pub(super) fn plan_keepalive(&mut self, now: Time, random: &mut fastrand::Rng) {
        let jitter = 0.75 + random.f64() / 4.0;
        self.keepalive_at = self.hold_time().map(|hold| now.after((hold / 3).mul_f64(jitter)));
    }

    /// Something was handed over.
    pub(super) fn sending(&mut self, now: Time) {
        if self.in_flight == 0 {
            self.stuck_at = Some(now.after(self.send_hold()));
        }
        self.in_flight = self.in_flight.saturating_add(1);
    }

    /// The kernel took some of it.
    pub(super) fn sent(&mut self, now: Time) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.stuck_at = (self.in_flight > 0).then(|| now.after(self.send_hold()));
    }

    /// Whether nothing is under way.
    pub(super) const fn is_idle(&self) -> bool {
        self.in_flight == 0
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        [self.hold_until, self.keepalive_at, self.stuck_at]
            .into_iter()
            .flatten()
            .min()
    }

    fn send_hold(&self) -> Duration {
        let hold = self.hold_time().unwrap_or_default();
        SEND_HOLD.max(hold.saturating_mul(2))
    }

    /// None once it was agreed that there is none.
    fn hold_time(&self) -> Option<Duration> {
        let seconds = self.agreed.as_ref()?.hold_time;
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }
}
