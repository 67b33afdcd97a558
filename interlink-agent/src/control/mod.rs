//! The socket between the agent and its commands: one line of JSON each way.

mod client;
mod server;

use std::num::NonZeroU64;

use interlink_core::bgp::session::SessionReport;
use interlink_core::report::{Report, RoutePage};
use interlink_core::state::RouteKey;
use serde::{Deserialize, Serialize};

pub use client::{AskError, ask};
pub use server::{Asked, BindError, Requests, Server};

/// What a command asks of the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// What is enforced?
    Status,
    /// What would be done?
    Plan {
        /// For this text in place of the agent's own file.
        candidate: Option<String>,
    },
    /// Would this packet pass?
    Explain {
        /// Its source.
        source: std::net::IpAddr,
        /// Its destination.
        destination: std::net::IpAddr,
        /// Which link it comes from; may be left out where there is one.
        link: Option<String>,
    },
    /// Which routes are wanted, and how do they stand?
    Routes {
        /// Those of this VPC.
        vpc: Option<String>,
        /// Those across this link.
        link: Option<String>,
        /// Those behind this one.
        after: Option<RouteKey>,
    },
    /// How do the BGP sessions stand?
    Sessions {
        /// Of which link; left out, of all.
        link: Option<String>,
    },
    /// Begin the sessions of a link anew.
    ResetSession {
        /// The link.
        link: String,
    },
    /// Have the peer of a link say everything again.
    RefreshSession {
        /// The link.
        link: String,
    },
    /// What is Prometheus told?
    Metrics,
    /// Read the file again.
    Reload,
    /// Put a candidate in force on trial. When it is confirmed it becomes the file.
    Try {
        /// Its text.
        candidate: String,
        /// How long it has to be confirmed in.
        confirm_within_seconds: NonZeroU64,
    },
    /// Keep what is on trial.
    Confirm,
    /// Go back to what was before.
    Undo,
}

impl Request {
    /// Whether it changes anything. Who may only look may not ask that.
    pub const fn changes(&self) -> bool {
        match self {
            Self::Status
            | Self::Plan { .. }
            | Self::Explain { .. }
            | Self::Routes { .. }
            | Self::Sessions { .. }
            | Self::Metrics => false,
            Self::ResetSession { .. }
            | Self::RefreshSession { .. }
            | Self::Reload
            | Self::Try { .. }
            | Self::Confirm
            | Self::Undo => true,
        }
    }
}

/// What the agent answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// To [`Request::Status`].
    Status(Box<Report>),
    /// To [`Request::Plan`]: the plan in words.
    Plan {
        /// Its lines.
        text: String,
    },
    /// To [`Request::Explain`].
    Explain(Explained),
    /// To [`Request::Routes`]: some of them.
    Routes(RoutePage),
    /// To [`Request::Sessions`].
    Sessions {
        /// By link, then IPv4's first.
        sessions: Vec<SessionReport>,
    },
    /// To [`Request::Metrics`].
    Metrics {
        /// In Prometheus' text format.
        text: String,
    },
    /// To the rest: what was done, in words.
    Done {
        /// One sentence.
        text: String,
    },
    /// To anything that can't be done.
    Refused {
        /// The exit code that the command ends with.
        code: u8,
        /// Why, and what to do.
        text: String,
    },
}

/// An explanation, with its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// Whether it would pass.
    pub passes: bool,
    /// The reason's name.
    pub reason: String,
    /// How the source stands to the remote prefixes: `within`, `not_announced`, `nearest` or `no_prefix`.
    pub source: String,
    /// How the destination stands to the local ones.
    pub destination: String,
    /// The link.
    pub link: String,
    /// In words, line by line.
    pub lines: Vec<String>,
}
