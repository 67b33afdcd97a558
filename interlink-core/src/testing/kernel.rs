//! A kernel that does what it is told, as far as a plan can tell the difference.

use std::net::IpAddr;

use crate::domain::Vlan;
use crate::name::InterfaceName;
use crate::plan::{Errno, Op, OpError, RefusedRoute};
use crate::state::{Attachment, Interface, Observed, ObservedNic, OtherVlans, Path, TagStripping};
use crate::testing::change_routes;

/// A kernel's state, and what it refuses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kernel {
    pub(crate) state: Observed,
    /// Steps that will fail, by how many steps come before them.
    pub(crate) failing: Vec<usize>,
    /// The prefixes of routes that are refused.
    pub(crate) refusing: Vec<ipnet::IpNet>,
    pub(crate) steps: usize,
}

impl Kernel {
    /// A kernel whose interfaces are up and hold nothing.
    pub(crate) fn with_interfaces(names: &[&str]) -> Self {
        let mut kernel = Self::default();
        for (index, name) in (1..).zip(names) {
            kernel
                .state
                .interfaces
                .insert(InterfaceName::new(name).unwrap(), plain(index));
        }
        kernel
    }

    /// Does a step, or refuses it and stays as it is.
    pub(crate) fn apply(&mut self, op: &Op) -> Result<(), OpError> {
        let number = self.steps;
        self.steps += 1;
        if self.failing.contains(&number) {
            return Err(OpError::Kernel {
                doing: op.to_string(),
                detail: "Cannot allocate memory".to_owned(),
            });
        }
        match op {
            Op::Load { nic } => {
                let nic = self.nic(nic);
                assert_eq!(nic.attachment, Attachment::Absent, "loaded twice");
                *nic = ObservedNic {
                    attachment: Attachment::Loaded,
                    foreign: nic.foreign.take(),
                    ..ObservedNic::default()
                };
            }
            Op::Replace { nic } => self.nic(nic).outdated = false,
            Op::SetLink { nic, vlan, state, edit } => {
                let nic = self.nic(nic);
                assert_ne!(nic.attachment, Attachment::Absent, "a link without a program");
                let old = nic.links.insert(*vlan, (**state).clone());
                if edit.is_some() {
                    assert_eq!(*edit, state.edit_from(&old.unwrap()), "an edit of another state");
                }
            }
            Op::RemoveLink { nic, vlan } => {
                assert!(self.nic(nic).links.remove(vlan).is_some(), "a link that isn't there");
            }
            Op::SetNic { nic, settings } => {
                let nic = self.nic(nic);
                assert_ne!(nic.attachment, Attachment::Absent, "settings without a program");
                nic.settings = *settings;
            }
            Op::Attach { nic: name, mode } => {
                assert!(self.state.interfaces.contains_key(name), "attached to nothing");
                let nic = self.nic(name);
                assert_eq!(nic.foreign, None, "attached over somebody else's");
                assert_eq!(nic.attachment, Attachment::Loaded, "attached without a program");
                nic.attachment = Attachment::Attached(*mode);
            }
            Op::KeepTags { nic } => {
                let interface = self.state.interfaces.get_mut(nic).expect("tags of nothing");
                assert_eq!(interface.tag_stripping, TagStripping::On, "nothing to turn off");
                interface.tag_stripping = TagStripping::Off;
            }
            Op::AddRoutes(routes) => {
                let mut refused = Vec::new();
                let mut added = Vec::new();
                for route in routes.to_vec() {
                    let usable = |name| {
                        self.state
                            .interfaces
                            .get(name)
                            .is_some_and(|interface: &Interface| interface.up)
                    };
                    assert_ne!(route.path, Path::Other, "a form that nobody writes");
                    let refusal = if self.refusing.contains(&route.key.prefix) {
                        Some((Errno(22), "Invalid argument"))
                    } else if route.path.next_hops().all(|hop| usable(&hop.interface)) {
                        None
                    } else {
                        Some((Errno(19), "No such device"))
                    };
                    match refusal {
                        None => added.push((route.key, route)),
                        Some((errno, detail)) => refused.push(RefusedRoute {
                            route,
                            errno,
                            detail: detail.to_owned(),
                        }),
                    }
                }
                change_routes(&mut self.state.routes, |routes| routes.extend(added));
                if !refused.is_empty() {
                    return Err(OpError::Routes { refused });
                }
            }
            Op::RemoveRoutes(removed) => {
                change_routes(&mut self.state.routes, |routes| {
                    routes.retain(|key, _| removed.get(key).is_none());
                });
            }
        }
        Ok(())
    }

    /// Whether a packet that comes in from a NIC passes, but for the link's own traffic.
    pub(crate) fn passes(&self, nic: &InterfaceName, vlan: Vlan, source: IpAddr, destination: IpAddr) -> bool {
        let Some(nic) = self.state.nics.get(nic) else {
            return true;
        };
        if !matches!(nic.attachment, Attachment::Attached(_)) {
            return true;
        }
        let Some(link) = nic.links.get(&vlan) else {
            return nic.settings.other_vlans == OtherVlans::Pass;
        };
        match (source, destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => link.v4.allows(source, destination),
            (IpAddr::V6(source), IpAddr::V6(destination)) => link.v6.allows(source, destination),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    fn nic(&mut self, name: &InterfaceName) -> &mut ObservedNic {
        self.state.nics.entry(name.clone()).or_default()
    }
}

/// An interface that is up, has no address, and is no VLAN.
pub(crate) fn plain(index: u32) -> Interface {
    Interface {
        index,
        up: true,
        carrier: true,
        mtu: 1500,
        addresses: std::collections::BTreeSet::new(),
        vlan: None,
        xdp_program: None,
        tag_stripping: TagStripping::Off,
    }
}
