//! What may be asked, and what comes of it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use interlink_core::family::{Family, PerFamily};
use interlink_core::name::Name;
use interlink_core::time::Time;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::id::{ConnectionId, LinkId, PartnerId, PolicyId, PopId, ProjectId, VpcId};
use super::link::Link;
use super::moment::Moment;
use super::number::{Asn, Bandwidth, Vlan};
use super::place::Region;
use super::policy::Policy;

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Orders a link.
    CreateLink(NewLink),
    /// Changes what its user says of a link.
    UpdateLink(LinkId, LinkEdit),
    /// Deletes a link on its user's side.
    DeleteLink(LinkId),
    /// Puts a VPC behind a link.
    AttachVpc(LinkId, VpcId),
    /// Takes it away.
    DetachVpc(LinkId),
    /// Gives a link its first policy of a family.
    AttachPolicy(LinkId, PolicyId),
    /// Takes it away.
    DetachPolicy(LinkId, PolicyId),
    /// Puts a policy in the place of what is there of its family.
    SetPolicy(LinkId, PolicyId),
    /// Lets a link's routes pass, or not.
    SetPropagation(LinkId, bool),
    /// Makes a policy.
    CreatePolicy(NewPolicy),
    /// Changes a policy, on every link that uses it.
    UpdatePolicy(PolicyId, PolicyEdit),
    /// Deletes a policy.
    DeletePolicy(PolicyId),
    /// What the other side does.
    Partner(LinkId, PartnerAct),
    /// What an agent sees.
    Report(LinkId, Report),
    /// Nothing: time has passed.
    Tick,
}

/// A link to be ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLink {
    /// Whose; the inventory's default where it isn't said.
    pub project: Option<ProjectId>,
    /// Its name.
    pub name: Name,
    /// Words.
    pub tags: Vec<String>,
    /// Where.
    pub pop: PopId,
    /// How much.
    pub bandwidth: Bandwidth,
    /// What carries it.
    pub host: NewHost,
    /// The peer's AS.
    pub peer_asn: Option<Asn>,
    /// Its VLAN id.
    pub vlan: Option<Vlan>,
    /// Its policies, each named by the field of its family.
    pub policies: PerFamily<Option<PolicyId>>,
}

/// What shall carry a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewHost {
    /// A partner.
    Partner(PartnerId),
    /// A dedicated connection.
    Dedicated(ConnectionId),
}

/// What changes of a link. What is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkEdit {
    /// Its name.
    pub name: Option<Name>,
    /// Its words.
    pub tags: Option<Vec<String>>,
    /// The peer's AS.
    pub peer_asn: Option<Asn>,
}

/// A policy to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPolicy {
    /// Whose; the inventory's default where it isn't said.
    pub project: Option<ProjectId>,
    /// Its name.
    pub name: Name,
    /// Words.
    pub tags: Vec<String>,
    /// Its family.
    pub family: Family,
    /// What is accepted from the peer.
    pub filter_in: Vec<IpNet>,
    /// What is announced to the peer.
    pub filter_out: Vec<IpNet>,
}

/// What changes of a policy. What is left out stays; a list is replaced as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyEdit {
    /// Its name.
    pub name: Option<Name>,
    /// Its words.
    pub tags: Option<Vec<String>>,
    /// What is accepted from the peer.
    pub filter_in: Option<Vec<IpNet>>,
    /// What is announced to the peer.
    pub filter_out: Option<Vec<IpNet>>,
}

/// What the other side does with a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartnerAct {
    /// The partner takes the order.
    Approve,
    /// The partner is done.
    Complete,
    /// The partner doesn't take the order.
    Refuse {
        /// Why.
        reason: String,
    },
    /// The partner deletes its side.
    Delete,
    /// The provider takes the link out of use.
    Lock,
    /// The provider gives it back.
    Unlock,
}

/// What an agent sees of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whether each session is up.
    pub up: PerFamily<bool>,
    /// What the provider's end accepted from the peer. An agent at the peer's end says nothing of it.
    pub learned: Option<BTreeMap<IpNet, IpAddr>>,
}

/// What a provider's agent learned over a link: of each destination the router, and since when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Learned(pub BTreeMap<IpNet, LearnedRoute>);

/// The rest of a learned route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LearnedRoute {
    /// The router that announced it.
    pub nexthop: IpAddr,
    /// Since when it is there.
    pub since: Moment,
}

impl Command {
    /// The link whose agent is heard by it.
    pub const fn heard(&self) -> Option<LinkId> {
        if let Self::Report(link, _) = self {
            Some(*link)
        } else {
            None
        }
    }
}

/// What a decision can't know by itself.
#[derive(Clone, Debug)]
pub struct Context {
    /// Where the request was sent.
    pub region: Region,
    /// When.
    pub now: Moment,
    /// The same by a clock that nobody sets.
    pub up: Time,
    /// Random ids that nothing has yet: of the object, and of its pairing key.
    pub fresh: [Uuid; 2],
}

/// What a command comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What changes. It is kept before anybody hears of it.
    pub changes: Vec<Change>,
    /// What whoever asked is told.
    pub answer: Answer,
}

/// One thing that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A link is there, or is otherwise.
    Link(Arc<Link>),
    /// A link is gone, with its routes.
    LinkGone(LinkId),
    /// A policy is there, or is otherwise.
    Policy(Arc<Policy>),
    /// A policy is gone.
    PolicyGone(PolicyId),
    /// Other routes were learned over a link.
    Learned(LinkId, Arc<Learned>),
}

/// What whoever asked is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The link, as it is now.
    Link(Arc<Link>),
    /// The policy, as it is now.
    Policy(Arc<Policy>),
    /// That it is done.
    Done,
}
