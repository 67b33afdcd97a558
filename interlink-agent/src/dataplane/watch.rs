//! Watching dropped packets, beside the agent or without one.
//!
//! A watcher takes nothing of the agent's: it reads the ring buffers that are pinned, and says in each NIC's
//! [`Sampling`] what it wants, for a few seconds at a time. One that is killed is forgotten by the programs themselves.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::num::NonZeroU32;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use aya::maps::{MapData, RingBuf};
use interlink_common::{Reason, Sample, Sampling, map, sample};
use interlink_core::domain::{LinkKey, Vlan};
use interlink_core::name::InterfaceName;
use rustix::fs::FlockOperation;
use rustix::io::Errno;

use super::error::{DataplaneError, Doing as _, KernelError};
use super::maps::{self, Loaded, Maps};
use super::pins::{self, NicPins};
use super::{check_capabilities, slots, switch};
use crate::clock;

/// How long the programs sample after the last [`DropWatch::renew`], in nanoseconds.
const LEASE: u64 = 3_000_000_000;

/// The most samples that are read at once.
const BATCH: usize = 4096;

/// The counter block of no link at all.
const NOBODY: u32 = Sampling::ANY - 1;

/// Which dropped packets are of interest.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Of one link, or of all.
    pub link: Option<LinkKey>,
    /// For one reason, or for any.
    pub reason: Option<Reason>,
    /// The most in a second, of each reason on each CPU of each NIC.
    pub per_second: NonZeroU32,
}

/// A dropped packet.
#[derive(Clone, Debug)]
pub struct Dropped {
    /// The NIC that it came in from.
    pub nic: InterfaceName,
    /// Which of the NIC's links it is of, if of any that is still there.
    pub vlan: Option<Vlan>,
    /// What the program says.
    pub sample: Sample,
}

/// What is missing among the packets that were of interest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// More than were asked for.
    pub left_out: u64,
    /// No room for them: nobody read in time.
    pub lost: u64,
}

/// A watcher. The programs sample for it until it is dropped.
#[derive(Debug)]
pub struct DropWatch {
    bpffs: PathBuf,
    filter: Filter,
    began: u64,
    nics: BTreeMap<InterfaceName, Watched>,
    /// What is missing from NICs that are watched no more.
    gone: Missing,
}

impl DropWatch {
    /// Begins to watch what is pinned below the mount point of a BPF file system.
    pub fn begin(bpffs: &Path, filter: Filter) -> Result<Self, DataplaneError> {
        check_capabilities()?;
        let mut watch = Self {
            bpffs: bpffs.into(),
            filter,
            began: clock::monotonic(),
            nics: BTreeMap::new(),
            gone: Missing::default(),
        };
        watch.renew()?;
        if watch.nics.is_empty() {
            return Err(DataplaneError::NothingLoaded {
                path: bpffs.into(),
                nic: watch.filter.link.map(|link| link.interface),
            });
        }
        Ok(watch)
    }

    /// Has the programs go on sampling for a few seconds more, those included that were loaded since. Wants to be
    /// called every second.
    pub fn renew(&mut self) -> Result<(), DataplaneError> {
        let mut before = std::mem::take(&mut self.nics);
        for (nic, pins) in pins::current_nics(&self.bpffs)? {
            if self.filter.link.as_ref().is_some_and(|link| link.interface != nic) {
                continue;
            }
            let mut watched = match before.remove(&nic) {
                Some(watched) if watched.is_of(&pins) => watched,
                replaced => {
                    self.gone
                        .add(replaced.as_ref().map(Watched::missing).unwrap_or_default());
                    drop(replaced);
                    match Watched::open(&nic, &pins)? {
                        Some(watched) => watched,
                        None => continue,
                    }
                }
            };
            watched.ask(&self.filter, clock::monotonic() + LEASE)?;
            self.nics.insert(nic, watched);
        }
        for watched in before.into_values() {
            self.gone.add(watched.missing());
        }
        Ok(())
    }

