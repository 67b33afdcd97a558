//! Putting our program and its maps into the kernel.

use std::os::fd::AsFd as _;
use std::thread;
use std::time::Duration;

use aya::maps::{Array, Map, MapData};
use aya::programs::{ProgramError, TestRun as _, TestRunOptions, Xdp};
use aya::{Ebpf, EbpfLoader};
use aya_log::EbpfLogger;
use interlink_common::{LINK_CAPACITY, Limit, Meta, PROGRAM, SLOTS_PER_LINK, counter, map};
use interlink_core::name::InterfaceName;

use super::error::{self, Doing as _, KernelError};
use super::maps::Loaded;
use super::object::{DIGEST, OBJECT};
use super::pins::{self, NicPins, Root};
use super::sys;

/// The program that only looks whether the maps are those that it was built for.
const SELF_TEST: &str = "interlink_selftest";
/// What `linux/bpf.h` numbers `XDP_PASS`.
const XDP_PASS: u32 = 2;
/// The kernel runs an XDP program on nothing shorter than an Ethernet header.
const FRAME: [u8; 14] = [0; 14];
/// How often a program is offered to the verifier, which gives up when its thread gets a signal.
const ATTEMPTS: u32 = 20;
/// How long what interrupted it is given to be over.
const PAUSE: Duration = Duration::from_millis(10);
/// How much of the verifier's log an error repeats: its last lines say why.
const VERIFIER_LINES: usize = 4;

/// Loads program and maps for a NIC and pins them, without a link in the tables and without attaching anything.
///
/// A directory that was there and couldn't be used is replaced. What it attached goes on until this program is
/// attached in its place.
pub(super) fn load(root: &Root, nic: &InterfaceName) -> Result<(), KernelError> {
    let building = build(root, nic, LINK_CAPACITY)?;
    publish(root, nic, &building)
}

/// Loads program and maps with room for so many links, and pins them where what is being built is.
pub(super) fn build(root: &Root, nic: &InterfaceName, capacity: u32) -> Result<NicPins, KernelError> {
    let _span = tracing::info_span!("load", %nic).entered();
    let building = root.new_nic(nic);
    building.make_anew()?;
    let mut object = sized(&mut EbpfLoader::new(), capacity)
        .btf(None)
        .load(OBJECT)
        .doing(|| format!("creating the maps of {nic}"))?;
    write_meta(object.map_mut(map::META))?;
    self_test(&mut object)?;
    for name in map::ALL {
        let path = building.map_path(name);
        object
            .map(name)
            .ok_or_else(|| absent(name))?
            .pin(&path)
            .doing(|| format!("pinning {}", path.display()))?;
    }
    pin_program(&mut object, &building)?;
    Loaded::open(&building)?;
    Ok(building)
}

/// Has the maps whose size goes by the number of links made for so many.
fn sized<'l>(loader: &'l mut EbpfLoader<'static>, capacity: u32) -> &'l mut EbpfLoader<'static> {
    loader
        .map_max_entries(map::LINKS, capacity * SLOTS_PER_LINK)
        .map_max_entries(map::COUNTERS, capacity * counter::COUNTERS_PER_LINK)
        .map_max_entries(map::WINDOWS, capacity * Limit::COUNT)
}

/// Puts this agent's program in the place of a NIC's, with the maps as they are.
pub(super) fn replace(root: &Root, nic: &InterfaceName) -> Result<(), KernelError> {
    let _span = tracing::info_span!("replace", %nic).entered();
    let pins = root.nic(nic);
    // aya reuses what is pinned without a look at it.
    let mut present = Loaded::open(&pins)?;
    let building = root.new_nic(nic);
    building.make_anew()?;

    let mut loader = EbpfLoader::new();
    sized(&mut loader, present.maps.capacity).btf(None);
    for name in map::ALL {
        loader.map_pin_path(name, pins.map_path(name));
    }
    let mut object = loader.load(OBJECT).doing(|| format!("reusing the maps of {nic}"))?;
    self_test(&mut object)?;
    pin_program(&mut object, &building)?;

    if let Some(link) = pins.link()?.filter(pins::PinnedLink::is_alive) {
        let program = sys::open_pin(&building.program_path()).doing(|| format!("opening the new program of {nic}"))?;
        sys::update_link(link.fd.as_fd(), program.as_fd())
            .doing(|| format!("putting the program in the place of the one on {nic}"))?;
    }
    pins::rename(&building.program_path(), &pins.program_path())?;
    pins::clear(&building.directory)?;
    set_meta(&mut present.maps.meta)
}

