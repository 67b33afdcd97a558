//! Places that the documents name: files, modules, each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::markdown::{ARCHITECTURE, DOCUMENTS, quoted, read, root, tables};

/// The sections of the code map, each with the crate's folder.
const CRATES: [&str; 8] = [
    "interlink-common",
    "interlink-ebpf",
    "interlink-core",
    "interlink-api",
    "interlink-agent",
    "interlink-controller",
    "xtask",
    "tests",
];

#[test]
fn links_lead_to_files() {
    for document in DOCUMENTS {
        let text = read(document);
        let folder = root().join(document);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.starts_with("https://")) {
            let path = folder.parent().unwrap().join(target);
            assert!(path.is_file(), "{document} links to {target}, which is not there");
        }
    }
}

#[test]
fn the_code_map_names_what_is_there_and_all_of_it() {
    for name in CRATES {
        let named = named(name);
        for place in &named {
            let path = root().join(name).join(place);
            let is_there = if place.ends_with('/') {
                path.is_dir()
            } else {
                path.is_file()
            };
            assert!(is_there, "{ARCHITECTURE}: {name} has no {place}");
        }
        for module in modules(&root().join(name).join("src")) {
            let known = [format!("src/{module}.rs"), format!("src/{module}/")];
            assert!(
                known.iter().any(|place| named.contains(place)),
                "{ARCHITECTURE}: the code map of {name} lacks {module}: give it a line"
            );
        }
    }
}

#[test]
fn files_that_contributing_names_are_there() {
    for line in read("CONTRIBUTING.md").lines() {
        // What a mutant changes stands behind its file and a colon. What has spaces is a sentence, or a command.
        let words = quoted(line).filter_map(|word| word.split(':').next());
        let words = words.filter(|word| !word.contains(' '));
        for file in words.filter(|word| word.contains('/') && Path::new(word).extension().is_some()) {
            assert!(
                root().join(file).is_file(),
                "CONTRIBUTING.md names {file}, which is not there"
            );
        }
    }
}

fn named(name: &str) -> BTreeSet<String> {
    let tables = tables(&read(ARCHITECTURE));
    let of_crate = |section: &str| section.split(':').next() == Some(name);
    let table = tables
        .iter()
        .find(|table| table.head[0] == "module" && of_crate(&table.section));
    let table = table.unwrap_or_else(|| panic!("{ARCHITECTURE} has no table for {name}"));
    table
        .rows
        .iter()
        .map(|row| row[0].trim_matches('`').to_owned())
        .collect()
}

/// The top modules of a crate, but for its own tests.
fn modules(source: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(source).unwrap().map(|entry| entry.unwrap().path());
    let names = entries.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    names.filter(|name| name != "tests").collect()
}
