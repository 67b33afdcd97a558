//! Who may open the data plane, and where.

use std::path::Path;
use std::process::Command;

use interlink_agent::dataplane::{Dataplane, DataplaneError, Unloaded, unload_all};
use interlink_core::state::AttachMode;

use crate::bench::{Bench, NIC, add_nic, interface, nic, once_free, run, running};

const BPFFS: &str = "IL_BPFFS";

#[test]
fn a_bpf_file_system_is_mounted_where_none_is() {
    let bench = Bench::new();
    let _dataplane = bench.open();
    let kind = run(&["stat", "-f", "-c", "%T", bench.bpffs.to_str().unwrap()]);
    assert_eq!(kind.trim(), "bpf_fs");
    let mode = run(&["stat", "-c", "%a", bench.bpffs.join("interlink").to_str().unwrap()]);
    assert_eq!(mode.trim(), "700");
}

#[test]
fn one_agent_at_a_time_holds_it() {
    let bench = Bench::new();
    let first = bench.open();
    let second = Dataplane::open(&bench.bpffs);
    assert!(matches!(second, Err(DataplaneError::Held { .. })), "{second:?}");
    assert!(matches!(unload(&bench), Err(DataplaneError::Held { .. })));
    let said = second.unwrap_err().to_string();
    assert!(said.starts_with("another interlink-agent holds "), "{said}");
    drop(first);
    bench.open();
}

#[test]
fn no_directory_or_one_in_use_is_no_place_to_mount_at() {
    let bench = Bench::new();
    let missing = Dataplane::open(&bench.bpffs.join("missing"));
    assert!(matches!(missing, Err(DataplaneError::NoBpffs { .. })), "{missing:?}");
    let full = Dataplane::open(Path::new("/etc"));
    let said = full.unwrap_err().to_string();
    assert!(said.contains("the directory isn't empty"), "{said}");
}

#[test]
fn a_bpf_file_system_that_would_end_with_the_agent_is_refused() {
    let bench = Bench::new();
    let path = bench.bpffs.to_str().unwrap();
    let said = child(&["unshare", "--mount", "--propagation", "private"], path);
    assert!(said.contains("PrivateBpffs"), "{said}");
    let ours = run(&["stat", "-f", "-c", "%T", path]);
    assert_ne!(ours.trim(), "bpf_fs");

    drop(bench.open());
    let said = child(&["unshare", "--mount", "--propagation", "private"], path);
    assert!(
        said.contains("opened"),
        "one that is mounted outside too is fine: {said}"
    );
}

#[test]
fn capabilities_that_are_lacking_are_named() {
    let bench = Bench::new();
    let said = child(
        &[
            "setpriv",
            "--bounding-set",
            "-bpf,-sys_admin,-net_admin",
            "--inh-caps",
            "-all",
        ],
        bench.bpffs.to_str().unwrap(),
    );
    assert!(said.contains("CAP_BPF and CAP_NET_ADMIN"), "{said}");
}

#[test]
fn unload_leaves_nothing() {
    let bench = Bench::new();
    assert_eq!(
        once_free(|| unload(&bench)).unwrap(),
        [],
        "no BPF file system, nothing to do"
    );
    add_nic("idle.1");
    let mut dataplane = bench.loaded();
    dataplane.load(&nic("idle.1")).unwrap();
    dataplane
        .attach(&nic(NIC), AttachMode::Native, &interface(NIC))
        .unwrap();
    drop(dataplane);
    let other_version = bench.bpffs.join("interlink/v0");
    std::fs::create_dir(&other_version).unwrap();
    std::fs::rename(bench.pins("idle:1"), other_version.join("idle:1")).unwrap();

    let unloaded = |nic: &str, was_attached| Unloaded {
        nic: nic.to_owned(),
        was_attached,
    };
    assert_eq!(
        once_free(|| unload(&bench)).unwrap(),
        [unloaded("idle.1", false), unloaded(NIC, true)]
    );
    assert_eq!(running(NIC), None);
    assert!(!bench.bpffs.join("interlink").exists());
    assert_eq!(once_free(|| unload(&bench)).unwrap(), []);
}

/// Unloads with nothing to do before.
fn unload(bench: &Bench) -> Result<Vec<Unloaded>, DataplaneError> {
    let ((), unloaded) = unload_all(&bench.bpffs, || Ok::<_, DataplaneError>(()))?;
    Ok(unloaded)
}

/// Not a test, but what another process of [`child`] runs.
#[test]
#[ignore = "runs as the child of other tests"]
fn open_as_told() {
    let path = std::env::var_os(BPFFS).expect("a parent says where");
    match Dataplane::open(Path::new(&path)) {
        Ok(_) => println!("opened"),
        Err(error) => println!("{error:?}: {error}"),
    }
}

/// Opens the data plane in a process that a command starts.
fn child(command: &[&str], bpffs: &str) -> String {
    let output = Command::new(command[0])
        .args(&command[1..])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "opening::open_as_told", "--ignored", "--nocapture"])
        .env(BPFFS, bpffs)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}