/// Runs the self-test, whose words come out in our log.
fn self_test(object: &mut Ebpf) -> Result<(), KernelError> {
    let doing = || "running the self-test of the program".to_owned();
    let mut logger = EbpfLogger::init(object).doing(doing)?;
    let program = load_program(object, SELF_TEST)?;
    let options = TestRunOptions {
        data_in: Some(&FRAME),
        ..TestRunOptions::default()
    };
    let result = program.test_run(options).doing(doing)?;
    logger.flush();
    if result.return_value == XDP_PASS {
        return Ok(());
    }
    Err(KernelError {
        doing: doing(),
        detail: format!("it returned {}: its own words are in the log", result.return_value),
    })
}

fn pin_program(object: &mut Ebpf, pins: &NicPins) -> Result<(), KernelError> {
    let path = pins.program_path();
    load_program(object, PROGRAM)?
        .pin(&path)
        .doing(|| format!("pinning {}", path.display()))
}

fn load_program<'a>(object: &'a mut Ebpf, name: &str) -> Result<&'a mut Xdp, KernelError> {
    let doing = || format!("loading the program {name}");
    let program = object.program_mut(name).ok_or_else(|| KernelError {
        doing: doing(),
        detail: "the object has none of that name".to_owned(),
    })?;
    let program: &mut Xdp = program.try_into().doing(doing)?;
    let mut result = program.load();
    for _ in 1..ATTEMPTS {
        if !result.as_ref().is_err_and(was_interrupted) {
            break;
        }
        thread::sleep(PAUSE);
        result = program.load();
    }
    result.map_err(|error| KernelError {
        doing: doing(),
        detail: last_words(&error),
    })?;
    Ok(program)
}

fn was_interrupted(error: &ProgramError) -> bool {
    matches!(error, ProgramError::LoadError { io_error, .. } if io_error.raw_os_error() == Some(libc::EAGAIN))
}

/// An error without most of the verifier's log, which can have thousands of lines.
fn last_words(error: &ProgramError) -> String {
    let ProgramError::LoadError { io_error, verifier_log } = error else {
        return error::chain(error);
    };
    let log = verifier_log.to_string();
    tracing::debug!(log, "the verifier refused the program");
    let lines: Vec<_> = log.lines().filter(|line| !line.is_empty()).collect();
    let last = lines
        .get(lines.len().saturating_sub(VERIFIER_LINES)..)
        .unwrap_or_default();
    format!("{io_error}; the verifier's last words: {}", last.join(" / "))
}

/// Puts what was built into the place of what is there. What that attached goes on until this is attached in its place.
pub(super) fn publish(root: &Root, nic: &InterfaceName, building: &NicPins) -> Result<(), KernelError> {
    let pins = root.nic(nic);
    if let Some(link) = pins.link()? {
        root.retire(nic, &link)?;
    }
    pins::clear(&pins.directory)?;
    if let Some(area) = pins.directory.parent() {
        pins::make(area)?;
    }
    pins::rename(&building.directory, &pins.directory)
}

fn write_meta(map: Option<&mut Map>) -> Result<(), KernelError> {
    let mut meta: Array<_, _> = map
        .ok_or_else(|| absent(map::META))?
        .try_into()
        .doing(|| format!("opening {}", map::META))?;
    set_meta(&mut meta)
}

fn set_meta<T: std::borrow::BorrowMut<MapData>>(meta: &mut Array<T, [u8; Meta::SIZE]>) -> Result<(), KernelError> {
    meta.set(0, Meta::new(DIGEST).to_bytes(), 0)
        .doing(|| format!("writing {}", map::META))
}

fn absent(name: &str) -> KernelError {
    KernelError {
        doing: format!("loading the map {name}"),
        detail: "the object has none of that name".to_owned(),
    }
}
