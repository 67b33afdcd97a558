//! Debian's kernels with their modules, unpacked and not installed.
//!
//! A kernel that is there is used until target/vm is removed, however old it gets.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::folder;
use super::packages::{self, Apt};
use crate::run::{capture, find_program};

/// An unpacked kernel.
pub(super) struct Kernel {
    /// As `uname -r` says it.
    pub(super) version: String,
    /// Where it is unpacked.
    folder: PathBuf,
}

/// Finds or fetches the newest kernel of each release.
pub(super) fn provide(releases: &[&str]) -> Result<Vec<Kernel>> {
    let mut apt = None;
    let mut kernels = Vec::new();
    for release in releases {
        if let Some(kernel) = find(release)? {
            kernels.push(kernel);
            continue;
        }
        if apt.is_none() {
            println!("fetching the lists of Debian's packages");
            apt = Some(Apt::updated()?);
        }
        if let Some(apt) = &apt {
            kernels.push(fetch(apt, release).with_context(|| format!("there is no Linux {release} to test with"))?);
        }
    }
    Ok(kernels)
}

impl Kernel {
    /// What a boot loader takes.
    pub(super) fn image(&self) -> PathBuf {
        self.folder.join(format!("boot/vmlinuz-{}", self.version))
    }

    /// How `modprobe` finds its modules.
    pub(super) fn modules(&self) -> String {
        format!("modprobe -d {} -S {}", self.folder.display(), self.version)
    }

    /// A module's file behind those that it needs, each of which is a file too unless it is built in.
    pub(super) fn module_files(&self, name: &str) -> Result<Vec<PathBuf>> {
        let program = find_program("modprobe").context("there is no modprobe")?;
        let mut modprobe = Command::new(program);
        modprobe
            .arg("-d")
            .arg(&self.folder)
            .args(["-S", &self.version, "--show-depends", name]);
        let lines = capture(&mut modprobe)?;
        let files = lines.lines().filter_map(|line| line.strip_prefix("insmod "));
        Ok(files.map(|file| PathBuf::from(file.trim())).collect())
    }
}

fn find(release: &str) -> Result<Option<Kernel>> {
    let kernels = folder("kernels")?;
    let mut versions = Vec::new();
    for entry in fs::read_dir(&kernels).with_context(|| format!("cannot list {}", kernels.display()))? {
        versions.extend(entry?.file_name().into_string().ok());
    }
    let newest = newest(release, &versions).map(|version| Kernel {
        version: version.to_owned(),
        folder: kernels.join(version),
    });
    Ok(newest.filter(|kernel| kernel.image().is_file()))
}

fn fetch(apt: &Apt, release: &str) -> Result<Kernel> {
    const PACKAGE: &str = "linux-image-";
    let names = apt.names(&format!("{PACKAGE}{release}."))?;
    let versions: Vec<_> = names
        .iter()
        .filter_map(|name| name.strip_prefix(PACKAGE))
        .map(str::to_owned)
        .collect();
    let Some(version) = newest(release, &versions) else {
        bail!(
            "apt's sources on this machine offer no package {PACKAGE}{release}…-amd64: add those of Debian 12 and its \
             security updates, which have it"
        );
    };
    println!("fetching Linux {version}");
    let package = apt.download(&format!("{PACKAGE}{version}"))?;
    unpack(&package, version)
}

/// Unpacks beside, so that what is there under its name is whole.
fn unpack(package: &Path, version: &str) -> Result<Kernel> {
    let kernels = folder("kernels")?;
    let beside = kernels.join("unpacking");
    packages::unpack(&[package.to_owned()], &beside)?;
    let depmod = find_program("depmod").context("there is no depmod")?;
    capture(Command::new(depmod).arg("-b").arg(&beside).arg(version))?;
    let folder = kernels.join(version);
    fs::rename(&beside, &folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(Kernel {
        version: version.to_owned(),
        folder,
    })
}

/// The newest of a release's kernels that aren't made for something special: `6.1.0-56-amd64`, not
/// `6.1.0-56-cloud-amd64`.
fn newest<'v>(release: &str, versions: &'v [String]) -> Option<&'v str> {
    let numbers = |version: &str| -> Vec<u32> {
        let parts = version.split(|c: char| !c.is_ascii_digit());
        parts.filter_map(|part| part.parse().ok()).collect()
    };
    let plain = versions.iter().filter(|version| {
        let rest = version.strip_prefix(release).and_then(|rest| rest.strip_prefix('.'));
        let rest = rest.and_then(|rest| rest.strip_suffix("-amd64"));
        rest.is_some_and(|rest| !["cloud", "rt", "unsigned"].iter().any(|word| rest.contains(word)))
    });
    plain.max_by_key(|version| numbers(version)).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::newest;

    #[test]
    fn the_newest_plain_kernel_of_the_release_is_chosen() {
        let versions = [
            "6.1.0-9-amd64",
            "6.1.0-56-amd64",
            "6.1.0-57-cloud-amd64",
            "6.1.0-57-rt-amd64",
            "6.1.0-57-amd64-unsigned",
            "6.12.117+deb12-amd64",
            "6.12.9+bpo-amd64",
            "6.1.0-58-arm64",
        ]
        .map(str::to_owned);
        assert_eq!(newest("6.1", &versions), Some("6.1.0-56-amd64"));
        assert_eq!(newest("6.12", &versions), Some("6.12.117+deb12-amd64"));
        assert_eq!(newest("6.6", &versions), None);
    }
}
