//! `cargo xtask mutants`: is everything in the core there for a reason that a test knows?
//!
//! cargo-mutants changes the core in one place after the other and runs its tests. A change that no test notices has
//! survived, and has to be one that CONTRIBUTING.md lists with the reason.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail, ensure};

use crate::run::describe;
use crate::setup::CargoTool;
use crate::workspace;

const CARGO_MUTANTS: CargoTool = CargoTool {
    verb: "mutants",
    version: "27.1.0",
};

/// The heading in CONTRIBUTING.md below which the survivors are listed.
const HEADING: &str = "### Mutants that survive";

/// What cargo-mutants ends with after a whole run: nothing left, survivors, or tests that took too long.
const RUN_TO_ITS_END: [i32; 3] = [0, 2, 3];

/// Runs cargo-mutants over the core, and compares its survivors with those that are listed. `args` may narrow it.
pub(crate) fn check(args: &[OsString]) -> Result<ExitCode> {
    let document = workspace::root().join("CONTRIBUTING.md");
    let text = read(&document)?;
    let listed = listed(&text)?;
    let survivors = survivors(args)?;
    let (unlisted, gone) = compare(&survivors, &listed);
    for mutant in &unlisted {
        println!("UNLISTED  {mutant}");
    }
    // What is listed and wasn't tried has survived nothing.
    let gone = if args.is_empty() { gone } else { Vec::new() };
    for mutant in &gone {
        println!("GONE      {mutant}");
    }
    println!(
        "{} survivors, {} listed in CONTRIBUTING.md",
        survivors.len(),
        survivors.len().saturating_sub(unlisted.len())
    );
    if unlisted.is_empty() && gone.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    println!("write the test that notices UNLISTED, or list it with the reason why none can; take GONE off the list");
    Ok(ExitCode::FAILURE)
}

/// Each mutant that no test noticed: its file, what was changed, and in which function.
fn survivors(args: &[OsString]) -> Result<Vec<String>> {
    let mut command = Command::new(CARGO_MUTANTS.ensure()?);
    command
        .current_dir(workspace::root())
        .args(["mutants", "--package=interlink-core", "--profile=mutants"])
        .args(["--cap-lints=true", "--output=target"])
        .args(args)
        .args(["--", "--lib"]);
    let status = command
        .status()
        .with_context(|| format!("cannot run `{}`", describe(&command)))?;
    ensure!(
        status.code().is_some_and(|code| RUN_TO_ITS_END.contains(&code)),
        "`{}` failed ({status})",
        describe(&command)
    );
    let missed = read(&workspace::root().join("target/mutants.out/missed.txt"))?;
    missed.lines().map(without_place).collect()
}

/// A mutant without line and column, which change with every line above: `FILE: CHANGE`.
fn without_place(mutant: &str) -> Result<String> {
    let mut parts = mutant.splitn(4, ':');
    let (Some(file), Some(_line), Some(_column), Some(change)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        bail!("cargo-mutants wrote of a survivor `{mutant}`, which is no FILE:LINE:COLUMN: CHANGE");
    };
    Ok(format!("{file}:{change}"))
}

/// The mutants that the document lists: each item names some in backticks, then says why none can be noticed.
fn listed(document: &str) -> Result<Vec<String>> {
    let (_, section) = document
        .split_once(HEADING)
        .with_context(|| format!("CONTRIBUTING.md has no heading `{HEADING}`"))?;
    let lines: Vec<_> = section.lines().take_while(|line| !line.starts_with('#')).collect();
    let text = lines.join("\n");
    let mut mutants = Vec::new();
    for item in text.split("\n* ").skip(1) {
        let item = item.split_whitespace().collect::<Vec<_>>().join(" ");
        let (names, _why) = item
            .split_once("`: ")
            .with_context(|| format!("CONTRIBUTING.md: `* {item}` is no \"* `MUTANT`, `MUTANT`: why\""))?;
        mutants.extend(names.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    Ok(mutants)
}

/// The survivors that aren't listed, and what is listed and doesn't survive. Two alike need two items.
fn compare(survivors: &[String], listed: &[String]) -> (Vec<String>, Vec<String>) {
    let mut gone = listed.to_vec();
    let mut unlisted = Vec::new();
    for survivor in survivors {
        match gone.iter().position(|mutant| mutant == survivor) {
            Some(place) => drop(gone.remove(place)),
            None => unlisted.push(survivor.clone()),
        }
    }
    (unlisted, gone)
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "## A\n* `x`: no\n### Mutants that survive\nSome.\n* `src/a.rs: replace | with ^ in last`: the \
                            bits differ,\n  so both do.\n* `src/a.rs: delete - in f`,\n  `src/b.rs: delete ! in\n  g`: why\n## Z\n* `y`: no\n";

    fn owned<const N: usize>(texts: [&str; N]) -> [String; N] {
        texts.map(str::to_owned)
    }

    #[test]
    fn the_list_is_what_stands_below_its_heading() {
        assert_eq!(
            listed(DOCUMENT).unwrap(),
            [
                "src/a.rs: replace | with ^ in last",
                "src/a.rs: delete - in f",
                "src/b.rs: delete ! in g"
            ]
        );
        assert_eq!(listed(HEADING).unwrap(), [""; 0]);
        assert!(listed("# Nothing").is_err());
    }

    #[test]
    fn an_item_without_a_reason_is_refused() {
        assert!(listed(&format!("{HEADING}\n* `src/a.rs: delete - in f`\n")).is_err());
    }

    #[test]
    fn a_mutant_is_known_by_its_file_and_change() {
        assert_eq!(
            without_place("interlink-core/src/a.rs:167:46: replace | with ^ in Prefix<A>::last").unwrap(),
            "interlink-core/src/a.rs: replace | with ^ in Prefix<A>::last"
        );
        assert!(without_place("nothing of the kind").is_err());
    }

    #[test]
    fn each_survivor_needs_an_item_of_its_own() {
        let listed = owned(["a", "b"]);
        assert_eq!(compare(&owned(["b", "a"]), &listed), (vec![], vec![]));
        assert_eq!(
            compare(&owned(["a", "a"]), &listed),
            (owned(["a"]).into(), owned(["b"]).into())
        );
        assert_eq!(compare(&[], &listed), (vec![], listed.to_vec()));
    }
}
