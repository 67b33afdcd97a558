//! What the API is believed to say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use interlink_api::{self as api, BgpStatus, LinkId, LinkStatus, Nullable, RoutingPolicyId};
use serde::{Deserialize, Serialize};

use crate::config::Select;
use crate::config::model::{PolicySection, resolve};
use crate::domain::{self, Filters, Role, RoutingPolicy, Stance};
use crate::family::{Family, PerFamily};
use crate::name::Name;
use crate::prefix::{Address, Prefix, net};

/// Links and policies, as far as they are followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remote {
    pub(super) links: BTreeMap<LinkId, Believed>,
    pub(super) policies: BTreeMap<RoutingPolicyId, Policy>,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Believed {
    pub(super) link: api::Link,
    /// The last status that wasn't on its way to another.
    pub(super) settled: LinkStatus,
    /// The policies in force: those that the link names, or while one of these isn't known yet the one before.
    pub(super) policies: PerFamily<Option<RoutingPolicyId>>,
}

/// A routing policy, read once, also if there are a million prefixes in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub(super) wire: Arc<api::RoutingPolicy>,
    /// What it allows, under its id for a name; or why it can't be used.
    pub(super) read: Result<Arc<RoutingPolicy>, String>,
}

/// What is kept for the time when the API is away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Which API it was.
    pub api_url: String,
    /// Which of its regions.
    pub region: String,
    /// Links, without their pairing keys.
    pub links: Vec<KeptLink>,
    /// Policies.
    pub policies: Vec<api::RoutingPolicy>,
}

/// A link, and how it was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptLink {
    /// As the API said it.
    pub link: api::Link,
    /// The last status that wasn't on its way to another.
    pub settled: LinkStatus,
    /// The IPv4 policy in force.
    pub policy_v4: Option<RoutingPolicyId>,
    /// The IPv6 policy in force.
    pub policy_v6: Option<RoutingPolicyId>,
}

impl Policy {
    /// Reads what the API says, for this end of the link.
    pub fn read(wire: api::RoutingPolicy, role: Role) -> Self {
        let read = if wire.is_ipv6 {
            section(&wire, |name, filters| PolicySection::V6 { name, filters })
        } else {
            section(&wire, |name, filters| PolicySection::V4 { name, filters })
        };
        Self {
            read: read.map(|section| Arc::new(resolve(&section, role))),
            wire: Arc::new(wire),
        }
    }

    /// As the API said it.
    pub fn wire(&self) -> &api::RoutingPolicy {
        &self.wire
    }
}

fn section<A: Address>(
    wire: &api::RoutingPolicy,
    of: fn(Name, Filters<A>) -> PolicySection,
) -> Result<PolicySection, String> {
    let name = Name::new(wire.id.as_str()).map_err(|error| error.to_string())?;
    let filters = Filters {
        prefix_filter_in: prefixes("prefix_filter_in", &wire.prefix_filter_in)?,
        prefix_filter_out: prefixes("prefix_filter_out", &wire.prefix_filter_out)?,
    };
    Ok(of(name, filters))
}

/// Host bits are masked: the API doesn't say that it refuses them, and the announced route has none.
fn prefixes<A: Address>(list: &str, texts: &[String]) -> Result<Vec<Prefix<A>>, String> {
    let read = |text: &String| {
        let net = net(text).ok_or_else(|| format!("{list}: {text:?} is no prefix"))?;
        Prefix::try_from_net(net.trunc()).map_err(|error| format!("{list}: {error}"))
    };
    texts.iter().map(read).collect()
}

impl Remote {
    /// What was kept, as it is taken now. A link that was being configured has the status from before.
    pub fn restore(kept: Kept, role: Role) -> Self {
        let links = kept.links.into_iter().map(|kept| {
            let KeptLink {
                mut link,
                settled,
                policy_v4: v4,
                policy_v6: v6,
            } = kept;
            if stance(&link.status) == Stance::Hold {
                link.status = settled.clone();
            }
            let policies = PerFamily { v4, v6 };
            let believed = Believed {
                link,
                settled,
                policies,
            };
            (believed.link.id.clone(), believed)
        });
        let policies = kept.policies.into_iter();
        let policies = policies.map(|wire| (wire.id.clone(), Policy::read(wire, role)));
        Self {
            links: links.collect(),
            policies: policies.collect(),
        }
    }

    /// What is to be kept.
    pub fn keep(&self, api_url: &str, region: &str) -> Kept {
        let links = self.links.values().map(|believed| KeptLink {
            link: believed.link.clone().without_secrets(),
            settled: believed.settled.clone(),
            policy_v4: believed.policies.v4.clone(),
            policy_v6: believed.policies.v6.clone(),
        });
        Kept {
            api_url: api_url.to_owned(),
            region: region.to_owned(),
            links: links.collect(),
            policies: self.policies.values().map(|policy| policy.wire().clone()).collect(),
        }
    }

    /// Whether any link is on its way to another status.
    pub(super) fn is_configuring(&self) -> bool {
        let mut links = self.links.values();
        links.any(|believed| believed.link.status == LinkStatus::Configuring)
    }

