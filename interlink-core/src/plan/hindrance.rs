//! Why a driver refuses to run XDP natively, read from what little it says, and what to do about it.

use super::Errno;
use crate::name::InterfaceName;

/// Something that an operator can change, or can't.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hindrance {
    /// The driver knows nothing of XDP.
    Driver,
    /// The MTU is larger than what the driver takes with XDP on.
    Mtu,
    /// The NIC merges packets, or the host of a virtual one does.
    Merging,
    /// XDP takes queues, and there aren't enough.
    Queues,
    /// The bond's mode has no XDP.
    BondMode,
    /// A port of the bond can't.
    BondPort,
    /// The bond, or another device on top of the NIC, runs a program.
    Upper,
    /// A virtual NIC whose host hands headers and data over apart.
    HostBuffers,
    /// The NIC's cable has no other end.
    Peer,
    /// The driver doesn't say.
    Unsaid,
    /// Words that aren't known here.
    Other,
}

impl Hindrance {
    /// Reads a driver's words, as far as it has any, and the kernel's number.
    ///
    /// The words vary with driver and version, so it is the few that mean something that are looked for.
    pub fn of(errno: Errno, words: Option<&str>) -> Self {
        let Some(words) = words else {
            return match errno {
                ERANGE => Self::Mtu,
                ENOSPC => Self::Queues,
                _ => Self::Unsaid,
            };
        };
        let words = words.to_lowercase();
        let say = |any: &[&str]| any.iter().any(|word| words.contains(word));
        if say(&["in native mode"]) {
            Self::Driver
        } else if say(&["bonding mode", "bond mode"]) {
            Self::BondMode
        } else if say(&["slave device", "slave does"]) {
            Self::BondPort
        } else if say(&["upper device"]) {
            Self::Upper
        } else if say(&["any_header_sg"]) {
            Self::HostBuffers
        } else if say(&["peer is detached"]) {
            Self::Peer
        } else if say(&["mtu", "jumbo", "frags", "frame size"]) {
            Self::Mtu
        } else if words
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .any(|word| matches!(word, "lro" | "gro" | "gro_hw" | "hw_gro" | "csum"))
        {
            Self::Merging
        } else if say(&["queue", "channel", "tx ring", "rx ring"]) {
            Self::Queues
        } else {
            Self::Other
        }
    }

    /// What to do next.
    pub fn next_step(self, nic: &InterfaceName) -> String {
        match self {
            Self::Driver => format!("use a NIC whose driver can, or {GENERIC}"),
            Self::Mtu => format!(
                "lower the MTU at both ends of the cable until the driver takes it (`ip link set dev {nic} mtu 3498`; \
                 some need 1500), or {GENERIC}"
            ),
            Self::Merging => format!(
                "run `ethtool -K {nic} lro off rx-gro-hw off`; where that changes nothing, because the NIC is a \
                 virtual one, take the guest's offloads (TSO, ECN, UFO, CSUM) from it on its host"
            ),
            Self::Queues => format!(
                "leave queues for XDP: `ethtool -l {nic}` shows how many there are, and `ethtool -L {nic} combined N` \
                 with half the maximum is what most drivers need; a virtual NIC gets its queues from its host"
            ),
            Self::BondMode => format!(
                "set the bond to `active-backup`, `balance-rr`, `balance-xor` or `802.3ad`, the last two without the \
                 hash policy `vlan+srcmac`, or {GENERIC}"
            ),
            Self::BondPort => format!("put ports with native XDP into the bond, or {GENERIC}"),
            Self::Upper => "name the device on top of it as the link's `interface`".to_owned(),
            Self::HostBuffers => format!("give the virtual NIC the feature `any_layout` on its host, or {GENERIC}"),
            Self::Peer => "make the other end of the virtual cable first".to_owned(),
            Self::Unsaid => format!(
                "see whether the driver says more in `dmesg`; it is most often the MTU, LRO, too few queues, or SR-IOV \
                 beside it; or {GENERIC}"
            ),
            Self::Other => format!("change what the driver names, or {GENERIC}"),
        }
    }
}

