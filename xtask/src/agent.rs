//! The agent's program, as the demo and the tests on namespaces start it.

use std::process::Command;

use anyhow::Result;

use crate::run::run;
use crate::workspace;

/// Builds the agent and the programs of `interlink-tests` together, so that both are made with the same features.
pub(crate) fn build() -> Result<()> {
    run(workspace::cargo().args([
        "build",
        "--package",
        "interlink-agent",
        "--package",
        "interlink-tests",
        "--bins",
    ]))
}

/// Tells a program where the agent's lies.
pub(crate) fn name_to(command: &mut Command) -> Result<()> {
    command.env("INTERLINK_AGENT", workspace::built_program("interlink-agent")?);
    Ok(())
}
