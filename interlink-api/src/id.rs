//! Ids of objects, one type for each kind.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $type:ident,)*) => {
        $(
            $(#[$doc])*
            ///
            /// A UUID by the API's rules, kept as it came: who must be sure of it checks it with [`is_uuid`].
            #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
            #[serde(transparent)]
            pub struct $type(String);

            impl $type {
                /// As it is on the wire.
                pub fn as_str(&self) -> &str {
                    &self.0
                }
            }

            impl From<&str> for $type {
                fn from(id: &str) -> Self {
                    Self(id.to_owned())
                }
            }

            impl From<String> for $type {
                fn from(id: String) -> Self {
                    Self(id)
                }
            }

            impl FromStr for $type {
                type Err = std::convert::Infallible;

                fn from_str(id: &str) -> Result<Self, Self::Err> {
                    Ok(Self::from(id))
                }
            }

            impl fmt::Display for $type {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.pad(&self.0)
                }
            }
        )*
    };
}

ids! {
    /// Of a link.
    LinkId,
    /// Of a routing policy.
    RoutingPolicyId,
    /// Of a VPC.
    VpcId,
    /// Of a point of presence.
    PopId,
    /// Of a partner.
    PartnerId,
    /// Of a dedicated connection.
    ConnectionId,
    /// Of a route of a VPC.
    RouteId,
    /// Of a project.
    ProjectId,
    /// Of an organization.
    OrganizationId,
}

/// Whether a text is a UUID in the form that the API writes: hexadecimal in groups of 8, 4, 4, 4 and 12.
pub fn is_uuid(text: &str) -> bool {
    let mut groups = text.split('-');
    let fits = |group: Option<&str>, length: usize| {
        group.is_some_and(|group| group.len() == length && group.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    [8, 4, 4, 4, 12].iter().all(|length| fits(groups.next(), *length)) && groups.next().is_none()
}
