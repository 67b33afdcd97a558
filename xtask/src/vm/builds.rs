//! The test binaries, as cargo built them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::run::describe;
use crate::workspace;

/// The binary of each test, by the test's name.
pub(super) type Tests = BTreeMap<String, PathBuf>;

/// Builds tests of `interlink-tests`.
pub(super) fn tests(names: &[&str]) -> Result<Tests> {
    let mut cargo = workspace::cargo();
    cargo
        .args(["test", "--package=interlink-tests", "--no-run"])
        .arg("--message-format=json-render-diagnostics")
        .args(names.iter().map(|name| format!("--test={name}")))
        .stderr(Stdio::inherit());
    let output = cargo
        .output()
        .with_context(|| format!("cannot run `{}`", describe(&cargo)))?;
    ensure!(
        output.status.success(),
        "`{}` failed ({})",
        describe(&cargo),
        output.status
    );
    let built: Tests = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(binary)
        .collect();
    for name in names {
        ensure!(
            built.contains_key(*name),
            "`{}` names no binary of {name}",
            describe(&cargo)
        );
    }
    Ok(built)
}

/// The name and the binary of a test that a message of cargo's is about.
fn binary(message: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let target = message.get("target")?;
    let is_test = target.get("kind")?.as_array()?.iter().any(|kind| kind == "test");
    let name = target.get("name")?.as_str()?.to_owned();
    let path = PathBuf::from(message.get("executable")?.as_str()?);
    is_test.then_some((name, path))
}

#[cfg(test)]
mod tests {
    use super::binary;

    #[test]
    fn only_a_tests_message_names_its_binary() {
        let test = r#"{"target":{"kind":["test"],"name":"verdict"},"executable":"/w/target/debug/deps/verdict-8"}"#;
        assert_eq!(
            binary(test),
            Some(("verdict".to_owned(), "/w/target/debug/deps/verdict-8".into()))
        );
        assert_eq!(binary(&test.replace(r#"["test"]"#, r#"["lib"]"#)), None);
        assert_eq!(
            binary(&test.replace(r#""/w/target/debug/deps/verdict-8""#, "null")),
            None
        );
        assert_eq!(binary(r#"{"reason":"build-finished","success":true}"#), None);
        assert_eq!(binary("not JSON"), None);
    }
}
