//! Exit codes, in one table that the documents repeat and a test compares.

use std::process::ExitCode;

/// Why the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It did what it was asked.
    Success,
    /// Something went wrong that none of the others is about.
    Failure,
    /// The command line can't be understood. (clap's own code.)
    Usage,
    /// The configuration has mistakes, or can't be read.
    Config,
    /// The system lacks something: root's rights, BPF in the kernel, a bpffs.
    System,
    /// Another agent holds this gateway.
    Busy,
    /// No agent answers.
    NotRunning,
    /// Not one of the NICs can be protected.
    Unprotected,
    /// The packet that `explain` was asked about would be dropped.
    WouldDrop,
    /// The API says no.
    Refused,
    /// The API doesn't answer, or something else does.
    NoApi,
}

impl Exit {
    /// Every exit.
    pub const ALL: [Self; 11] = [
        Self::Success,
        Self::Failure,
        Self::Usage,
        Self::Config,
        Self::System,
        Self::Busy,
        Self::NotRunning,
        Self::Unprotected,
        Self::WouldDrop,
        Self::Refused,
        Self::NoApi,
    ];

    /// Its number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Config => 3,
            Self::System => 4,
            Self::Busy => 5,
            Self::NotRunning => 6,
            Self::Unprotected => 7,
            Self::WouldDrop => 8,
            Self::Refused => 9,
            Self::NoApi => 10,
        }
    }

    /// What it means, as the documents have it.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Success => "done",
            Self::Failure => "something went wrong that has no code of its own",
            Self::Usage => "the command line can't be understood",
            Self::Config => "the configuration has mistakes or can't be read",
            Self::System => "the system lacks root's rights, BPF or a bpffs",
            Self::Busy => "another agent holds this gateway",
            Self::NotRunning => "no agent answers",
            Self::Unprotected => "not one of the NICs can be protected",
            Self::WouldDrop => "`explain`: the packet would be dropped",
            Self::Refused => "the API refused, and said why",
            Self::NoApi => "the API doesn't answer, or something else answers in its place",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// An error together with the exit code that it ends the command with.
#[derive(Debug)]
pub struct Failed {
    /// The code.
    pub exit: Exit,
    /// What to print.
    pub error: anyhow::Error,
}

impl Failed {
    /// An error that ends the command with this code.
    pub fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit,
            error: error.into(),
        }
    }

    /// A sentence that ends the command with this code.
    pub fn say(exit: Exit, sentence: impl Into<String>) -> Self {
        Self {
            exit,
            error: anyhow::Error::msg(sentence.into()),
        }
    }
}

impl From<anyhow::Error> for Failed {
    fn from(error: anyhow::Error) -> Self {
        Self {
            exit: Exit::Failure,
            error,
        }
    }
}
