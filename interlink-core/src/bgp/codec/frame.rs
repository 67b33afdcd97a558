//! A stream of bytes, cut into messages.

use bytes::BytesMut;
use rustbgpd_wire::{
    EXTENDED_MAX_MESSAGE_LEN, MAX_MESSAGE_LEN, Message, RouteRefreshMessage, Safi, decode_message, peek_message_length,
};

use super::open::PeerOpen;
use super::update::{self, Update};
use super::{Notification, Refresh, family};
use crate::family::Family;

/// A message that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// OPEN.
    Open(Box<PeerOpen>),
    /// KEEPALIVE.
    Keepalive,
    /// UPDATE.
    Update(Box<Update>),
    /// ROUTE-REFRESH; without a meaning if it is about something that no session of ours carries.
    Refresh(Option<(Family, Refresh)>),
    /// NOTIFICATION.
    Notification(Notification),
}

/// The bytes of one connection that aren't a message yet: less than the longest message, and what was pushed last.
#[derive(Clone, Debug, Default)]
pub struct Frames {
    bytes: BytesMut,
    extended: bool,
    two_octet: bool,
}

impl Frames {
    /// Takes what was agreed on: from here on, messages may be longer, and AS numbers be shorter.
    pub const fn agree(&mut self, extended: bool, four_octet: bool) {
        self.extended = extended;
        self.two_octet = !four_octet;
    }

    /// Takes bytes as they arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole message; none if more bytes are needed. An error is what the peer is told before the session
    /// ends.
    pub fn read(&mut self) -> Result<Option<Received>, Notification> {
        let longest = if self.extended {
            EXTENDED_MAX_MESSAGE_LEN
        } else {
            MAX_MESSAGE_LEN
        };
        let refuse = |error| Notification::of_error(&error);
        let Some(length) = peek_message_length(&self.bytes, longest).map_err(refuse)? else {
            return Ok(None);
        };
        let length = usize::from(length);
        if self.bytes.len() < length {
            return Ok(None);
        }
        let mut whole = self.bytes.split_to(length).freeze();
        let message = decode_message(&mut whole, longest).map_err(refuse)?;
        match message {
            Message::Open(open) => Ok(Some(Received::Open(Box::new(PeerOpen(open))))),
            Message::Keepalive => Ok(Some(Received::Keepalive)),
            Message::Update(raw) => {
                let update = update::read(&raw, !self.two_octet)?;
                Ok(Some(Received::Update(Box::new(update))))
            }
            Message::Notification(notification) => {
                Ok(Some(Received::Notification(Notification::from_wire(notification))))
            }
            Message::RouteRefresh(refresh) => Ok(Some(Received::Refresh(meaning(&refresh)))),
            _ => Ok(Some(Received::Refresh(None))),
        }
    }
}

fn meaning(message: &RouteRefreshMessage) -> Option<(Family, Refresh)> {
    let family = family(message.afi()?)?;
    let refresh = Refresh::from_wire(message.subtype())?;
    (message.safi() == Some(Safi::Unicast)).then_some((family, refresh))
}
