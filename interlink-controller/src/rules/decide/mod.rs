//! One command, one decision.

mod configure;
mod create;
mod partner;
mod policy;
mod report;

use std::sync::Arc;

use super::command::{Answer, Change, Command, Context, Decision};
use super::id::LinkId;
use super::lifecycle::Phase;
use super::link::Link;
use super::place::Inventory;
use super::refusal::{Refusal, Resource};
use super::state::State;

/// What a command comes to. Changes nothing.
pub fn decide(state: &State, inventory: &Inventory, context: &Context, command: Command) -> Result<Decision, Refusal> {
    let at = At {
        state,
        inventory,
        context,
    };
    match command {
        Command::CreateLink(new) => at.create_link(new),
        Command::UpdateLink(link, edit) => at.update_link(link, edit),
        Command::DeleteLink(link) => at.delete_link(link),
        Command::AttachVpc(link, vpc) => at.attach_vpc(link, vpc),
        Command::DetachVpc(link) => at.detach_vpc(link),
        Command::AttachPolicy(link, policy) => at.attach_policy(link, policy),
        Command::DetachPolicy(link, policy) => at.detach_policy(link, policy),
        Command::SetPolicy(link, policy) => at.set_policy(link, policy),
        Command::SetPropagation(link, enabled) => at.set_propagation(link, enabled),
        Command::CreatePolicy(new) => at.create_policy(new),
        Command::UpdatePolicy(policy, edit) => at.update_policy(policy, edit),
        Command::DeletePolicy(policy) => at.delete_policy(policy),
        Command::Partner(link, act) => at.partner(link, act),
        Command::Report(link, report) => at.report(link, report),
        Command::Tick => Ok(at.tick()),
    }
}

/// Where and when a decision is made.
struct At<'a> {
    state: &'a State,
    inventory: &'a Inventory,
    context: &'a Context,
}

impl At<'_> {
    fn link(&self, id: LinkId) -> Result<&Arc<Link>, Refusal> {
        let link = self.state.link(id).filter(|link| link.region == self.context.region);
        link.ok_or_else(|| Refusal::not_found(Resource::Link, &id))
    }

    /// A link that its user may change.
    fn configurable(&self, id: LinkId) -> Result<Link, Refusal> {
        let link = self.link(id)?;
        if link.locked {
            return Err(Refusal::Locked(id));
        }
        match link.phase {
            Phase::Expired => Err(Refusal::Expired {
                link: id,
                since: link.created_at.after(super::REQUEST_LIFETIME),
            }),
            _ if link.phase.is_configurable() => Ok(Link::clone(link)),
            _ => Err(Refusal::Phase {
                status: link.status(),
                help: "a link that was refused or deleted can't be configured any more: delete it, and order another",
            }),
        }
    }

    /// A link becomes what was made of it; where nothing was, nothing happens.
    fn becomes(&self, mut link: Link) -> Decision {
        if self.state.link(link.id).is_some_and(|before| **before == link) {
            return unchanged(link);
        }
        link.updated_at = self.context.now;
        let link = Arc::new(link);
        Decision {
            changes: vec![Change::Link(Arc::clone(&link))],
            answer: Answer::Link(link),
        }
    }
}

fn unchanged(link: Link) -> Decision {
    Decision {
        changes: Vec::new(),
        answer: Answer::Link(Arc::new(link)),
    }
}
