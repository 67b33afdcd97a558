//! A netlink socket that is read and written without rtnetlink's queues, which have no bound.

use std::fmt;
use std::io;

use netlink_packet_core::{DecodeError, NetlinkBuffer, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use rtnetlink::MulticastGroup;
use rtnetlink::sys::protocols::NETLINK_ROUTE;
use rtnetlink::sys::{AsyncSocket, AsyncSocketExt, Socket, SocketAddr, TokioSocket};
use rustix::net::sockopt::set_socket_recv_buffer_size_force;
use socket2::{SockFilter, SockRef};

use super::error::NetlinkError;

/// The most that is read at once, in bytes: twice what the kernel puts into one datagram of a dump.
const DATAGRAM: usize = 64 * 1024;

/// The socket, and where the next datagram goes.
pub(super) struct RouteSocket {
    socket: TokioSocket,
    /// What the kernel knows it by; in the header of every notification of a change that it asked for.
    pub(super) port: u32,
    sequence: u32,
    datagram: Vec<u8>,
}

/// One message of a datagram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    /// `nlmsg_type`.
    pub(super) kind: u16,
    /// `nlmsg_flags`.
    pub(super) flags: u16,
    /// `nlmsg_seq`.
    pub(super) sequence: u32,
    /// What follows the header.
    pub(super) payload: &'a [u8],
}

impl RouteSocket {
    /// A socket for requests.
    pub(super) fn open() -> Result<Self, NetlinkError> {
        Self::new(|socket| {
            socket
                .set_netlink_get_strict_chk(true)
                .map_err(open("NETLINK_GET_STRICT_CHK"))?;
            // An error then quotes the request's header only, so that replies have a bound.
            socket.set_cap_ack(true).map_err(open("NETLINK_CAP_ACK"))?;
            socket.set_ext_ack(true).map_err(open("NETLINK_EXT_ACK"))
        })
    }

    /// A socket for notifications, whose queue in the kernel holds `queue` bytes if it may. Routes that the socket with
    /// the port `own` asked for aren't told: a million of them would overrun it.
    pub(super) fn subscribe(groups: &[MulticastGroup], queue: usize, own: u32) -> Result<Self, NetlinkError> {
        Self::new(|socket| {
            SockRef::from(socket)
                .attach_filter(&all_but_routes_of(own))
                .map_err(open("SO_ATTACH_FILTER"))?;
            if set_socket_recv_buffer_size_force(socket, queue).is_err() {
                let queue = libc::c_int::try_from(queue).unwrap_or(libc::c_int::MAX);
                socket.set_rx_buf_sz(queue).map_err(open("SO_RCVBUF"))?;
            }
            for group in groups {
                socket
                    .add_membership(*group as u32)
                    .map_err(open("NETLINK_ADD_MEMBERSHIP"))?;
            }
            Ok(())
        })
    }

    fn new(set_up: impl FnOnce(&Socket) -> Result<(), NetlinkError>) -> Result<Self, NetlinkError> {
        let mut socket = TokioSocket::new(NETLINK_ROUTE).map_err(open("socket"))?;
        let port = socket.socket_mut().bind_auto().map_err(open("bind"))?.port_number();
        set_up(socket.socket_ref())?;
        Ok(Self {
            socket,
            port,
            sequence: 0,
            datagram: Vec::with_capacity(DATAGRAM),
        })
    }

    /// A number that no request in flight has.
    pub(super) fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    /// Sends whole messages to the kernel, which handles requests in their order before this returns.
    pub(super) async fn send(&mut self, messages: &[u8]) -> io::Result<()> {
        let sent = self.socket.send_to(messages, &SocketAddr::new(0, 0)).await?;
        if sent < messages.len() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(())
    }

    /// The next datagram from the kernel. Nothing is lost when this is dropped before it is done.
    pub(super) async fn receive(&mut self) -> io::Result<&[u8]> {
        loop {
            self.datagram.clear();
            let from = self.socket.recv_from(&mut self.datagram).await;
            if is_the_kernels(from)? {
                return whole(&self.datagram);
            }
        }
    }

    /// The next datagram from the kernel, if one is there. That an asynchronous read has to wait says less: it also
    /// does when others are to have their turn.
    pub(super) fn receive_now(&mut self) -> io::Result<Option<&[u8]>> {
        loop {
            self.datagram.clear();
            let from = self
                .socket
                .socket_ref()
                .recv_from(&mut self.datagram, libc::MSG_DONTWAIT);
            if from
                .as_ref()
                .is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
            {
                return Ok(None);
            }
            if is_the_kernels(from.map(|(_, from)| from))? {
                return whole(&self.datagram).map(Some);
            }
        }
    }
}

