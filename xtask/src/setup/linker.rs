//! bpf-linker, built against the LLVM of the compiler's major version: it reads that compiler's bitcode.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow};

use super::{Report, apt};
use crate::run::{capture, find_program, run};
use crate::workspace;

pub(super) const VERSION: &str = "0.13.0";

/// The LLVM versions that this bpf-linker knows.
pub(super) const LLVM_MAJORS: [u32; 3] = [21, 22, 23];

/// The linker, if it is there and fits.
pub(super) fn find(llvm: u32) -> Option<PathBuf> {
    let root = workspace::tools();
    let linker = root.join("bin/bpf-linker");
    (is_built_for(&root, llvm) && says_its_version(&linker)).then_some(linker)
}

/// Finds or builds the linker.
pub(super) fn ensure(llvm: u32, report: Report) -> Result<PathBuf> {
    if let Some(linker) = find(llvm) {
        return Ok(linker);
    }
    let prefix = ensure_llvm(llvm, report)?;
    report.doing(&format!(
        "installing bpf-linker {VERSION} for LLVM {llvm} (cargo install, about a minute)"
    ));
    let mut cargo = workspace::cargo();
    cargo
        .env("LLVM_PREFIX", prefix)
        .args([
            "install",
            "--quiet",
            "--force",
            "bpf-linker",
            "--version",
            VERSION,
            "--no-default-features",
        ])
        .arg(format!("--features=llvm-{llvm}"))
        .arg("--root")
        .arg(workspace::tools());
    run(&mut cargo).context("cannot build bpf-linker")?;
    find(llvm).context("bpf-linker was built, but it does not run")
}

/// What cargo wrote down when it installed the linker: the program itself doesn't tell its LLVM.
fn is_built_for(root: &Path, llvm: u32) -> bool {
    fs::read_to_string(root.join(".crates2.json")).is_ok_and(|record| records(&record, llvm))
}

fn records(record: &str, llvm: u32) -> bool {
    record.contains(&format!("\"bpf-linker {VERSION} (")) && record.contains(&format!("\"llvm-{llvm}\""))
}

/// It doesn't when the LLVM library it was linked with is gone.
fn says_its_version(linker: &Path) -> bool {
    capture(Command::new(linker).arg("--version")).is_ok_and(|text| text == format!("bpf-linker {VERSION}"))
}

fn ensure_llvm(llvm: u32, report: Report) -> Result<PathBuf> {
    if let Some(prefix) = find_llvm(llvm) {
        report.found(&format!("LLVM {llvm}: {}", prefix.display()));
        return Ok(prefix);
    }
    let package = format!("llvm-{llvm}-dev");
    if apt::is_here() {
        apt::install(&[&package], report)?;
    }
    find_llvm(llvm).ok_or_else(|| {
        anyhow!(
            "bpf-linker needs LLVM {llvm} with its headers: install it (on Debian: `{}`)",
            apt::install_command(&[&package])
        )
    })
}

/// The prefix of an LLVM that has what a build needs: `llvm-config` comes with the headers' package.
fn find_llvm(llvm: u32) -> Option<PathBuf> {
    let debian = Some(PathBuf::from(format!("/usr/lib/llvm-{llvm}/bin/llvm-config"))).filter(|path| path.is_file());
    let candidates = [
        debian,
        find_program(&format!("llvm-config-{llvm}")),
        find_program("llvm-config"),
    ];
    candidates.into_iter().flatten().find_map(|config| {
        let version = capture(Command::new(&config).arg("--version")).ok()?;
        let prefix = capture(Command::new(&config).arg("--prefix")).ok()?;
        let headers = capture(Command::new(&config).arg("--includedir")).ok()?;
        let usable = version.starts_with(&format!("{llvm}.")) && Path::new(&headers).join("llvm-c/Core.h").is_file();
        usable.then(|| PathBuf::from(prefix))
    })
}

#[cfg(test)]
mod tests {
    use super::records;

    const RECORD: &str =
        r#"{"installs":{"bpf-linker 0.13.0 (registry)":{"bins":["bpf-linker"],"features":["llvm-22"]}}}"#;

    #[test]
    fn linker_of_this_version_and_llvm_is_taken() {
        assert!(records(RECORD, 22));
    }

    #[test]
    fn linker_of_another_version_or_llvm_is_not() {
        assert!(!records(RECORD, 23));
        assert!(!records(&RECORD.replace("0.13.0", "0.12.0"), 22));
        assert!(!records("", 22));
    }
}
