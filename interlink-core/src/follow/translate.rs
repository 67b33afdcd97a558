//! From the API's objects and the file to an intent.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;

use interlink_api::{self as api, LinkId, RoutingPolicyId, VpcId};

use super::believed::{Believed, Remote, named, status};
use crate::config::model::{BgpConfig, LinkSection, link as link_of};
use crate::config::{Config, FollowedLink, Select, SourceSection};
use crate::domain::{Asn, Intent, Interconnect, LinkKey, LinkStatus, RoutingPolicy, Vlan};
use crate::family::{Family, PerFamily};
use crate::name::Name;
use crate::prefix::{Address, net};

/// An intent, and what of the API's couldn't become part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Translated {
    /// What is wanted.
    pub intent: Intent,
    /// Which link of the API each link is.
    pub ids: BTreeMap<Name, LinkId>,
    /// What doesn't fit. Each keeps something closed, and nothing else.
    pub mismatches: Vec<Mismatch>,
}

/// Something of the API's that can't be taken as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The link's name here, or its id.
    pub link: String,
    /// What doesn't fit, and what to do.
    pub why: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { link, why } = self;
        write!(f, "link {link:?}: {why}")
    }
}

/// What is wanted, by what the API says and the file adds.
///
/// A section of the file whose link isn't known keeps its NIC closed all the same: it stands there as a link of unknown
/// status, unless another link of the NIC does that.
pub fn translate(config: &Config, source: &SourceSection, remote: &Remote) -> Translated {
    let mut translation = Translation {
        config,
        source,
        remote,
        names: policy_names(remote),
        done: Translated {
            intent: config.intent(),
            ..Translated::default()
        },
        taken: BTreeSet::new(),
    };
    for believed in remote.links.values() {
        translation.link(believed);
    }
    for section in &source.links {
        translation.keep_closed(section);
    }
    translation.policies();
    translation.done
}

struct Translation<'a> {
    config: &'a Config,
    source: &'a SourceSection,
    remote: &'a Remote,
    names: BTreeMap<&'a RoutingPolicyId, Name>,
    done: Translated,
    taken: BTreeSet<LinkKey>,
}

impl<'a> Translation<'a> {
    fn link(&mut self, believed: &'a Believed) {
        let Believed { link, policies, .. } = believed;
        let Some(section) = section_of(self.source, link) else {
            return;
        };
        let Ok(vlan) = Vlan::tagged(link.vlan.into()) else {
            let why = format!("{} is no VLAN id, so nothing of it passes", link.vlan);
            return self.tell(link.id.as_str(), why);
        };
        let name = match &section.select {
            Select::Id(_) => section.name.clone(),
            Select::Tags(_) => numbered(&section.name, link.vlan),
        };
        let key = LinkKey {
            interface: section.interface.clone(),
            vlan,
        };
        if !self.taken.insert(key.clone()) {
            let why = format!("{key} is the place of another link: give one of them another interface");
            return self.tell(link.id.as_str(), why);
        }
        if self.done.intent.links.contains_key(&name) {
            let why = format!(
                "there is another link {:?}: give its section another name",
                name.as_str()
            );
            return self.tell(link.id.as_str(), why);
        }
        let (scw_bgp_config, peer_bgp_config) = self.routers(&name, section, link);
        let section = LinkSection {
            vpc: self.vpc(&name, link),
            routing_policy_v4: self.policy(&name, link, policies, Family::V4),
            routing_policy_v6: self.policy(&name, link, policies, Family::V6),
            name: name.clone(),
            interface: section.interface.clone(),
            vlan,
            status: status(&link.status),
            enable_route_propagation: link.enable_route_propagation,
            manage_interface: section.manage_interface,
            scw_bgp_config,
            peer_bgp_config,
            session: section.session.clone(),
        };
        let translated = link_of(&section, self.config.agent.role);
        self.done.intent.links.insert(name.clone(), translated);
        self.done.ids.insert(name, link.id.clone());
    }