impl fmt::Debug for RouteSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteSocket")
            .field("port", &self.port)
            .field("sequence", &self.sequence)
            .finish_non_exhaustive()
    }
}

/// Whether there is something to read, and from the kernel.
fn is_the_kernels(from: io::Result<SocketAddr>) -> io::Result<bool> {
    match from {
        Ok(from) => Ok(from.port_number() == 0),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(error) => Err(error),
    }
}

fn whole(datagram: &Vec<u8>) -> io::Result<&[u8]> {
    if datagram.len() >= datagram.capacity() {
        let length = datagram.len();
        return Err(io::Error::other(format!("a datagram doesn't fit into {length} bytes")));
    }
    Ok(datagram)
}

/// Appends a request to a buffer of messages.
pub(super) fn encode(buffer: &mut Vec<u8>, sequence: u32, flags: u16, payload: NetlinkPayload<RouteNetlinkMessage>) {
    let mut header = NetlinkHeader::default();
    header.sequence_number = sequence;
    header.flags = flags;
    let mut message = NetlinkMessage::new(header, payload);
    message.finalize();
    let start = buffer.len();
    buffer.resize(start + message.buffer_len().next_multiple_of(4), 0);
    if let Some(place) = buffer.get_mut(start..) {
        message.serialize(place);
    }
}

/// The messages of a datagram; what follows one that can't be read is lost.
pub(super) fn messages(datagram: &[u8]) -> impl Iterator<Item = Result<Message<'_>, DecodeError>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        match NetlinkBuffer::new_checked(rest) {
            Ok(message) => {
                let length = usize::try_from(message.length()).unwrap_or(usize::MAX);
                rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
                Some(Ok(Message {
                    kind: message.message_type(),
                    flags: message.flags(),
                    sequence: message.sequence_number(),
                    payload: message.payload(),
                }))
            }
            Err(error) => {
                rest = &[];
                Some(Err(error))
            }
        }
    })
}

/// A filter of classic BPF, which sees a message from its header on and reads all numbers in network order.
fn all_but_routes_of(port: u32) -> [SockFilter; 7] {
    const TYPE: u32 = 4;
    const PORT: u32 = 12;
    const LOAD_HALF: u16 = 0x28;
    const LOAD_WORD: u16 = 0x20;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    let kind = |number: u16| u32::from(number.to_be());
    [
        SockFilter::new(LOAD_HALF, 0, 0, TYPE),
        SockFilter::new(JUMP_IF_EQUAL, 1, 0, kind(libc::RTM_NEWROUTE)),
        SockFilter::new(JUMP_IF_EQUAL, 0, 2, kind(libc::RTM_DELROUTE)),
        SockFilter::new(LOAD_WORD, 0, 0, PORT),
        SockFilter::new(JUMP_IF_EQUAL, 1, 0, port.to_be()),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
        SockFilter::new(RETURN, 0, 0, 0),
    ]
}

fn open(step: &'static str) -> impl FnOnce(io::Error) -> NetlinkError {
    move |source| NetlinkError::Open { step, source }
}

#[cfg(test)]
mod tests {
    use netlink_packet_core::NLM_F_ACK;

    use super::*;

    #[test]
    fn what_is_encoded_is_read_back() {
        let mut bytes = Vec::new();
        encode(&mut bytes, 7, NLM_F_ACK, NetlinkPayload::Noop);
        encode(&mut bytes, 8, 0, NetlinkPayload::Noop);
        let read: Vec<_> = messages(&bytes)
            .map(Result::unwrap)
            .map(|it| (it.kind, it.flags, it.sequence))
            .collect();
        assert_eq!(read, [(1, NLM_F_ACK, 7), (1, 0, 8)]);
    }

    #[test]
    fn a_broken_datagram_ends_in_an_error_and_never_in_a_panic() {
        for length in [0_u32, 1, 15, 19, 20, u32::MAX] {
            let mut bytes = vec![0; 18];
            bytes[..4].copy_from_slice(&length.to_ne_bytes());
            let read: Vec<_> = messages(&bytes).collect();
            assert!(read.last().unwrap().is_err(), "length {length}: {read:?}");
            assert!(read.len() <= 2, "length {length}: {read:?}");
        }
    }
}
