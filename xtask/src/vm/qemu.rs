//! QEMU: the system's, or Debian's packages of it, unpacked beside the kernels and not installed.
//!
//! Installing it can mean that a newer `qemu-utils`, which somebody wanted, has to go. Unpacked, it is in nobody's way.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::folder;
use super::packages::{Apt, unpack};
use crate::run::find_program;

const PROGRAM: &str = "qemu-system-x86_64";
const PACKAGE: &str = "qemu-system-x86";

/// Where QEMU is.
#[derive(Clone, Debug)]
pub(super) struct Qemu {
    program: PathBuf,
    /// Where its libraries are, if they aren't the system's.
    libraries: Option<OsString>,
}

impl Qemu {
    /// Finds or fetches it.
    pub(super) fn provide() -> Result<Self> {
        if let Some(program) = find_program(PROGRAM) {
            return Ok(Self {
                program,
                libraries: None,
            });
        }
        let root = folder("qemu")?;
        let program = root.join("usr/bin").join(PROGRAM);
        if !program.is_file() {
            println!("fetching QEMU");
            let packages = Apt::updated()?
                .download_with_dependencies(PACKAGE)
                .with_context(|| format!("cannot fetch {PACKAGE}: install it, so that {PROGRAM} is there"))?;
            // Beside, so that what is there under its name is whole.
            let beside = root.with_extension("unpacking");
            unpack(&packages, &beside)?;
            fs::remove_dir_all(&root).with_context(|| format!("cannot remove {}", root.display()))?;
            fs::rename(&beside, &root).with_context(|| format!("cannot make {}", root.display()))?;
        }
        ensure!(program.is_file(), "{PACKAGE} has no {}", program.display());
        let libraries = root.join("usr/lib/x86_64-linux-gnu");
        let older = root.join("lib/x86_64-linux-gnu");
        Ok(Self {
            program,
            libraries: Some(std::env::join_paths([libraries, older])?),
        })
    }

    /// A command that runs it.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
    }
}
