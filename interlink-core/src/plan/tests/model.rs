//! What a plan has to reach, said without saying how.

use std::sync::Arc;

use super::kernels::Scenario;
use super::watch::is_open;
use crate::domain::{LinkKey, Vlan};
use crate::family::Family;
use crate::name::InterfaceName;
use crate::plan::Blocked;
use crate::state::{
    Attachment, NextHop, NicSettings, NicState, Observed, ObservedNic, Path, Route, Routes, TagStripping,
};

impl Scenario {
    /// The kernel as it should be in the end: as desired, as far as nothing stands in the way.
    pub(super) fn goal(&self) -> Observed {
        let mut goal = self.observed.clone();
        for (name, nic) in &mut goal.nics {
            if !self.desired.nics.contains_key(name) && nic.foreign.is_none() {
                nic.links.clear();
                nic.settings = NicSettings::default();
            }
        }
        for (name, wanted) in &self.desired.nics {
            if !self.can_be_protected(name) {
                continue;
            }
            let nic = goal.nics.entry(name.clone()).or_default();
            let attachment = match nic.attachment {
                Attachment::Attached(mode) => Attachment::Attached(mode),
                Attachment::Absent | Attachment::Loaded => Attachment::Attached(wanted.mode),
            };
            let interface = goal.interfaces.get_mut(name).unwrap();
            if interface.tag_stripping == TagStripping::On {
                interface.tag_stripping = TagStripping::Off;
            }
            *nic = ObservedNic {
                attachment,
                settings: wanted.settings,
                links: wanted.links.clone(),
                ..ObservedNic::default()
            };
        }
        goal.routes = self.routes();
        goal.rules = self.desired.rules.clone();
        goal
    }

    /// The routes that are wanted and possible.
    pub(super) fn routes(&self) -> Arc<Routes> {
        let routes = self.desired.routes.iter().filter_map(|(key, path)| {
            if *path == Path::Unreachable {
                let path = Path::Unreachable;
                return Some(Route { key, path });
            }
            let possible = path.next_hops().filter(|hop| self.in_the_way_of(hop).is_none());
            let path = Path::via(possible.cloned().collect())?;
            Some(Route { key, path })
        });
        Arc::new(routes.collect())
    }

    /// Everything that stands in the way, once.
    pub(super) fn obstacles(&self) -> Vec<Blocked> {
        let mut obstacles: Vec<_> = self
            .desired
            .nics
            .keys()
            .flat_map(|nic| {
                let stripped = self.is_stripped(nic).then(|| Blocked::TagsStripped {
                    nic: nic.clone(),
                    detail: "`ethtool -k` says `rx-vlan-offload: on [fixed]`".to_owned(),
                });
                let present = self.observed.nics.get(nic).cloned().unwrap_or_default();
                let wanted = self.desired.nics[nic].mode;
                let first = match (present.foreign, present.attachment) {
                    _ if !self.observed.interfaces.contains_key(nic) => Some(Blocked::NoInterface(nic.clone())),
                    (Some(program), _) => Some(Blocked::ForeignProgram {
                        nic: nic.clone(),
                        program,
                    }),
                    (None, Attachment::Attached(attached)) if attached != wanted => Some(Blocked::ModeChange {
                        nic: nic.clone(),
                        attached,
                        wanted,
                    }),
                    (None, Attachment::Attached(_) | Attachment::Absent | Attachment::Loaded) => None,
                };
                let is_there = !matches!(first, Some(Blocked::NoInterface(_) | Blocked::ForeignProgram { .. }));
                [first, stripped.filter(|_| is_there)].into_iter().flatten()
            })
            .collect();
        let hops = self.desired.routes.iter().flat_map(|(_, path)| path.next_hops());
        let protected = hops.filter(|hop| self.can_be_protected(&self.desired.guards[&hop.interface].interface));
        for obstacle in protected.filter_map(|hop| self.in_the_way_of(hop)) {
            if !obstacles.contains(&obstacle) {
                obstacles.push(obstacle);
            }
        }
        obstacles
    }

    /// The families of links that packets pass and that none are to pass.
    pub(super) fn closing(&self) -> Vec<(InterfaceName, Vlan, Family)> {
        let goal = self.goal();
        let mut closing = Vec::new();
        for (name, nic) in &self.observed.nics {
            for (vlan, link) in nic
                .links
                .iter()
                .filter(|_| matches!(nic.attachment, Attachment::Attached(_)))
            {
                let after = goal.nics[name].links.get(vlan);
                closing.extend(
                    Family::ALL
                        .into_iter()
                        .filter(|family| is_open(link, *family) && !after.is_some_and(|link| is_open(link, *family)))
                        .map(|family| (name.clone(), *vlan, family)),
                );
            }
        }
        closing
    }

    /// Whether our program is on a NIC or can be put there.
    pub(super) fn can_be_protected(&self, nic: &InterfaceName) -> bool {
        let present = self.observed.nics.get(nic).cloned().unwrap_or_default();
        let is_attached = matches!(present.attachment, Attachment::Attached(_));
        self.observed.interfaces.contains_key(nic)
            && present.foreign.is_none()
            && (is_attached || !self.is_stripped(nic))
    }

    /// Whether the links of a NIC can't be told apart, whatever is tried.
    fn is_stripped(&self, nic: &InterfaceName) -> bool {
        let interface = self.observed.interfaces.get(nic);
        interface.is_some_and(|interface| interface.tag_stripping == TagStripping::Fixed)
            && self.desired.nics.get(nic).is_some_and(NicState::needs_tags)
    }

    fn in_the_way_of(&self, hop: &NextHop) -> Option<Blocked> {
        let name = &hop.interface;
        let guard = &self.desired.guards[name];
        let Some(state) = self.observed.interfaces.get(name) else {
            return Some(Blocked::NoInterface(name.clone()));
        };
        if !self.can_be_protected(&guard.interface) {
            let nic = guard.interface.clone();
            return Some(Blocked::NoInterface(nic));
        }
        if link_behind(name, &self.observed) != *guard {
            return Some(Blocked::OtherInterface {
                interface: name.clone(),
                link: guard.clone(),
            });
        }
        (!state.up).then(|| Blocked::InterfaceDown(name.clone()))
    }
}

/// The place of the link whose packets come in from an interface, whether there is such a link or not.
pub(super) fn link_behind(interface: &InterfaceName, observed: &Observed) -> LinkKey {
    let vlan = observed.interfaces.get(interface).and_then(|state| state.vlan.as_ref());
    let (nic, index) = vlan.map_or((interface, 0), |vlan| (&vlan.parent, u32::from(vlan.id)));
    LinkKey {
        interface: nic.clone(),
        vlan: Vlan::from_index(index).unwrap(),
    }
}