    /// Keeps a NIC closed of whose links nothing is known.
    fn keep_closed(&mut self, section: &FollowedLink) {
        let mut links = self.done.intent.links.values();
        if links.any(|link| link.key.interface == section.interface || link.name == section.name) {
            return;
        }
        let unknown = LinkSection {
            name: section.name.clone(),
            interface: section.interface.clone(),
            vlan: Vlan::UNTAGGED,
            status: LinkStatus::Unknown,
            vpc: None,
            routing_policy_v4: None,
            routing_policy_v6: None,
            enable_route_propagation: false,
            manage_interface: false,
            scw_bgp_config: BgpConfig::default(),
            peer_bgp_config: BgpConfig::default(),
            session: section.session.clone(),
        };
        let closed = link_of(&unknown, self.config.agent.role);
        self.done.intent.links.insert(section.name.clone(), closed);
    }

    /// The policies in force, each under its name.
    fn policies(&mut self) {
        for (id, policy) in &self.remote.policies {
            let (Ok(read), Some(name)) = (&policy.read, self.names.get(id)) else {
                continue;
            };
            let named = match Arc::unwrap_or_clone(Arc::clone(read)) {
                RoutingPolicy::V4 { whitelist, .. } => RoutingPolicy::V4 {
                    name: name.clone(),
                    whitelist,
                },
                RoutingPolicy::V6 { whitelist, .. } => RoutingPolicy::V6 {
                    name: name.clone(),
                    whitelist,
                },
            };
            self.done.intent.policies.insert(name.clone(), named);
        }
    }

    fn policy(
        &mut self,
        link: &Name,
        wire: &api::Link,
        policies: &PerFamily<Option<RoutingPolicyId>>,
        family: Family,
    ) -> Option<Name> {
        let found = policies
            .get(family)
            .as_ref()
            .and_then(|id| Some((id, self.remote.policies.get(id)?)));
        let Some((id, policy)) = found else {
            if let Some(id) = named(wire, family) {
                let why = format!("nothing is known of its {family} policy {id}, so {family} is closed");
                self.tell(link.as_str(), why);
            }
            return None;
        };
        match &policy.read {
            Ok(read) if read.family() == family => self.names.get(id).cloned(),
            Ok(read) => {
                let why = format!("its {family} policy {id} is of {}", read.family());
                self.tell(link.as_str(), why);
                None
            }
            Err(error) => {
                let why = format!("its {family} policy {id} can't be used: {error}");
                self.tell(link.as_str(), why);
                None
            }
        }
    }

    fn vpc(&mut self, link: &Name, wire: &api::Link) -> Option<Name> {
        let id = wire.vpc_id.as_option().filter(|id| !id.as_str().is_empty())?;
        let found = stands_for(self.source, id);
        if found.is_none() {
            let why = format!("it is attached to vpc {id}, which no `[[vpc]]` stands for: add one with that `id`");
            self.tell(link.as_str(), why);
        }
        found
    }

    /// The two routers; none where they can't be neighbours, which closes the link.
    fn routers(&mut self, name: &Name, section: &FollowedLink, link: &api::Link) -> (BgpConfig, BgpConfig) {
        let nothing = || (BgpConfig::default(), BgpConfig::default());
        let (Some(scw), Some(peer)) = (link.scw_bgp_config.as_option(), link.peer_bgp_config.as_option()) else {
            self.tell(
                name.as_str(),
                "the API doesn't say which routers its sessions are between".to_owned(),
            );
            return nothing();
        };
        match routers(scw, peer) {
            Ok((scw, _))
                if !section
                    .session
                    .transport
                    .is_carried_by(scw.ipv4.is_some(), scw.ipv6.is_some()) =>
            {
                let transport = section.session.transport.name();
                let why =
                    format!("its sessions are to be carried by {transport}, of which its routers have no address");
                self.tell(name.as_str(), why);
                nothing()
            }
            Ok(both) => both,
            Err(why) => {
                self.tell(name.as_str(), why);
                nothing()
            }
        }
    }

    fn tell(&mut self, link: &str, why: String) {
        let link = link.to_owned();
        self.done.mismatches.push(Mismatch { link, why });
    }
}

/// The section that a link is under: its id goes before its tags, then the order of the file counts.
pub(super) fn section_of<'a>(source: &'a SourceSection, link: &api::Link) -> Option<&'a FollowedLink> {
    let by_id = source
        .links
        .iter()
        .find(|section| matches!(&section.select, Select::Id(id) if *id == link.id));
    by_id.or_else(|| source.links.iter().find(|section| section.select.selects(link)))
}

