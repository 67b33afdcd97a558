//! Everything that was made, and in which order it last changed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use interlink_core::family::Family;
use interlink_core::time::Time;

use super::command::{Change, Learned};
use super::id::{LinkId, PolicyId};
use super::link::{Link, Port};
use super::number::{Bandwidth, Vlan};
use super::policy::Policy;

/// The number of a change. Each commit has the next one.
pub type Sequence = u64;

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    /// A link.
    Link(LinkId),
    /// A routing policy.
    Policy(PolicyId),
}

/// Everything that was made.
#[derive(Clone, Debug, Default)]
pub struct State {
    sequence: Sequence,
    links: BTreeMap<LinkId, Arc<Link>>,
    policies: BTreeMap<PolicyId, Arc<Policy>>,
    learned: BTreeMap<LinkId, Arc<Learned>>,
    /// Each object under the number of its last change, also when it is gone since.
    log: BTreeSet<(Sequence, Object)>,
    changed: BTreeMap<Object, Sequence>,
    /// When an agent last told of a link. Not kept: after a start everybody has been heard just now.
    heard: BTreeMap<LinkId, Time>,
    taken: Taken,
}

/// What links have that no other may have. It follows from the links.
#[derive(Clone, Debug, Default)]
struct Taken {
    v4: BTreeSet<Ipv4Addr>,
    v6: BTreeSet<Ipv6Addr>,
    vlans: BTreeSet<(Port, Vlan)>,
    users: BTreeSet<(PolicyId, LinkId)>,
}

/// What has changed since a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The last change.
    pub sequence: Sequence,
    /// The links, also those that are gone.
    pub links: Vec<LinkId>,
    /// The routing policies, also those that are gone.
    pub policies: Vec<PolicyId>,
}

impl State {
    /// A link.
    pub fn link(&self, id: LinkId) -> Option<&Arc<Link>> {
        self.links.get(&id)
    }

    /// All links.
    pub fn links(&self) -> impl ExactSizeIterator<Item = &Arc<Link>> {
        self.links.values()
    }

    /// A policy.
    pub fn policy(&self, id: PolicyId) -> Option<&Arc<Policy>> {
        self.policies.get(&id)
    }

    /// All policies.
    pub fn policies(&self) -> impl ExactSizeIterator<Item = &Arc<Policy>> {
        self.policies.values()
    }

    /// What was learned over a link.
    pub fn learned(&self, link: LinkId) -> Option<&Arc<Learned>> {
        self.learned.get(&link)
    }

    /// The number of the last change.
    pub const fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// What has changed since a number; nothing if that number is yet to come, so that it is another state's.
    pub fn changed_since(&self, since: Sequence) -> Option<Changed> {
        if since > self.sequence {
            return None;
        }
        let mut changed = Changed {
            sequence: self.sequence,
            links: Vec::new(),
            policies: Vec::new(),
        };
        // A link has the lowest of ids, so this is below every object of the next number.
        let first = (since.saturating_add(1), Object::Link(LinkId(uuid::Uuid::nil())));
        for (_, object) in self.log.range(first..) {
            match object {
                Object::Link(id) => changed.links.push(*id),
                Object::Policy(id) => changed.policies.push(*id),
            }
        }
        Some(changed)
    }

    /// How many links use a policy.
    pub fn users(&self, policy: PolicyId) -> usize {
        let nil = LinkId(uuid::Uuid::nil());
        let users = self.taken.users.range((policy, nil)..);
        users.take_while(|(user_of, _)| *user_of == policy).count()
    }

    /// Whether a VLAN id is in use on a port.
    pub fn has_vlan(&self, port: Port, vlan: Vlan) -> bool {
        self.taken.vlans.contains(&(port, vlan))
    }

    /// The first of these addresses, which ascend, that is no provider's end of a link.
    pub fn free_v4(&self, among: impl Iterator<Item = Ipv4Addr>) -> Option<Ipv4Addr> {
        first_free(self.taken.v4.iter().copied(), among)
    }

