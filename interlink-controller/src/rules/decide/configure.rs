//! What the user does with a link: the steps of the product's documentation.

use interlink_core::family::Family;

use super::{At, unchanged};
use crate::rules::command::{Decision, LinkEdit};
use crate::rules::id::{LinkId, PolicyId, VpcId};
use crate::rules::link::Attached;
use crate::rules::refusal::{Refusal, Resource};

impl At<'_> {
    pub(super) fn update_link(&self, id: LinkId, edit: LinkEdit) -> Result<Decision, Refusal> {
        let LinkEdit { name, tags, peer_asn } = edit;
        let mut link = self.configurable(id)?;
        if let Some(asn) = peer_asn {
            self.is_peers(asn)?;
            link.peer_asn = asn;
        }
        link.name = name.unwrap_or(link.name);
        link.tags = tags.unwrap_or(link.tags);
        Ok(self.becomes(link))
    }

    pub(super) fn attach_vpc(&self, id: LinkId, vpc_id: VpcId) -> Result<Decision, Refusal> {
        let mut link = self.configurable(id)?;
        let vpc = self.inventory.vpcs.get(&vpc_id);
        let vpc = vpc.ok_or_else(|| Refusal::not_found(Resource::Vpc, &vpc_id))?;
        if vpc.region != link.region {
            let help = format!(
                "{} is in {}, the link in {}: a link takes a VPC of its own region",
                vpc.name, vpc.region, link.region
            );
            return Err(Refusal::constraint("vpc_id", help));
        }
        match link.vpc {
            Some(attached) if attached == vpc_id => return Ok(unchanged(link)),
            Some(attached) => {
                return Err(Refusal::Occupied {
                    help: format!("VPC {attached} is attached, and a link has one VPC: detach it first"),
                });
            }
            None => link.vpc = Some(vpc_id),
        }
        Ok(self.becomes(link))
    }

    /// Propagation goes with the VPC: nobody would expect routes in the next one.
    pub(super) fn detach_vpc(&self, id: LinkId) -> Result<Decision, Refusal> {
        let mut link = self.configurable(id)?;
        if link.vpc.take().is_none() {
            return Err(Refusal::Vacant {
                help: "no VPC is attached".to_owned(),
            });
        }
        link.propagation = false;
        Ok(self.becomes(link))
    }

    pub(super) fn attach_policy(&self, id: LinkId, policy: PolicyId) -> Result<Decision, Refusal> {
        let mut link = self.configurable(id)?;
        let family = self.family_of(policy)?;
        let slot = link.policies.get_mut(family);
        match slot {
            Some(attached) if attached.policy == policy => return Ok(unchanged(link)),
            Some(attached) => {
                return Err(Refusal::Occupied {
                    help: format!(
                        "{family} has routing policy {}: set-routing-policy puts another in its place, without blocking",
                        attached.policy
                    ),
                });
            }
            None => *slot = Some(Attached { policy, up: false }),
        }
        Ok(self.becomes(link))
    }

    /// Propagation stays on for the other family, and is off once no policy is left.
    pub(super) fn detach_policy(&self, id: LinkId, policy: PolicyId) -> Result<Decision, Refusal> {
        let mut link = self.configurable(id)?;
        let family = self.family_of(policy)?;
        let slot = link.policies.get_mut(family);
        if slot.is_none_or(|attached| attached.policy != policy) {
            return Err(Refusal::Vacant {
                help: "this routing policy is not attached to this link".to_owned(),
            });
        }
        *slot = None;
        if Family::ALL.iter().all(|family| link.policies.get(*family).is_none()) {
            link.propagation = false;
        }
        Ok(self.becomes(link))
    }

    /// One change: nobody ever sees the link without a policy, and the session stays as it is.
    pub(super) fn set_policy(&self, id: LinkId, policy: PolicyId) -> Result<Decision, Refusal> {
        let mut link = self.configurable(id)?;
        let slot = link.policies.get_mut(self.family_of(policy)?);
        let up = slot.is_some_and(|attached| attached.up);
        *slot = Some(Attached { policy, up });
        Ok(self.becomes(link))
    }

    /// Taken also without VPC and policy, as the product does: there is nothing to announce then.
    pub(super) fn set_propagation(&self, id: LinkId, enabled: bool) -> Result<Decision, Refusal> {
        let mut link = self.configurable(id)?;
        link.propagation = enabled;
        Ok(self.becomes(link))
    }

    fn family_of(&self, policy: PolicyId) -> Result<Family, Refusal> {
        Ok(self.policy(policy)?.family)
    }
}
