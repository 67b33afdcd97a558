//! `cargo xtask test`: the layers of the tests, from the quickest to the most real.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;

use crate::privilege::Privilege;
use crate::run::run as run_command;
use crate::setup::{self, Report, Scope};
use crate::{agent, demo, purity, sdk, vm, workspace};

/// One kind of test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Layer {
    /// The sources are formatted
    Fmt,
    /// Clippy has nothing to say
    Lint,
    /// The documentation builds without a warning
    Docs,
    /// interlink-core depends on no IO and no clock
    Purity,
    /// What needs neither root nor a kernel
    Unit,
    /// The product's own JavaScript SDK against the controller
    Sdk,
    /// The loaded program's verdicts, packet by packet (root)
    Verdict,
    /// The daemon and real traffic in network namespaces (root)
    Net,
    /// The same program and daemon under other kernels, in virtual machines
    Vm,
    /// The whole walk from blocked to open (root)
    Demo,
}

enum Outcome {
    Passed(Duration),
    Failed(Duration),
    NotRun,
}

/// Runs the named layers, or all; succeeds when every one passed.
pub(crate) fn run(named: &[Layer], keep_going: bool, args: &[OsString]) -> Result<ExitCode> {
    let layers = if named.is_empty() {
        Layer::value_variants()
    } else {
        named
    };
    if let Some(scope) = layers.iter().filter_map(|layer| layer.needs()).max() {
        setup::ensure(scope, Report::Changes)?;
    }
    let mut results: Vec<(Layer, Outcome)> = Vec::new();
    for &layer in layers {
        let stop = !keep_going
            && results
                .iter()
                .any(|(_, outcome)| !matches!(outcome, Outcome::Passed(_)));
        let outcome = if stop {
            Outcome::NotRun
        } else {
            run_one(layer, keep_going, args)
        };
        results.push((layer, outcome));
    }
    print_table(&results);
    let passed = results.iter().all(|(_, outcome)| matches!(outcome, Outcome::Passed(_)));
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Layer {
    fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Lint => "lint",
            Self::Docs => "docs",
            Self::Purity => "purity",
            Self::Unit => "unit",
            Self::Sdk => "sdk",
            Self::Verdict => "verdict",
            Self::Net => "net",
            Self::Vm => "vm",
            Self::Demo => "demo",
        }
    }

    fn needs(self) -> Option<Scope> {
        match self {
            Self::Fmt | Self::Purity => None,
            Self::Lint | Self::Docs | Self::Unit | Self::Sdk => Some(Scope::Build),
            Self::Verdict | Self::Net | Self::Demo => Some(Scope::Programs),
            Self::Vm => Some(Scope::Everything),
        }
    }

    fn check(self, keep_going: bool, args: &[OsString]) -> Result<()> {
        match self {
            Self::Fmt => run_command(workspace::cargo().args(["fmt", "--all", "--check"])),
            Self::Lint => {
                run_command(workspace::cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
            }
            Self::Docs => {
                let mut doc = workspace::cargo();
                run_command(
                    doc.env("RUSTDOCFLAGS", "-Dwarnings")
                        .args(["doc", "--workspace", "--no-deps"]),
                )
            }
            Self::Purity => purity::check(),
            Self::Unit => {
                run_command(&mut cargo_test(&[], keep_going, args))?;
                run_command(&mut cargo_test(
                    &["--package=interlink-tests", "--lib", "--bins"],
                    keep_going,
                    args,
                ))
            }
            Self::Sdk => sdk::walk(),
            Self::Verdict => run_as_root(cargo_test(
                &["--package=interlink-tests", "--test=verdict"],
                keep_going,
                args,
            )),
            Self::Net => {
                let selected: Vec<_> = net_tests()?.into_iter().map(|name| format!("--test={name}")).collect();
                let selected = [
                    &["--package=interlink-tests"],
                    &*selected.iter().map(String::as_str).collect::<Vec<_>>(),
                ];
                let mut tests = cargo_test(&selected.concat(), keep_going, args);
                agent::build()?;
                agent::name_to(&mut tests)?;
                run_as_root(tests)
            }
            Self::Vm => vm::run(keep_going, args),
            Self::Demo => demo::run_to_its_end(),
        }
    }
}

fn run_one(layer: Layer, keep_going: bool, args: &[OsString]) -> Outcome {
    println!("== {}", layer.name());
    let start = Instant::now();
    match layer.check(keep_going, args) {
        Ok(()) => Outcome::Passed(start.elapsed()),
        Err(error) => {
            eprintln!("error: {}: {error:#}", layer.name());
            Outcome::Failed(start.elapsed())
        }
    }
}

fn cargo_test(selection: &[&str], keep_going: bool, args: &[OsString]) -> Command {
    let mut command = workspace::cargo();
    command
        .arg("test")
        .args(selection)
        .args(keep_going.then_some("--no-fail-fast"));
    if !args.is_empty() {
        command.arg("--").args(args);
    }
    command
}

/// Cargo compiles as the user; only the test binaries run as root.
fn run_as_root(mut tests: Command) -> Result<()> {
    let privilege = Privilege::detect().context("these tests load a program into the kernel: run them as root")?;
    privilege.apply_to_runner(&mut tests)?;
    run_command(&mut tests)
}

/// The integration tests of `interlink-tests` that need a network: all but the verdicts.
fn net_tests() -> Result<BTreeSet<String>> {
    let folder = workspace::root().join("tests/tests");
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry
            .with_context(|| format!("cannot list {}", folder.display()))?
            .path();
        if path.extension().is_some_and(|extension| extension == "rs") || path.join("main.rs").is_file() {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.remove("verdict");
    if names.is_empty() {
        bail!("{} holds no test besides verdict", folder.display());
    }
    Ok(names)
}

fn print_table(results: &[(Layer, Outcome)]) {
    println!("\n{:<10}{:<10}{:>8}", "layer", "result", "seconds");
    for (layer, outcome) in results {
        let (result, seconds) = match outcome {
            Outcome::Passed(time) => ("passed", format!("{:.1}", time.as_secs_f64())),
            Outcome::Failed(time) => ("FAILED", format!("{:.1}", time.as_secs_f64())),
            Outcome::NotRun => ("NOT RUN", "-".to_owned()),
        };
        println!("{:<10}{result:<10}{seconds:>8}", layer.name());
    }
}
