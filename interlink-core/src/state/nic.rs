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

/// What becomes of the frames that belong to no link of a NIC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OtherVlans {
    /// They are dropped: the NIC is the links' own.
    #[default]
    Drop,
    /// They pass: others share the NIC.
    Pass,
}

impl fmt::Display for OtherVlans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Drop => "drop",
            Self::Pass => "pass",
        })
    }
}

/// What a NIC lets pass beside its links. The default is the strictest: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NicSettings {
    /// Frames of other VLANs, and those without a tag where no link is untagged.
    pub other_vlans: OtherVlans,
    /// LLDP.
    pub lldp: bool,
    /// LACP.
    pub lacp: bool,
}

impl NicSettings {
    /// What both let pass.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            other_vlans: match (self.other_vlans, other.other_vlans) {
                (OtherVlans::Pass, OtherVlans::Pass) => OtherVlans::Pass,
                (OtherVlans::Drop, _) | (_, OtherVlans::Drop) => OtherVlans::Drop,
            },
            lldp: self.lldp && other.lldp,
            lacp: self.lacp && other.lacp,
        }
    }
}

impl fmt::Display for NicSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            other_vlans,
            lldp,
            lacp,
        } = self;
        let verdict = |passes: &bool| if *passes { "pass" } else { "drop" };
        write!(
            f,
            "other VLANs {other_vlans}, LLDP {}, LACP {}",
            verdict(lldp),
            verdict(lacp)
        )
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
    /// What it lets pass beside its links.
    pub settings: NicSettings,
    /// Its links.
    pub links: BTreeMap<Vlan, LinkState>,
}

impl NicState {
    /// Whether frames can't be told apart without their tags.
    pub fn needs_tags(&self) -> bool {
        let is_tagged = |vlan: &Vlan| vlan.id().is_some();
        self.links.keys().any(is_tagged) || self.settings.other_vlans == OtherVlans::Pass
    }
}

/// What a NIC holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObservedNic {
    /// How far our program is.
    pub attachment: Attachment,
    /// Whether the loaded program is the one that this agent would load.
    pub outdated: bool,
    /// What it lets pass beside its links.
    pub settings: NicSettings,
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
