//! What runs on an interface, asked of the kernel by netlink.

use std::error::Error;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::{fmt, io};

use interlink_core::plan::{Errno, Hindrance};
use interlink_core::state::AttachMode;
use netlink_packet_core::{
    NLM_F_ACK, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload, NlaBuffer, NlasIterator, parse_string,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkMessage, LinkXdp, XdpAttached};
use rtnetlink::sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

/// `XDP_FLAGS_UPDATE_IF_NOEXIST`, `XDP_FLAGS_SKB_MODE`, `XDP_FLAGS_DRV_MODE` and `XDP_FLAGS_REPLACE` of
/// linux/if_link.h.
const IF_NONE: u32 = 1 << 0;
const GENERIC: u32 = 1 << 1;
const NATIVE: u32 = 1 << 2;
const REPLACE: u32 = 1 << 4;

/// The program of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Running {
    /// Its id.
    pub(super) program: u32,
    /// Where it runs; none for a mode that is never ours.
    pub(super) mode: Option<AttachMode>,
}

/// The kernel's answer to what it doesn't do.
#[derive(Debug)]
pub(super) struct Refused {
    error: io::Error,
    words: Option<String>,
}

impl Refused {
    pub(super) const fn new(error: io::Error, words: Option<String>) -> Self {
        Self { error, words }
    }

    /// Whether there is no interface with that index.
    pub(super) fn is_gone(&self) -> bool {
        self.error.raw_os_error() == Some(libc::ENODEV)
    }

    /// What it means, of a native attachment.
    pub(super) fn hindrance(&self) -> Hindrance {
        let errno = Errno(self.error.raw_os_error().unwrap_or_default());
        Hindrance::of(errno, self.words.as_deref())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { error, words } = self;
        match words {
            Some(words) => write!(f, "{words} ({error})"),
            None => error.fmt(f),
        }
    }
}

impl Error for Refused {}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self { error, words: None }
    }
}

/// The flags of an attachment in a mode.
pub(super) const fn flags(mode: AttachMode) -> u32 {
    match mode {
        AttachMode::Native => NATIVE,
        AttachMode::Generic => GENERIC,
    }
}

/// The program of the interface with this index, in the calling thread's network namespace.
pub(super) fn running(interface: u32) -> Result<Option<Running>, Refused> {
    let answer = request(RouteNetlinkMessage::GetLink(link(interface, Vec::new())), NLM_F_REQUEST)?;
    let NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewLink(link)) = answer else {
        return Err(io::Error::other("the kernel answers something else").into());
    };
    let attributes = link.attributes.iter().find_map(|attribute| match attribute {
        LinkAttribute::Xdp(attributes) => Some(attributes),
        _ => None,
    });
    Ok(attributes.and_then(|attributes| parse(attributes)))
}

/// The kernel's words for why it doesn't attach a program to an interface.
///
/// It has none for who asks by a link. By netlink it has, so the refused attachment is asked for once more that way;
/// should it be granted after all, it is taken back.
pub(super) fn refusal(interface: u32, program: BorrowedFd<'_>, mode: AttachMode) -> Option<Refused> {
    let set = |fd, flags, expected: Option<u32>| {
        let mut attributes = vec![LinkXdp::Fd(fd), LinkXdp::Flags(flags)];
        attributes.extend(expected.map(LinkXdp::ExpectedFd));
        let message = RouteNetlinkMessage::SetLink(link(interface, vec![LinkAttribute::Xdp(attributes)]));
        request(message, NLM_F_REQUEST | NLM_F_ACK)
    };
    let fd = program.as_raw_fd();
    if let Err(error) = set(fd, flags(mode) | IF_NONE, None) {
        return Some(error);
    }
    if let Err(error) = set(-1, flags(mode) | REPLACE, Some(fd.cast_unsigned())) {
        tracing::error!(interface, %error, "an attachment that was made by netlink can't be taken back");
    }
    None
}

fn parse(attributes: &[LinkXdp]) -> Option<Running> {
    let mut program = None;
    let mut mode = None;
    for attribute in attributes {
        match attribute {
            LinkXdp::ProgId(id) => program = Some(*id),
            // Where several run at once, the one that no packet can get around.
            LinkXdp::DrvProgId(id) | LinkXdp::SkbProgId(id) | LinkXdp::HwProgId(id) => program = program.or(Some(*id)),
            LinkXdp::Attached(XdpAttached::Driver) => mode = Some(AttachMode::Native),
            LinkXdp::Attached(XdpAttached::SocketBuffer) => mode = Some(AttachMode::Generic),
            _ => {}
        }
    }
    program.map(|program| Running { program, mode })
}

fn link(interface: u32, attributes: Vec<LinkAttribute>) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.index = interface;
    message.attributes = attributes;
    message
}

/// Asks the kernel one thing, on a socket of its own: the namespace is the calling thread's, and no other answer can
/// come in between.
fn request(message: RouteNetlinkMessage, flags: u16) -> Result<NetlinkPayload<RouteNetlinkMessage>, Refused> {
    let mut socket = Socket::new(NETLINK_ROUTE)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.set_ext_ack(true)?;
    socket.set_cap_ack(true)?;

    let mut message = NetlinkMessage::from(message);
    message.header.flags = flags;
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    socket.send(&bytes, 0)?;

    let (bytes, _) = socket.recv_from_full()?;
    let answer = NetlinkMessage::deserialize(&bytes).map_err(io::Error::other)?;
    match answer.payload {
        NetlinkPayload::Error(error) if error.code.is_some() => Err(Refused {
            error: error.to_io(),
            words: words(&error.header),
        }),
        payload => Ok(payload),
    }
}

/// What the kernel says beyond a number, which follows the header of the refused request.
pub(super) fn words(acknowledgement: &[u8]) -> Option<String> {
    const HEADER: usize = 16;
    const WORDS: u16 = 1;
    NlasIterator::new(acknowledgement.get(HEADER..)?)
        .filter_map(Result::ok)
        .find(|attribute: &NlaBuffer<&[u8]>| attribute.kind() == WORDS)
        .and_then(|attribute| parse_string(attribute.value()).ok())
}
