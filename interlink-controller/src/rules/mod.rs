//! Every decision of the controller, pure: a state and a command come to changes and an answer, or to a refusal.
//!
//! Nothing here has a clock, a file or a socket. Whoever calls [`decide`] brings the time and random ids, keeps the
//! changes, and only then lets [`State::apply`] take them in and gives the answer.

mod allocate;
mod command;
mod decide;
mod id;
mod lifecycle;
mod link;
mod moment;
mod number;
mod place;
mod policy;
mod refusal;
mod routes;
mod state;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use command::{
    Answer, Change, Command, Context, Decision, Learned, LearnedRoute, LinkEdit, NewHost, NewLink, NewPolicy,
    PartnerAct, PolicyEdit, Report,
};
pub use decide::decide;
pub use id::{ConnectionId, LinkId, NoId, OrganizationId, PairingKey, PartnerId, PolicyId, PopId, ProjectId, VpcId};
pub use lifecycle::{Event, NotNow, Phase, Side};
pub use link::{Attached, Host, Interconnect, Link, Port};
pub use moment::Moment;
pub use number::{Asn, Bandwidth, OutOfBounds, Vlan};
pub use place::{Connection, ConnectionStatus, Inventory, NoRegion, Partner, Pop, Quotas, Region, Vpc};
pub use policy::{Filter, Policy};
pub use refusal::{Fault, FaultKind, Refusal, Resource};
pub use routes::{VpcRoute, vpc_routes};
pub use state::{Changed, Object, Sequence, State};

/// How long a partner has to answer a request, as the product has it.
pub const REQUEST_LIFETIME: Duration = Duration::from_hours(10 * 24);

/// How long a session counts as up that no agent tells of any more.
pub const SILENCE: Duration = Duration::from_mins(3);

/// The most words that an object may have, and the longest of them in characters.
pub const MAX_TAGS: usize = 100;
/// See [`MAX_TAGS`].
pub const MAX_TAG: usize = 255;
