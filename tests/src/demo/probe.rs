//! Ping and TCP of both families at once, so that a blocked step costs one time-out and not four.

use crate::lab::{Lab, Pair};
use crate::traffic::{Listener, Outcome, Ping, Tcp};

/// What came of the four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) ping_v4: Outcome,
    pub(super) ping_v6: Outcome,
    pub(super) tcp_v4: Outcome,
    pub(super) tcp_v6: Outcome,
}

impl Seen {
    pub(super) const fn all_flows() -> Self {
        Self::all(Outcome::Flows)
    }

    pub(super) const fn all_blocked() -> Self {
        Self::all(Outcome::Blocked)
    }

    const fn all(outcome: Outcome) -> Self {
        Self {
            ping_v4: outcome,
            ping_v6: outcome,
            tcp_v4: outcome,
            tcp_v6: outcome,
        }
    }
}

/// Tries from these addresses of the on-premises host to those of the VPC host.
pub(super) fn probe(lab: &Lab, listener: &Listener, from: Pair, to: Pair) -> Seen {
    let pings = (Ping::start(lab, from.v4, to.v4), Ping::start(lab, from.v6, to.v6));
    let tcps = (Tcp::start(lab, from.v4, to.v4), Tcp::start(lab, from.v6, to.v6));
    Seen {
        ping_v4: pings.0.finish(),
        ping_v6: pings.1.finish(),
        tcp_v4: tcps.0.finish(listener),
        tcp_v6: tcps.1.finish(listener),
    }
}
