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
    /// What it takes to put another policy in force, and to keep it (root); also written to target/bench/policy.json
    Policy,
    /// What a million routes take to install, to compare after a restart, and to keep, against `ip -batch` and BIRD
    /// (root); also written to target/bench/routes.json
    Routes,
    /// What a million routes take from the peer's socket on, and how soon a packet follows one, against BIRD (root);
    /// also written to target/bench/bgp.json
    Bgp,
}

/// Builds what measures, and runs it.
pub(crate) fn measure(bench: Bench, rounds: Option<u32>) -> Result<ExitCode> {
    let name = match bench {
        Bench::Lookup => "lookup",
        Bench::Policy => "policy",
        Bench::Routes => "routes",
        Bench::Bgp => "bgp",
    };
    setup::ensure(Scope::Build, Report::Changes)?;
    if matches!(bench, Bench::Routes | Bench::Bgp) {
        setup::ensure_rivals(Report::Changes)?;
    }
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
        "il-bench",
    ]))?;
    let mut command = privilege.command(workspace::root().join("target/release/il-bench"));
    command.current_dir(workspace::root());
    command.arg(name);
    command.args(rounds.map(|rounds| rounds.to_string()));
    run(&mut command)?;
    Ok(ExitCode::SUCCESS)
}
