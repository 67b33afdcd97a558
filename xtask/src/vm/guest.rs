//! What a machine does when it has booted, and what its output means.

use std::ffi::{OsStr, OsString};

use anyhow::{Context as _, Result, bail};

use super::builds::Tests;
use crate::workspace;

/// The modules that tests need, where the kernel doesn't load them by itself.
const MODULES: [&str; 7] = ["8021q", "bonding", "bridge", "dummy", "veth", "virtio_net", "vrf"];

/// What begins each line that we read.
const MARK: &str = "il-vm:";

/// What a test prints that can't run where it is.
const SKIPPED: &str = "SKIPPED";

/// One test binary, and how it is run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Suite {
    /// Its name.
    pub(super) test: &'static str,
    /// The variables that it is given.
    pub(super) environment: &'static [(&'static str, &'static str)],
    /// Which of its tests are run, by a part of their names; all of them where none is named.
    pub(super) only: &'static [&'static str],
    /// Those of its tests that take minutes where a processor is emulated, by a part of their names.
    pub(super) skipped: &'static [&'static str],
}

/// The shell script that runs the suites. `modprobe` finds the modules.
pub(super) fn script(suites: &[Suite], tests: &Tests, modprobe: &str, args: &[OsString]) -> Result<String> {
    let agent = workspace::built_program("interlink-agent")?;
    let tests_folder = workspace::root().join("tests");
    let mut lines = vec![
        "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TMPDIR=/run/tmp"
            .to_owned(),
        "mkdir -p /run/tmp".to_owned(),
        "mount -t bpf bpf /sys/fs/bpf".to_owned(),
        format!("{modprobe} -a {} || exit 1", MODULES.join(" ")),
        format!("export INTERLINK_AGENT={}", quoted(agent.as_os_str())),
        format!("cd {} || exit 1", quoted(tests_folder.as_os_str())),
    ];
    for suite in suites {
        let binary = tests
            .get(suite.test)
            .with_context(|| format!("{} isn't built", suite.test))?;
        let variables = suite
            .environment
            .iter()
            .map(|(name, value)| format!("{name}={}", quoted(OsStr::new(value))));
        // What is asked for replaces our own choice, as the two together would be more, not less.
        let only = suite.only.iter().filter(|_| args.is_empty()).map(OsStr::new);
        let skipped = suite.skipped.iter().flat_map(|name| ["--skip", *name]).map(OsStr::new);
        let words = [binary.as_os_str(), OsStr::new("--color=never")].into_iter();
        let words = words
            .chain(only)
            .chain(skipped)
            .chain(args.iter().map(OsString::as_os_str))
            .map(quoted);
        let command: Vec<_> = variables.chain(words).collect();
        lines.push(format!("echo '{MARK} {} begins'", suite.test));
        lines.push(command.join(" "));
        lines.push(format!("echo \"{MARK} {} ended with $?\"", suite.test));
    }
    lines.push(String::new());
    Ok(lines.join("\n"))
}

/// Whether every suite ran to its end, none of its tests failed, and none was skipped for want of something.
pub(super) fn judge(suites: &[Suite], output: &str) -> Result<()> {
    for suite in suites {
        let beginning = format!("{MARK} {} ended with ", suite.test);
        match output.lines().find_map(|line| line.strip_prefix(&beginning)) {
            Some("0") => {}
            Some(code) => bail!("`{}` ended with {code}", suite.test),
            None => bail!("`{}` did not come to its end", suite.test),
        }
    }
    if let Some(line) = output.lines().find(|line| line.contains(SKIPPED)) {
        bail!("a test was skipped that this kernel should run: {line}");
    }
    Ok(())
}

/// A word as the shell takes it.
fn quoted(word: &OsStr) -> String {
    format!("'{}'", word.to_string_lossy().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::{Suite, Tests, judge, quoted, script};

    const SUITES: [Suite; 2] = [
        Suite {
            test: "verdict",
            environment: &[("INTERLINK_FRAMES", "5")],
            only: &[],
            skipped: &["slow"],
        },
        Suite {
            test: "net",
            environment: &[],
            only: &["vlan"],
            skipped: &[],
        },
    ];

    fn built() -> Tests {
        let tests = [("verdict", "/b/verdict"), ("net", "/b/net")].map(|(name, path)| (name.to_owned(), path.into()));
        tests.into()
    }

    #[test]
    fn a_suite_is_run_with_its_variables_and_what_was_asked_for() {
        let text = script(&SUITES, &built(), "modprobe -d /k", &[OsString::from("gates")]).unwrap();
        assert!(text.contains("\nmodprobe -d /k -a 8021q "), "{text}");
        assert!(
            text.contains("\nINTERLINK_FRAMES='5' '/b/verdict' '--color=never' '--skip' 'slow' 'gates'\n"),
            "{text}"
        );
        assert!(text.contains("\n'/b/net' '--color=never' 'gates'\n"), "{text}");
        let text = script(&SUITES, &built(), "modprobe -d /k", &[]).unwrap();
        assert!(text.contains("\n'/b/net' '--color=never' 'vlan'\n"), "{text}");
    }

    #[test]
    fn a_machine_has_passed_when_each_suite_ended_well_and_skipped_nothing() {
        let good = "il-vm: verdict begins\nok\nil-vm: verdict ended with 0\nil-vm: net ended with 0\n";
        judge(&SUITES, good).unwrap();
        let judged = |output: &str| judge(&SUITES, output).unwrap_err().to_string();
        assert_eq!(
            judged(&good.replace("net ended with 0", "net ended with 101")),
            "`net` ended with 101"
        );
        assert_eq!(
            judged(&good.replace("il-vm: net ended with 0", "")),
            "`net` did not come to its end"
        );
        assert_eq!(
            judged(&good.replace("ok", "SKIPPED: no 802.1Q")),
            "a test was skipped that this kernel should run: SKIPPED: no 802.1Q"
        );
    }

    #[test]
    fn words_are_quoted_for_the_shell() {
        assert_eq!(quoted("a b".as_ref()), "'a b'");
        assert_eq!(quoted("it's".as_ref()), r"'it'\''s'");
    }
}
