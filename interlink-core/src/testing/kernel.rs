//! A kernel that does what it is told, as far as a plan can tell the difference.

use std::net::IpAddr;

use crate::domain::Vlan;
use crate::name::InterfaceName;
use crate::plan::{Errno, Op, OpError, RefusedRoute};
use crate::state::{Attachment, Interface, Observed, ObservedNic, OtherVlans, Path, RouteKey, TagStripping, VlanOf};
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
            Op::AddRules(rules) => {
                for rule in rules {
                    let end = RouteKey::end_of(rule.table, rule.family);
                    assert_eq!(self.state.routes.get(&end), Some(&Path::Unreachable), "no end: {rule}");
                }
                self.state.rules.extend(rules.iter().cloned());
            }
            Op::RemoveRules(rules) => self.state.rules.retain(|rule| !rules.contains(rule)),
            Op::MakeVlan { .. }
            | Op::BringUp { .. }
            | Op::SetMtu { .. }
            | Op::AddAddresses { .. }
            | Op::RemoveAddresses { .. }
            | Op::RemoveInterface { .. } => self.apply_to_interface(op),
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

    fn apply_to_interface(&mut self, op: &Op) {
        match op {
            Op::MakeVlan { interface, link } => {
                let nic = &self.state.interfaces[&link.interface];
                let made = Interface {
                    mtu: nic.mtu,
                    addresses: [].into(),
                    is_ours: true,
                    vlan: Some(VlanOf {
                        parent: link.interface.clone(),
                        id: link.vlan.id().expect("a VLAN"),
                    }),
                    ..plain(1000)
                };
                let before = self.state.interfaces.insert(interface.clone(), made);
                assert_eq!(before, None, "made twice");
            }
            Op::BringUp { interface } => self.interface(interface).up = true,
            Op::SetMtu { interface, mtu } => self.interface(interface).mtu = *mtu,
            Op::AddAddresses { interface, addresses } => {
                let interface = self.interface(interface);
                interface.addresses.extend(addresses);
                interface.our_addresses.extend(addresses);
            }
            Op::RemoveAddresses { interface, addresses } => {
                let interface = self.interface(interface);
                assert!(interface.our_addresses.is_superset(addresses), "others' addresses");
                interface.addresses.retain(|address| !addresses.contains(address));
                interface.our_addresses.retain(|address| !addresses.contains(address));
            }
            Op::RemoveInterface { interface } => {
                let removed = self.state.interfaces.remove(interface);
                assert!(removed.is_some_and(|removed| removed.is_ours), "somebody else's");
            }
            other => panic!("not about an interface: {other}"),
        }
    }

    fn interface(&mut self, name: &InterfaceName) -> &mut Interface {
        self.state.interfaces.get_mut(name).expect("an interface that is there")
    }

    fn nic(&mut self, name: &InterfaceName) -> &mut ObservedNic {
        self.state.nics.entry(name.clone()).or_default()
    }
}

/// Our ends of the links of the tests.
const ADDRESSES: [&str; 8] = [
    "169.254.0.101/31",
    "169.254.1.101/31",
    "169.254.0.103/31",
    "fd00::1/127",
    "169.254.0.0/31",
    "169.254.0.2/31",
    "fd00::/127",
    "fd00::2/127",
];

/// An interface that is up, has every address that a link of the tests needs, and is no VLAN.
pub(crate) fn plain(index: u32) -> Interface {
    Interface {
        index,
        up: true,
        carrier: true,
        mtu: 1500,
        addresses: ADDRESSES.iter().map(|text| text.parse().unwrap()).collect(),
        our_addresses: [].into(),
        is_ours: false,
        vrf: None,
        vlan: None,
        xdp_program: None,
        tag_stripping: TagStripping::Off,
    }
}
