//! Tables that repeat what the code has.

use std::collections::BTreeSet;

use interlink_agent::exit::Exit;
use interlink_common::{Reason, Verdict};
use interlink_core::config::Config;
use interlink_core::gate::Condition;

use crate::markdown::{DOCUMENTS, PACKETS, README, blocks, quoted, read, rows, tables};

#[test]
fn the_table_of_reasons_is_that_of_the_program() {
    let row = |reason: &Reason| {
        let verdict = match reason.verdict() {
            Verdict::Pass => "pass",
            Verdict::Drop => "drop",
        };
        [
            &format!("`{}`", reason.name()),
            verdict,
            reason.summary(),
            reason.next_step(),
        ]
        .map(str::to_owned)
        .to_vec()
    };
    let program: Vec<_> = Reason::ALL.iter().map(row).collect();
    assert_eq!(
        rows(PACKETS, &["reason", "verdict", "what it is", "what to do"]),
        program
    );
}

#[test]
fn a_decision_about_a_kind_of_packet_is_a_reason() {
    const OTHER_WORDS: [&str; 2] = ["vlan", "rxvlan"];
    let reasons: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    let kinds: Vec<_> = tables(&read(PACKETS))
        .into_iter()
        .filter(|table| table.head[1] == "decision")
        .collect();
    assert!(kinds.len() >= 5, "a table for each kind of packet: {kinds:?}");
    for row in kinds.iter().flat_map(|table| &table.rows) {
        let is_word = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        for word in quoted(&row[1])
            .filter(is_word)
            .filter(|word| !OTHER_WORDS.contains(word))
        {
            assert!(reasons.contains(word), "{PACKETS}: {word:?} is no reason, in {row:?}");
        }
    }
}

#[test]
fn the_table_of_exit_codes_is_that_of_the_agent() {
    let agent: Vec<_> = Exit::ALL
        .iter()
        .map(|exit| vec![exit.code().to_string(), exit.meaning().to_owned()])
        .collect();
    assert_eq!(rows(README, &["code", "meaning"]), agent);
}

#[test]
fn the_table_of_conditions_is_that_of_the_gate() {
    let documented = rows(README, &["condition", "met when", "key of `[[link]]`"]);
    let documented: Vec<_> = documented.iter().map(|row| row[0].trim_matches('`')).collect();
    assert_eq!(documented, Condition::ALL.map(Condition::name));
}

#[test]
fn every_configuration_is_valid() {
    let mut seen = 0;
    for document in DOCUMENTS {
        for block in blocks(&read(document)).iter().filter(|block| block.info == "toml") {
            seen += 1;
            if let Err(errors) = Config::parse(&block.text()) {
                panic!(
                    "{document}, the block from line {}:\n{}",
                    block.line,
                    errors.lines("block")
                );
            }
        }
    }
    assert!(seen >= 2, "{README} shows a link without and one with a VLAN id");
}
