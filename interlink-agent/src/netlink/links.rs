//! Reading interfaces and their addresses, through rtnetlink.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use futures::StreamExt;
use futures::stream::BoxStream;
use interlink_core::name::InterfaceName;
use interlink_core::state::{Interface, OUR_ALIAS, ROUTE_PROTOCOL, TableNumber, TagStripping, VlanOf};
use ipnet::IpNet;
use netlink_packet_core::{NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::{AddressAttribute, AddressMessage, AddressProtocol};
use netlink_packet_route::link::{
    InfoData, InfoVlan, InfoVrf, LinkAttribute, LinkExtentMask, LinkFlags, LinkInfo, LinkMessage, LinkXdp, VlanProtocol,
};
use rtnetlink::Handle;
use tokio::task::AbortHandle;
use tracing::debug;

use super::error::{NetlinkError, Refusal};

/// How often a dump that something changed under is begun anew.
const ATTEMPTS: u32 = 8;

/// rtnetlink's handle, whose dumps are to be one at a time, hence `&mut`.
pub(super) struct Links {
    handle: Handle,
    connection: AbortHandle,
    /// The rest of a dump whose caller was dropped.
    unread: Option<Answer>,
}

type Answer = BoxStream<'static, NetlinkMessage<RouteNetlinkMessage>>;

/// An interface whose parent is an index so far.
struct Link {
    name: InterfaceName,
    interface: Interface,
    vlan: Option<(u32, u16)>,
}

impl Links {
    pub(super) fn open() -> Result<Self, NetlinkError> {
        let open = |step| move |source| NetlinkError::Open { step, source };
        let (mut connection, handle, _) =
            rtnetlink::new_connection_with_strict_check().map_err(open("rtnetlink's connection"))?;
        // A dump's failure is told by its last message, which rtnetlink keeps to itself unless asked.
        connection.set_forward_done(true);
        let socket = rtnetlink::sys::AsyncSocket::socket_mut(connection.socket_mut());
        socket.set_ext_ack(true).map_err(open("NETLINK_EXT_ACK"))?;
        let connection = tokio::spawn(connection).abort_handle();
        Ok(Self {
            handle,
            connection,
            unread: None,
        })
    }

    pub(super) async fn interfaces(&mut self) -> Result<BTreeMap<InterfaceName, Interface>, NetlinkError> {
        let mut request = LinkMessage::default();
        request
            .attributes
            .push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
        let rows = self
            .dump("dumping interfaces", RouteNetlinkMessage::GetLink(request))
            .await?;
        let mut links = BTreeMap::new();
        for row in rows {
            if let RouteNetlinkMessage::NewLink(message) = row
                && let Some(link) = link(&message)
            {
                links.insert(link.interface.index, link);
            }
        }
        let request = RouteNetlinkMessage::GetAddress(AddressMessage::default());
        for row in self.dump("dumping addresses", request).await? {
            if let RouteNetlinkMessage::NewAddress(message) = row
                && let Some(link) = links.get_mut(&message.header.index)
            {
                let address = address(&message);
                link.interface.addresses.extend(address);
                link.interface
                    .our_addresses
                    .extend(address.filter(|_| is_our_address(&message)));
            }
        }
        Ok(named(links))
    }

    pub(super) async fn dump(
        &mut self,
        doing: &'static str,
        request: RouteNetlinkMessage,
    ) -> Result<Vec<RouteNetlinkMessage>, NetlinkError> {
        for _ in 0..ATTEMPTS {
            if let Some(rows) = self.try_dump(doing, request.clone()).await? {
                return Ok(rows);
            }
        }
        Err(NetlinkError::Unstable {
            doing,
            attempts: ATTEMPTS,
        })
    }

    /// `None` where the rows aren't of one moment.
    async fn try_dump(
        &mut self,
        doing: &'static str,
        request: RouteNetlinkMessage,
    ) -> Result<Option<Vec<RouteNetlinkMessage>>, NetlinkError> {
        if let Some(rest) = &mut self.unread {
            while rest.next().await.is_some() {}
        }
        let mut request = NetlinkMessage::from(request);
        request.header.flags = NLM_F_REQUEST | NLM_F_DUMP;
        let answer = self
            .handle
            .request(request)
            .map_err(|_| NetlinkError::Closed { doing })?;
        let answer = self.unread.insert(answer.boxed());
        let mut rows = Vec::new();
        let mut interrupted = false;
        while let Some(NetlinkMessage { header, payload, .. }) = answer.next().await {
            interrupted |= header.flags & NLM_F_DUMP_INTR != 0;
            let refusal = match payload {
                NetlinkPayload::InnerMessage(row) => {
                    rows.push(row);
                    continue;
                }
                NetlinkPayload::Done(done) => Refusal::of_code(header.flags, done.code, &done.extended_ack),
                NetlinkPayload::Error(error) => Refusal::of_quote(header.flags, error.raw_code(), &error.header),
                _ => continue,
            };
            return match refusal {
                Some(refusal) => Err(NetlinkError::Refused { doing, refusal }),
                None => Ok((!interrupted).then_some(rows)),
            };
        }
        Err(NetlinkError::Closed { doing })
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links")
            .field("handle", &self.handle)
            .finish_non_exhaustive()
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// An interface whose name could be nobody's configuration is nobody's business.
fn link(message: &LinkMessage) -> Option<Link> {
    let mut name = None;
    let mut mtu = 0;
    let mut parent = None;
    let mut elsewhere = false;
    let mut tag = None;
    let mut xdp_program = None;
    let mut is_ours = false;
    let mut vrf = None;
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::IfName(text) => name = Some(InterfaceName::new(text)),
            LinkAttribute::Mtu(bytes) => mtu = *bytes,
            LinkAttribute::Link(index) => parent = Some(*index),
            LinkAttribute::LinkNetNsId(_) => elsewhere = true,
            LinkAttribute::LinkInfo(infos) => {
                tag = infos.iter().find_map(tag_of);
                vrf = infos.iter().find_map(table_of);
            }
            LinkAttribute::IfAlias(alias) => is_ours = alias == OUR_ALIAS,
            LinkAttribute::Xdp(attributes) => xdp_program = xdp_of(attributes),
            _ => {}
        }
    }
    let index = message.header.index;
    let name = match name? {
        Ok(name) => name,
        Err(reason) => {
            debug!(index, %reason, "an interface is passed over");
            return None;
        }
    };
    let interface = Interface {
        index,
        up: message.header.flags.contains(LinkFlags::Up),
        carrier: message.header.flags.contains(LinkFlags::LowerUp),
        mtu,
        addresses: BTreeSet::new(),
        our_addresses: BTreeSet::new(),
        is_ours,
        vrf,
        vlan: None,
        xdp_program,
        tag_stripping: TagStripping::Off,
    };
    Some(Link {
        name,
        interface,
        vlan: parent.filter(|_| !elsewhere).zip(tag),
    })
}

/// The id of an 802.1Q interface; an 802.1ad one is something else.
fn tag_of(info: &LinkInfo) -> Option<u16> {
    let LinkInfo::Data(InfoData::Vlan(attributes)) = info else {
        return None;
    };
    let mut id = None;
    for attribute in attributes {
        match attribute {
            InfoVlan::Id(tag) => id = Some(*tag),
            InfoVlan::Protocol(protocol) if *protocol != VlanProtocol::Ieee8021Q => return None,
            _ => {}
        }
    }
    id
}

/// The table of a VRF.
fn table_of(info: &LinkInfo) -> Option<TableNumber> {
    let LinkInfo::Data(InfoData::Vrf(attributes)) = info else {
        return None;
    };
    attributes.iter().find_map(|attribute| match attribute {
        InfoVrf::TableId(table) => Some(TableNumber(*table)),
        _ => None,
    })
}

/// Whether an address has our mark.
fn is_our_address(message: &AddressMessage) -> bool {
    let ours = AddressAttribute::Protocol(AddressProtocol::Other(ROUTE_PROTOCOL));
    message.attributes.contains(&ours)
}

/// The program's id, in whichever mode; of several, the one nearest to the wire.
fn xdp_of(attributes: &[LinkXdp]) -> Option<u32> {
    let nearness = |attribute: &LinkXdp| match attribute {
        LinkXdp::ProgId(id) => Some((0, *id)),
        LinkXdp::HwProgId(id) => Some((1, *id)),
        LinkXdp::DrvProgId(id) => Some((2, *id)),
        LinkXdp::SkbProgId(id) => Some((3, *id)),
        _ => None,
    };
    attributes.iter().filter_map(nearness).min().map(|(_, id)| id)
}

/// Our own end of a point-to-point address is `IFA_LOCAL`, and `IFA_ADDRESS` is the peer's.
fn address(message: &AddressMessage) -> Option<IpNet> {
    let mut local: Option<IpAddr> = None;
    let mut other: Option<IpAddr> = None;
    for attribute in &message.attributes {
        match attribute {
            AddressAttribute::Local(address) => local = Some(*address),
            AddressAttribute::Address(address) => other = Some(*address),
            _ => {}
        }
    }
    IpNet::new(local.or(other)?, message.header.prefix_len).ok()
}

fn named(links: BTreeMap<u32, Link>) -> BTreeMap<InterfaceName, Interface> {
    let names: BTreeMap<_, _> = links.iter().map(|(index, link)| (*index, link.name.clone())).collect();
    let interfaces = links.into_values().map(|mut link| {
        link.interface.vlan = link.vlan.and_then(|(parent, id)| {
            let parent = names.get(&parent)?.clone();
            Some(VlanOf { parent, id })
        });
        (link.name, link.interface)
    });
    interfaces.collect()
}

#[cfg(test)]
mod tests {
    use netlink_packet_route::link::InfoKind;

    use super::*;

    fn message(index: u32, name: &str, attributes: impl IntoIterator<Item = LinkAttribute>) -> LinkMessage {
        let mut message = LinkMessage::default();
        message.header.index = index;
        message.attributes.push(LinkAttribute::IfName(name.to_owned()));
        message.attributes.extend(attributes);
        message
    }

    fn vlan(protocol: VlanProtocol) -> LinkAttribute {
        let data = InfoData::Vlan(vec![InfoVlan::Protocol(protocol), InfoVlan::Id(2386)]);
        LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Vlan), LinkInfo::Data(data)])
    }

    fn read(messages: &[LinkMessage]) -> BTreeMap<String, Option<VlanOf>> {
        let links = messages
            .iter()
            .filter_map(link)
            .map(|link| (link.interface.index, link));
        let interfaces = named(links.collect()).into_iter();
        interfaces
            .map(|(name, interface)| (name.as_str().to_owned(), interface.vlan))
            .collect()
    }

    #[test]
    fn only_an_802_1q_interface_whose_parent_is_here_is_a_vlan_of_something() {
        let read = read(&[
            message(9, "vlan", [LinkAttribute::Link(7), vlan(VlanProtocol::Ieee8021Q)]),
            message(7, "nic", []),
            message(10, "service", [LinkAttribute::Link(7), vlan(VlanProtocol::Ieee8021Ad)]),
            message(11, "orphan", [LinkAttribute::Link(8), vlan(VlanProtocol::Ieee8021Q)]),
            message(
                12,
                "moved",
                [
                    LinkAttribute::Link(7),
                    LinkAttribute::LinkNetNsId(0),
                    vlan(VlanProtocol::Ieee8021Q),
                ],
            ),
            message(13, "veth", [LinkAttribute::Link(7)]),
        ]);
        let parent = InterfaceName::new("nic").unwrap();
        for (name, of) in &read {
            let wanted = (name == "vlan").then(|| VlanOf {
                parent: parent.clone(),
                id: 2386,
            });
            assert_eq!(*of, wanted, "{name}");
        }
        assert_eq!(read.len(), 6);
    }

    #[test]
    fn a_name_that_no_configuration_can_have_is_passed_over() {
        assert!(link(&message(7, "bad\u{1}name", [])).is_none());
        assert!(link(&LinkMessage::default()).is_none());
    }

    #[test]
    fn of_several_programs_the_one_nearest_to_the_wire_is_told() {
        let (driver, generic) = (LinkXdp::DrvProgId(2), LinkXdp::SkbProgId(1));
        assert_eq!(xdp_of(&[generic.clone(), driver]), Some(2));
        assert_eq!(xdp_of(&[generic, LinkXdp::ProgId(3)]), Some(3));
        assert_eq!(xdp_of(&[]), None);
    }
}
