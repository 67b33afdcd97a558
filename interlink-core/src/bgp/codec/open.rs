//! OPEN: what the two routers agree on (RFC 4271 §6.2, RFC 5492).

use std::net::Ipv4Addr;

use rustbgpd_fsm::negotiation::validate_open;
use rustbgpd_fsm::{Action, NegotiatedSession};
use rustbgpd_fsm::{Event, PeerConfig, Session};
use rustbgpd_wire::{BgpRole, Capability, OpenMessage, Safi};

use super::{Notification, afi, family};
use crate::domain::{Asn, Role};
use crate::family::{Family, PerFamily};

/// What we offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Our AS.
    pub local_as: Asn,
    /// The one that the peer has to be.
    pub peer_as: Asn,
    /// Our BGP identifier, unique within our AS (RFC 6286).
    pub identifier: Ipv4Addr,
    /// In seconds; 0 is none.
    pub hold_time: u16,
    /// What the session carries.
    pub families: PerFamily<bool>,
    /// The role that the peer is told (RFC 9234), if any.
    pub role: Option<Role>,
    /// Graceful restart, if it is offered.
    pub restart: Option<RestartOffer>,
}

/// What we say of restarts (RFC 4724 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestartOffer {
    /// For how long the peer is to keep our routes, in seconds, up to 4095.
    pub time: u16,
    /// Whether this is a restart.
    pub restarting: bool,
    /// Whether packets went on meanwhile.
    pub preserved: PerFamily<bool>,
}

/// What was agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a capability of its own")]
pub struct Negotiated {
    /// The peer's identifier.
    pub identifier: Ipv4Addr,
    /// The shorter of both, in seconds; 0 is none.
    pub hold_time: u16,
    /// What both carry.
    pub families: PerFamily<bool>,
    /// Whether AS numbers have four bytes (RFC 6793).
    pub four_octet: bool,
    /// Whether the peer takes ROUTE-REFRESH (RFC 2918).
    pub refresh: bool,
    /// Whether it marks where a refresh begins and ends (RFC 7313).
    pub enhanced_refresh: bool,
    /// Whether messages may have 65535 bytes (RFC 8654).
    pub extended: bool,
    /// Whether both said their roles.
    pub roles: bool,
    /// What the peer says of restarts.
    pub restart: Option<PeerRestart>,
    /// Whether a NOTIFICATION keeps routes, too (RFC 8538).
    pub notification_restart: bool,
}

/// What a peer says of restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerRestart {
    /// How long it may take, in seconds.
    pub time: u16,
    /// Whether this is one.
    pub restarting: bool,
    /// Of which families its routes are kept, and whether its packets went on.
    pub families: PerFamily<Option<bool>>,
}

impl Offer {
    /// Judges the peer's OPEN. An error is what it is told.
    pub fn negotiate(&self, open: &PeerOpen) -> Result<Negotiated, Notification> {
        let agreed = validate_open(&open.0, &self.config()).map_err(Notification::from_wire)?;
        Ok(negotiated(&agreed))
    }

    /// Our OPEN.
    pub(super) fn message(&self) -> Option<OpenMessage> {
        // The other crate builds it, as the first thing that a new session does.
        let mut session = Session::new(self.config());
        session.handle_event(Event::ManualStart);
        let actions = session.handle_event(Event::TcpConnectionConfirmed);
        let mut open = actions.into_iter().find_map(|action| match action {
            Action::SendOpen(open) => Some(open),
            _ => None,
        })?;
        for capability in &mut open.capabilities {
            if let (Some(offer), Capability::GracefulRestart { .. }) = (self.restart, &*capability) {
                *capability = self.restart_capability(offer);
            }
        }
        Some(open)
    }

    fn restart_capability(&self, offer: RestartOffer) -> Capability {
        let carried = Family::ALL.into_iter().filter(|family| *self.families.get(*family));
        Capability::GracefulRestart {
            restart_state: offer.restarting,
            notification: true,
            restart_time: offer.time,
            families: carried
                .map(|family| rustbgpd_wire::GracefulRestartFamily {
                    afi: afi(family),
                    safi: Safi::Unicast,
                    forwarding_preserved: *offer.preserved.get(family),
                })
                .collect(),
        }
    }

    fn config(&self) -> PeerConfig {
        let mut config = PeerConfig::new(self.local_as.0.get(), self.peer_as.0.get(), self.identifier);
        config.hold_time = self.hold_time;
        config.families = Family::ALL
            .into_iter()
            .filter(|family| *self.families.get(*family))
            .map(|family| (afi(family), Safi::Unicast))
            .collect();
        config.disable_ipv4_unicast = !self.families.v4;
        config.graceful_restart = self.restart.is_some();
        config.gr_restart_time = self.restart.map_or(0, |offer| offer.time);
        config.local_role = self.role.map(|role| match role {
            Role::Provider => BgpRole::Provider,
            Role::Customer => BgpRole::Customer,
        });
        config
    }
}

/// A peer's OPEN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerOpen(pub(super) OpenMessage);

impl PeerOpen {
    /// The peer's identifier.
    pub const fn identifier(&self) -> Ipv4Addr {
        self.0.bgp_identifier
    }
}

fn negotiated(agreed: &NegotiatedSession) -> Negotiated {
    let families = PerFamily::from_fn(|family| agreed.negotiated_families.contains(&(afi(family), Safi::Unicast)));
    let restart = agreed.peer_gr_capable.then(|| PeerRestart {
        time: agreed.peer_restart_time,
        restarting: agreed.peer_restart_state,
        families: PerFamily::from_fn(|wanted| {
            agreed
                .peer_gr_families
                .iter()
                .find(|listed| listed.safi == Safi::Unicast && family(listed.afi) == Some(wanted))
                .map(|listed| listed.forwarding_preserved)
        }),
    });
    Negotiated {
        identifier: agreed.peer_router_id,
        hold_time: agreed.hold_time,
        families,
        four_octet: agreed.four_octet_as,
        refresh: agreed.peer_route_refresh,
        enhanced_refresh: agreed.peer_enhanced_route_refresh,
        extended: agreed.peer_extended_message,
        roles: agreed.role_negotiated,
        restart,
        notification_restart: agreed.peer_notification_gr,
    }
}
