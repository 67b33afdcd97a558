//! What the XDP program of one NIC holds.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use interlink_common::Reason;
use serde::Serialize;

use crate::domain::{Interconnect, Vlan};
use crate::prefix::{Address, PrefixSet};

/// Where a NIC runs the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AttachMode {
    /// In the driver, before the kernel allocates anything.
    #[default]
    Native,
    /// Behind the driver, in the kernel's generic path: for what has no native XDP, and only on request.
    Generic,
}

impl fmt::Display for AttachMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Native => "native",
            Self::Generic => "generic",
        })
    }
}

/// One family of one link, as the program sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FamilyState<A> {
    /// [`Reason::Allowed`] for an open gate, else the reason that it is closed for.
    pub gate: Reason,
    /// The two interconnect addresses.
    pub interconnect: Option<Interconnect<A>>,
    /// The addresses across the link.
    pub remote: Arc<PrefixSet<A>>,
    /// The addresses on our side.
    pub local: Arc<PrefixSet<A>>,
}

impl<A: Address> FamilyState<A> {
    /// Whether a packet with these addresses passes on the strength of the policy.
    pub fn allows(&self, source: A, destination: A) -> bool {
        self.gate == Reason::Allowed && self.remote.contains(source) && self.local.contains(destination)
    }
}

/// One link, as the program sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkState {
    /// IPv4.
    pub v4: FamilyState<Ipv4Addr>,
    /// IPv6.
    pub v6: FamilyState<Ipv6Addr>,
}

impl LinkState {
    /// Whether any packet but the link's own could pass.
    pub fn is_open(&self) -> bool {
        self.v4.gate == Reason::Allowed || self.v6.gate == Reason::Allowed
    }
}

/// What a NIC should hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NicState {
    /// Where its program runs.
    pub mode: AttachMode,
    /// Its links.
    pub links: BTreeMap<Vlan, LinkState>,
}

/// What a NIC holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObservedNic {
    /// How far our program is.
    pub attachment: Attachment,
    /// Whether the loaded program is the one that this agent would load.
    pub outdated: bool,
    /// The links in its tables.
    pub links: BTreeMap<Vlan, LinkState>,
    /// A program that is not ours and holds the NIC's place for one.
    pub foreign: Option<ForeignProgram>,
}

/// How far our program is on a NIC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attachment {
    /// Nothing of ours.
    #[default]
    Absent,
    /// Program and maps are in the kernel and pinned, but no packet runs through them.
    Loaded,
    /// Every packet runs through it.
    Attached(AttachMode),
}

/// Somebody else's XDP program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForeignProgram {
    /// The kernel's id of it.
    pub id: u32,
    /// Its name, empty where the kernel has none.
    pub name: String,
}

impl fmt::Display for ForeignProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, name } = self;
        if name.is_empty() {
            write!(f, "program {id}")
        } else {
            write!(f, "program {id} ({name})")
        }
    }
}
