//! What can become of a call.

use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use crate::error::{ApiError, ErrorKind};

/// A call that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The API says no.
    #[error("{error}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// In its words.
        error: Box<ApiError>,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// Something on the way says no, in other words than the API's.
    #[error("HTTP status {status}, and not in the API's words{}", quoted(.begins))]
    Status {
        /// The HTTP status.
        status: u16,
        /// The beginning of what it says.
        begins: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// An answer that says yes, and isn't what was asked for.
    #[error("the answer can't be understood: {why}{}", quoted(.begins))]
    Unreadable {
        /// What is wrong with it.
        why: String,
        /// Its beginning.
        begins: String,
    },
    /// An answer that goes on and on.
    #[error("the answer is longer than {limit} bytes")]
    TooLong {
        /// How long it may be.
        limit: usize,
    },
    /// Nothing came in time.
    #[error("no answer within {} s", .after.as_secs())]
    Timeout {
        /// How long that was.
        after: Duration,
    },
    /// There is no connection, and nothing was sent.
    #[error("can't connect: {0}")]
    Unconnected(String),
    /// The connection broke, and what was sent may have arrived.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// An id that no object has.
    #[error("{0:?} is no id")]
    Id(String),
}

impl Failure {
    /// The API's refusal, if it is one.
    pub const fn refusal(&self) -> Option<&ErrorKind> {
        match self {
            Self::Refused { error, .. } => Some(&error.kind),
            Self::Status { .. }
            | Self::Unreadable { .. }
            | Self::TooLong { .. }
            | Self::Timeout { .. }
            | Self::Unconnected(_)
            | Self::Broken(_)
            | Self::Id(_) => None,
        }
    }

    /// Whether the API says that there is no such object. A 404 from something on the way doesn't.
    pub const fn is_not_found(&self) -> bool {
        matches!(self.refusal(), Some(ErrorKind::NotFound(_)))
    }

    /// How long the server asks to wait.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } | Self::Status { retry_after, .. } => *retry_after,
            Self::Unreadable { .. }
            | Self::TooLong { .. }
            | Self::Timeout { .. }
            | Self::Unconnected(_)
            | Self::Broken(_)
            | Self::Id(_) => None,
        }
    }

    /// What to do about it.
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::Refused { error, .. } => error.kind.advice(),
            Self::Status { status: 401 | 403, .. } => {
                "use a secret key that exists, hasn't expired and is allowed to do this"
            }
            Self::Status { status: 300..=399, .. } => "no redirect is followed: correct the URL of the API",
            Self::Status { status: 404, .. } => "correct the URL of the API: no API answers there",
            Self::Status { status: 407, .. } => "give the proxy's name and password in its variable",
            Self::Status { .. } => "try again later, and see what proxies on the way say",
            Self::Unreadable { .. } => "see whether the URL is the API's, and what proxies on the way do to answers",
            Self::TooLong { .. } => "see whether the URL is the API's; a policy of that size has to be split",
            Self::Timeout { .. } | Self::Unconnected(_) | Self::Broken(_) => {
                "see whether the API can be reached from here, and whether a proxy is needed (HTTPS_PROXY)"
            }
            Self::Id(_) => "take it from a list",
        }
    }
}

/// An error with everything that it is due to.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            write!(text, ": {cause_text}").unwrap_or_default();
        }
        source = cause.source();
    }
    text
}

/// The most of a strange answer that is shown.
const SHOWN: usize = 80;

/// The beginning of a body, as one line.
pub(super) fn beginning(body: &[u8]) -> String {
    let start = body.get(..SHOWN.saturating_mul(4)).unwrap_or(body);
    let text = String::from_utf8_lossy(start);
    let words: Vec<_> = text.split_whitespace().collect();
    let line: String = words
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .take(SHOWN)
        .collect();
    line
}

fn quoted(begins: &str) -> String {
    match begins {
        "" => String::new(),
        begins => format!(" (it begins with {begins:?})"),
    }
}
