//! Tools that `cargo install` provides, into a folder of ours and in one version.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::run::{capture, run};
use crate::workspace;

/// A subcommand of cargo's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CargoTool {
    /// As cargo calls it.
    pub(crate) verb: &'static str,
    /// The one version that is used.
    pub(crate) version: &'static str,
}

impl CargoTool {
    /// The program, installed if it isn't there in that version.
    pub(crate) fn ensure(self) -> Result<PathBuf> {
        let Self { verb, version } = self;
        let name = format!("cargo-{verb}");
        let program = workspace::tools().join("bin").join(&name);
        let says = || capture(Command::new(&program).args([verb, "--version"]));
        let wanted = format!("{name} {version}");
        if says().is_ok_and(|text| text == wanted) {
            return Ok(program);
        }
        println!("installing {wanted} (cargo install, some minutes)");
        run(workspace::cargo()
            .args(["install", "--quiet", "--force", "--locked", &name])
            .args(["--version", version, "--root"])
            .arg(workspace::tools()))?;
        let text = says()?;
        ensure!(
            text == wanted,
            "{} says that it is {text}, not {version}",
            program.display()
        );
        Ok(program)
    }
}
