//! A network interface, as the kernel reports it.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::TableNumber;
use crate::domain::LinkKey;
use crate::name::InterfaceName;

/// What there is to know of one interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its index, which changes when it is made anew.
    pub index: u32,
    /// Whether it is administratively up.
    pub up: bool,
    /// Whether the other end is there.
    pub carrier: bool,
    /// In bytes, without the Ethernet header.
    pub mtu: u32,
    /// Its addresses, host bits kept.
    pub addresses: BTreeSet<IpNet>,
    /// Those that the agent gave it.
    pub our_addresses: BTreeSet<IpNet>,
    /// Whether the agent made it.
    pub is_ours: bool,
    /// The table that it stands for, where it is a VRF.
    pub vrf: Option<TableNumber>,
    /// What it is a VLAN of.
    pub vlan: Option<VlanOf>,
    /// The id of the XDP program that is attached to it, whoever attached it.
    pub xdp_program: Option<u32>,
    /// Whether it takes VLAN tags out of frames.
    pub tag_stripping: TagStripping,
}

/// The `ifalias` of the interfaces that the agent made. There is no other mark that an operator sees, that a kernel of
/// any age keeps, and that nobody sets by chance.
pub const OUR_ALIAS: &str = "made by interlink";

/// What an interface that the agent manages should be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Managed {
    /// The link that it is for.
    pub link: LinkKey,
    /// The addresses that the link needs it to have.
    pub addresses: BTreeSet<IpNet>,
}

/// Whether a NIC takes the VLAN tags out of frames, and hands them over beside: the program sees frames without a tag
/// then, and takes those of every VLAN for the untagged link's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TagStripping {
    /// It doesn't, as far as anybody can tell.
    #[default]
    Off,
    /// It does, and can be told not to.
    On,
    /// It does, and its driver has no way to turn that off.
    Fixed,
}

/// The parent of a VLAN interface, and its id there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VlanOf {
    /// The name of the parent.
    pub parent: InterfaceName,
    /// The 802.1Q id.
    pub id: u16,
}
