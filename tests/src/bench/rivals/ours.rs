//! The program itself, filled by the agent's own code, and the program that drops everything.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use aya::programs::{Xdp, XdpMode};
use aya::{Ebpf, EbpfLoader};
use interlink_agent::dataplane::Dataplane;
use interlink_agent::dataplane::object::BENCH_OBJECT;
use interlink_common::{Reason, Verdict};
use interlink_core::domain::{Interconnect, Vlan};
use interlink_core::name::InterfaceName;
use interlink_core::prefix::Prefix;
use interlink_core::state::{AttachMode, FamilyState, Interface, LinkState, TagStripping};
use interlink_core::table::TableChoice;

use super::{Filter, Policy};
use crate::bench::wire::index;
use crate::kernel::offer;
use crate::lab::{LINK, Lab};

/// Interlink's data plane on the gateway's link, in this thread, whose network is the gateway's.
#[derive(Debug)]
pub struct Ours {
    dataplane: Dataplane,
}

impl Ours {
    /// Attaches it, with a policy in tables of a kind.
    pub fn new(lab: &Lab, tables: TableChoice, policy: &Policy) -> Self {
        let state = state(policy);
        let interface = interface(lab);
        let mut dataplane = Dataplane::open(&lab.bpffs()).unwrap();
        dataplane.load(&nic()).unwrap();
        dataplane.choose_tables(&nic(), tables);
        dataplane.set_link(&nic(), untagged(), &state).unwrap();
        dataplane.attach(&nic(), AttachMode::Native, &interface).unwrap();
        Self { dataplane }
    }
}

impl Filter for Ours {
    fn dropped(&self) -> u64 {
        let rows = self.dataplane.counters(&nic()).unwrap();
        let dropped = rows.iter().filter(|row| row.reason.verdict() == Verdict::Drop);
        dropped.map(|row| row.packets).sum()
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        let detached = self.dataplane.detach(&nic());
        if !std::thread::panicking() {
            detached.unwrap();
        }
    }
}

/// An open link with the policy's prefixes.
fn state(policy: &Policy) -> LinkState {
    let interconnect = Interconnect::new(
        (Ipv4Addr::new(169, 254, 0, 100), 31),
        (Ipv4Addr::new(169, 254, 0, 101), 31),
    );
    LinkState {
        v4: FamilyState {
            gate: Reason::Allowed,
            interconnect: Some(interconnect.unwrap()),
            remote: Arc::new(policy.listed.iter().copied().collect()),
            local: Arc::new(
                [Prefix::containing(Ipv4Addr::new(172, 16, 4, 0), 22)]
                    .into_iter()
                    .collect(),
            ),
        },
        v6: FamilyState {
            gate: Reason::Allowed,
            interconnect: None,
            remote: Arc::default(),
            local: Arc::default(),
        },
    }
}

fn interface(lab: &Lab) -> Interface {
    Interface {
        index: u32::try_from(index(&lab.gateway, LINK)).unwrap(),
        up: true,
        carrier: true,
        mtu: 1500,
        addresses: BTreeSet::new(),
        our_addresses: BTreeSet::new(),
        is_ours: false,
        vrf: None,
        vlan: None,
        xdp_program: None,
        tag_stripping: TagStripping::Off,
    }
}

fn nic() -> InterfaceName {
    InterfaceName::new(LINK).unwrap()
}

fn untagged() -> Vlan {
    Vlan::from_index(0).unwrap()
}

/// Drops everything, and goes when it is dropped itself.
pub(super) struct Bare<'l> {
    lab: &'l Lab,
    _attached: Ebpf,
}

impl<'l> Bare<'l> {
    pub(super) fn new(lab: &'l Lab) -> Self {
        let mut ebpf = EbpfLoader::new().load(BENCH_OBJECT).unwrap();
        let program: &mut Xdp = ebpf.program_mut("drop_all").unwrap().try_into().unwrap();
        offer(program).unwrap();
        program.attach(LINK, XdpMode::Driver).unwrap();
        Self { lab, _attached: ebpf }
    }
}

impl Filter for Bare<'_> {
    fn dropped(&self) -> u64 {
        super::dropped_by_xdp(self.lab)
    }
}
