//! What must not be read over anybody's shoulder.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A pairing key or a token. Nothing prints it: it has no `Display`, and `Debug` shows that it is there and no more.
///
/// It is written into JSON, because the API carries pairing keys. What is shown to people instead of sent goes through
/// [`Link::without_secrets`](crate::Link::without_secrets).
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for who sends or compares it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() {
            "Secret(empty)"
        } else {
            "Secret(hidden)"
        })
    }
}
