//! `cargo xtask test vm`: the tests again, under kernels that people run gateways with.

mod builds;
mod guest;
mod initramfs;
mod kernels;
mod machine;
mod packages;
mod qemu;

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

use self::guest::Suite;
use self::kernels::Kernel;
use self::machine::Accelerator;
use self::qemu::Qemu;
use crate::{agent, workspace};

/// Debian's kernels of its last two releases: the oldest that Interlink supports, and a current one.
const RELEASES: [&str; 2] = ["6.1", "6.12"];

/// What runs in each machine. Ordinary processors need minutes for a million of anything when they are emulated.
const SUITES: [Suite; 5] = [
    Suite {
        test: "verdict",
        environment: &[("INTERLINK_FRAMES", "60000")],
        only: &[],
        skipped: &["tables::a_million_", "tables::everything_but_some_holes"],
    },
    Suite {
        test: "devices",
        environment: &[("INTERLINK_VIRTIO", "eth0 eth1")],
        only: &[],
        skipped: &[],
    },
    Suite {
        test: "docs",
        environment: &[],
        only: &["gateway::"],
        skipped: &[],
    },
    Suite {
        test: "netlink",
        environment: &[],
        only: &["interfaces::a_vlan_interface"],
        skipped: &[],
    },
    Suite {
        test: "agent",
        environment: &[],
        only: &["managed::a_vlan_interface_and_a_vrf"],
        skipped: &[],
    },
];

/// Runs the tests under each kernel; arguments go to each test binary.
pub(crate) fn run(keep_going: bool, args: &[OsString]) -> Result<()> {
    ensure!(
        cfg!(target_arch = "x86_64"),
        "the kernels are those of amd64, and this machine isn't one"
    );
    let qemu = Qemu::provide()?;
    let kernels = kernels::provide(&RELEASES)?;
    let tests = builds::tests(&SUITES.map(|suite| suite.test))?;
    agent::build()?;
    let accelerator = Accelerator::probe(&qemu, &kernels)?;
    println!("the machines run on {accelerator}");

    let mut failures = Vec::new();
    for kernel in &kernels {
        if let Err(error) = run_under(&qemu, kernel, accelerator, &tests, args) {
            failures.push(format!("{}: {error:#}", kernel.version));
            if !keep_going {
                break;
            }
        }
    }
    if !failures.is_empty() {
        bail!("{}", failures.join("\n"));
    }
    Ok(())
}

fn run_under(
    qemu: &Qemu,
    kernel: &Kernel,
    accelerator: Accelerator,
    tests: &builds::Tests,
    args: &[OsString],
) -> Result<()> {
    println!("-- Linux {}", kernel.version);
    let start = Instant::now();
    let script = guest::script(&SUITES, tests, &kernel.modules(), args)?;
    let output = machine::run(qemu, kernel, accelerator, &script)?;
    guest::judge(&SUITES, &output)?;
    println!(
        "-- Linux {}: passed, {:.0} s",
        kernel.version,
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Where packages, kernels and what machines say are kept.
fn folder(name: &str) -> Result<PathBuf> {
    let folder = workspace::root().join("target/vm").join(name);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}
