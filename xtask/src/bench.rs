//! `cargo xtask bench`: measurements, from a release build.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
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
    /// Frames a second through a gateway's link, against xdp-filter, nftables, ipset and tc (root); also written to
    /// target/bench/throughput.json
    Throughput,
    /// What the tables are like that all of it is measured on; also written to target/bench/table.json
    Table,
    /// What a million routes take from the peer's socket on, and how soon a packet follows one, against BIRD (root);
    /// also written to target/bench/bgp.json
    Bgp,
}

/// Builds what measures, and runs it.
pub(crate) fn measure(bench: Bench, full: bool, rounds: Option<u32>, table: Option<&Path>) -> Result<ExitCode> {
    let name = match bench {
        Bench::Lookup => "lookup",
        Bench::Policy => "policy",
        Bench::Routes => "routes",
        Bench::Throughput => "throughput",
        Bench::Table => "table",
        Bench::Bgp => "bgp",
    };
    ensure!(
        table.is_none() || !matches!(bench, Bench::Routes | Bench::Bgp),
        "`{name}` makes its routes itself: leave --table out"
    );
    setup::ensure(Scope::Build, Report::Changes)?;
    if matches!(bench, Bench::Lookup | Bench::Routes | Bench::Throughput | Bench::Bgp) {
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
    command.args(["--scale", if full { "full" } else { "quick" }]);
    if let Some(rounds) = rounds {
        command.args(["--rounds", &rounds.to_string()]);
    }
    if let Some(table) = table {
        command.arg("--table").arg(std::path::absolute(table)?);
    }
    run(&mut command)?;
    Ok(ExitCode::SUCCESS)
}
