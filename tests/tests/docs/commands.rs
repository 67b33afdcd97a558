//! Where each command of the documents is run.

use crate::markdown::{Block, DOCUMENTS, README, blocks, read};

/// Commands that [`crate::gateway`] doesn't run, and why that is no gap.
const RUN_BY_CI: [(&str, &str); 10] = [
    ("cargo xtask demo", "the layer `demo`"),
    ("cargo xtask test", "what runs this test"),
    ("cargo xtask test unit", "a layer of the same"),
    ("cargo xtask test verdict -- headers", "a layer of the same, narrowed"),
    ("cargo xtask test net --keep-going", "a layer of the same"),
    (
        "cargo xtask mutants",
        "takes more than an hour; who changes the core runs it",
    ),
    (
        "cargo xtask fuzz frame --seconds 600",
        "the longer the better; who changes a parser runs it",
    ),
    ("cargo xtask setup", "what each layer begins with"),
    ("cargo test", "the layer `unit`"),
    (
        "cargo build --release --package interlink-agent",
        "every layer builds the package; optimised it takes minutes more",
    ),
];

/// What [`crate::gateway`] runs, in a namespace, with every path below a directory of the test.
const RUN_HERE: [&str; 6] = ["cp", "install", "interlink-agent", "ip", "mountpoint", "sysctl"];

/// Whether CI runs a command by itself.
pub(crate) fn is_run_by_ci(command: &str) -> bool {
    RUN_BY_CI.iter().any(|(known, _)| *known == command)
}

/// Whether the namespace's test knows a command's program.
pub(crate) fn is_run_here(command: &str) -> bool {
    RUN_HERE
        .iter()
        .any(|program| command.split(' ').next() == Some(program))
}

#[test]
fn every_command_is_run_somewhere() {
    for document in DOCUMENTS {
        for block in blocks(&read(document)).iter().filter(|block| block.is_shell()) {
            for (line, command) in block.commands() {
                assert!(
                    (document == README && is_run_here(command)) || is_run_by_ci(command),
                    "{document}, line {line}: nothing runs `{command}`: teach this test, or say who else does"
                );
            }
        }
    }
}

#[test]
fn no_command_is_listed_that_no_document_has() {
    let texts = DOCUMENTS.map(read);
    let all: Vec<_> = texts
        .iter()
        .flat_map(|text| blocks(text))
        .filter(Block::is_shell)
        .collect();
    for (known, _) in RUN_BY_CI {
        let is_there = all.iter().any(|block| block.lines.iter().any(|line| line == known));
        assert!(is_there, "no document has `{known}` any more");
    }
}
