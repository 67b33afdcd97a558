//! What the kernel refused, and what else can go wrong on a netlink socket.

use std::fmt;
use std::io;

use interlink_core::plan::{Errno, OpError};
use netlink_packet_core::{NLM_F_ACK_TLVS, NLM_F_CAPPED, NlasIterator};

/// `NLMSGERR_ATTR_MSG`: the kernel's own words for a refusal.
const ATTRIBUTE_WORDS: u16 = 1;

/// The length of the `struct nlmsghdr` that an error quotes.
const QUOTED_HEADER: usize = 16;

/// Why something couldn't be read from the kernel, or asked of it.
#[derive(Debug, thiserror::Error)]
pub enum NetlinkError {
    /// No socket, so nothing can be done.
    #[error("opening a netlink socket: {step}: {source}")]
    Open {
        /// The system call, or its option.
        step: &'static str,
        /// Its answer.
        source: io::Error,
    },
    /// The socket failed while it was used.
    #[error("{doing}: the netlink socket failed: {source}")]
    Socket {
        /// What was being done, on which object.
        doing: &'static str,
        /// The system call's answer.
        source: io::Error,
    },
    /// The kernel said no.
    #[error("{doing}: {refusal}")]
    Refused {
        /// What was being done, on which object.
        doing: &'static str,
        /// Why.
        refusal: Refusal,
    },
    /// The kernel's answer has no meaning to us.
    #[error("{doing}: the kernel's answer can't be read: {detail}")]
    Malformed {
        /// What was being done, on which object.
        doing: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// Others changed it faster than it could be read.
    #[error("{doing}: it changed during each of {attempts} dumps, so none is a picture of one moment: try again")]
    Unstable {
        /// What was being done, on which object.
        doing: &'static str,
        /// How often it was tried.
        attempts: u32,
    },
    /// rtnetlink's connection has ended, and can't be had back.
    #[error("{doing}: the netlink connection has ended: restart the agent")]
    Closed {
        /// What was being done, on which object.
        doing: &'static str,
    },
}

impl From<NetlinkError> for OpError {
    fn from(error: NetlinkError) -> Self {
        let (doing, detail) = match error {
            NetlinkError::Open { step, source } => ("opening a netlink socket", format!("{step}: {source}")),
            NetlinkError::Socket { doing, source } => (doing, format!("the netlink socket failed: {source}")),
            NetlinkError::Refused { doing, refusal } => (doing, refusal.to_string()),
            NetlinkError::Malformed { doing, detail } => {
                (doing, format!("the kernel's answer can't be read: {detail}"))
            }
            NetlinkError::Unstable { doing, attempts } => {
                (doing, format!("it changed during each of {attempts} dumps"))
            }
            NetlinkError::Closed { doing } => (doing, "the netlink connection has ended".to_owned()),
        };
        Self::Kernel {
            doing: doing.to_owned(),
            detail,
        }
    }
}

/// The kernel's no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its number.
    pub errno: Errno,
    /// Its words, where it has some: the extended acknowledgement's message.
    pub words: Option<String>,
}

impl Refusal {
    pub(super) fn new(errno: i32, words: &str) -> Self {
        Self {
            errno: Errno(errno),
            words: Some(words.to_owned()),
        }
    }

    /// Reads the payload of `NLMSG_ERROR`: `None` is an acknowledgement.
    pub(super) fn of_error(flags: u16, payload: &[u8]) -> Option<Self> {
        let (code, quoted) = payload.split_first_chunk()?;
        Self::of_quote(flags, i32::from_ne_bytes(*code), quoted)
    }

    /// Reads what follows the number in an `NLMSG_ERROR`: the request that it quotes, then attributes.
    pub(super) fn of_quote(flags: u16, code: i32, quoted: &[u8]) -> Option<Self> {
        let request = match quoted.first_chunk() {
            Some(length) if flags & NLM_F_CAPPED == 0 => usize::try_from(u32::from_ne_bytes(*length)).ok()?,
            Some(_) | None => QUOTED_HEADER,
        };
        Self::of_code(
            flags,
            code,
            quoted.get(request.next_multiple_of(4)..).unwrap_or_default(),
        )
    }

