//! A network interface, as the kernel reports it.

use std::collections::BTreeSet;

use ipnet::IpNet;

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
    /// What it is a VLAN of.
    pub vlan: Option<VlanOf>,
    /// The id of the XDP program that is attached to it, whoever attached it.
    pub xdp_program: Option<u32>,
    /// Whether it takes VLAN tags out of frames.
    pub tag_stripping: TagStripping,
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
