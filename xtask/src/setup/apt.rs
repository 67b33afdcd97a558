//! Debian's packages.

use anyhow::{Context as _, Result};

use super::Report;
use crate::privilege::Privilege;
use crate::run::{capture, find_program};

/// Whether this distribution's packages are Debian's.
pub(super) fn is_here() -> bool {
    find_program("apt-get").is_some()
}

/// The command that installs packages, for a reader to type.
pub(super) fn install_command(packages: &[&str]) -> String {
    format!("apt-get install --no-install-recommends {}", packages.join(" "))
}

/// Installs packages and removes none.
pub(super) fn install(packages: &[&str], report: Report) -> Result<()> {
    let failed = || {
        format!(
            "cannot install {}: run `{}` as root",
            packages.join(" "),
            install_command(packages)
        )
    };
    let privilege = Privilege::detect().with_context(failed)?;
    report.doing(&format!("installing {} (apt-get)", packages.join(" ")));
    if try_install(privilege, packages).is_ok() {
        return Ok(());
    }
    // A fresh machine has no package lists, and old lists name versions that are gone.
    report.doing("updating the package lists (apt-get)");
    let updated = apt_get(privilege, &["update"]);
    try_install(privilege, packages)
        .map_err(|error| updated.err().unwrap_or(error))
        .with_context(failed)
}

fn try_install(privilege: Privilege, packages: &[&str]) -> Result<()> {
    apt_get(
        privilege,
        &[&["install", "-y", "--no-install-recommends", "--no-remove"], packages].concat(),
    )
}

fn apt_get(privilege: Privilege, args: &[&str]) -> Result<()> {
    let mut command = privilege.command("env");
    command
        .args([
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "-q",
            "-o",
            "DPkg::Lock::Timeout=300",
        ])
        .args(args);
    capture(&mut command).map(drop)
}
