//! The `interlink-agent` command.

use std::process::ExitCode;

use clap::Parser;
use interlink_agent::cli::Cli;
use interlink_agent::out;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(exit) => exit.into(),
        Err(failed) => {
            out::complain(&format!("interlink-agent: {:#}\n", failed.error));
            failed.exit.into()
        }
    }
}
