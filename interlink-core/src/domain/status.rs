//! The statuses of the API, and what the agent does in each.

use std::fmt;

macro_rules! statuses {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $type {
            $($(#[$variant_doc])* $variant,)*
            /// A value that this version doesn't know yet.
            Other(String),
        }

        impl $type {
            /// Every value that the API documents.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant,)*];

            /// As the API spells it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(name) => name,
                }
            }
        }

        impl From<&str> for $type {
            fn from(name: &str) -> Self {
                match name {
                    $($name => Self::$variant,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

statuses! {
    /// `Link.status`.
    LinkStatus {
        /// The API's default value.
        Unknown = "unknown_link_status",
        /// A change is being applied.
        Configuring = "configuring",
        /// It could not be created.
        Failed = "failed",
        /// Ordered; the partner hasn't answered.
        Requested = "requested",
        /// The partner refused.
        Refused = "refused",
        /// The partner never answered.
        Expired = "expired",
        /// The partner is working on it.
        Provisioning = "provisioning",
        /// Provisioned.
        Active = "active",
        /// Provisioned, and one of its BGP sessions is down.
        LimitedConnectivity = "limited_connectivity",
        /// Provisioned, and its BGP sessions are down.
        AllDown = "all_down",
        /// Deleted on one side.
        Deprovisioning = "deprovisioning",
        /// Gone.
        Deleted = "deleted",
        /// Blocked by the provider.
        Locked = "locked",
        /// Self-hosted, and waiting for the customer's router.
        Ready = "ready",
    }
}

statuses! {
    /// `Link.bgp_v4_status` and `Link.bgp_v6_status`.
    BgpStatus {
        /// The API's default value.
        Unknown = "unknown_bgp_status",
        /// Established.
        Up = "up",
        /// Configured, and not established.
        Down = "down",
        /// No routing policy of the family, so no session.
        Disabled = "disabled",
    }
}

/// What a link's status lets the agent do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stance {
    /// Go on with what the last settled status allowed: a change is under way, or the value is unknown.
    Hold,
    /// Steps may be configured, nothing flows and no session starts.
    Wait,
    /// The session may start, nothing flows: this is how a link leaves `ready` and `all_down`.
    Connect,
    /// Traffic flows if the other conditions hold.
    Enforce,
    /// Nothing flows, and no session.
    Block,
}

impl LinkStatus {
    /// What the agent does in this status.
    pub const fn stance(&self) -> Stance {
        match self {
            Self::Unknown | Self::Configuring | Self::Other(_) => Stance::Hold,
            Self::Requested | Self::Provisioning => Stance::Wait,
            Self::Ready | Self::AllDown => Stance::Connect,
            Self::Active | Self::LimitedConnectivity => Stance::Enforce,
            Self::Failed | Self::Refused | Self::Expired | Self::Deprovisioning | Self::Deleted | Self::Locked => {
                Stance::Block
            }
        }
    }

    /// What to do about a status in which nothing flows.
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::Unknown | Self::Other(_) => "this version doesn't know that status: see whether a newer one does",
            Self::Configuring => "wait until the change is applied",
            Self::Failed => "the provider's support has been told; open a ticket if it stays",
            Self::Requested => "give the partner the pairing key; the order expires after ten days",
            Self::Refused => "the partner refused: delete the link and order another",
            Self::Expired => "the partner never answered: delete the link and order another",
            Self::Provisioning => "wait until the partner has provisioned it",
            Self::Active | Self::LimitedConnectivity => "",
            Self::AllDown => "bring the BGP session up",
            Self::Deprovisioning => "ask the partner to delete its side too",
            Self::Deleted => "remove the link from the configuration",
            Self::Locked => "open a support ticket: the provider locked it",
            Self::Ready => "configure the router at the other end",
        }
    }
}
