//! Requests by the hundred: no round trip for each, and a reply only where one is needed.

use std::io;

use netlink_packet_core::{NLM_F_ACK, NLM_F_REQUEST, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;

use super::error::{NetlinkError, Refusal};
use super::socket::{RouteSocket, encode, messages};

/// The most requests in one `sendmsg`: if every one is refused, the replies still fit into the default receive buffer.
const MOST_REQUESTS: usize = 128;

/// The most bytes in one `sendmsg`, unless a single request is longer.
const MOST_BYTES: usize = 32 * 1024;

/// Requests on a socket of their own.
#[derive(Debug)]
pub(super) struct Requests {
    socket: RouteSocket,
    bytes: Vec<u8>,
}

/// A request, and what its refusal will be known by.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) tag: usize,
    pub(super) flags: u16,
    pub(super) message: RouteNetlinkMessage,
}

impl Requests {
    pub(super) fn open() -> Result<Self, NetlinkError> {
        Ok(Self {
            socket: RouteSocket::open()?,
            bytes: Vec::with_capacity(MOST_BYTES),
        })
    }

    /// What the notifications of its own changes are known by.
    pub(super) const fn port(&self) -> u32 {
        self.socket.port
    }

    /// Has the kernel handle all requests in their order; gives the tags of those that it refused.
    pub(super) async fn run(
        &mut self,
        doing: &'static str,
        requests: impl Iterator<Item = Request> + Send,
    ) -> Result<Vec<(usize, Refusal)>, NetlinkError> {
        let mut requests = requests.peekable();
        let mut refused = Vec::new();
        let mut tags = Vec::with_capacity(MOST_REQUESTS);
        while requests.peek().is_some() {
            self.bytes.clear();
            tags.clear();
            let first = self.socket.next_sequence();
            let mut sequence = first;
            while tags.len() < MOST_REQUESTS
                && self.bytes.len() < MOST_BYTES
                && let Some(Request { tag, flags, message }) = requests.next()
            {
                encode(
                    &mut self.bytes,
                    sequence,
                    NLM_F_REQUEST | flags,
                    NetlinkPayload::InnerMessage(message),
                );
                tags.push(tag);
                sequence = self.socket.next_sequence();
            }
            // Without NLM_F_ACK the kernel replies to a request only to refuse it. The batch ends in a message that
            // does nothing but be acknowledged, after all refusals before it.
            encode(
                &mut self.bytes,
                sequence,
                NLM_F_REQUEST | NLM_F_ACK,
                NetlinkPayload::Noop,
            );
            let socket_failed = |source: io::Error| NetlinkError::Socket { doing, source };
            self.socket.send(&self.bytes).await.map_err(socket_failed)?;
            self.replies(doing, first, &tags, &mut refused).await?;
            tokio::task::yield_now().await;
        }
        Ok(refused)
    }

    /// Reads replies up to that of the batch's last message.
    async fn replies(
        &mut self,
        doing: &'static str,
        first: u32,
        tags: &[usize],
        refused: &mut Vec<(usize, Refusal)>,
    ) -> Result<(), NetlinkError> {
        loop {
            let datagram = match self.socket.receive().await {
                Ok(datagram) => datagram,
                Err(source) => return Err(NetlinkError::Socket { doing, source }),
            };
            for message in messages(datagram) {
                let message = message.map_err(|error| NetlinkError::Malformed {
                    doing,
                    detail: error.to_string(),
                })?;
                if i32::from(message.kind) != libc::NLMSG_ERROR {
                    continue;
                }
                // A reply to a batch whose caller was dropped is far outside of this one.
                let position = usize::try_from(message.sequence.wrapping_sub(first)).unwrap_or(usize::MAX);
                if position == tags.len() {
                    return Ok(());
                }
                let refusal = Refusal::of_error(message.flags, message.payload);
                if let (Some(tag), Some(refusal)) = (tags.get(position), refusal) {
                    refused.push((*tag, refusal));
                }
            }
        }
    }
}
