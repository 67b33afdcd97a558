//! The programs that the tests and the demo run.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::{Report, apt};
use crate::run::{capture, find_program};
use crate::workspace;

/// Each program and the Debian package that has it.
const PROGRAMS: [(&str, &str); 11] = [
    ("ip", "iproute2"),
    ("ping", "iputils-ping"),
    ("nc", "netcat-openbsd"),
    ("bpftool", "bpftool"),
    ("tcpdump", "tcpdump"),
    ("ethtool", "ethtool"),
    ("bird", "bird2"),
    ("vtysh", "frr"),
    ("prometheus", "prometheus"),
    ("promtool", "prometheus"),
    ("systemd-analyze", "systemd"),
];

/// The same for the tests in virtual machines, beside QEMU, which needn't be installed.
const MACHINE_PROGRAMS: [(&str, &str); 4] = [
    ("busybox", "busybox-static"),
    ("cpio", "cpio"),
    ("xz", "xz-utils"),
    ("depmod", "kmod"),
];

/// What ours is measured against.
const RIVALS: [(&str, &str); 1] = [("bird", "bird2")];

/// Each of cargo's commands and the rustup component that has it.
const CARGO_COMMANDS: [(&str, &str); 2] = [("fmt", "rustfmt"), ("clippy", "clippy")];

/// Finds or installs the programs.
pub(super) fn ensure(report: Report) -> Result<()> {
    ensure_system_programs(&PROGRAMS, report)?;
    ensure_cargo_commands(report)
}

/// Finds or installs what virtual machines need.
pub(super) fn ensure_machines(report: Report) -> Result<()> {
    ensure_system_programs(&MACHINE_PROGRAMS, report)
}

/// Finds or installs what ours is measured against.
pub(super) fn ensure_rivals(report: Report) -> Result<()> {
    ensure_system_programs(&RIVALS, report)
}

fn ensure_system_programs(programs: &[(&str, &str)], report: Report) -> Result<()> {
    let (found, missing): (Vec<_>, Vec<_>) = programs.iter().partition(|(program, _)| is_there(program));
    if !found.is_empty() {
        report.found(&names(&found));
    }
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<_> = missing.iter().map(|(_, package)| *package).collect();
    if apt::is_here() {
        apt::install(&packages, report)?;
    }
    let still: Vec<_> = missing.into_iter().filter(|(program, _)| !is_there(program)).collect();
    ensure!(
        still.is_empty(),
        "the tests and the demo need {}: install what Debian calls {}",
        names(&still),
        packages.join(" ")
    );
    Ok(())
}

fn ensure_cargo_commands(report: Report) -> Result<()> {
    let lacks = |(command, _): &(&str, &str)| capture(workspace::cargo().args([command, "--version"])).is_err();
    let missing: Vec<_> = CARGO_COMMANDS
        .into_iter()
        .filter(lacks)
        .map(|(_, component)| component)
        .collect();
    if missing.is_empty() {
        report.found("rustfmt, clippy");
        return Ok(());
    }
    let advice = || format!("the tests need {0}: run `rustup component add {0}`", missing.join(" "));
    ensure!(find_program("rustup").is_some(), advice());
    report.doing(&format!("installing {} (rustup)", missing.join(" ")));
    capture(Command::new("rustup").args(["component", "add"]).args(&missing))
        .map(drop)
        .with_context(advice)
}

/// `nc` has several makers whose options differ; the tests use OpenBSD's.
fn is_there(program: &str) -> bool {
    let Some(path) = find_program(program) else {
        return false;
    };
    program != "nc"
        || Command::new(path)
            .arg("-h")
            .output()
            .is_ok_and(|output| String::from_utf8_lossy(&output.stderr).contains("OpenBSD"))
}

fn names(programs: &[(&str, &str)]) -> String {
    programs
        .iter()
        .map(|(program, _)| *program)
        .collect::<Vec<_>>()
        .join(", ")
}
