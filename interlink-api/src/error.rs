//! The API's refusals.

mod wire;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::value::Extra;

/// A refusal, as the API's JSON has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(from = "wire::Wire", into = "wire::Wire")]
#[error("{kind}{}", behind(.message))]
pub struct ApiError {
    /// Which.
    pub kind: ErrorKind,
    /// The server's own words; may be empty.
    pub message: String,
    /// What this version doesn't know.
    pub extra: Extra,
}

/// The kinds of refusals, and what each says of itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// `invalid_arguments`.
    #[error("invalid arguments{}", each(.details, ArgumentError::sentence))]
    InvalidArguments {
        /// Each of them.
        details: Vec<ArgumentError>,
    },
    /// `quotas_exceeded`.
    #[error("a quota is exceeded{}", each(.details, QuotaError::sentence))]
    QuotasExceeded {
        /// Each of them.
        details: Vec<QuotaError>,
    },
    /// `transient_state`.
    #[error("the {object} is {current_state}")]
    TransientState {
        /// Whose.
        object: Object,
        /// Which state.
        current_state: String,
    },
    /// `not_found`.
    #[error("there is no {0}")]
    NotFound(Object),
    /// `locked`.
    #[error("the {0} is locked")]
    Locked(Object),
    /// `permissions_denied`.
    #[error("this isn't permitted to the token{}", each(.details, PermissionError::sentence))]
    PermissionsDenied {
        /// Each of them.
        details: Vec<PermissionError>,
    },
    /// `denied_authentication`.
    #[error("the {method} isn't accepted: {reason}")]
    DeniedAuthentication {
        /// `jwt` or `api_key`.
        method: String,
        /// `invalid_argument`, `not_found` or `expired`.
        reason: String,
    },
    /// `precondition_failed`.
    #[error("{precondition}{}", behind(.help_message))]
    PreconditionFailed {
        /// `unknown_precondition`, `resource_still_in_use` or `attribute_must_be_set`.
        precondition: String,
        /// In the server's words.
        help_message: String,
    },
    /// `resource_expired`.
    #[error("the {object} has expired, at {expired_since}")]
    ResourceExpired {
        /// Which.
        object: Object,
        /// When, as it came.
        expired_since: String,
    },
    /// `out_of_stock`.
    #[error("{resource} is out of stock")]
    OutOfStock {
        /// Of what.
        resource: String,
    },
    /// A kind that this version doesn't know, or one whose fields are of other types than it knows.
    #[error("{0}")]
    Other(String),
}

/// What a refusal is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// `link`, `routing_policy` and the like.
    pub resource: String,
    /// Its id.
    pub resource_id: String,
}

/// An argument that won't do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArgumentError {
    /// Which.
    pub argument_name: String,
    /// `unknown`, `required`, `format` or `constraint`.
    pub reason: String,
    /// In words.
    pub help_message: String,
    /// What this version doesn't know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A quota that would be exceeded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QuotaError {
    /// Of what.
    pub resource: String,
    /// How many there may be.
    pub quota: u64,
    /// How many there are.
    pub current: u64,
    /// What this version doesn't know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A permission that the token doesn't have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PermissionError {
    /// On what.
    pub resource: String,
    /// To do what.
    pub action: String,
    /// What this version doesn't know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl ApiError {
    /// A refusal with the server's own words.
    pub fn new(kind: ErrorKind, message: &str) -> Self {
        Self {
            kind,
            message: message.to_owned(),
            extra: Extra::new(),
        }
    }
}

impl ErrorKind {
    /// The `type` of the JSON.
    pub fn name(&self) -> &str {
        match self {
            Self::InvalidArguments { .. } => "invalid_arguments",
            Self::QuotasExceeded { .. } => "quotas_exceeded",
            Self::TransientState { .. } => "transient_state",
            Self::NotFound(_) => "not_found",
            Self::Locked(_) => "locked",
            Self::PermissionsDenied { .. } => "permissions_denied",
            Self::DeniedAuthentication { .. } => "denied_authentication",
            Self::PreconditionFailed { .. } => "precondition_failed",
            Self::ResourceExpired { .. } => "resource_expired",
            Self::OutOfStock { .. } => "out_of_stock",
            Self::Other(name) => name,
        }
    }

    /// What to do about it.
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::InvalidArguments { .. } => "correct what it names, then try again",
            Self::QuotasExceeded { .. } => "delete what isn't needed, or ask the provider for a higher quota",
            Self::TransientState { .. } => "a change is being applied: wait until it is, or use --wait",
            Self::NotFound(_) => "check id and region: the lists have what there is",
            Self::Locked(_) => "the provider locked it: open a support ticket",
            Self::PermissionsDenied { .. } => {
                "give the token's owner a permission set that contains it, as InterlinkFullAccess; it takes effect within \
                 two minutes"
            }
            Self::DeniedAuthentication { .. } => "use a secret key that exists and hasn't expired",
            Self::PreconditionFailed { .. } => "bring about what it asks for, then try again",
            Self::ResourceExpired { .. } => "delete it and order another",
            Self::OutOfStock { .. } => "choose a smaller bandwidth or another PoP, or ask the provider",
            Self::Other(_) => {
                "this version doesn't know that refusal: go by its words, or see whether a newer one does"
            }
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.resource.as_str(), self.resource_id.as_str()) {
            ("", "") => f.write_str("such object"),
            (only, "") | ("", only) => f.write_str(only),
            (resource, id) => write!(f, "{resource} {id}"),
        }
    }
}

impl ArgumentError {
    fn sentence(&self) -> String {
        format!("{} ({}){}", self.argument_name, self.reason, behind(&self.help_message))
    }
}

impl QuotaError {
    fn sentence(&self) -> String {
        format!("{} of {} {}", self.current, self.quota, self.resource)
    }
}

impl PermissionError {
    fn sentence(&self) -> String {
        format!("{} {}", self.action, self.resource)
    }
}

fn behind(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!(": {text}"),
    }
}

fn each<T>(details: &[T], sentence: fn(&T) -> String) -> String {
    behind(&details.iter().map(sentence).collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests;
