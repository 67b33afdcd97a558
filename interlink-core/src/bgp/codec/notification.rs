//! NOTIFICATION: how a session ends (RFC 4271 §4.5, RFC 4486, RFC 8538, RFC 9003).

use std::fmt;

use bytes::Bytes;
use rustbgpd_wire::notification::{
    NotificationCode, cease_subcode, description, encode_shutdown_communication, extract_shutdown_communication,
    header_subcode::BAD_MESSAGE_LENGTH,
};
use rustbgpd_wire::{DecodeError, Message, NotificationMessage, encode_message};

/// The most of a peer's text that is shown.
const LONGEST_TEXT: usize = 255;

/// Why a session ends, as one of the two routers says it.
#[derive(Clone, PartialEq, Eq)]
pub struct Notification(NotificationMessage);

/// Why we end a session, which the peer is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// A message that doesn't belong there: 1 in OpenSent, 2 in OpenConfirm, 3 in Established (RFC 6608).
    Unexpected(u8),
    /// The peer said nothing for the hold time.
    HoldTimerExpired,
    /// It took nothing for the send hold time (RFC 9687).
    SendHoldTimerExpired,
    /// It announced more prefixes than are taken.
    TooManyPrefixes,
    /// An operator ends it.
    Shutdown,
    /// An operator resets it.
    Reset,
    /// Its link is gone from the configuration.
    Deconfigured,
    /// It isn't wanted at this time.
    Rejected,
    /// Its configuration changed.
    ConfigurationChanged,
    /// Another connection to the same peer is kept.
    Collision,
    /// It would take more memory than any session may have.
    OutOfResources,
}

impl Alarm {
    const fn code(self) -> (NotificationCode, u8) {
        match self {
            Self::Unexpected(subcode) => (NotificationCode::FsmError, subcode),
            Self::HoldTimerExpired => (NotificationCode::HoldTimerExpired, 0),
            Self::SendHoldTimerExpired => (NotificationCode::SendHoldTimerExpired, 0),
            Self::TooManyPrefixes => (NotificationCode::Cease, cease_subcode::MAX_PREFIXES),
            Self::Shutdown => (NotificationCode::Cease, cease_subcode::ADMINISTRATIVE_SHUTDOWN),
            Self::Reset => (NotificationCode::Cease, cease_subcode::ADMINISTRATIVE_RESET),
            Self::Deconfigured => (NotificationCode::Cease, cease_subcode::PEER_DECONFIGURED),
            Self::Rejected => (NotificationCode::Cease, cease_subcode::CONNECTION_REJECTED),
            Self::ConfigurationChanged => (NotificationCode::Cease, cease_subcode::OTHER_CONFIGURATION_CHANGE),
            Self::Collision => (NotificationCode::Cease, cease_subcode::CONNECTION_COLLISION_RESOLUTION),
            Self::OutOfResources => (NotificationCode::Cease, cease_subcode::OUT_OF_RESOURCES),
        }
    }
}

impl Notification {
    /// What the peer is told, with words for its operator where an operator is behind it (RFC 9003).
    pub fn new(alarm: Alarm, words: &str) -> Self {
        let (code, subcode) = alarm.code();
        let data = match alarm {
            Alarm::Shutdown | Alarm::Reset if !words.is_empty() => encode_shutdown_communication(words),
            Alarm::Shutdown
            | Alarm::Reset
            | Alarm::Unexpected(_)
            | Alarm::HoldTimerExpired
            | Alarm::SendHoldTimerExpired
            | Alarm::TooManyPrefixes
            | Alarm::Deconfigured
            | Alarm::Rejected
            | Alarm::ConfigurationChanged
            | Alarm::Collision
            | Alarm::OutOfResources => Bytes::new(),
        };
        Self(NotificationMessage::new(code, subcode, data))
    }

    /// The same, for a peer that would else keep our routes: a hard reset around it (RFC 8538 §3).
    #[must_use]
    pub fn hard(self) -> Self {
        let NotificationMessage { code, subcode, data } = self.0;
        let inside: Bytes = [&[code.as_u8(), subcode][..], &data].concat().into();
        Self(NotificationMessage::new(
            NotificationCode::Cease,
            cease_subcode::HARD_RESET,
            inside,
        ))
    }

    /// Whether the routes of both are to be forgotten, whatever was agreed on restarts (RFC 8538 §4).
    pub fn is_hard(&self) -> bool {
        self.0.code == NotificationCode::Cease && self.0.subcode == cease_subcode::HARD_RESET
    }

    /// Code and subcode.
    pub fn code(&self) -> (u8, u8) {
        (self.0.code.as_u8(), self.0.subcode)
    }

    /// As a message.
    pub fn encode(&self) -> Vec<u8> {
        let bare = || NotificationMessage::new(self.0.code, self.0.subcode, Bytes::new());
        let message = Message::Notification(self.0.clone());
        // What can't be sent whole is sent without its data.
        let encoded = encode_message(&message).or_else(|_| encode_message(&Message::Notification(bare())));
        encoded.map(Vec::from).unwrap_or_default()
    }

    pub(super) const fn from_wire(message: NotificationMessage) -> Self {
        Self(message)
    }

    pub(super) fn of_error(error: &DecodeError) -> Self {
        let (code, subcode, data) = match error {
            // The other crate takes what isn't an UPDATE for an OPEN.
            DecodeError::MalformedField {
                message_type: "NOTIFICATION",
                ..
            } => (NotificationCode::MessageHeader, BAD_MESSAGE_LENGTH, Bytes::new()),
            other => other.to_notification(),
        };
        Self(NotificationMessage::new(code, subcode, data))
    }
}

/// Words, and what the other operator wrote, made safe to print.
impl fmt::Display for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, subcode) = self.code();
        write!(f, "{} ({code}/{subcode})", description(self.0.code, subcode))?;
        if let (true, [code, subcode, ..]) = (self.is_hard(), self.0.data.as_ref()) {
            let inside = description(NotificationCode::from_u8(*code), *subcode);
            write!(f, ": {inside} ({code}/{subcode})")?;
        }
        match extract_shutdown_communication(&self.0) {
            Ok(Some(text)) if !text.is_empty() => {
                let text: String = text
                    .chars()
                    .map(|character| if character.is_control() { ' ' } else { character })
                    .take(LONGEST_TEXT)
                    .collect();
                write!(f, ": {text:?}")
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

impl fmt::Debug for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