    /// The policies that links name, or have in force.
    pub(super) fn policies_of_links(&self) -> BTreeSet<RoutingPolicyId> {
        let of = |believed: &Believed| {
            let named = [Family::V4, Family::V6].map(|family| named(&believed.link, family).cloned());
            let in_force = [believed.policies.v4.clone(), believed.policies.v6.clone()];
            named.into_iter().chain(in_force).flatten().collect::<Vec<_>>()
        };
        self.links.values().flat_map(of).collect()
    }

    /// Takes a link for what the API says. Tells whether that changes anything that matters here.
    pub(super) fn put_link(&mut self, link: api::Link) -> bool {
        let mut link = link.without_secrets();
        // How the sessions stand is known here at first hand, and `updated_at` moves with whatever changes.
        link.bgp_v4_status = BgpStatus::default();
        link.bgp_v6_status = BgpStatus::default();
        link.updated_at = Nullable::Absent;
        let before = self.links.remove(&link.id);
        let settled = match (stance(&link.status), &before) {
            (Stance::Hold, Some(before)) => before.settled.clone(),
            (Stance::Hold, None)
            | (Stance::Wait | Stance::Connect | Stance::Enforce | Stance::Block, Some(_) | None) => link.status.clone(),
        };
        let policies = before
            .as_ref()
            .map(|before| before.policies.clone())
            .unwrap_or_default();
        let id = link.id.clone();
        self.links.insert(
            id.clone(),
            Believed {
                link,
                settled,
                policies,
            },
        );
        self.choose_policies();
        self.links.get(&id) != before.as_ref()
    }

    pub(super) fn put_policy(&mut self, policy: Policy) -> bool {
        let id = policy.wire.id.clone();
        let is_new = self.policies.get(&id) != Some(&policy);
        if is_new {
            self.policies.insert(id, policy);
            self.choose_policies();
        }
        is_new
    }

    /// A link that nobody's file is about any more.
    pub(super) fn forget_link(&mut self, id: &LinkId) -> bool {
        let was_known = self.links.remove(id).is_some();
        self.choose_policies();
        was_known
    }

    /// A link that isn't there any more: blocked, until the file stops naming it.
    pub(super) fn delete_link(&mut self, id: &LinkId) -> bool {
        let Some(believed) = self.links.get_mut(id) else {
            return false;
        };
        let is_news = believed.link.status != LinkStatus::Deleted;
        believed.link.status = LinkStatus::Deleted;
        believed.settled = LinkStatus::Deleted;
        is_news
    }

    /// A policy that isn't there any more: no link has it in force.
    pub(super) fn delete_policy(&mut self, id: &RoutingPolicyId) -> bool {
        let mut is_news = self.policies.remove(id).is_some();
        for believed in self.links.values_mut() {
            for family in [Family::V4, Family::V6] {
                let in_force = believed.policies.get_mut(family);
                if named(&believed.link, family) == Some(id) || in_force.as_ref() == Some(id) {
                    is_news |= in_force.take().is_some();
                }
            }
        }
        is_news
    }

    /// The policies that a link names and of which nothing is known.
    pub(super) fn unknown_policies(&self, id: &LinkId) -> Vec<RoutingPolicyId> {
        let of_link = self.links.get(id).into_iter().flat_map(|believed| {
            let named = [Family::V4, Family::V6].map(|family| named(&believed.link, family).cloned());
            named.into_iter().flatten()
        });
        of_link.filter(|id| !self.policies.contains_key(id)).collect()
    }

    /// Has no policy in force that nothing is known of, and forgets those that no link names.
    pub(super) fn choose_policies(&mut self) {
        let Self { links, policies } = self;
        for believed in links.values_mut() {
            for family in [Family::V4, Family::V6] {
                let named = named(&believed.link, family).cloned();
                let in_force = believed.policies.get_mut(family);
                let is_known = named.as_ref().is_none_or(|id| policies.contains_key(id));
                if is_known {
                    *in_force = named;
                } else if in_force.as_ref().is_some_and(|id| !policies.contains_key(id)) {
                    *in_force = None;
                }
            }
        }
        let needed = self.policies_of_links();
        self.policies.retain(|id, _| needed.contains(id));
    }
}

impl Select {
    /// Whether a link is meant.
    pub(super) fn selects(&self, link: &api::Link) -> bool {
        match self {
            Self::Id(id) => *id == link.id,
            Self::Tags(tags) => tags.iter().all(|tag| link.tags.contains(tag)),
        }
    }
}

/// The policy of a family that a link names.
pub(super) fn named(link: &api::Link, family: Family) -> Option<&RoutingPolicyId> {
    let id = match family {
        Family::V4 => &link.routing_policy_v4_id,
        Family::V6 => &link.routing_policy_v6_id,
    };
    id.as_option().filter(|id| !id.as_str().is_empty())
}

/// The status in the words of the domain.
pub(super) fn status(status: &LinkStatus) -> domain::LinkStatus {
    domain::LinkStatus::from(status.as_str())
}

fn stance(of: &LinkStatus) -> Stance {
    status(of).stance()
}
