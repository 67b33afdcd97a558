//! The kernel's side of the packet filter: one XDP program for each NIC, its tables and its counters.
//!
//! What the kernel holds is the only state there is, and it stays when the agent ends. Each call opens what is pinned and
//! reads or changes that; a small change ([`Dataplane::edit_link`]) goes by what the last look found, which nobody else
//! changes meanwhile, as the pins are held.
//!
//! A link's state changes as a whole, by one store ([`Dataplane::set_link`]). A NIC is attached once; another program
//! takes the place of the attached one without a packet in between.

mod attach;
mod bpffs;
mod contents;
mod counters;
mod edit;
mod entry;
mod error;
mod ethtool;
mod flat;
mod genl;
mod grace;
mod grow;
mod load;
mod maps;
mod memory;
mod nic;
pub mod object;
mod observe;
mod pages;
mod pins;
mod segments;
mod slots;
mod switch;
mod sys;
mod tables;
mod tags;
mod unload;
mod watch;
mod xdp;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use interlink_core::domain::Vlan;
use interlink_core::metrics::TableMemory;
use interlink_core::name::InterfaceName;
use interlink_core::plan::OpError;
use interlink_core::report::CounterRow;
use interlink_core::state::{AttachMode, Edit, Interface, LinkState, NicSettings, ObservedNic};
use interlink_core::table::TableChoice;
use rustix::thread::CapabilitySet;

pub(crate) use sys::set_socket_option;

pub use error::DataplaneError;
pub use tags::tag_stripping;
pub use unload::{Unloaded, unload_all};
pub use watch::{DropWatch, Dropped, Filter, Missing};

use edit::Found;
use error::{Doing as _, KernelError};
use grace::GracePeriod;
use maps::Loaded;
use pins::Root;
use switch::Refusal;

/// Where Linux has its BPF file system, if nobody says otherwise.
pub const DEFAULT_BPFFS: &str = "/sys/fs/bpf";

/// The packet filter of this machine, held by this process alone until it drops it.
///
/// To drop it changes nothing in the kernel. Network namespaces are those of the calling thread.
#[derive(Debug)]
pub struct Dataplane {
    root: Root,
    grace: GracePeriod,
    choices: BTreeMap<InterfaceName, TableChoice>,
    /// What the last look found, of NICs that nothing but edits has changed since.
    found: BTreeMap<InterfaceName, Found>,
}

impl Dataplane {
    /// Takes hold of everything of ours below the mount point of a BPF file system. One is mounted there if need be.
    pub fn open(bpffs: &Path) -> Result<Self, DataplaneError> {
        check_capabilities()?;
        let grace = GracePeriod::new().map_err(|error| match error.raw_os_error() {
            Some(libc::ENOSYS) => DataplaneError::NoBpf,
            _ => creating_a_map(&error),
        })?;
        bpffs::ensure(bpffs)?;
        let root = Root::hold(bpffs)?;
        Ok(Self {
            root,
            grace,
            choices: BTreeMap::new(),
            found: BTreeMap::new(),
        })
    }

    /// Says how a NIC's sets are kept from now on; those that are in the kernel stay as they are until their link is
    /// set again.
    pub fn choose_tables(&mut self, nic: &InterfaceName, choice: TableChoice) {
        self.choices.insert(nic.clone(), choice);
    }

    /// What the kernel holds, of every NIC with something of ours or somebody else's program.
    ///
    /// A NIC whose pins can't be used is [`Absent`](interlink_core::state::Attachment::Absent) and `outdated`; to load
    /// anew and attach replaces them, without a packet in between where they are attached.
    ///
    /// It costs one system call for each prefix in a trie. Flat tables are read where they lie.
    pub fn observe(
        &mut self,
        interfaces: &BTreeMap<InterfaceName, Interface>,
    ) -> Result<BTreeMap<InterfaceName, ObservedNic>, DataplaneError> {
        // So that pages which no table names are free indeed.
        self.grace.settle()?;
        observe::observe(&self.root, interfaces, &mut self.found)
    }

    /// Does [`Op::Load`](interlink_core::plan::Op::Load).
    pub fn load(&mut self, nic: &InterfaceName) -> Result<(), OpError> {
        self.found.remove(nic);
        Ok(load::load(&self.root, nic)?)
    }

    /// Does [`Op::Replace`](interlink_core::plan::Op::Replace).
    pub fn replace(&mut self, nic: &InterfaceName) -> Result<(), OpError> {
        self.found.remove(nic);
        Ok(load::replace(&self.root, nic)?)
    }

