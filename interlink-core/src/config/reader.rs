//! Reads a TOML table key by key, remembers what was read, and reports what was not. Every file of ours is read so.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Position, Problem};

/// Where the mistakes of one text gather.
#[derive(Debug)]
pub struct Problems<'t> {
    text: &'t str,
    found: Vec<Problem>,
}

impl<'t> Problems<'t> {
    /// None, so far.
    pub const fn new(text: &'t str) -> Self {
        Self {
            text,
            found: Vec::new(),
        }
    }

    /// Notes a mistake: where, about what, and what should be there.
    pub fn add(&mut self, span: &Range<usize>, path: &str, message: impl Into<String>) {
        let position = Position::of(self.text, span.start);
        self.found.push(Problem {
            position,
            path: path.to_owned(),
            message: message.into(),
        });
    }

    /// How many there are so far.
    pub const fn count(&self) -> usize {
        self.found.len()
    }

    /// All of them, in the order of their places.
    pub fn finish(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| problem.position);
        self.found
    }
}

/// A value together with where it stands in the text.
#[derive(Clone, Debug)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Its bytes of the text.
    pub span: Range<usize>,
}

/// One table of the text, with the name that messages give it.
#[derive(Debug)]
pub struct Table<'d, 'i> {
    keys: &'d DeTable<'i>,
    span: Range<usize>,
    path: String,
    known: BTreeSet<&'static str>,
}

impl<'d, 'i> Table<'d, 'i> {
    /// A table, of which nothing is read yet.
    pub fn new(table: &'d DeTable<'i>, span: Range<usize>, path: String) -> Self {
        Self {
            keys: table,
            span,
            path,
            known: BTreeSet::new(),
        }
    }

    /// Its bytes of the text.
    pub const fn span(&self) -> &Range<usize> {
        &self.span
    }

    /// The name that messages give it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Gives the table a better name once its own is known.
    pub fn rename(&mut self, path: String) {
        self.path = path;
    }

    /// The name that messages give a key of this table.
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}: {key}", self.path)
        }
    }

    /// Takes a key for known that must not be here; tells whether it is.
    pub(super) fn refuse(&mut self, key: &'static str) -> bool {
        self.has(key) && self.known.insert(key)
    }

    /// Whether a key is there.
    pub fn has(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// Where the value of each key stands.
    pub fn spans(&self) -> BTreeMap<String, Range<usize>> {
        self.keys
            .iter()
            .map(|(key, value)| (key.get_ref().to_string(), value.span()))
            .collect()
    }

    /// A value that may be left out, read by a function that says what it expects.
    pub fn optional<T>(
        &mut self,
        problems: &mut Problems<'_>,
        key: &'static str,
        read: impl FnOnce(&DeValue<'i>) -> Result<T, String>,
    ) -> Option<At<T>> {
        self.known.insert(key);
        let value = self.keys.get(key)?;
        match read(value.get_ref()) {
            Ok(read) => Some(At {
                value: read,
                span: value.span(),
            }),
            Err(message) => {
                problems.add(&value.span(), &self.path_of(key), message);
                None
            }
        }
    }

    /// A value that must be there.
    pub fn required<T>(
        &mut self,
        problems: &mut Problems<'_>,
        key: &'static str,
        read: impl FnOnce(&DeValue<'i>) -> Result<T, String>,
    ) -> Option<At<T>> {
        if !self.has(key) {
            self.known.insert(key);
            problems.add(&self.span, &self.path, format!("`{key}` is missing"));
            return None;
        }
        self.optional(problems, key, read)
    }

    /// The items of a list, each read on its own so that one bad item doesn't hide the next.
    pub fn list<T>(
        &mut self,
        problems: &mut Problems<'_>,
        key: &'static str,
        mut read: impl FnMut(&DeValue<'i>) -> Result<T, String>,
    ) -> Vec<T> {
        self.known.insert(key);
        let Some(value) = self.keys.get(key) else {
            return Vec::new();
        };
        let path = self.path_of(key);
        let DeValue::Array(items) = value.get_ref() else {
            problems.add(
                &value.span(),
                &path,
                format!("found {}, expected a list", describe(value.get_ref())),
            );
            return Vec::new();
        };
        let mut read_items = Vec::new();
        for item in items {
            match read(item.get_ref()) {
                Ok(item) => read_items.push(item),
                Err(message) => problems.add(&item.span(), &path, message),
            }
        }
        read_items
    }

    /// A table below this one, empty where it is left out.
    pub fn table(&mut self, problems: &mut Problems<'_>, key: &'static str) -> Option<Table<'d, 'i>> {
        self.known.insert(key);
        let path = self.path_of(key);
        sub_table(problems, self.keys.get(key)?, path)
    }

    /// The tables of a list of them, as `[[key]]` makes it.
    pub fn tables(&mut self, problems: &mut Problems<'_>, key: &'static str) -> Vec<Table<'d, 'i>> {
        self.known.insert(key);
        let Some(value) = self.keys.get(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            let found = describe(value.get_ref());
            problems.add(
                &value.span(),
                &self.path_of(key),
                format!("found {found}, expected `[[{key}]]`"),
            );
            return Vec::new();
        };
        let numbered = items.iter().zip(1_usize..);
        numbered
            .filter_map(|(item, number)| sub_table(problems, item, format!("{key} {number}")))
            .collect()
    }

    /// Reports every key that nothing asked for.
    pub fn finish(self, problems: &mut Problems<'_>) {
        for key in self
            .keys
            .keys()
            .filter(|key| !self.known.contains(key.get_ref().as_ref()))
        {
            let name = key.get_ref();
            let known: Vec<_> = self.known.iter().map(|key| format!("`{key}`")).collect();
            let message = match closest(name, &self.known) {
                Some(meant) => format!("there is no key `{name}`: did you mean `{meant}`?"),
                None => format!("there is no key `{name}`: the keys here are {}", known.join(", ")),
            };
            problems.add(&key.span(), &self.path, message);
        }
    }
}

/// A value in a few words, for messages.
pub fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{:?}", text.as_ref()),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

fn sub_table<'d, 'i>(
    problems: &mut Problems<'_>,
    value: &'d Spanned<DeValue<'i>>,
    path: String,
) -> Option<Table<'d, 'i>> {
    let DeValue::Table(table) = value.get_ref() else {
        problems.add(
            &value.span(),
            &path,
            format!("found {}, expected a table", describe(value.get_ref())),
        );
        return None;
    };
    Some(Table::new(table, value.span(), path))
}

/// How many edits a misspelt key may be away from the one that was meant.
const MISSPELT: usize = 2;

fn closest(name: &str, known: &BTreeSet<&'static str>) -> Option<&'static str> {
    known
        .iter()
        .map(|key| (edits(name, key), *key))
        .filter(|(edits, _)| *edits <= MISSPELT)
        .min()
        .map(|(_, key)| key)
}

/// The Levenshtein distance.
pub(super) fn edits(from: &str, to: &str) -> usize {
    let mut previous: Vec<usize> = (0..=to.chars().count()).collect();
    for (left, deletions) in from.chars().zip(1..) {
        let mut row = vec![deletions];
        for ((right, substituted), inserted) in to.chars().zip(&previous).zip(previous.iter().skip(1)) {
            let substitution = substituted + usize::from(left != right);
            let insertion = row.last().copied().unwrap_or(deletions) + 1;
            row.push(substitution.min(insertion).min(inserted + 1));
        }
        previous = row;
    }
    previous.pop().unwrap_or_default()
}
