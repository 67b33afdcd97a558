//! `cargo xtask setup`: finds or installs what building and testing need. Nothing is done twice, and no default changes.

mod apt;
mod cargo_tool;
mod linker;
mod programs;
mod toolchain;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

pub(crate) use self::cargo_tool::CargoTool;
use self::toolchain::{Toolchain, Way};
use crate::workspace;

/// How much is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// What building the eBPF object needs.
    Build,
    /// That, and the programs that the tests and the demo run.
    Programs,
    /// That, and what virtual machines need.
    Everything,
}

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// What is found and what is done.
    Full,
    /// Only what is done.
    Changes,
}

impl Report {
    fn found(self, what: &str) {
        if self == Self::Full {
            println!("found {what}");
        }
    }

    fn doing(self, what: &str) {
        match self {
            Self::Full => println!("{what}"),
            Self::Changes => println!("setup: {what}"),
        }
    }
}

/// Makes sure that everything in `scope` is there.
pub(crate) fn ensure(scope: Scope, report: Report) -> Result<()> {
    let (toolchain, linker) = match build_tools_of_last_time() {
        Some(tools) => tools,
        None => find_build_tools(report)?,
    };
    report.found(&toolchain.to_string());
    report.found(&format!(
        "bpf-linker {} for LLVM {}: {}",
        linker::VERSION,
        toolchain.llvm,
        linker.display()
    ));
    write_env_file(&toolchain, &linker, report)?;
    if scope >= Scope::Programs {
        programs::ensure(report)?;
    }
    if scope >= Scope::Everything {
        programs::ensure_machines(report)?;
    }
    Ok(())
}

/// Makes sure that what ours is measured against is there.
pub(crate) fn ensure_rivals(report: Report) -> Result<()> {
    programs::ensure_rivals(report)
}

/// What an earlier run chose stays chosen while it works: another compiler would build another object.
fn build_tools_of_last_time() -> Option<(Toolchain, PathBuf)> {
    let text = fs::read_to_string(env_file_path()).ok()?;
    let rustc = text.lines().find_map(|line| line.strip_prefix("RUSTC="))?;
    let toolchain = toolchain::inspect(Path::new(rustc).parent()?).ok()?;
    let linker = linker::find(toolchain.llvm)?;
    Some((toolchain, linker))
}

/// The first compiler for which there is a linker too.
fn find_build_tools(report: Report) -> Result<(Toolchain, PathBuf)> {
    let mut refusals = Vec::new();
    for way in Way::ALL.into_iter().filter(|way| way.applies()) {
        let attempt = way.provide(report).and_then(|toolchain| {
            let linker = linker::ensure(toolchain.llvm, report)?;
            Ok((toolchain, linker))
        });
        match attempt {
            Ok(tools) => return Ok(tools),
            Err(error) => refusals.push(format!("  {}: {error:#}", way.name())),
        }
    }
    bail!(
        "nothing here can build the eBPF object:\n{}\n{}",
        refusals.join("\n"),
        toolchain::advice()
    )
}

fn env_file_path() -> PathBuf {
    workspace::tools().join("ebpf.env")
}

fn write_env_file(toolchain: &Toolchain, linker: &Path, report: Report) -> Result<()> {
    let file = env_file_path();
    let text = env_file(toolchain, linker);
    // A file written anew would make cargo build the object again.
    if fs::read_to_string(&file).is_ok_and(|old| old == text) {
        report.found(&format!("{}, up to date", file.display()));
        return Ok(());
    }
    report.doing(&format!("writing {}", file.display()));
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
}

fn env_file(toolchain: &Toolchain, linker: &Path) -> String {
    let Toolchain {
        cargo,
        rustc,
        version,
        llvm,
    } = toolchain;
    format!(
        "# Written by `cargo xtask setup`, read by interlink-agent/build.rs.\n\
         # rustc {version} with LLVM {llvm}\n\
         CARGO={}\nRUSTC={}\nLINKER={}\n",
        cargo.display(),
        rustc.display(),
        linker.display(),
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::env_file;
    use super::toolchain::Toolchain;

    #[test]
    fn env_file_holds_one_value_a_line() {
        let toolchain = Toolchain {
            cargo: "/usr/bin/cargo".into(),
            rustc: "/usr/bin/rustc".into(),
            version: "1.96.0".to_owned(),
            llvm: 22,
        };
        let text = env_file(&toolchain, Path::new("/w/target/tools/bin/bpf-linker"));
        let values: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            values,
            [
                "CARGO=/usr/bin/cargo",
                "RUSTC=/usr/bin/rustc",
                "LINKER=/w/target/tools/bin/bpf-linker"
            ]
        );
    }
}
