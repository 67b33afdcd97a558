//! The interfaces that links need, and that the agent makes where it is asked to.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::{Blocked, Op, Step, Why};
use crate::domain::LinkKey;
use crate::name::InterfaceName;
use crate::state::{Desired, Interface, Managed, Observed};

/// What is to be done about interfaces.
#[derive(Debug, Default)]
pub(super) struct Interfaces {
    /// Before anything is routed there.
    pub(super) steps: Vec<Step>,
    /// After nothing is.
    pub(super) cleanup: Vec<Step>,
    /// The links whose interface is made or brought up by these.
    pub(super) pending: BTreeSet<LinkKey>,
}

/// Compares the managed interfaces with what is there, but for some that aren't to be tried yet.
pub(super) fn interfaces(desired: &Desired, observed: &Observed, suspended: &BTreeSet<InterfaceName>) -> Interfaces {
    let mut outcome = Interfaces::default();
    let managed = desired.managed.iter().filter(|(name, _)| !suspended.contains(*name));
    for (name, managed) in managed.filter(|(_, managed)| observed.interfaces.contains_key(&managed.link.interface)) {
        outcome.manage(name, managed, observed);
    }
    for (name, interface) in &observed.interfaces {
        if !suspended.contains(name) {
            outcome.clean_up(name, interface, desired);
        }
    }
    outcome
}

impl Interfaces {
    fn manage(&mut self, name: &InterfaceName, managed: &Managed, observed: &Observed) {
        let Managed { link, addresses } = managed;
        let mut step = |op| {
            self.steps.push(Step {
                op,
                why: Why::InterfaceDiffers,
            });
        };
        let interface = name.clone();
        let Some(present) = observed.interfaces.get(name) else {
            let link = link.clone();
            self.pending.insert(link.clone());
            step(Op::MakeVlan { interface, link });
            self.add(name, addresses.clone());
            return;
        };
        if !is_of(link, name, present) {
            return;
        }
        let nic_mtu = observed.interfaces.get(&link.interface).map(|nic| nic.mtu);
        if let Some(mtu) = nic_mtu.filter(|mtu| present.is_ours && *mtu != present.mtu) {
            let interface = interface.clone();
            step(Op::SetMtu { interface, mtu });
        }
        if !present.up {
            self.pending.insert(link.clone());
            step(Op::BringUp { interface });
        }
        self.add(name, addresses.difference(&present.addresses).copied().collect());
    }

    fn add(&mut self, name: &InterfaceName, addresses: BTreeSet<IpNet>) {
        if !addresses.is_empty() {
            let interface = name.clone();
            self.steps.push(Step {
                op: Op::AddAddresses { interface, addresses },
                why: Why::InterfaceDiffers,
            });
        }
    }

    /// Removes what was made for a link that is gone. Where the link is there and somebody else is to manage it, he has
    /// it as it is.
    fn clean_up(&mut self, name: &InterfaceName, interface: &Interface, desired: &Desired) {
        let op = if interface.is_ours && !has_link(interface, desired) {
            Op::RemoveInterface {
                interface: name.clone(),
            }
        } else {
            let wanted = desired.managed.get(name).map(|managed| &managed.addresses);
            if wanted.is_none() && desired.guards.contains_key(name) {
                return;
            }
            let is_unwanted = |address: &&IpNet| !wanted.is_some_and(|wanted| wanted.contains(*address));
            let addresses: BTreeSet<_> = interface.our_addresses.iter().filter(is_unwanted).copied().collect();
            if addresses.is_empty() {
                return;
            }
            Op::RemoveAddresses {
                interface: name.clone(),
                addresses,
            }
        };
        self.cleanup.push(Step {
            op,
            why: Why::NotWanted,
        });
    }
}

/// Whether an interface is the one of a link.
pub(super) fn is_of(link: &LinkKey, name: &InterfaceName, interface: &Interface) -> bool {
    match (link.vlan.id(), &interface.vlan) {
        (None, _) => *name == link.interface,
        (Some(id), Some(vlan)) => vlan.parent == link.interface && vlan.id == id,
        (Some(_), None) => false,
    }
}

/// The addresses that somebody else has to give to interfaces that routes lead to.
pub(super) fn missing_addresses(
    desired: &Desired,
    observed: &Observed,
    reachable: &BTreeSet<InterfaceName>,
) -> impl Iterator<Item = Blocked> {
    let needed = desired.needed.iter().filter(|(name, _)| reachable.contains(name));
    needed.filter_map(|(name, address)| {
        let interface = observed.interfaces.get(name)?;
        (!interface.addresses.contains(address)).then(|| Blocked::NoAddress {
            interface: name.clone(),
            address: *address,
        })
    })
}

/// The VPCs without a table.
pub(super) fn missing_vrfs(desired: &Desired) -> impl Iterator<Item = Blocked> + '_ {
    let missing = desired.missing_vrfs.iter();
    missing.map(|(vpc, vrf)| Blocked::NoVrf {
        vpc: vpc.clone(),
        vrf: vrf.clone(),
    })
}

/// Whether a VLAN interface is that of a link.
fn has_link(interface: &Interface, desired: &Desired) -> bool {
    interface.vlan.as_ref().is_some_and(|vlan| {
        let links = desired.nics.get(&vlan.parent).map(|nic| &nic.links);
        links.is_some_and(|links| links.keys().any(|key| key.id() == Some(vlan.id)))
    })
}
