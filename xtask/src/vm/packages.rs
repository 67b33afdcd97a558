//! Debian's packages, fetched without installing them.
//!
//! apt's lists and cache are our own, in target/vm/apt: so it needs no root, and the system's stay as they are. Where
//! packages come from is what the system says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::folder;
use crate::run::{capture, find_program};

/// What dpkg knows of what is installed: paragraphs that begin with a package's name.
const DPKG_STATUS: &str = "/var/lib/dpkg/status";

/// apt with lists of its own, just updated.
pub(super) struct Apt {
    options: Vec<String>,
}

impl Apt {
    /// Fetches the lists.
    pub(super) fn updated() -> Result<Self> {
        ensure!(
            find_program("apt-get").is_some(),
            "the kernels are Debian's packages, and this system has no apt-get to fetch them"
        );
        let (state, cache) = (folder("apt/state")?, folder("apt/cache")?);
        let option = |name: &str, value: &str| format!("-o{name}={value}");
        let apt = Self {
            options: vec![
                option("Dir::State", &state.display().to_string()),
                option("Dir::Cache", &cache.display().to_string()),
                // Root's apt would else become a user who can't write here.
                option("APT::Sandbox::User", "root"),
                option("Acquire::Retries", "3"),
            ],
        };
        apt.run("apt-get", &["-q", "update"])
            .context("cannot fetch the lists of packages")?;
        Ok(apt)
    }

    /// The packages whose name starts so.
    pub(super) fn names(&self, prefix: &str) -> Result<Vec<String>> {
        let names = self.run("apt-cache", &["pkgnames", prefix])?;
        Ok(names.lines().map(str::to_owned).collect())
    }

    /// Fetches a package, and says where it lies.
    pub(super) fn download(&self, name: &str) -> Result<PathBuf> {
        let packages = folder("packages")?;
        let mut command = self.command("apt-get", &["-q", "download", name]);
        capture(command.current_dir(&packages)).with_context(|| format!("cannot fetch the package {name}"))?;
        let versioned = format!("{name}_");
        let files = packages.read_dir()?.filter_map(Result::ok).map(|entry| entry.path());
        let newest = files
            .filter(|path| {
                path.file_name()
                    .is_some_and(|file| file.to_string_lossy().starts_with(&versioned))
            })
            .max_by_key(|path| path.metadata().and_then(|metadata| metadata.modified()).ok());
        newest.with_context(|| format!("apt-get fetched {name}, and it isn't in {}", packages.display()))
    }

    /// Fetches a package with what it needs and this system lacks, as if what it can't stand beside weren't installed.
    pub(super) fn download_with_dependencies(&self, name: &str) -> Result<Vec<PathBuf>> {
        let install = ["-q", "-y", "--no-install-recommends", "install", name];
        let simulated = self.run("apt-get", &[&["--simulate"], &install[..]].concat())?;
        let removed = simulated.lines().filter_map(|line| line.strip_prefix("Remv "));
        let removed: Vec<_> = removed.filter_map(|rest| rest.split(' ').next()).collect();

        let status = folder("apt")?.join("status");
        let installed = fs::read_to_string(DPKG_STATUS).with_context(|| format!("cannot read {DPKG_STATUS}"))?;
        fs::write(&status, without(&installed, &removed))
            .with_context(|| format!("cannot write {}", status.display()))?;
        // What is there from another time may be of other versions.
        let archives = folder("packages/with-dependencies")?;
        fs::remove_dir_all(&archives).with_context(|| format!("cannot remove {}", archives.display()))?;
        let archives = folder("packages/with-dependencies")?;
        let mut command = self.command("apt-get", &install);
        command
            .args(["--download-only", "-oDebug::NoLocking=1"])
            .arg(format!("-oDir::State::Status={}", status.display()))
            .arg(format!("-oDir::Cache::Archives={}", archives.display()));
        capture(&mut command)?;
        let mut files = Vec::new();
        for entry in archives.read_dir()? {
            files.push(entry?.path());
        }
        files.retain(|path| path.extension().is_some_and(|extension| extension == "deb"));
        Ok(files)
    }

    fn run(&self, program: &str, args: &[&str]) -> Result<String> {
        capture(&mut self.command(program, args))
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(&self.options).args(args);
        command
    }
}

/// Unpacks packages into a folder of their own, which holds nothing else then.
pub(super) fn unpack(packages: &[PathBuf], folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    for package in packages {
        capture(Command::new("dpkg").arg("-x").args([package.as_path(), folder]))?;
    }
    Ok(())
}

/// dpkg's status without some packages.
fn without(status: &str, packages: &[&str]) -> String {
    let paragraphs = status.split_inclusive("\n\n").filter(|paragraph| {
        let name = paragraph.lines().find_map(|line| line.strip_prefix("Package: "));
        name.is_none_or(|name| !packages.contains(&name))
    });
    paragraphs.collect()
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn what_is_in_the_way_is_taken_for_not_installed() {
        let status = "Package: a\nStatus: x\n\nPackage: ab\nStatus: y\n\nPackage: c\n";
        assert_eq!(without(status, &["a", "c"]), "Package: ab\nStatus: y\n\n");
        assert_eq!(without(status, &[]), status);
    }
}
