//! Enumerations, each of which the API may extend.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! names {
    (
        $(#[$doc:meta])*
        $type:ident, default $default:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal,)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $($(#[$variant_doc])* $variant,)*
            /// A value that this version doesn't know, as it came.
            Other(String),
        }

        impl $type {
            /// Every value that the API documents.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant,)*];

            /// As it is on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(name) => name,
                }
            }
        }

        impl Default for $type {
            fn default() -> Self {
                Self::$default
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

        impl FromStr for $type {
            type Err = std::convert::Infallible;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                Ok(Self::from(name))
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Ok(Self::from(name.as_ref()))
            }
        }
    };
}

names! {
    /// `Link.status`.
    LinkStatus, default Unknown {
        /// The API's default value; as a filter, none.
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

names! {
    /// `Link.bgp_v4_status` and `Link.bgp_v6_status`.
    BgpStatus, default Unknown {
        /// The API's default value; as a filter, none.
        Unknown = "unknown_bgp_status",
        /// Established.
        Up = "up",
        /// Configured, and not established.
        Down = "down",
        /// No routing policy of the family, so no session.
        Disabled = "disabled",
    }
}

names! {
    /// `DedicatedConnection.status`.
    DedicatedConnectionStatus, default Unknown {
        /// The API's default value; as a filter, none.
        Unknown = "unknown_status",
        /// Ordered.
        Created = "created",
        /// A change is being applied.
        Configuring = "configuring",
        /// It could not be created.
        Failed = "failed",
        /// The physical link is up.
        Active = "active",
        /// Turned off.
        Disabled = "disabled",
        /// Gone.
        Deleted = "deleted",
        /// Blocked by the provider.
        Locked = "locked",
    }
}

names! {
    /// How a link is hosted: a filter alone.
    LinkKind, default Hosted {
        /// By a partner.
        Hosted = "hosted",
        /// On a dedicated connection.
        SelfHosted = "self_hosted",
        /// By a partner, and the customer's router speaks BGP.
        L2Hosted = "l2_hosted",
        /// By a partner whose router speaks BGP.
        L3Hosted = "l3_hosted",
    }
}

names! {
    /// The order of a list of links.
    LinkOrder, default CreatedAtAsc {
        /// The oldest first.
        CreatedAtAsc = "created_at_asc",
        /// The newest first.
        CreatedAtDesc = "created_at_desc",
        /// By name.
        NameAsc = "name_asc",
        /// By name, backwards.
        NameDesc = "name_desc",
        /// By status.
        StatusAsc = "status_asc",
        /// By status, backwards.
        StatusDesc = "status_desc",
    }
}

names! {
    /// The order of a list of dedicated connections.
    ConnectionOrder, default CreatedAtAsc {
        /// The oldest first.
        CreatedAtAsc = "created_at_asc",
        /// The newest first.
        CreatedAtDesc = "created_at_desc",
        /// The one that changed longest ago first.
        UpdatedAtAsc = "updated_at_asc",
        /// The one that changed last first.
        UpdatedAtDesc = "updated_at_desc",
        /// By name.
        NameAsc = "name_asc",
        /// By name, backwards.
        NameDesc = "name_desc",
        /// By status.
        StatusAsc = "status_asc",
        /// By status, backwards.
        StatusDesc = "status_desc",
    }
}

names! {
    /// The order of a list of routing policies.
    RoutingPolicyOrder, default CreatedAtAsc {
        /// The oldest first.
        CreatedAtAsc = "created_at_asc",
        /// The newest first.
        CreatedAtDesc = "created_at_desc",
        /// By name.
        NameAsc = "name_asc",
        /// By name, backwards.
        NameDesc = "name_desc",
    }
}

names! {
    /// The order of a list of PoPs or partners.
    NameOrder, default NameAsc {
        /// By name.
        NameAsc = "name_asc",
        /// By name, backwards.
        NameDesc = "name_desc",
    }
}

names! {
    /// The order of a list of a VPC's routes.
    RouteOrder, default CreatedAtAsc {
        /// The oldest first.
        CreatedAtAsc = "created_at_asc",
        /// The newest first.
        CreatedAtDesc = "created_at_desc",
        /// By destination.
        DestinationAsc = "destination_asc",
        /// By destination, backwards.
        DestinationDesc = "destination_desc",
        /// The longest prefix last.
        PrefixLenAsc = "prefix_len_asc",
        /// The longest prefix first.
        PrefixLenDesc = "prefix_len_desc",
    }
}

names! {
    /// Where a route of a VPC comes from.
    RouteType, default Unknown {
        /// The API's default value.
        Unknown = "unknown_route_type",
        /// A Private Network's own.
        Subnet = "subnet",
        /// To a gateway.
        Default = "default",
        /// Made by the customer.
        Custom = "custom",
        /// Learned across an InterLink.
        Interlink = "interlink",
        /// Learned across a Site-to-Site VPN.
        S2sVpn = "s2s_vpn",
    }
}

names! {
    /// What a route of a VPC leads to.
    NexthopType, default Unknown {
        /// The API's default value; as a filter, none.
        Unknown = "unknown_type",
        /// An InterLink.
        Interlink = "interlink",
    }
}

#[cfg(test)]
mod tests;
