//! What can go wrong between us and the kernel.

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;

use interlink_core::name::InterfaceName;
use interlink_core::plan::OpError;

/// Why the data plane can't be had.
#[derive(Debug, thiserror::Error)]
pub enum DataplaneError {
    /// The process may not.
    #[error("the agent lacks {0}: run it as root, or give it these capabilities")]
    Capabilities(String),
    /// The kernel can't.
    #[error("this kernel has no BPF: run one that was built with CONFIG_BPF_SYSCALL")]
    NoBpf,
    /// There is nowhere to pin to.
    #[error(
        "there is no BPF file system at {}, and none can be mounted there ({detail}): mount one with \
         `mount -t bpf bpf DIRECTORY`, and name it with --bpffs",
        path.display()
    )]
    NoBpffs {
        /// Where one was looked for.
        path: PathBuf,
        /// The reason.
        detail: String,
    },
    /// The BPF file system would end with the process, and all enforcement with it.
    #[error(
        "the BPF file system at {} is not visible outside the agent's mount namespace, so enforcement would end with \
         the agent (`ip netns exec` makes such namespaces): mount one outside with `mount -t bpf bpf DIRECTORY`, and \
         name it with --bpffs",
        path.display()
    )]
    PrivateBpffs {
        /// Where it is.
        path: PathBuf,
    },
    /// Two agents would undo each other's work.
    #[error("another interlink-agent holds {}: stop it first", path.display())]
    Held {
        /// What only one may hold.
        path: PathBuf,
    },
    /// There is nothing to watch.
    #[error(
        "no program of ours{} is loaded below {}: start the agent with `interlink-agent run --config FILE`, or name its \
         BPF file system with --bpffs",
        nic.as_ref().map(|nic| format!(" for {nic}")).unwrap_or_default(),
        path.display()
    )]
    NothingLoaded {
        /// Where one was looked for.
        path: PathBuf,
        /// For which NIC, if for one alone.
        nic: Option<InterfaceName>,
    },
    /// A dropped packet is read once.
    #[error("another `interlink-agent drops` watches {nic}: end it first")]
    Watched {
        /// The NIC.
        nic: InterfaceName,
    },
    /// Anything else that the kernel said.
    #[error("{doing}: {detail}")]
    Kernel {
        /// What was being done, on which object.
        doing: String,
        /// The kernel's words.
        detail: String,
    },
}

/// The kernel said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KernelError {
    /// What was being done, on which object.
    pub(super) doing: String,
    /// The kernel's words.
    pub(super) detail: String,
}

/// Adds to an error what was being done.
pub(super) trait Doing<T> {
    /// Names the doing, as in "reading the map X".
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T, KernelError>;
}

impl<T, E: Error> Doing<T> for Result<T, E> {
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T, KernelError> {
        self.map_err(|error| KernelError {
            doing: doing(),
            detail: chain(&error),
        })
    }
}

impl From<KernelError> for DataplaneError {
    fn from(KernelError { doing, detail }: KernelError) -> Self {
        Self::Kernel { doing, detail }
    }
}

impl From<KernelError> for OpError {
    fn from(KernelError { doing, detail }: KernelError) -> Self {
        Self::Kernel { doing, detail }
    }
}

/// An error and its causes, each once: aya repeats a cause where its error is transparent.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            // Writing to a string doesn't fail.
            let _infallible = write!(text, ": {words}");
        }
        source = cause.source();
    }
    text
}
