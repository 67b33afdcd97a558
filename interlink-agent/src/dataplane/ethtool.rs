//! Whether a NIC takes VLAN tags out of frames, asked of the kernel by ethtool's netlink and told to it.

use interlink_core::name::InterfaceName;
use interlink_core::state::TagStripping;
use netlink_packet_core::parse_string;

use super::genl::{self, Attributes, each};
use super::xdp::Refused;

/// The kernel's names of what takes out tags of 802.1Q and of 802.1ad.
pub(super) const FEATURES: [&str; 2] = ["rx-vlan-hw-parse", "rx-vlan-stag-hw-parse"];

/// The messages and attributes of linux/ethtool_netlink.h.
const FAMILY: &str = "ethtool";
const FEATURES_GET: u8 = 11;
const FEATURES_SET: u8 = 12;
const HEADER: u16 = 1;
const CHANGEABLE: u16 = 2;
const WANTED: u16 = 3;
const ACTIVE: u16 = 4;
const NEVER_CHANGED: u16 = 5;
const DEVICE_NAME: u16 = 2;
const HEADER_FLAGS: u16 = 3;
const OMIT_REPLY: u32 = 1 << 1;
const NO_MASK: u16 = 1;
const BITS: u16 = 3;
const BIT: u16 = 1;
const BIT_NAME: u16 = 2;
const BIT_VALUE: u16 = 3;

/// What a NIC takes out of frames.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stripping {
    /// The features that are on.
    pub(super) active: Vec<&'static str>,
    /// Those of them that the driver turns off on request.
    pub(super) changeable: Vec<&'static str>,
}

impl Stripping {
    /// Asks about an interface, in the calling thread's network namespace.
    pub(super) fn of(interface: &InterfaceName) -> Result<Self, Refused> {
        let header = Attributes::default().with_text(DEVICE_NAME, interface.as_str());
        let question = Attributes::default().with_nest(HEADER, &header);
        let answer = genl::request(genl::family(FAMILY)?, FEATURES_GET, &question)?;
        let set = |kind| {
            let found = each(&answer).find(|attribute| attribute.kind() == kind);
            found.map(|bitset| names(bitset.value())).unwrap_or_default()
        };
        let (active, changeable, never) = (set(ACTIVE), set(CHANGEABLE), set(NEVER_CHANGED));
        let has = |set: &[String], feature: &str| set.iter().any(|name| name == feature);
        let active: Vec<_> = FEATURES.into_iter().filter(|feature| has(&active, feature)).collect();
        let changes = |feature: &&&str| has(&changeable, feature) && !has(&never, feature);
        Ok(Self {
            changeable: active.iter().filter(changes).copied().collect(),
            active,
        })
    }

    /// In the core's terms.
    pub(super) fn state(&self) -> TagStripping {
        if self.active.is_empty() {
            TagStripping::Off
        } else if self.active == self.changeable {
            TagStripping::On
        } else {
            TagStripping::Fixed
        }
    }
}

/// Turns features of an interface on or off. A driver that doesn't comply may still say nothing.
pub(super) fn set(interface: &InterfaceName, features: &[&str], on: bool) -> Result<(), Refused> {
    let header = Attributes::default()
        .with_text(DEVICE_NAME, interface.as_str())
        .with(HEADER_FLAGS, &OMIT_REPLY.to_ne_bytes());
    let bits = features.iter().fold(Attributes::default(), |bits, feature| {
        let bit = Attributes::default().with_text(BIT_NAME, feature);
        bits.with_nest(BIT, &if on { bit.with(BIT_VALUE, &[]) } else { bit })
    });
    let wanted = Attributes::default().with_nest(BITS, &bits);
    let request = Attributes::default()
        .with_nest(HEADER, &header)
        .with_nest(WANTED, &wanted);
    genl::request(genl::family(FAMILY)?, FEATURES_SET, &request)?;
    Ok(())
}

/// The names of the bits that are set in a bitset, which lists these alone or all with their values.
fn names(bitset: &[u8]) -> Vec<String> {
    let lists_set_ones = each(bitset).any(|attribute| attribute.kind() == NO_MASK);
    let mut names = Vec::new();
    for list in each(bitset).filter(|attribute| attribute.kind() == BITS) {
        for bit in each(list.value()) {
            let is_set = lists_set_ones || each(bit.value()).any(|attribute| attribute.kind() == BIT_VALUE);
            let name = each(bit.value()).find(|attribute| attribute.kind() == BIT_NAME);
            if is_set {
                names.extend(name.and_then(|name| parse_string(name.value()).ok()));
            }
        }
    }
    names
}
