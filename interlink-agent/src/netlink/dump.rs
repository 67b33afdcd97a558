//! Reading a whole table of the kernel's, row by row as it comes, so that nothing but the result takes memory.

use futures::FutureExt;
use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;

use super::error::{NetlinkError, Refusal};
use super::row::Malformed;
use super::socket::{Message, RouteSocket, encode, messages};

/// Dumps on a socket of their own. The kernel runs one per socket and refuses a second with `EBUSY`, hence `&mut`.
#[derive(Debug)]
pub(super) struct Dumps {
    socket: RouteSocket,
    /// The sequence number of a dump whose end hasn't been read.
    open: Option<u32>,
}

impl Dumps {
    pub(super) fn open() -> Result<Self, NetlinkError> {
        Ok(Self {
            socket: RouteSocket::open()?,
            open: None,
        })
    }

    /// Asks for a dump and hands the payload of each row to `row`.
    pub(super) async fn run(
        &mut self,
        doing: &'static str,
        request: RouteNetlinkMessage,
        mut row: impl FnMut(&[u8]) -> Result<(), Malformed> + Send,
    ) -> Result<(), NetlinkError> {
        self.abandon().await;
        let sequence = self.socket.next_sequence();
        let mut bytes = Vec::new();
        encode(
            &mut bytes,
            sequence,
            NLM_F_REQUEST | NLM_F_DUMP,
            NetlinkPayload::InnerMessage(request),
        );
        self.socket
            .send(&bytes)
            .await
            .map_err(|source| NetlinkError::Socket { doing, source })?;
        self.open = Some(sequence);
        self.finish(doing, sequence, &mut row).await
    }

    /// Reads away what is left of a dump that its caller dropped, or that failed half-way. The kernel makes a datagram
    /// of a dump while it is asked for it, so one that isn't there at once will never be.
    async fn abandon(&mut self) {
        while let Some(sequence) = self.open {
            tokio::task::yield_now().await;
            let goes_on = match self.socket.receive().now_or_never() {
                Some(Ok(datagram)) => !messages(datagram)
                    .flatten()
                    .any(|it| it.sequence == sequence && is_last(it)),
                Some(Err(_)) | None => false,
            };
            self.open = goes_on.then_some(sequence);
        }
    }

    /// Reads the open dump to its end.
    async fn finish(
        &mut self,
        doing: &'static str,
        sequence: u32,
        row: &mut (dyn FnMut(&[u8]) -> Result<(), Malformed> + Send),
    ) -> Result<(), NetlinkError> {
        let mut unread = None;
        while self.open.is_some() {
            let datagram = match self.socket.receive().await {
                Ok(datagram) => datagram,
                Err(source) => return Err(NetlinkError::Socket { doing, source }),
            };
            for message in messages(datagram) {
                let message = message.map_err(|error| NetlinkError::Malformed {
                    doing,
                    detail: error.to_string(),
                })?;
                if message.sequence != sequence {
                    continue;
                }
                if !is_last(message) {
                    if let Err(error) = row(message.payload) {
                        unread.get_or_insert(error);
                    }
                    continue;
                }
                let refusal = match i32::from(message.kind) {
                    libc::NLMSG_DONE => Refusal::of_done(message.flags, message.payload),
                    _ => Refusal::of_error(message.flags, message.payload),
                };
                self.open = None;
                if let Some(refusal) = refusal {
                    return Err(NetlinkError::Refused { doing, refusal });
                }
                break;
            }
            // The kernel makes the next datagram while it is asked for, so a dump alone would never let others run.
            tokio::task::yield_now().await;
        }
        match unread {
            Some(error) => Err(NetlinkError::Malformed {
                doing,
                detail: error.to_string(),
            }),
            None => Ok(()),
        }
    }
}

fn is_last(message: Message<'_>) -> bool {
    matches!(i32::from(message.kind), libc::NLMSG_DONE | libc::NLMSG_ERROR)
}
