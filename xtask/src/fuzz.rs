//! `cargo xtask fuzz`: input that nobody would think of, guided by what code it reaches.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};
use clap::ValueEnum;

use crate::run::{capture, run};
use crate::workspace;

const VERSION: &str = "0.13.2";

/// What takes any input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// The parser and the decision of the XDP program, on the host
    Frame,
    /// The configuration's
    Config,
    /// The reader of flat tables, and the look-ups in them
    Table,
}

/// Feeds a target for so long. What makes it fail is kept below `fuzz/artifacts`, what reaches new code in `fuzz/corpus`.
pub(crate) fn run_for(target: Target, seconds: u32) -> Result<ExitCode> {
    let name = match target {
        Target::Frame => "frame",
        Target::Config => "config",
        Target::Table => "table",
    };
    run(Command::new(ensure_installed()?)
        .current_dir(workspace::root())
        // Without a sanitizer a stable compiler does, and the targets have no unsafe code.
        .args(["fuzz", "run", "--sanitizer=none", "--target-dir=target/fuzz", name, "--"])
        .arg(format!("-max_total_time={seconds}"))
        .arg("-max_len=4096"))?;
    Ok(ExitCode::SUCCESS)
}

fn ensure_installed() -> Result<PathBuf> {
    let program = workspace::tools().join("bin/cargo-fuzz");
    let version = || capture(Command::new(&program).args(["fuzz", "--version"]));
    let fits = |text: &str| text == format!("cargo-fuzz {VERSION}");
    if version().is_ok_and(|text| fits(&text)) {
        return Ok(program);
    }
    println!("installing cargo-fuzz {VERSION} (cargo install, some minutes)");
    run(workspace::cargo()
        .args(["install", "--quiet", "--force", "--locked", "cargo-fuzz"])
        .args(["--version", VERSION, "--root"])
        .arg(workspace::tools()))?;
    let text = version()?;
    ensure!(
        fits(&text),
        "{} says that it is {text}, not {VERSION}",
        program.display()
    );
    Ok(program)
}
