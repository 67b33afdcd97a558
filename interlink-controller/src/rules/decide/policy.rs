//! Making, changing and deleting routing policies.

use std::sync::Arc;

use interlink_core::family::Family;
use ipnet::IpNet;

use super::At;
use super::create::quota;
use crate::rules::command::{Answer, Change, Decision, NewPolicy, PolicyEdit};
use crate::rules::id::PolicyId;
use crate::rules::policy::{Filter, Policy};
use crate::rules::refusal::{Refusal, Resource};

impl At<'_> {
    /// A policy of this region. One of another region might as well not be there.
    pub(super) fn policy(&self, id: PolicyId) -> Result<&Arc<Policy>, Refusal> {
        let policy = self
            .state
            .policy(id)
            .filter(|policy| policy.region == self.context.region);
        policy.ok_or_else(|| Refusal::not_found(Resource::RoutingPolicy, &id))
    }

    pub(super) fn create_policy(&self, new: NewPolicy) -> Result<Decision, Refusal> {
        let NewPolicy {
            project,
            name,
            tags,
            family,
            filter_in,
            filter_out,
        } = new;
        let allowed = self.inventory.quotas.routing_policies;
        quota("routing_policies", allowed, self.state.policies().len())?;
        let [id, _] = self.context.fresh;
        Ok(becomes(Policy {
            id: PolicyId(id),
            region: self.context.region.clone(),
            project: project.unwrap_or(self.inventory.default_project),
            name,
            tags,
            family,
            filter_in: filter(family, "prefix_filter_in", filter_in)?,
            filter_out: filter(family, "prefix_filter_out", filter_out)?,
            created_at: self.context.now,
            updated_at: self.context.now,
        }))
    }

    pub(super) fn update_policy(&self, id: PolicyId, edit: PolicyEdit) -> Result<Decision, Refusal> {
        let PolicyEdit {
            name,
            tags,
            filter_in,
            filter_out,
        } = edit;
        let before = self.policy(id)?;
        let mut policy = Policy::clone(before);
        policy.name = name.unwrap_or(policy.name);
        policy.tags = tags.unwrap_or(policy.tags);
        if let Some(prefixes) = filter_in {
            policy.filter_in = filter(policy.family, "prefix_filter_in", prefixes)?;
        }
        if let Some(prefixes) = filter_out {
            policy.filter_out = filter(policy.family, "prefix_filter_out", prefixes)?;
        }
        if policy == **before {
            return Ok(Decision {
                changes: Vec::new(),
                answer: Answer::Policy(Arc::clone(before)),
            });
        }
        policy.updated_at = self.context.now;
        Ok(becomes(policy))
    }

    pub(super) fn delete_policy(&self, id: PolicyId) -> Result<Decision, Refusal> {
        self.policy(id)?;
        match self.state.users(id) {
            0 => Ok(Decision {
                changes: vec![Change::PolicyGone(id)],
                answer: Answer::Done,
            }),
            links => Err(Refusal::PolicyInUse { policy: id, links }),
        }
    }
}

fn becomes(policy: Policy) -> Decision {
    let policy = Arc::new(policy);
    Decision {
        changes: vec![Change::Policy(Arc::clone(&policy))],
        answer: Answer::Policy(policy),
    }
}

fn filter(family: Family, field: &str, prefixes: Vec<IpNet>) -> Result<Filter, Refusal> {
    Filter::new(family, prefixes).map_err(|error| Refusal::constraint(field, error.to_string()))
}
