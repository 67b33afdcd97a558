//! Making interfaces, addresses and rules, and removing those of ours.

use std::collections::{BTreeMap, BTreeSet};

use interlink_core::domain::LinkKey;
use interlink_core::family::Family;
use interlink_core::name::InterfaceName;
use interlink_core::plan::OpError;
use interlink_core::state::{Interface, OUR_ALIAS, ROUTE_PROTOCOL, Rule};
use ipnet::IpNet;
use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressMessage, AddressProtocol};
use netlink_packet_route::link::{InfoData, InfoKind, InfoVlan, LinkAttribute, LinkFlags, LinkInfo, LinkMessage};
use netlink_packet_route::route::RouteProtocol;
use netlink_packet_route::rule::{RuleAction, RuleAttribute, RuleHeader, RuleMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use super::Netlink;
use super::requests::Request;

type Interfaces = BTreeMap<InterfaceName, Interface>;

impl Netlink {
    /// Makes the VLAN interface of a link, marks it as ours, and brings it up.
    pub async fn make_vlan(
        &self,
        interface: &InterfaceName,
        link: &LinkKey,
        interfaces: &Interfaces,
    ) -> Result<(), OpError> {
        let parent = index(&link.interface, interfaces)?;
        let mut made = LinkMessage::default();
        made.attributes = vec![
            name(interface),
            LinkAttribute::Link(parent),
            LinkAttribute::LinkInfo(vec![
                LinkInfo::Kind(InfoKind::Vlan),
                LinkInfo::Data(InfoData::Vlan(vec![InfoVlan::Id(link.vlan.id().unwrap_or_default())])),
            ]),
        ];
        // The kernel takes no alias for what it makes.
        let mut marked = LinkMessage::default();
        marked.attributes = vec![name(interface), LinkAttribute::IfAlias(OUR_ALIAS.to_owned())];
        set_up(&mut marked);
        let doing = "making a VLAN interface";
        let requests = [
            (NLM_F_CREATE | NLM_F_EXCL, RouteNetlinkMessage::NewLink(made)),
            (0, RouteNetlinkMessage::SetLink(marked)),
        ];
        self.ask(doing, interface.as_str(), requests, |_| false).await
    }

    /// Brings an interface up.
    pub async fn bring_up(&self, interface: &InterfaceName, interfaces: &Interfaces) -> Result<(), OpError> {
        let mut message = LinkMessage::default();
        message.header.index = index(interface, interfaces)?;
        set_up(&mut message);
        let requests = [(0, RouteNetlinkMessage::SetLink(message))];
        self.ask("bringing an interface up", interface.as_str(), requests, |_| false)
            .await
    }

    /// Sets an interface's MTU, in bytes.
    pub async fn set_mtu(&self, interface: &InterfaceName, mtu: u32, interfaces: &Interfaces) -> Result<(), OpError> {
        let mut message = LinkMessage::default();
        message.header.index = index(interface, interfaces)?;
        message.attributes = vec![LinkAttribute::Mtu(mtu)];
        let requests = [(0, RouteNetlinkMessage::SetLink(message))];
        self.ask("setting an MTU", interface.as_str(), requests, |_| false)
            .await
    }

    /// Removes an interface.
    pub async fn remove_interface(&self, interface: &InterfaceName, interfaces: &Interfaces) -> Result<(), OpError> {
        let mut message = LinkMessage::default();
        message.header.index = index(interface, interfaces)?;
        let requests = [(0, RouteNetlinkMessage::DelLink(message))];
        let is_gone = |errno| errno == libc::ENODEV;
        self.ask("removing an interface", interface.as_str(), requests, is_gone)
            .await
    }

    /// Gives an interface addresses; one that is there is fine. A kernel older than 5.18 doesn't keep the mark that they
    /// are ours, so nobody takes them away again.
    pub async fn add_addresses(
        &self,
        interface: &InterfaceName,
        addresses: &BTreeSet<IpNet>,
        interfaces: &Interfaces,
    ) -> Result<(), OpError> {
        // One that was made in this plan isn't among those that were seen.
        let index = match index(interface, interfaces) {
            Ok(index) => index,
            Err(_) => index(interface, &self.interfaces().await?)?,
        };
        let requests = addresses.iter().map(|net| {
            let message = address(*net, index);
            (NLM_F_CREATE | NLM_F_EXCL, RouteNetlinkMessage::NewAddress(message))
        });
        let is_there = |errno| errno == libc::EEXIST;
        self.ask("adding an address", interface.as_str(), requests, is_there)
            .await
    }

    /// Takes addresses from an interface; one that isn't there is fine.
    pub async fn remove_addresses(
        &self,
        interface: &InterfaceName,
        addresses: &BTreeSet<IpNet>,
        interfaces: &Interfaces,
    ) -> Result<(), OpError> {
        let index = index(interface, interfaces)?;
        let requests = addresses
            .iter()
            .map(|net| (0, RouteNetlinkMessage::DelAddress(address(*net, index))));
        let is_gone = |errno| errno == libc::EADDRNOTAVAIL;
        self.ask("removing an address", interface.as_str(), requests, is_gone)
            .await
    }

    /// Makes rules; one that is there is fine.
    pub async fn add_rules(&self, rules: &BTreeSet<Rule>) -> Result<(), OpError> {
        let requests = rules
            .iter()
            .map(|it| (NLM_F_CREATE | NLM_F_EXCL, RouteNetlinkMessage::NewRule(rule(it))));
        self.ask("adding a rule", "", requests, |errno| errno == libc::EEXIST)
            .await
    }

    /// Removes rules; one that isn't there is fine.
    pub async fn remove_rules(&self, rules: &BTreeSet<Rule>) -> Result<(), OpError> {
        let requests = rules.iter().map(|it| (0, RouteNetlinkMessage::DelRule(rule(it))));
        self.ask("removing a rule", "", requests, |errno| errno == libc::ENOENT)
            .await
    }

    /// Has the kernel do a few things, in their order. Those that it refuses for a reason that is fine are done.
    async fn ask(
        &self,
        doing: &'static str,
        on: &str,
        requests: impl IntoIterator<Item = (u16, RouteNetlinkMessage), IntoIter: Send>,
        is_fine: impl Fn(i32) -> bool,
    ) -> Result<(), OpError> {
        let requests = requests.into_iter().enumerate();
        let requests = requests.map(|(tag, (flags, message))| Request { tag, flags, message });
        let refused = self.requests.lock().await.run(doing, requests).await?;
        let failed = refused.into_iter().find(|(_, refusal)| !is_fine(refusal.errno.0));
        match failed {
            Some((_, refusal)) => Err(OpError::Kernel {
                doing: format!("{doing} {on}").trim_end().to_owned(),
                detail: refusal.to_string(),
            }),
            None => Ok(()),
        }
    }
}

fn index(name: &InterfaceName, interfaces: &Interfaces) -> Result<u32, OpError> {
    let interface = interfaces.get(name);
    interface
        .map(|interface| interface.index)
        .ok_or_else(|| OpError::NoInterface(name.clone()))
}

fn name(interface: &InterfaceName) -> LinkAttribute {
    LinkAttribute::IfName(interface.as_str().to_owned())
}

fn set_up(message: &mut LinkMessage) {
    message.header.flags = LinkFlags::Up;
    message.header.change_mask = LinkFlags::Up;
}

/// Usable at once: a link has two ends, which don't have to look for duplicates.
fn address(net: IpNet, index: u32) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.index = index;
    message.header.prefix_len = net.prefix_len();
    message.header.family = match net {
        IpNet::V4(_) => AddressFamily::Inet,
        IpNet::V6(_) => AddressFamily::Inet6,
    };
    message.attributes = vec![
        AddressAttribute::Local(net.addr()),
        AddressAttribute::Address(net.addr()),
        AddressAttribute::Protocol(AddressProtocol::Other(ROUTE_PROTOCOL)),
    ];
    if let IpNet::V6(_) = net {
        message.attributes.push(AddressAttribute::Flags(AddressFlags::Nodad));
    }
    message
}

fn rule(rule: &Rule) -> RuleMessage {
    let Rule {
        family,
        priority,
        iif,
        table,
    } = rule;
    let mut message = RuleMessage::default();
    message.header = RuleHeader {
        family: match family {
            Family::V4 => AddressFamily::Inet,
            Family::V6 => AddressFamily::Inet6,
        },
        action: RuleAction::ToTable,
        ..RuleHeader::default()
    };
    message.attributes = vec![
        RuleAttribute::Priority(*priority),
        RuleAttribute::Iifname(iif.as_str().to_owned()),
        RuleAttribute::Table(table.0),
        RuleAttribute::Protocol(RouteProtocol::from(ROUTE_PROTOCOL)),
    ];
    message
}
