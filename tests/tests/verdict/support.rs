//! A network, the program that knows it, and the question that the tests ask of both.

use std::collections::BTreeMap;
use std::thread;

use interlink_common::{Counter, Reason, SLOTS_PER_LINK, Traffic, counter_index};
use interlink_core::table::TableChoice;
use interlink_tests::{
    kernel::{Hex, Kernel, describe},
    model::{Interconnect, Judgement, Link, Network, judge},
};
use ipnet::IpNet;

/// The slot of the link without a tag: both families, open.
pub(crate) const UNTAGGED: u32 = 2;
/// The slot of the link with [`PARIS_VLAN`]: both families, open, with other prefixes. The second of its two.
pub(crate) const PARIS: u32 = 5;
pub(crate) const PARIS_VLAN: u16 = 2386;
/// The slot of the link with [`BARE_VLAN`]: both gates open, but neither a prefix nor an interconnect.
pub(crate) const BARE: u32 = 6;
pub(crate) const BARE_VLAN: u16 = 7;
/// The VLAN id of a link whose slot doesn't exist.
pub(crate) const BROKEN_VLAN: u16 = 8;

/// What every verdict is asked of.
pub(crate) const KINDS: [TableChoice; 2] = [TableChoice::Tries, TableChoice::Flat];

/// A program that keeps its prefixes in tries, another that keeps them in flat tables, and what they have counted.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) sides: [Side; 2],
    network: Network,
}

#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) tables: TableChoice,
    pub(crate) kernel: Kernel,
    counted: BTreeMap<u32, Counter>,
}

impl Bench {
    /// The program with the network that the constants of this module describe.
    pub(crate) fn new() -> Self {
        Self::with(network())
    }

    pub(crate) fn with(network: Network) -> Self {
        let sides = KINDS.map(|tables| Side {
            tables,
            kernel: Kernel::with(&network, tables),
            counted: BTreeMap::new(),
        });
        Self { sides, network }
    }

    /// The program with these links, each with the VLAN id that [`vlan_of`] gives for its place, in the slot that
    /// [`slot_of`] gives: what many networks would take a load each for.
    pub(crate) fn with_links(links: impl IntoIterator<Item = Link>) -> Self {
        let links = (0..).zip(links).map(|(place, link)| {
            let slot = slot_of(place);
            (vlan_of(place), Link { slot, ..link })
        });
        Self::with(Network {
            links: links.collect(),
            ..Network::default()
        })
    }

    /// Changes what the NIC lets pass beside its links.
    pub(crate) fn set_nic(&mut self, change: impl FnOnce(&mut Network)) {
        change(&mut self.network);
        for side in &mut self.sides {
            side.kernel.set_nic(&self.network);
        }
    }

    /// Asserts what becomes of a frame, to the program and to the model: its verdict, and that exactly one counter
    /// rises, by one packet and the frame's bytes.
    #[track_caller]
    pub(crate) fn check(&mut self, what: &str, frame: &[u8], slot: u32, traffic: Traffic, reason: Reason) {
        self.check_bytes(what, frame, slot, traffic, reason, frame.len());
    }

    /// The same for a frame that isn't counted with its whole length.
    #[track_caller]
    pub(crate) fn check_bytes(
        &mut self,
        what: &str,
        frame: &[u8],
        slot: u32,
        traffic: Traffic,
        reason: Reason,
        bytes: usize,
    ) {
        let modelled = judge(frame, &self.network);
        assert_eq!(
            modelled,
            Judgement { slot, traffic, reason },
            "the model, about {what}: {}",
            Hex(frame)
        );
        for side in &mut self.sides {
            side.check(what, frame, &modelled, bytes);
        }
    }
}

impl Side {
    #[track_caller]
    fn check(&mut self, what: &str, frame: &[u8], judgement: &Judgement, bytes: usize) {
        let Judgement { slot, traffic, reason } = *judgement;
        let what = format!("{what}, {:?}", self.tables);
        let verdict = self.kernel.run(frame);
        // Those of other links are looked at once, at the end: there are thousands.
        let near = [0, slot].into_iter().flat_map(|slot| self.kernel.counters_of(slot));
        let mut risen = Vec::new();
        for (index, after) in near.collect::<BTreeMap<_, _>>() {
            let before = self.counted.insert(index, after).unwrap_or_default();
            if before != after {
                risen.push((
                    describe(index),
                    after.packets - before.packets,
                    after.bytes - before.bytes,
                ));
            }
        }
        let expected = (describe(counter_index(slot, traffic, reason)), 1, bytes as u64);
        assert_eq!(
            risen,
            [expected],
            "the counters that rose (left), about {what}: {}",
            Hex(frame)
        );
        assert_eq!(verdict, reason.verdict(), "the action, about {what}: {}", Hex(frame));
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        if !thread::panicking() {
            let counted: BTreeMap<_, _> = self.kernel.counters().into_iter().collect();
            assert_eq!(counted, self.counted, "a counter rose that no check looked at");
        }
    }
}

/// The network of [`Bench::new`].
pub(crate) fn network() -> Network {
    let untagged = Link {
        slot: UNTAGGED,
        remote: nets(&["10.20.0.0/16", "192.0.2.128/25", "2001:db8:20::/48"]),
        local: nets(&["172.16.4.0/22", "2001:db8:16::/48"]),
        interconnects: vec![
            interconnect("169.254.0.101", "169.254.0.100", "169.254.0.100/31"),
            interconnect("fd00:0:0:1::2", "fd00:0:0:1::1", "fd00:0:0:1::/64"),
        ],
        ..open_link()
    };
    let paris = Link {
        slot: PARIS,
        remote: nets(&["10.30.0.0/16", "2001:db8:30::/48"]),
        local: nets(&["172.16.8.0/22", "2001:db8:17::/48"]),
        interconnects: vec![
            interconnect("169.254.0.9", "169.254.0.10", "169.254.0.8/29"),
            interconnect("fd00:0:0:2::", "fd00:0:0:2::1", "fd00:0:0:2::/127"),
        ],
        ..open_link()
    };
    let bare = Link {
        slot: BARE,
        ..open_link()
    };
    let broken = Link {
        slot: 128,
        ..open_link()
    };
    Network {
        links: [
            (0, untagged),
            (PARIS_VLAN, paris),
            (BARE_VLAN, bare),
            (BROKEN_VLAN, broken),
        ]
        .into(),
        ..Network::default()
    }
}

/// The VLAN id of a link in [`Bench::with_links`].
pub(crate) fn vlan_of(place: u16) -> u16 {
    place + 1
}

/// The slot of a link in [`Bench::with_links`].
pub(crate) fn slot_of(place: u16) -> u32 {
    u32::from(place + 1) * SLOTS_PER_LINK
}

/// A link with open gates and nothing else.
pub(crate) fn open_link() -> Link {
    Link {
        slot: UNTAGGED,
        gate_v4: Reason::Allowed.code(),
        gate_v6: Reason::Allowed.code(),
        remote: Vec::new(),
        local: Vec::new(),
        interconnects: Vec::new(),
    }
}

pub(crate) fn nets(nets: &[&str]) -> Vec<IpNet> {
    nets.iter().map(|net| net.parse().unwrap()).collect()
}

pub(crate) fn interconnect(ours: &str, peer: &str, subnet: &str) -> Interconnect {
    Interconnect {
        ours: ours.parse().unwrap(),
        peer: peer.parse().unwrap(),
        subnet: subnet.parse().unwrap(),
    }
}
