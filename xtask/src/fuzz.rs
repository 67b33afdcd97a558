//! `cargo xtask fuzz`: input that nobody would think of, guided by what code it reaches.

use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::ValueEnum;

use crate::run::run;
use crate::setup::CargoTool;
use crate::workspace;

const CARGO_FUZZ: CargoTool = CargoTool {
    verb: "fuzz",
    version: "0.13.2",
};

/// What takes any input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// The parser and the decision of the XDP program, on the host
    Frame,
    /// The configuration's
    Config,
    /// The reader of flat tables, and the look-ups in them
    Table,
    /// A BGP peer's bytes, from the stream to the routes
    Bgp,
}

/// Feeds a target for so long. What makes it fail is kept below `fuzz/artifacts`, what reaches new code in `fuzz/corpus`.
pub(crate) fn run_for(target: Target, seconds: u32) -> Result<ExitCode> {
    let name = match target {
        Target::Frame => "frame",
        Target::Config => "config",
        Target::Table => "table",
        Target::Bgp => "bgp",
    };
    run(Command::new(CARGO_FUZZ.ensure()?)
        .current_dir(workspace::root())
        // Without a sanitizer a stable compiler does, and the targets have no unsafe code.
        .args(["fuzz", "run", "--sanitizer=none", "--target-dir=target/fuzz", name, "--"])
        .arg(format!("-max_total_time={seconds}"))
        .arg("-max_len=4096"))?;
    Ok(ExitCode::SUCCESS)
}
