//! As much of Markdown as the documents use.

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) const README: &str = "README.md";
pub(crate) const PACKETS: &str = "docs/PACKETS.md";
pub(crate) const ARCHITECTURE: &str = "ARCHITECTURE.md";
pub(crate) const DOCUMENTS: [&str; 6] = [
    README,
    PACKETS,
    ARCHITECTURE,
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
];

/// The folder that the documents' names are relative to.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

pub(crate) fn read(document: &str) -> String {
    let path: PathBuf = root().join(document);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A fenced block.
#[derive(Debug)]
pub(crate) struct Block {
    /// What follows the fence's backticks.
    pub(crate) info: String,
    /// The heading above it.
    pub(crate) section: String,
    /// The number of its first line.
    pub(crate) line: usize,
    pub(crate) lines: Vec<String>,
    /// Whether nothing but empty lines is between it and the block before.
    pub(crate) follows: bool,
}

impl Block {
    pub(crate) fn text(&self) -> String {
        self.lines.join("\n") + "\n"
    }

    /// Whether it holds commands.
    pub(crate) fn is_shell(&self) -> bool {
        self.info.split(' ').next() == Some("sh")
    }

    /// Its commands, each with the number of its line.
    pub(crate) fn commands(&self) -> impl Iterator<Item = (usize, &str)> {
        (self.line..)
            .zip(self.lines.iter().map(String::as_str))
            .filter(|(_, line)| !line.is_empty())
    }
}

/// The fenced blocks of a text.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let mut section = String::new();
    let mut follows = false;
    for (number, line) in (1..).zip(text.lines()) {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let (info, section) = (info.to_owned(), section.clone());
                open = Some(Block {
                    info,
                    section,
                    line: number + 1,
                    lines: Vec::new(),
                    follows,
                });
            }
            (Some(_), Some(_)) => {
                blocks.extend(open.take());
                follows = true;
            }
            (Some(block), None) => block.lines.push(line.to_owned()),
            (None, None) => {
                follows &= line.is_empty();
                if line.starts_with('#') {
                    section = heading(line);
                }
            }
        }
    }
    assert!(open.is_none(), "a block is never closed: {open:?}");
    blocks
}

/// A table's first row, and the rows below its rule.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) section: String,
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// The tables of a text.
pub(crate) fn tables(text: &str) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut section = String::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with('#') {
            section = heading(line);
        }
        let row = cells(line);
        match (row, inside) {
            (None, _) => inside = false,
            (Some(head), false) => {
                tables.push(Table {
                    section: section.clone(),
                    head,
                    rows: Vec::new(),
                });
                inside = true;
            }
            (Some(row), true) if row.iter().all(|cell| cell == "---") => {}
            (Some(row), true) => tables.last_mut().unwrap().rows.push(row),
        }
    }
    tables
}

/// The rows of the one table with this first row.
pub(crate) fn rows(document: &str, head: &[&str]) -> Vec<Vec<String>> {
    let mut found = tables(&read(document));
    found.retain(|table| table.head == head);
    let table = found
        .pop()
        .unwrap_or_else(|| panic!("{document} has no table {head:?}"));
    assert!(found.is_empty(), "{document} has more than one table {head:?}");
    table.rows
}

/// What stands between backticks in a line.
pub(crate) fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn heading(line: &str) -> String {
    line.trim_start_matches('#').trim().to_owned()
}

fn cells(line: &str) -> Option<Vec<String>> {
    let row = line.strip_prefix('|')?.strip_suffix('|')?;
    Some(row.split('|').map(|cell| cell.trim().to_owned()).collect())
}
