//! Proves that `interlink-core` is pure: no crate that does IO below it, no clock, file, socket or process in its source.

mod code;
mod scan;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::run::capture;
use crate::workspace;

/// Crates whose presence means IO, a clock or randomness.
const IO_CRATES: [&str; 16] = [
    "async-io",
    "aya",
    "aya-obj",
    "getrandom",
    "libc",
    "mio",
    "netlink-packet-core",
    "netlink-packet-route",
    "netlink-proto",
    "netlink-sys",
    "nix",
    "rand",
    "rtnetlink",
    "rustix",
    "socket2",
    "tokio",
];

/// Fails with every breach, each with its place and the reason.
pub(crate) fn check() -> Result<()> {
    let mut breaches = impure_dependencies()?;
    let source = workspace::root().join("interlink-core/src");
    for file in rust_files(&source)? {
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let shown = file.strip_prefix(workspace::root()).unwrap_or(&file).display();
        breaches.extend(scan::scan(&text).into_iter().map(|breach| format!("{shown}:{breach}")));
    }
    if breaches.is_empty() {
        return Ok(());
    }
    bail!("interlink-core is not pure\n{}", breaches.join("\n"))
}

fn impure_dependencies() -> Result<Vec<String>> {
    let mut tree = workspace::cargo();
    tree.args([
        "tree",
        "--package",
        "interlink-core",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    Ok(io_crates(&capture(&mut tree)?))
}

fn io_crates(tree: &str) -> Vec<String> {
    let depended_on = |name: &&str| tree.lines().any(|line| line.split(' ').next() == Some(name));
    let explain = |name| {
        format!(
            "interlink-core depends on {name}, which does IO: see how with `cargo tree -p interlink-core -e normal -i {name}`"
        )
    };
    IO_CRATES.into_iter().filter(depended_on).map(explain).collect()
}

/// The sources below a folder, tests aside: they may take the time to hand it in.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry
            .with_context(|| format!("cannot list {}", folder.display()))?
            .path();
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::io_crates;

    #[test]
    fn io_crate_anywhere_in_the_tree_is_named() {
        let tree = "interlink-core v0.1.0 (/x)\nipnet v2.12.2\nmio v1.2.5\nserde_derive v1.0.229 (proc-macro)";
        let breaches = io_crates(tree);
        assert_eq!(breaches.len(), 1);
        assert!(
            breaches[0].starts_with("interlink-core depends on mio, which does IO"),
            "{breaches:?}"
        );
    }

    #[test]
    fn crate_with_a_similar_name_is_not() {
        assert!(io_crates("interlink-core v0.1.0 (/aya/libc)\nminiaya v1.0.0\nlibc-free v1.0.0").is_empty());
    }
}