    /// Reads the payload of `NLMSG_DONE`: `None` is the end of a dump that went well.
    pub(super) fn of_done(flags: u16, payload: &[u8]) -> Option<Self> {
        let (code, attributes) = payload.split_first_chunk()?;
        Self::of_code(flags, i32::from_ne_bytes(*code), attributes)
    }

    /// Reads what follows the number in an `NLMSG_DONE`.
    pub(super) fn of_code(flags: u16, code: i32, attributes: &[u8]) -> Option<Self> {
        let errno = code.checked_neg().filter(|errno| *errno > 0)?;
        let words = if flags & NLM_F_ACK_TLVS == 0 {
            None
        } else {
            words(attributes)
        };
        Some(Self {
            errno: Errno(errno),
            words,
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(words) = &self.words {
            write!(f, "{words}: ")?;
        }
        io::Error::from_raw_os_error(self.errno.0).fmt(f)
    }
}

fn words(attributes: &[u8]) -> Option<String> {
    let attribute = NlasIterator::new(attributes)
        .map_while(Result::ok)
        .find(|it| it.kind() == ATTRIBUTE_WORDS)?;
    let text = attribute.value().split(|byte| *byte == 0).next()?;
    Some(String::from_utf8_lossy(text).trim_end_matches('.').to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(4 + value.len()).unwrap();
        let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
        bytes.extend_from_slice(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn error(code: i32, quoted: &[u8], attributes: &[u8]) -> Vec<u8> {
        [&code.to_ne_bytes(), quoted, attributes].concat()
    }

    #[test]
    fn zero_is_an_acknowledgement() {
        assert_eq!(Refusal::of_error(NLM_F_CAPPED, &error(0, &[0; 16], &[])), None);
        assert_eq!(Refusal::of_done(0, &0_i32.to_ne_bytes()), None);
    }

    #[test]
    fn the_kernels_words_are_found_behind_a_capped_and_behind_a_whole_quote() {
        let words = attribute(ATTRIBUTE_WORDS, b"Nexthop has invalid gateway.\0");
        let wanted = Refusal::new(libc::EINVAL, "Nexthop has invalid gateway");

        let capped = error(
            -libc::EINVAL,
            &[9; 16],
            &[attribute(2, &[0; 4]), words.clone()].concat(),
        );
        assert_eq!(
            Refusal::of_error(NLM_F_CAPPED | NLM_F_ACK_TLVS, &capped),
            Some(wanted.clone())
        );

        let mut quoted = vec![0; 28];
        quoted[..4].copy_from_slice(&28_u32.to_ne_bytes());
        let whole = error(-libc::EINVAL, &quoted, &words);
        assert_eq!(Refusal::of_error(NLM_F_ACK_TLVS, &whole), Some(wanted));
    }

    #[test]
    fn odd_answers_are_read_as_far_as_they_go() {
        for bytes in [&[][..], &[1, 2, 3], &i32::MIN.to_ne_bytes(), &7_i32.to_ne_bytes()] {
            assert_eq!(Refusal::of_error(NLM_F_ACK_TLVS, bytes), None, "{bytes:?}");
            assert_eq!(Refusal::of_done(NLM_F_ACK_TLVS, bytes), None, "{bytes:?}");
        }
        let bare = Refusal {
            errno: Errno(libc::EPERM),
            words: None,
        };
        for quoted in [&[][..], &[0xff; 4], &[0xff; 16], &[0; 16], &[0; 40]] {
            let bytes = error(-libc::EPERM, quoted, &[]);
            assert_eq!(
                Refusal::of_error(NLM_F_ACK_TLVS, &bytes),
                Some(bare.clone()),
                "{quoted:?}"
            );
        }
    }
}
