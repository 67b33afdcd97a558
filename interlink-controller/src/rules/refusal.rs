//! Why something isn't done.

use interlink_core::domain::LinkStatus;

use super::id::{ConnectionId, LinkId, PolicyId};
use super::moment::Moment;
use super::place::ConnectionStatus;

/// Why something isn't done. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// What was asked can't be: each mistake that was found.
    Arguments(Vec<Fault>),
    /// There is no such thing, or it is in another region.
    NotFound {
        /// What kind of thing.
        resource: Resource,
        /// Its id, as it was asked for.
        id: String,
    },
    /// Nobody may change a locked link.
    Locked(LinkId),
    /// The partner has never answered.
    Expired {
        /// The link.
        link: LinkId,
        /// Since when it is too late.
        since: Moment,
    },
    /// The link doesn't take this any more, or not yet.
    Phase {
        /// The link's status.
        status: LinkStatus,
        /// What to do.
        help: &'static str,
    },
    /// Something else is in the place.
    Occupied {
        /// What to do.
        help: String,
    },
    /// Nothing is in the place.
    Vacant {
        /// What to do.
        help: String,
    },
    /// Links use the policy.
    PolicyInUse {
        /// The policy.
        policy: PolicyId,
        /// By how many.
        links: usize,
    },
    /// The dedicated connection can't carry links now.
    Connection {
        /// Which.
        connection: ConnectionId,
        /// How far it has come.
        status: ConnectionStatus,
    },
    /// As many as there may be.
    Quota {
        /// Of what.
        resource: &'static str,
        /// How many there may be.
        quota: u64,
        /// How many there are.
        current: u64,
    },
    /// Nothing is left to give.
    OutOfStock {
        /// Of what.
        resource: &'static str,
    },
}

/// A mistake in what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The argument, in the API's words.
    pub argument: String,
    /// What is wrong with it.
    pub kind: FaultKind,
    /// What it should be.
    pub help: String,
}

/// What is wrong with an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// It is missing.
    Required,
    /// It isn't written as it should be.
    Format,
    /// It is well written, and can't be.
    Constraint,
}

/// What can be missing, in the API's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// A link.
    Link,
    /// A routing policy.
    RoutingPolicy,
    /// A VPC.
    Vpc,
    /// A PoP.
    Pop,
    /// A partner.
    Partner,
    /// A dedicated connection.
    DedicatedConnection,
    /// What a path leads to.
    Path,
}

impl Resource {
    /// As the API spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::RoutingPolicy => "routing_policy",
            Self::Vpc => "vpc",
            Self::Pop => "pop",
            Self::Partner => "partner",
            Self::DedicatedConnection => "dedicated_connection",
            Self::Path => "path",
        }
    }
}

impl Fault {
    /// A mistake.
    pub fn new(argument: &str, kind: FaultKind, help: impl Into<String>) -> Self {
        Self {
            argument: argument.to_owned(),
            kind,
            help: help.into(),
        }
    }
}

impl Refusal {
    /// One argument is well written, and can't be.
    pub fn constraint(argument: &str, help: impl Into<String>) -> Self {
        Self::Arguments(vec![Fault::new(argument, FaultKind::Constraint, help)])
    }

    /// There is no such thing.
    pub fn not_found(resource: Resource, id: &impl ToString) -> Self {
        Self::NotFound {
            resource,
            id: id.to_string(),
        }
    }
}