const GENERIC: &str = "ask for the slower generic mode with `xdp_mode = \"generic\"` in its `[[nic]]`";

const ENOSPC: Errno = Errno(28);
const ERANGE: Errno = Errno(34);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::interface;

    #[test]
    fn the_words_of_known_drivers_are_understood() {
        for (words, hindrance) in [
            // The core, net/core/dev.c.
            (
                "underlying driver does not support XDP in native mode",
                Hindrance::Driver,
            ),
            (
                "Underlying driver does not support XDP in native mode",
                Hindrance::Driver,
            ),
            (
                "Cannot attach when an upper device already has a program",
                Hindrance::Upper,
            ),
            // veth
            ("veth: Peer MTU is too large to set XDP", Hindrance::Mtu),
            (
                "veth: XDP expects number of rx queues not less than peer tx queues",
                Hindrance::Queues,
            ),
            ("veth: Cannot set XDP when peer is detached", Hindrance::Peer),
            // virtio_net
            (
                "virtio_net: Can't set XDP while host is implementing GRO_HW/CSUM, disable GRO_HW/CSUM first",
                Hindrance::Merging,
            ),
            (
                "virtio_net: Can't set XDP while host is implementing LRO, disable LRO first",
                Hindrance::Merging,
            ),
            ("virtio_net: MTU too large to enable XDP without frags", Hindrance::Mtu),
            (
                "virtio_net: XDP expects header/data in single page, any_header_sg required",
                Hindrance::HostBuffers,
            ),
            ("virtio_net: Too few free TX rings available", Hindrance::Queues),
            // ena
            (
                "ena: Failed to set xdp program, the current MTU is larger than the maximum allowed MTU. Check the dmesg \
                 for more info",
                Hindrance::Mtu,
            ),
            (
                "ena: Failed to set xdp program, the Rx/Tx channel count should be at most half of the maximum allowed \
                 channel count. The current queue count (32), the maximal queue count (32)",
                Hindrance::Queues,
            ),
            // igc, stmmac, atlantic
            ("igc: Jumbo frames not supported", Hindrance::Mtu),
            ("atlantic: prog does not support XDP frags", Hindrance::Mtu),
            // mlx5
            (
                "can't set XDP while HW-GRO/LRO is on, disable them first",
                Hindrance::Merging,
            ),
            // hv_netvsc
            ("XDP: not support LRO", Hindrance::Merging),
            ("XDP: mtu too large", Hindrance::Mtu),
            // bnxt
            (
                "ethtool rx/tx channels must be combined to support XDP.",
                Hindrance::Queues,
            ),
            // bonding
            (
                "bond0: No native XDP support for the current bonding mode",
                Hindrance::BondMode,
            ),
            ("Slave device does not support XDP", Hindrance::BondPort),
            ("Error: the control plane is in the way", Hindrance::Other),
        ] {
            assert_eq!(Hindrance::of(Errno(22), Some(words)), hindrance, "{words}");
        }
    }

    #[test]
    fn without_words_the_number_has_to_do() {
        for (errno, hindrance) in [
            (ERANGE, Hindrance::Mtu),
            (ENOSPC, Hindrance::Queues),
            (Errno(22), Hindrance::Unsaid),
            (Errno(95), Hindrance::Unsaid),
        ] {
            assert_eq!(Hindrance::of(errno, None), hindrance, "{errno:?}");
        }
    }

    #[test]
    fn each_has_a_next_step_of_its_own() {
        let all = [
            Hindrance::Driver,
            Hindrance::Mtu,
            Hindrance::Merging,
            Hindrance::Queues,
            Hindrance::BondMode,
            Hindrance::BondPort,
            Hindrance::Upper,
            Hindrance::HostBuffers,
            Hindrance::Peer,
            Hindrance::Unsaid,
            Hindrance::Other,
        ];
        let steps: std::collections::BTreeSet<_> = all.into_iter().map(|it| it.next_step(&interface("eth1"))).collect();
        assert_eq!(steps.len(), all.len());
        assert!(
            Hindrance::Mtu
                .next_step(&interface("eth1"))
                .contains("`ip link set dev eth1 mtu 3498`")
        );
    }
}
