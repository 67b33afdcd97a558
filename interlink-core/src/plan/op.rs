//! The steps that a plan is made of, and what can come back of one.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use ipnet::IpNet;

use interlink_common::Reason;

use super::{Hindrance, some};
use crate::domain::{LinkKey, Vlan};
use crate::name::{InterfaceName, Name};
use crate::state::{AttachMode, Edit, ForeignProgram, LinkState, NicSettings, Route, Routes, Rule};

/// One change of the kernel. Each is whole or not at all, but for the routes, which are one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Put program and maps of a NIC into the kernel and pin them, without a link in their tables and without
    /// attaching them.
    Load {
        /// The NIC.
        nic: InterfaceName,
    },
    /// Put this agent's program in the place of the loaded one, tables and counters kept, in one step that no packet
    /// falls into.
    Replace {
        /// The NIC.
        nic: InterfaceName,
    },
    /// Switch a link to a new state, both families and directions in one step.
    SetLink {
        /// The NIC.
        nic: InterfaceName,
        /// The link on it.
        vlan: Vlan,
        /// The new state.
        state: Box<LinkState>,
        /// Set where that is all there is to change.
        edit: Option<Edit>,
    },
    /// Forget a link: its frames are of an unknown VLAN from then on.
    RemoveLink {
        /// The NIC.
        nic: InterfaceName,
        /// The link on it.
        vlan: Vlan,
    },
    /// Set what a NIC lets pass beside its links.
    SetNic {
        /// The NIC.
        nic: InterfaceName,
        /// What passes from then on.
        settings: NicSettings,
    },
    /// Run every packet of a NIC through its loaded program.
    Attach {
        /// The NIC.
        nic: InterfaceName,
        /// Where.
        mode: AttachMode,
    },
    /// Have a NIC leave the VLAN tags in frames, for the program to see them.
    KeepTags {
        /// The NIC.
        nic: InterfaceName,
    },
    /// Install routes, in place of those of ours with the same key.
    AddRoutes(Arc<Routes>),
    /// Remove routes of ours.
    RemoveRoutes(Arc<Routes>),
    /// Make rules.
    AddRules(BTreeSet<Rule>),
    /// Remove rules of ours.
    RemoveRules(BTreeSet<Rule>),
    /// Make the VLAN interface of a link, marked as ours, and bring it up.
    MakeVlan {
        /// Its name.
        interface: InterfaceName,
        /// The link.
        link: LinkKey,
    },
    /// Bring an interface up.
    BringUp {
        /// The interface.
        interface: InterfaceName,
    },
    /// Give an interface of ours the MTU of its NIC.
    SetMtu {
        /// The interface.
        interface: InterfaceName,
        /// In bytes.
        mtu: u32,
    },
    /// Give an interface addresses, marked as ours.
    AddAddresses {
        /// The interface.
        interface: InterfaceName,
        /// The addresses.
        addresses: BTreeSet<IpNet>,
    },
    /// Take addresses of ours from an interface.
    RemoveAddresses {
        /// The interface.
        interface: InterfaceName,
        /// The addresses.
        addresses: BTreeSet<IpNet>,
    },
    /// Remove an interface of ours.
    RemoveInterface {
        /// The interface.
        interface: InterfaceName,
    },
}

/// What a step is about: where one fails, those about the same are not tried again at once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A NIC and its program.
    Nic(InterfaceName),
    /// The routes as a whole.
    Routes,
    /// The rules.
    Rules,
    /// An interface and its addresses.
    Interface(InterfaceName),
}

impl Op {
    /// The NIC that it is about.
    pub const fn nic(&self) -> Option<&InterfaceName> {
        match self {
            Self::Load { nic }
            | Self::Replace { nic }
            | Self::SetLink { nic, .. }
            | Self::RemoveLink { nic, .. }
            | Self::SetNic { nic, .. }
            | Self::Attach { nic, .. }
            | Self::KeepTags { nic } => Some(nic),
            Self::AddRoutes(_)
            | Self::RemoveRoutes(_)
            | Self::AddRules(_)
            | Self::RemoveRules(_)
            | Self::MakeVlan { .. }
            | Self::BringUp { .. }
            | Self::SetMtu { .. }
            | Self::AddAddresses { .. }
            | Self::RemoveAddresses { .. }
            | Self::RemoveInterface { .. } => None,
        }
    }