impl SourceSection {
    /// Whether a section names a link by its id.
    pub(super) fn names(&self, id: &LinkId) -> bool {
        self.links
            .iter()
            .any(|section| matches!(&section.select, Select::Id(of) if of == id))
    }
}

fn stands_for(source: &SourceSection, id: &VpcId) -> Option<Name> {
    let exactly = source.vpcs.iter().find(|(of, _)| of.as_ref() == Some(id));
    let any = || source.vpcs.iter().find(|(of, _)| of.is_none());
    exactly.or_else(any).map(|(_, name)| name.clone())
}

/// Policies may share a name; then each goes by its id.
fn policy_names(remote: &Remote) -> BTreeMap<&RoutingPolicyId, Name> {
    let mut uses = BTreeMap::<&str, usize>::new();
    for policy in remote.policies.values() {
        *uses.entry(policy.wire.name.as_str()).or_default() += 1;
    }
    let name = |id: &RoutingPolicyId, text: &str| {
        let own = Name::new(text).ok().filter(|_| uses.get(text) == Some(&1));
        own.or_else(|| Name::new(id.as_str()).ok())
    };
    let policies = remote.policies.iter();
    policies
        .filter_map(|(id, policy)| Some((id, name(id, &policy.wire.name)?)))
        .collect()
}

/// A name that doesn't change while the link lives, as no session is to begin anew for another name.
fn numbered(section: &Name, vlan: u32) -> Name {
    Name::new(&format!("{section}-{vlan}")).unwrap_or_else(|_| section.clone())
}

fn routers(scw: &api::BgpConfig, peer: &api::BgpConfig) -> Result<(BgpConfig, BgpConfig), String> {
    let (scw_as, peer_as) = (asn("scw_bgp_config", scw)?, asn("peer_bgp_config", peer)?);
    if scw_as == peer_as {
        return Err(format!("both routers have the AS number {}", scw_as.0));
    }
    let (scw_v4, peer_v4) = pair::<Ipv4Addr>("ipv4", &scw.ipv4, &peer.ipv4)?;
    let (scw_v6, peer_v6) = pair::<Ipv6Addr>("ipv6", &scw.ipv6, &peer.ipv6)?;
    let config = |asn, ipv4, ipv6| BgpConfig {
        asn: Some(asn),
        ipv4,
        ipv6,
    };
    Ok((config(scw_as, scw_v4, scw_v6), config(peer_as, peer_v4, peer_v6)))
}

fn asn(whose: &str, config: &api::BgpConfig) -> Result<Asn, String> {
    let number = NonZeroU32::new(config.asn).map(Asn);
    number.ok_or_else(|| format!("`asn` of its `{whose}` is 0, which is no AS number"))
}

type Pair<A> = (Option<(A, u8)>, Option<(A, u8)>);

/// The two addresses of a family: both, or none.
fn pair<A: Address>(key: &str, scw: &str, peer: &str) -> Result<Pair<A>, String> {
    let scw = address::<A>("scw_bgp_config", key, scw)?;
    let peer = address::<A>("peer_bgp_config", key, peer)?;
    match (scw, peer) {
        (None, None) => Ok((None, None)),
        (Some(of_scw), Some(of_peer)) => match Interconnect::new(of_scw, of_peer) {
            Ok(_) => Ok((scw, peer)),
            Err(error) => Err(format!("its routers can't be neighbours: {key}: {error}")),
        },
        (Some(_), None) | (None, Some(_)) => Err(format!("one of its routers alone has an `{key}`")),
    }
}

/// The API writes nothing for no address, and an address alone for a host.
fn address<A: Address>(whose: &str, key: &str, text: &str) -> Result<Option<(A, u8)>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let read = net(text).and_then(|net| Some((A::from_ip(net.addr())?, net.prefix_len())));
    match read {
        Some(read) => Ok(Some(read)),
        None => Err(format!(
            "`{key}` of its `{whose}` is {text:?}, which is no {} address",
            A::FAMILY
        )),
    }
}
