//! What the other side does, and what both have to do: deleting.

use std::sync::Arc;

use super::{At, unchanged};
use crate::rules::command::{Answer, Change, Decision, PartnerAct};
use crate::rules::id::LinkId;
use crate::rules::lifecycle::{Event, NotNow, Phase};
use crate::rules::link::{Host, Link};
use crate::rules::refusal::Refusal;

impl At<'_> {
    pub(super) fn partner(&self, id: LinkId, act: PartnerAct) -> Result<Decision, Refusal> {
        let link = Link::clone(self.link(id)?);
        let event = match act {
            PartnerAct::Lock => return Ok(self.locked(link, true)),
            PartnerAct::Unlock => return Ok(self.locked(link, false)),
            PartnerAct::Approve => Event::Approve,
            PartnerAct::Complete => Event::Complete,
            PartnerAct::Refuse { reason } => Event::Refuse { reason },
            PartnerAct::Delete => Event::PartnerDelete,
        };
        if link.locked {
            return Err(Refusal::Locked(id));
        }
        match link.host {
            Host::Partner { .. } => self.moves(link, event),
            Host::Dedicated { .. } => Err(Refusal::Phase {
                status: link.status(),
                help: "a link on a dedicated connection has no partner: it becomes active when its session comes up",
            }),
        }
    }

    pub(super) fn delete_link(&self, id: LinkId) -> Result<Decision, Refusal> {
        let link = Link::clone(self.link(id)?);
        if link.locked {
            return Err(Refusal::Locked(id));
        }
        match link.host {
            // No partner has to delete anything of it.
            Host::Dedicated { .. } => Ok(gone(link)),
            Host::Partner { .. } => self.moves(link, Event::Delete),
        }
    }

    fn moves(&self, mut link: Link, event: Event) -> Result<Decision, Refusal> {
        match link.phase.next(event) {
            Ok(Phase::Deleted) => Ok(gone(link)),
            Ok(phase) => {
                // A link that one side gave up carries nothing any more, whatever the other side does.
                if let Phase::Deprovisioning { .. } = phase {
                    link.propagation = false;
                }
                link.phase = phase;
                Ok(self.becomes(link))
            }
            Err(NotNow) => Err(Refusal::Phase {
                status: link.status(),
                help: "approve or refuse while it is requested, complete while it is provisioning, delete after that",
            }),
        }
    }

    fn locked(&self, mut link: Link, locked: bool) -> Decision {
        if link.locked == locked {
            return unchanged(link);
        }
        link.locked = locked;
        self.becomes(link)
    }
}

/// The last that is said of a link. `updated_at` stays, as it does in the product.
fn gone(mut link: Link) -> Decision {
    link.phase = Phase::Deleted;
    link.propagation = false;
    Decision {
        changes: vec![Change::LinkGone(link.id)],
        answer: Answer::Link(Arc::new(link)),
    }
}
