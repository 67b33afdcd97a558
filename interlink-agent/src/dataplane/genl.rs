//! One question to a generic netlink family, and its answer.

use std::io;

use netlink_packet_core::{
    NLA_F_NESTED, NLM_F_ACK, NLM_F_REQUEST, NLMSG_ERROR, NetlinkBuffer, NlaBuffer, NlasIterator, parse_u16,
};
use rtnetlink::sys::{Socket, SocketAddr, protocols::NETLINK_GENERIC};

use super::xdp::{self, Refused};

/// `struct nlmsghdr` and `struct genlmsghdr`, in bytes.
const HEADER: usize = 16;
const GENERIC_HEADER: usize = 4;

/// The family that knows the others, of linux/genetlink.h.
const CONTROL: u16 = 0x10;
const GET_FAMILY: u8 = 3;
const FAMILY_ID: u16 = 1;
const FAMILY_NAME: u16 = 2;

/// Attributes of a message, as they are sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes(Vec<u8>);

impl Attributes {
    /// Adds an attribute.
    pub(super) fn with(mut self, kind: u16, value: &[u8]) -> Self {
        let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
        self.0.extend(length.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    /// Adds a string, with the zero at its end that the kernel wants.
    pub(super) fn with_text(self, kind: u16, text: &str) -> Self {
        self.with(kind, &[text.as_bytes(), &[0]].concat())
    }

    /// Adds an attribute made of attributes.
    pub(super) fn with_nest(self, kind: u16, nest: &Self) -> Self {
        self.with(kind | NLA_F_NESTED, &nest.0)
    }
}

/// The number of a family by its name.
pub(super) fn family(name: &str) -> Result<u16, Refused> {
    let attributes = Attributes::default().with_text(FAMILY_NAME, name);
    let answer = request(CONTROL, GET_FAMILY, &attributes)?;
    let id = each(&answer).find(|attribute| attribute.kind() == FAMILY_ID);
    let id = id.and_then(|attribute| parse_u16(attribute.value()).ok());
    id.ok_or_else(|| io::Error::other(format!("the family {name} has no number")).into())
}

/// Asks a family for something, and gives the attributes of the answer; none where there is only an acknowledgement.
pub(super) fn request(family: u16, command: u8, attributes: &Attributes) -> Result<Vec<u8>, Refused> {
    let mut socket = Socket::new(NETLINK_GENERIC)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.set_ext_ack(true)?;
    socket.set_cap_ack(true)?;
    socket.send(&message(family, command, attributes), 0)?;

    let mut answer = Vec::new();
    loop {
        let (bytes, _) = socket.recv_from_full()?;
        let message = NetlinkBuffer::new_checked(&bytes[..]).map_err(io::Error::other)?;
        let payload = message.payload();
        if message.message_type() != NLMSG_ERROR {
            answer = payload.get(GENERIC_HEADER..).unwrap_or_default().to_vec();
            continue;
        }
        let code = payload.first_chunk().copied().map_or(0, i32::from_ne_bytes);
        return match code {
            0 => Ok(answer),
            code => Err(Refused::new(
                io::Error::from_raw_os_error(code.saturating_neg()),
                payload.get(4..).and_then(xdp::words),
            )),
        };
    }
}

/// The attributes among bytes, as far as they can be read.
pub(super) fn each(bytes: &[u8]) -> impl Iterator<Item = NlaBuffer<&[u8]>> {
    NlasIterator::new(bytes).map_while(Result::ok)
}

fn message(family: u16, command: u8, attributes: &Attributes) -> Vec<u8> {
    const VERSION: u8 = 1;
    let length = HEADER + GENERIC_HEADER + attributes.0.len();
    let mut bytes = Vec::with_capacity(length);
    bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_ne_bytes());
    bytes.extend(family.to_ne_bytes());
    bytes.extend((NLM_F_REQUEST | NLM_F_ACK).to_ne_bytes());
    // One question to a socket: neither sequence nor port tell anything.
    bytes.extend([0; 8]);
    bytes.extend([command, VERSION, 0, 0]);
    bytes.extend(&attributes.0);
    bytes
}
