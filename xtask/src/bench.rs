//! `cargo xtask bench`: measurements, from a release build.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use crate::privilege::Privilege;
use crate::run::run;
use crate::setup::{self, Report, Scope};
use crate::workspace;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Bench {
    /// What the program takes for a packet at a million prefixes (root); also written to target/bench/lookup.json
    Lookup,
    /// What a million routes take to install, to compare after a restart, and to keep, against `ip -batch` and BIRD
    /// (root); also written to target/bench/routes.json
    Routes,
}

/// Builds what measures, and runs it.
pub(crate) fn measure(bench: Bench, rounds: Option<u32>) -> Result<ExitCode> {
    setup::ensure(Scope::Build, Report::Changes)?;
    let program = match bench {
        Bench::Lookup => "il-lookup",
        Bench::Routes => {
            setup::ensure_rivals(Report::Changes)?;
            "il-routes"
        }
    };
    let privilege = Privilege::detect().context("what is measured is put into the kernel: run this as root")?;
    run(workspace::cargo().args([
        "build",
        "--release",
        "--package",
        "interlink-agent",
        "--package",
        "interlink-tests",
        "--bin",
        "interlink-agent",
        "--bin",
        program,
    ]))?;
    let mut command = privilege.command(workspace::root().join("target/release").join(program));
    command.current_dir(workspace::root());
    command.args(rounds.map(|rounds| rounds.to_string()));
    run(&mut command)?;
    Ok(ExitCode::SUCCESS)
}