    /// The first of these addresses, which ascend, that is no provider's end of a link.
    pub fn free_v6(&self, among: impl Iterator<Item = Ipv6Addr>) -> Option<Ipv6Addr> {
        first_free(self.taken.v6.iter().copied(), among)
    }

    /// The first of these VLAN ids, which ascend, that is free on a port.
    pub fn free_vlan(&self, port: Port, among: impl Iterator<Item = Vlan>) -> Option<Vlan> {
        let taken = self.taken.vlans.iter().filter(|(of, _)| *of == port);
        first_free(taken.map(|(_, vlan)| *vlan), among)
    }

    /// What the links on a port carry together.
    pub fn load(&self, port: Port) -> u64 {
        let links = self.links.values().filter(|link| link.port() == port);
        links.map(|link| Bandwidth::get(link.bandwidth)).sum()
    }

    /// When an agent last told of a link.
    pub fn heard(&self, link: LinkId) -> Option<Time> {
        self.heard.get(&link).copied()
    }

    /// An agent tells of a link.
    pub fn hear(&mut self, link: LinkId, now: Time) {
        self.heard.insert(link, now);
    }

    /// After a start: those whose sessions were up have the whole time to tell again.
    pub fn hear_all(&mut self, now: Time) {
        self.heard = self.links.keys().map(|id| (*id, now)).collect();
    }

    /// Takes in what was decided, and what was kept, under its number.
    pub fn apply(&mut self, sequence: Sequence, changes: &[Change]) {
        self.sequence = self.sequence.max(sequence);
        for change in changes {
            self.note(sequence, change.object());
            match change {
                Change::Link(link) => {
                    if let Some(old) = self.links.insert(link.id, Arc::clone(link)) {
                        self.taken.release(&old);
                    }
                    self.taken.take(link);
                }
                Change::LinkGone(id) => {
                    if let Some(old) = self.links.remove(id) {
                        self.taken.release(&old);
                    }
                    self.learned.remove(id);
                    self.heard.remove(id);
                }
                Change::Policy(policy) => {
                    self.policies.insert(policy.id, Arc::clone(policy));
                }
                Change::PolicyGone(id) => {
                    self.policies.remove(id);
                }
                Change::Learned(id, learned) => {
                    self.learned.insert(*id, Arc::clone(learned));
                }
            }
        }
    }

    fn note(&mut self, sequence: Sequence, object: Object) {
        if let Some(before) = self.changed.insert(object, sequence) {
            self.log.remove(&(before, object));
        }
        self.log.insert((sequence, object));
    }
}

impl Change {
    /// What it is about.
    pub fn object(&self) -> Object {
        match self {
            Self::Link(link) => Object::Link(link.id),
            Self::LinkGone(id) | Self::Learned(id, _) => Object::Link(*id),
            Self::Policy(policy) => Object::Policy(policy.id),
            Self::PolicyGone(id) => Object::Policy(*id),
        }
    }
}

impl Taken {
    fn take(&mut self, link: &Link) {
        self.v4.insert(link.interconnect.v4);
        self.v6.insert(link.interconnect.v6);
        self.vlans.insert((link.port(), link.vlan));
        for policy in policies(link) {
            self.users.insert((policy, link.id));
        }
    }

    fn release(&mut self, link: &Link) {
        self.v4.remove(&link.interconnect.v4);
        self.v6.remove(&link.interconnect.v6);
        self.vlans.remove(&(link.port(), link.vlan));
        for policy in policies(link) {
            self.users.remove(&(policy, link.id));
        }
    }
}

/// Goes through both once, so that it takes no look-up for each.
fn first_free<T: Ord>(taken: impl Iterator<Item = T>, mut among: impl Iterator<Item = T>) -> Option<T> {
    let mut candidate = among.next()?;
    for taken in taken {
        if taken == candidate {
            candidate = among.next()?;
        } else if taken > candidate {
            break;
        }
    }
    Some(candidate)
}

fn policies(link: &Link) -> impl Iterator<Item = PolicyId> {
    Family::ALL
        .into_iter()
        .filter_map(|family| Some(link.policies.get(family).as_ref()?.policy))
}
