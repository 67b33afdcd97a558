//! The verbs of a developer and of CI: `cargo xtask setup`, `cargo xtask demo`, `cargo xtask test`,
//! `cargo xtask mutants`, `cargo xtask fuzz`, and `cargo xtask bench`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks by printing"
)]

mod agent;
mod bench;
mod demo;
mod fuzz;
mod layers;
mod mutants;
mod privilege;
mod purity;
mod run;
mod sdk;
mod setup;
mod vm;
mod workspace;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::bench::Bench;
use crate::layers::Layer;
use crate::setup::{Report, Scope};

/// Sets up, shows and tests Interlink
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Finds or installs what building the eBPF object, the tests and the demo need
    Setup,
    /// Builds everything, then walks an InterLink from blocked to open in three network namespaces
    Demo {
        /// Passed to the demo as they are
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Measures, and writes the figures below target/bench
    Bench {
        /// What to measure
        bench: Bench,
        /// More rounds, and larger sizes where quick leaves some out, for a machine that does nothing else
        #[arg(long)]
        full: bool,
        /// How often each is measured
        #[arg(long)]
        rounds: Option<u32>,
        /// A dump of a real routing table (MRT, TABLE_DUMP_V2; `.bz2` and `.gz` too), in place of a generated one
        #[arg(long, value_name = "FILE")]
        table: Option<PathBuf>,
    },
    /// Changes interlink-core in every place and tells where its tests don't notice; takes an hour and more
    Mutants {
        /// Passed to cargo-mutants as they are, to narrow what is changed
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Feeds what takes any input with what reaches more and more of its code
    Fuzz {
        /// What to feed
        target: fuzz::Target,
        /// For how long
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Runs the tests: every layer, or those named
    Test {
        /// The layers to run, in this order; all of them when none is named
        #[arg(value_name = "LAYER")]
        layers: Vec<Layer>,
        /// Run the layers after a failing one too
        #[arg(long)]
        keep_going: bool,
        /// Passed to the test binaries as they are
        #[arg(last = true)]
        args: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match dispatch(Cli::parse().verb) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(verb: Verb) -> Result<ExitCode> {
    match verb {
        Verb::Setup => {
            setup::ensure(Scope::Everything, Report::Full)?;
            Ok(ExitCode::SUCCESS)
        }
        Verb::Demo { args } => demo::replace_this_process(&args),
        Verb::Bench {
            bench,
            full,
            rounds,
            table,
        } => bench::measure(bench, full, rounds, table.as_deref()),
        Verb::Fuzz { target, seconds } => fuzz::run_for(target, seconds),
        Verb::Mutants { args } => mutants::check(&args),
        Verb::Test {
            layers,
            keep_going,
            args,
        } => layers::run(&layers, keep_going, &args),
    }
}
