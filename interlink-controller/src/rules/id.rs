//! The ids of objects: UUIDs, a type for each kind, so that none stands where another belongs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $id:ident,)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
            #[serde(transparent)]
            pub struct $id(pub Uuid);

            impl fmt::Display for $id {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.0.fmt(f)
                }
            }

            impl FromStr for $id {
                type Err = NoId;

                fn from_str(text: &str) -> Result<Self, NoId> {
                    parse(text).map(Self)
                }
            }
        )*
    };
}

ids! {
    /// Of a link.
    LinkId,
    /// Of a routing policy.
    PolicyId,
    /// Of a VPC.
    VpcId,
    /// Of a point of presence.
    PopId,
    /// Of a partner.
    PartnerId,
    /// Of a dedicated connection.
    ConnectionId,
    /// Of a Project.
    ProjectId,
    /// Of the Organization.
    OrganizationId,
    /// What a user shows the partner to have a hosted link joined.
    PairingKey,
}

/// A text that is no id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no UUID such as 11111111-2222-3333-4444-555555555555")]
pub struct NoId;

/// The one spelling that the API has; the braces, URNs and bare digits of RFC 9562 would be second names.
fn parse(text: &str) -> Result<Uuid, NoId> {
    const HYPHENATED: usize = 36;
    if text.len() != HYPHENATED {
        return Err(NoId);
    }
    Uuid::try_parse(text).map_err(|_| NoId)
}
