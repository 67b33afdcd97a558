//! How a link comes to be, and how it goes.

use serde::{Deserialize, Serialize};

/// Where a link stands between its user, its partner and its first session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Hosted: the partner has still to answer.
    Requested,
    /// Hosted: the partner said no.
    Refused {
        /// In the partner's words.
        reason: String,
    },
    /// Hosted: the partner said nothing for [`super::REQUEST_LIFETIME`].
    Expired,
    /// Hosted: the partner said yes, and is at work.
    Provisioning,
    /// Self-hosted: no session was ever up.
    Ready,
    /// Everything is joined; the sessions say what works.
    Provisioned,
    /// Hosted: one side has deleted it, the other has not.
    Deprovisioning {
        /// Who has still to.
        awaits: Side,
    },
    /// Gone. No link in a state has it: it is the last thing that is said of one.
    Deleted,
}

/// The two who have to delete a hosted link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Who ordered it.
    User,
    /// Who carries it.
    Partner,
}

/// What moves a link on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The partner says yes.
    Approve,
    /// The partner says no.
    Refuse {
        /// In the partner's words.
        reason: String,
    },
    /// The partner is done.
    Complete,
    /// The partner said nothing for too long.
    Expire,
    /// A session came up.
    SessionUp,
    /// The user deletes it.
    Delete,
    /// The partner deletes it.
    PartnerDelete,
}

/// The event has no meaning in this phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotNow;

impl Phase {
    /// The phase behind an event.
    pub fn next(&self, event: Event) -> Result<Self, NotNow> {
        match (self, event) {
            (Self::Requested, Event::Approve) => Ok(Self::Provisioning),
            (Self::Requested, Event::Refuse { reason }) => Ok(Self::Refused { reason }),
            (Self::Requested, Event::Expire) => Ok(Self::Expired),
            (Self::Provisioning, Event::Complete) | (Self::Ready | Self::Provisioned, Event::SessionUp) => {
                Ok(Self::Provisioned)
            }

            // Gone at once where the other side has nothing to undo, or has undone it.
            (
                Self::Requested
                | Self::Refused { .. }
                | Self::Expired
                | Self::Ready
                | Self::Deprovisioning { awaits: Side::User },
                Event::Delete,
            )
            | (Self::Deprovisioning { awaits: Side::Partner }, Event::PartnerDelete) => Ok(Self::Deleted),
            // Deleting again what one has deleted changes nothing.
            (
                Self::Provisioning | Self::Provisioned | Self::Deprovisioning { awaits: Side::Partner },
                Event::Delete,
            ) => Ok(Self::Deprovisioning { awaits: Side::Partner }),
            (
                Self::Provisioning | Self::Provisioned | Self::Deprovisioning { awaits: Side::User },
                Event::PartnerDelete,
            ) => Ok(Self::Deprovisioning { awaits: Side::User }),

            (Self::Requested, Event::Complete | Event::SessionUp | Event::PartnerDelete)
            | (
                Self::Refused { .. } | Self::Expired,
                Event::Approve
                | Event::Refuse { .. }
                | Event::Complete
                | Event::Expire
                | Event::SessionUp
                | Event::PartnerDelete,
            )
            | (Self::Provisioning, Event::Approve | Event::Refuse { .. } | Event::Expire | Event::SessionUp)
            | (
                Self::Ready,
                Event::Approve | Event::Refuse { .. } | Event::Complete | Event::Expire | Event::PartnerDelete,
            )
            | (Self::Provisioned, Event::Approve | Event::Refuse { .. } | Event::Complete | Event::Expire)
            | (
                Self::Deprovisioning { .. },
                Event::Approve | Event::Refuse { .. } | Event::Complete | Event::Expire | Event::SessionUp,
            )
            | (
                Self::Deleted,
                Event::Approve
                | Event::Refuse { .. }
                | Event::Complete
                | Event::Expire
                | Event::SessionUp
                | Event::Delete
                | Event::PartnerDelete,
            ) => Err(NotNow),
        }
    }

    /// Whether its user may still configure it: it is not, and will not be, in vain.
    pub const fn is_configurable(&self) -> bool {
        match self {
            Self::Requested | Self::Provisioning | Self::Ready | Self::Provisioned => true,
            Self::Refused { .. } | Self::Expired | Self::Deprovisioning { .. } | Self::Deleted => false,
        }
    }
}

#[cfg(test)]
mod tests;
