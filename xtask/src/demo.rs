//! `cargo xtask demo`: builds what the demo needs, then hands over to it.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

use crate::privilege::Privilege;
use crate::run::{describe, run};
use crate::setup::{self, Report, Scope};
use crate::{agent, workspace};

/// Becomes the demo, so that Ctrl-C reaches it alone and the shell waits until it has tidied up.
pub(crate) fn replace_this_process(args: &[OsString]) -> Result<ExitCode> {
    setup::ensure(Scope::Programs, Report::Changes)?;
    let mut command = prepare(args)?;
    let error = command.exec();
    Err(error).with_context(|| format!("cannot run `{}`", describe(&command)))
}

/// Runs the demo and comes back, for the test layer.
pub(crate) fn run_to_its_end() -> Result<()> {
    run(&mut prepare(&[])?)
}

fn prepare(args: &[OsString]) -> Result<Command> {
    let privilege = Privilege::detect().context("the demo makes network namespaces: run it as root")?;
    agent::build()?;
    let mut command = privilege.command(workspace::built_program("il-demo")?);
    command.args(args);
    agent::name_to(&mut command)?;
    Ok(command)
}