    /// The packets that were dropped since the last call, oldest first on each NIC.
    pub fn read(&mut self) -> Vec<Dropped> {
        let mut dropped = Vec::new();
        for (nic, watched) in &mut self.nics {
            let samples = watched.drain();
            let fresh = samples.iter().filter(|sample| sample.time >= self.began);
            let mut blocks = BTreeMap::new();
            if !samples.is_empty() {
                let slots = switch::slots(&watched.maps).into_iter();
                blocks.extend(slots.map(|(vlan, slot)| (slots::counter_block(slot), vlan)));
            }
            dropped.extend(fresh.map(|sample| Dropped {
                nic: nic.clone(),
                vlan: blocks.get(&slots::counter_block(sample.slot)).copied(),
                sample: *sample,
            }));
        }
        dropped
    }

    /// What is missing so far.
    pub fn missing(&self) -> Missing {
        let mut sum = self.gone;
        for watched in self.nics.values() {
            sum.add(watched.missing());
        }
        sum
    }
}

impl Missing {
    const fn add(&mut self, other: Self) {
        self.left_out += other.left_out;
        self.lost += other.lost;
    }
}

/// One NIC under watch.
struct Watched {
    maps: Maps,
    ring: RingBuf<MapData>,
    before: Missing,
    /// The directory of the pins, locked.
    directory: File,
}

impl Watched {
    /// None where the pins are not, or not yet, those of this version.
    fn open(nic: &InterfaceName, pins: &NicPins) -> Result<Option<Self>, DataplaneError> {
        let doing = || format!("locking {}", pins.directory.display());
        let directory = match File::open(&pins.directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            directory => directory.doing(doing)?,
        };
        match rustix::fs::flock(&directory, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(DataplaneError::Watched { nic: nic.clone() }),
            Err(error) => return Err(error).doing(doing)?,
        }
        let opened = Loaded::open(pins).and_then(|loaded| Ok((loaded.maps, maps::ring(pins)?)));
        let (maps, ring) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                let KernelError { doing, detail } = error.into();
                tracing::debug!(%nic, doing, detail, "what is pinned can't be watched");
                return Ok(None);
            }
        };
        let mut watched = Self {
            maps,
            ring,
            before: Missing::default(),
            directory,
        };
        watched.before = watched.counted();
        // What was left by a watcher that was killed.
        watched.drain();
        Ok(Some(watched))
    }

    /// Whether these are still the pins that it opened.
    fn is_of(&self, pins: &NicPins) -> bool {
        let (opened, found) = (self.directory.metadata(), fs::metadata(&pins.directory));
        opened.is_ok_and(|opened| found.is_ok_and(|found| found.ino() == opened.ino()))
    }

    /// Tells the program what is of interest, until then.
    fn ask(&mut self, filter: &Filter, until: u64) -> Result<(), KernelError> {
        let block = filter.link.as_ref().map_or(Sampling::ANY, |link| {
            let slot = self.maps.vlans.load(link.vlan.index()).filter(|slot| *slot != 0);
            slot.map_or(NOBODY, slots::counter_block)
        });
        self.set(Sampling {
            until,
            per_second: filter.per_second.get(),
            block,
            reason: filter.reason.map_or(Sampling::ANY, Reason::code),
            reserved: 0,
        })
    }

    fn set(&mut self, sampling: Sampling) -> Result<(), KernelError> {
        self.maps
            .sampling
            .set(0, sampling.to_bytes(), 0)
            .doing(|| format!("writing {}", map::SAMPLING))
    }

    fn drain(&mut self) -> Vec<Sample> {
        let mut samples = Vec::new();
        while samples.len() < BATCH
            && let Some(bytes) = self.ring.next()
        {
            samples.extend(Sample::from_bytes(&bytes));
        }
        samples
    }

    fn missing(&self) -> Missing {
        let now = self.counted();
        Missing {
            left_out: now.left_out.saturating_sub(self.before.left_out),
            lost: now.lost.saturating_sub(self.before.lost),
        }
    }

    /// What the program counted since it was loaded.
    fn counted(&self) -> Missing {
        let mut sum = Missing::default();
        for reason in 0..sample::BUDGETS {
            if let Ok(by_cpu) = self.maps.sampled.get(&reason, 0) {
                for [_began, _taken, left_out, lost] in by_cpu.iter() {
                    sum.add(Missing {
                        left_out: *left_out,
                        lost: *lost,
                    });
                }
            }
        }
        sum
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Err(KernelError { doing, detail }) = self.set(Sampling::default()) {
            tracing::debug!(doing, detail, "the program stops sampling on its own");
        }
    }
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watched")
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}
