//! Becoming root for the few commands that need it.

use std::ffi::OsStr;
use std::io::{IsTerminal as _, stdin};
use std::os::unix::fs::MetadataExt as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::run::{capture, find_program};
use crate::workspace;

/// How a command is run as root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Privilege {
    /// As it is: the user is root.
    Root,
    /// Through sudo, which asks for nothing.
    Sudo,
    /// Through sudo, which may ask for a password on the terminal.
    SudoAsking,
}

impl Privilege {
    /// What this user has; an error says what is missing.
    pub(crate) fn detect() -> Result<Self> {
        // The owner of this entry is the process's effective user.
        if std::fs::metadata("/proc/self").context("cannot read /proc/self")?.uid() == 0 {
            return Ok(Self::Root);
        }
        if find_program("sudo").is_none() {
            bail!("this user is not root, and there is no sudo");
        }
        let silent = Command::new("sudo").args(["-n", "true"]).stdin(Stdio::null()).output();
        if silent.is_ok_and(|output| output.status.success()) {
            Ok(Self::Sudo)
        } else if stdin().is_terminal() {
            Ok(Self::SudoAsking)
        } else {
            bail!("this user is not root, and sudo wants a password, for which there is no terminal")
        }
    }

    /// A command that runs `program` as root, with our environment.
    pub(crate) fn command(self, program: impl AsRef<OsStr>) -> Command {
        match self.prefix() {
            [] => Command::new(program),
            [sudo, options @ ..] => {
                let mut command = Command::new(sudo);
                command.args(options).arg(program);
                command
            }
        }
    }

    /// Makes a cargo command run what it builds, and only that, as root.
    pub(crate) fn apply_to_runner(self, cargo: &mut Command) -> Result<()> {
        if self == Self::Root {
            return Ok(());
        }
        let rustc = capture(Command::new("rustc").arg("-vV").current_dir(workspace::root()))?;
        let host = rustc
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .context("`rustc -vV` names no host")?;
        cargo.env(runner_variable(host), self.prefix().join(" "));
        Ok(())
    }

    fn prefix(self) -> &'static [&'static str] {
        match self {
            Self::Root => &[],
            Self::Sudo => &["sudo", "-n", "-E"],
            Self::SudoAsking => &["sudo", "-E"],
        }
    }
}

fn runner_variable(host: &str) -> String {
    format!("CARGO_TARGET_{}_RUNNER", host.to_uppercase().replace(['-', '.'], "_"))
}

#[cfg(test)]
mod tests {
    use super::{Privilege, runner_variable};
    use crate::run::describe;

    #[test]
    fn only_the_built_program_runs_through_sudo() {
        assert_eq!(describe(&Privilege::Root.command("il-demo")), "il-demo");
        assert_eq!(describe(&Privilege::Sudo.command("il-demo")), "sudo -n -E il-demo");
        assert_eq!(describe(&Privilege::SudoAsking.command("il-demo")), "sudo -E il-demo");
    }

    #[test]
    fn runner_is_set_for_the_host() {
        assert_eq!(
            runner_variable("x86_64-unknown-linux-gnu"),
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER"
        );
    }
}