    /// What it is about.
    pub fn subject(&self) -> Subject {
        match self {
            Self::Load { nic }
            | Self::Replace { nic }
            | Self::SetLink { nic, .. }
            | Self::RemoveLink { nic, .. }
            | Self::SetNic { nic, .. }
            | Self::Attach { nic, .. }
            | Self::KeepTags { nic } => Subject::Nic(nic.clone()),
            Self::AddRoutes(_) | Self::RemoveRoutes(_) => Subject::Routes,
            Self::AddRules(_) | Self::RemoveRules(_) => Subject::Rules,
            Self::MakeVlan { interface, .. }
            | Self::BringUp { interface }
            | Self::SetMtu { interface, .. }
            | Self::AddAddresses { interface, .. }
            | Self::RemoveAddresses { interface, .. }
            | Self::RemoveInterface { interface } => Subject::Interface(interface.clone()),
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load { nic } => write!(f, "load the program for {nic}"),
            Self::Replace { nic } => write!(f, "replace the program of {nic}"),
            Self::SetLink {
                nic,
                vlan,
                state,
                edit: _,
            } => {
                write!(
                    f,
                    "set the link on {nic} ({vlan}): IPv4 {}, IPv6 {}",
                    gate(state.v4.gate),
                    gate(state.v6.gate)
                )
            }
            Self::RemoveLink { nic, vlan } => write!(f, "remove the link on {nic} ({vlan})"),
            Self::SetNic { nic, settings } => write!(f, "set {nic}: {settings}"),
            Self::Attach { nic, mode } => write!(f, "attach the program to {nic} in {mode} mode"),
            Self::KeepTags { nic } => write!(f, "have {nic} leave the VLAN tags in frames"),
            Self::AddRoutes(routes) => write!(f, "add {}", count(routes)),
            Self::RemoveRoutes(routes) => write!(f, "remove {}", count(routes)),
            Self::AddRules(rules) => write!(f, "add rules ({})", some(rules.iter(), rules.len())),
            Self::RemoveRules(rules) => write!(f, "remove rules ({})", some(rules.iter(), rules.len())),
            Self::MakeVlan { interface, link } => write!(f, "make the interface {interface} of the link on {link}"),
            Self::BringUp { interface } => write!(f, "bring {interface} up"),
            Self::SetMtu { interface, mtu } => write!(f, "set the MTU of {interface} to {mtu}"),
            Self::AddAddresses { interface, addresses } => {
                write!(f, "add to {interface}: {}", some(addresses.iter(), addresses.len()))
            }
            Self::RemoveAddresses { interface, addresses } => {
                write!(
                    f,
                    "remove from {interface}: {}",
                    some(addresses.iter(), addresses.len())
                )
            }
            Self::RemoveInterface { interface } => write!(f, "remove the interface {interface}"),
        }
    }
}

/// How many routes there are, and a few of them.
fn count(routes: &Routes) -> String {
    let named = routes.iter().map(|(key, path)| Route {
        key,
        path: path.clone(),
    });
    let named = some(named, routes.len());
    match routes.len() {
        1 => format!("1 route ({named})"),
        more => format!("{more} routes ({named})"),
    }
}

fn gate(reason: Reason) -> &'static str {
    if reason == Reason::Allowed {
        "open"
    } else {
        reason.name()
    }
}

/// An error number of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Errno(pub i32);

/// What kept an operation from being done. Nothing of it happened, but for [`OpError::Routes`], where the routes that
/// are not named did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpError {
    /// There is no such interface.
    #[error("interface {0} doesn't exist")]
    NoInterface(InterfaceName),
    /// It is there and down, so the kernel takes no route to it.
    #[error("interface {0} is down: bring it up with `ip link set dev {0} up`")]
    InterfaceDown(InterfaceName),
    /// An interface has the name that the link's would have, and is another.
    #[error(
        "interface {interface} is not the one of the link on {link}: rename it, or make the link's with \
         `ip link add link {} name NAME type vlan id {}`",
        link.interface,
        link.vlan.index()
    )]
    OtherInterface {
        /// The interface.
        interface: InterfaceName,
        /// The place of the link.
        link: LinkKey,
    },
    /// A link's interface hasn't our address.
    #[error(
        "interface {interface} lacks the link's address: run `ip address add {address} dev {interface}`, or have the \
         agent see to it with `manage_interface = true`"
    )]
    NoAddress {
        /// The interface.
        interface: InterfaceName,
        /// The address.
        address: IpNet,
    },
    /// A VPC's VRF isn't there.
    #[error(
        "{vrf} is no VRF, so the routes of vpc {:?} have no table: make it with `ip link add {vrf} type vrf table \
         NUMBER` and `ip link set {vrf} up`",
        vpc.as_str()
    )]
    NoVrf {
        /// The VPC.
        vpc: Name,
        /// The name of its VRF.
        vrf: InterfaceName,
    },
    /// Somebody else's program is there.
    #[error(
        "{nic} runs an XDP program that isn't ours, {program}: detach it first (`ip link set dev {nic} xdp off`, or \
         stop what attached it)"
    )]
    ForeignProgram {
        /// The NIC.
        nic: InterfaceName,
        /// Whose.
        program: ForeignProgram,
    },
    /// The driver can't.
    #[error("{nic} can't run XDP natively ({detail}): {}", hindrance.next_step(nic))]
    NoNativeXdp {
        /// The NIC.
        nic: InterfaceName,
        /// What stands in the way.
        hindrance: Hindrance,
        /// The kernel's words.
        detail: String,
    },
    /// A NIC has one mode for as long as it is attached: another would leave it open in between.
    #[error(
        "{nic} is attached in {attached} mode and should be in {wanted} mode: run `interlink-agent unload`, which \
         leaves it open until the agent attaches it again"
    )]
    ModeChange {
        /// The NIC.
        nic: InterfaceName,
        /// As it is.
        attached: AttachMode,
        /// As it should be.
        wanted: AttachMode,
    },
    /// The NIC takes VLAN tags out of frames, and won't stop.
    #[error(
        "{nic} takes the VLAN tags out of frames, so nobody can tell its links apart, and doesn't stop ({detail}): use \
         a NIC whose driver lets `ethtool -K {nic} rxvlan off` turn that off, or have it carry one untagged link alone"
    )]
    TagsStripped {
        /// The NIC.
        nic: InterfaceName,
        /// The kernel's words.
        detail: String,
    },
    /// The kernel refused some routes.
    #[error("the kernel refused {} of the routes, first {}", refused.len(), first(refused))]
    Routes {
        /// Which, and why.
        refused: Vec<RefusedRoute>,
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

/// A route that the kernel didn't take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRoute {
    /// The route.
    pub route: Route,
    /// Its number for the reason.
    pub errno: Errno,
    /// Its words for the reason.
    pub detail: String,
}

impl fmt::Display for RefusedRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.route, self.detail)
    }
}

fn first(refused: &[RefusedRoute]) -> String {
    refused.first().map_or_else(String::new, ToString::to_string)
}
