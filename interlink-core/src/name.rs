//! Names that the outside gives, checked once.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest name of a network interface, in bytes: `IFNAMSIZ` without its terminating zero.
pub const MAX_INTERFACE_NAME: usize = 15;

/// The longest name of a link, policy or VPC, in characters, as the InterLink API has it.
pub const MAX_NAME: usize = 255;

/// The name of a network interface, as the kernel allows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct InterfaceName(String);

/// The name of a link, a routing policy or a VPC.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// Why a text is no name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is there.
    #[error("a name can't be empty")]
    Empty,
    /// The kernel's limit.
    #[error("an interface name has at most {MAX_INTERFACE_NAME} bytes, this one has {0}")]
    InterfaceTooLong(usize),
    /// The API's limit.
    #[error("a name has at most {MAX_NAME} characters, this one has {0}")]
    TooLong(usize),
    /// A character that can't be in it.
    #[error("{0:?} can't be in a name")]
    Character(char),
    /// `.` and `..` would name directories.
    #[error("{0:?} is no interface name")]
    Reserved(String),
}

impl InterfaceName {
    /// Checks what the kernel's `dev_valid_name` checks.
    pub fn new(name: &str) -> Result<Self, NameError> {
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        if name.len() > MAX_INTERFACE_NAME {
            return Err(NameError::InterfaceTooLong(name.len()));
        }
        if name == "." || name == ".." {
            return Err(NameError::Reserved(name.to_owned()));
        }
        if let Some(bad) = name
            .chars()
            .find(|c| matches!(c, '/' | ':') || c.is_whitespace() || c.is_control())
        {
            return Err(NameError::Character(bad));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Name {
    /// Checks a name of an object.
    pub fn new(name: &str) -> Result<Self, NameError> {
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        let length = name.chars().count();
        if length > MAX_NAME {
            return Err(NameError::TooLong(length));
        }
        if let Some(bad) = name.chars().find(|c| c.is_control()) {
            return Err(NameError::Character(bad));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;

    fn try_from(name: String) -> Result<Self, NameError> {
        Self::new(&name)
    }
}

impl From<Name> for String {
    fn from(Name(name): Name) -> Self {
        name
    }
}

impl fmt::Display for InterfaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests;