    /// Does [`Op::SetLink`](interlink_core::plan::Op::SetLink).
    pub fn set_link(&mut self, nic: &InterfaceName, vlan: Vlan, state: &LinkState) -> Result<(), OpError> {
        self.found.remove(nic);
        let mut loaded = self.loaded(nic)?;
        let choice = self.choices.get(nic).copied().unwrap_or_default();
        let grace = &mut self.grace;
        match switch::set_link(&mut loaded.maps, grace, vlan, state, choice) {
            Err(Refusal::NoRoom) => {
                let mut larger = grow::grow(&self.root, nic, loaded, grace, choice)?;
                Ok(switch::set_link(&mut larger.maps, grace, vlan, state, choice).map_err(KernelError::from)?)
            }
            done => Ok(done.map_err(KernelError::from)?),
        }
    }

    /// Does an [`Op::SetLink`](interlink_core::plan::Op::SetLink) that has an edit: in place where it can be, in some
    /// tens of microseconds, and else as [`set_link`](Self::set_link) does.
    pub fn edit_link(&mut self, nic: &InterfaceName, vlan: Vlan, state: &LinkState, edit: Edit) -> Result<(), OpError> {
        let tries = self.choices.get(nic) == Some(&TableChoice::Tries);
        // After a failure the next look tells what there is.
        if let Some(mut found) = self.found.remove(nic).filter(|_| !tries)
            && edit::edit_link(&mut found, &mut self.grace, vlan, state, edit)?
        {
            self.found.insert(nic.clone(), found);
            return Ok(());
        }
        self.set_link(nic, vlan, state)
    }

    /// Does [`Op::RemoveLink`](interlink_core::plan::Op::RemoveLink).
    pub fn remove_link(&mut self, nic: &InterfaceName, vlan: Vlan) -> Result<(), OpError> {
        self.found.remove(nic);
        let mut loaded = self.loaded(nic)?;
        Ok(switch::remove_link(&mut loaded.maps, &mut self.grace, vlan)?)
    }

    /// Does [`Op::SetNic`](interlink_core::plan::Op::SetNic).
    pub fn set_nic(&mut self, nic: &InterfaceName, settings: NicSettings) -> Result<(), OpError> {
        Ok(nic::set(&self.loaded(nic)?.maps, settings)?)
    }

    /// Does [`Op::Attach`](interlink_core::plan::Op::Attach).
    pub fn attach(&mut self, nic: &InterfaceName, mode: AttachMode, interface: &Interface) -> Result<(), OpError> {
        self.found.remove(nic);
        attach::attach(&self.root, nic, mode, interface)
    }

    /// Does [`Op::KeepTags`](interlink_core::plan::Op::KeepTags).
    pub fn keep_tags(&mut self, nic: &InterfaceName) -> Result<(), OpError> {
        tags::keep(&self.root, nic)
    }

    /// Detaches a NIC's program and removes all that is pinned for the NIC, if there is any. The NIC is open then, and
    /// takes VLAN tags out of frames again if it did before.
    pub fn detach(&mut self, nic: &InterfaceName) -> Result<(), OpError> {
        self.found.remove(nic);
        attach::detach(&self.root, nic)?;
        tags::give_back(&self.root, nic)?;
        Ok(())
    }

    /// What a NIC counted since its program was loaded, without what is zero. A link's counters start with the link,
    /// and go with it.
    pub fn counters(&self, nic: &InterfaceName) -> Result<Vec<CounterRow>, DataplaneError> {
        Ok(counters::read(&self.loaded(nic)?.maps)?)
    }

    /// What each table of a NIC takes.
    pub fn memory(&self, nic: &InterfaceName) -> Result<Vec<TableMemory>, DataplaneError> {
        Ok(memory::read(nic, &self.root.nic(nic))?)
    }

    fn loaded(&self, nic: &InterfaceName) -> Result<Loaded, KernelError> {
        Ok(Loaded::open(&self.root.nic(nic))?)
    }
}

/// Refuses early, and in words, what the kernel would refuse later with a number.
fn check_capabilities() -> Result<(), DataplaneError> {
    let held = rustix::thread::capabilities(None)
        .doing(|| "reading the agent's capabilities".to_owned())?
        .effective;
    let lacks = |capability, stronger| !held.intersects(capability | stronger);
    let missing: Vec<_> = [
        (CapabilitySet::BPF, CapabilitySet::SYS_ADMIN, "CAP_BPF"),
        (CapabilitySet::NET_ADMIN, CapabilitySet::empty(), "CAP_NET_ADMIN"),
    ]
    .into_iter()
    .filter(|(capability, stronger, _)| lacks(*capability, *stronger))
    .map(|(_, _, name)| name)
    .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(DataplaneError::Capabilities(missing.join(" and ")))
}

fn creating_a_map(error: &io::Error) -> DataplaneError {
    DataplaneError::Kernel {
        doing: "creating a BPF map".to_owned(),
        detail: error.to_string(),
    }
}
