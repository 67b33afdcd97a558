//! A refusal in its JSON: one flat object, whose fields depend on its `type`.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ApiError, ErrorKind, Object};
use crate::value::Extra;

#[derive(Serialize, Deserialize)]
pub(super) struct Wire {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    message: String,
    #[serde(flatten)]
    fields: Extra,
}

impl From<Wire> for ApiError {
    fn from(wire: Wire) -> Self {
        let Wire { kind, message, fields } = wire;
        let mut rest = fields.clone();
        match read(&kind, &mut rest) {
            Some(kind) => Self {
                kind,
                message,
                extra: rest,
            },
            None => Self {
                kind: ErrorKind::Other(kind),
                message,
                extra: fields,
            },
        }
    }
}

impl From<ApiError> for Wire {
    fn from(error: ApiError) -> Self {
        let ApiError { kind, message, extra } = error;
        let mut wire = Self {
            kind: kind.name().to_owned(),
            message,
            fields: extra,
        };
        write(kind, &mut wire.fields);
        wire
    }
}

/// Takes the fields of a kind out of the object. Nothing where one is of another type than it should be.
fn read(kind: &str, fields: &mut Extra) -> Option<ErrorKind> {
    Some(match kind {
        "invalid_arguments" => ErrorKind::InvalidArguments {
            details: take(fields, "details")?,
        },
        "quotas_exceeded" => ErrorKind::QuotasExceeded {
            details: take(fields, "details")?,
        },
        "transient_state" => ErrorKind::TransientState {
            object: object(fields)?,
            current_state: take(fields, "current_state")?,
        },
        "not_found" => ErrorKind::NotFound(object(fields)?),
        "locked" => ErrorKind::Locked(object(fields)?),
        "permissions_denied" => ErrorKind::PermissionsDenied {
            details: take(fields, "details")?,
        },
        "denied_authentication" => ErrorKind::DeniedAuthentication {
            method: take(fields, "method")?,
            reason: take(fields, "reason")?,
        },
        "precondition_failed" => ErrorKind::PreconditionFailed {
            precondition: take(fields, "precondition")?,
            help_message: take(fields, "help_message")?,
        },
        "resource_expired" => ErrorKind::ResourceExpired {
            object: object(fields)?,
            expired_since: take(fields, "expired_since")?,
        },
        "out_of_stock" => ErrorKind::OutOfStock {
            resource: take(fields, "resource")?,
        },
        _ => return None,
    })
}

fn write(kind: ErrorKind, fields: &mut Extra) {
    let mut put = |name: &str, value: Value| {
        fields.insert(name.to_owned(), value);
    };
    match kind {
        ErrorKind::InvalidArguments { details } => put("details", json(&details)),
        ErrorKind::QuotasExceeded { details } => put("details", json(&details)),
        ErrorKind::PermissionsDenied { details } => put("details", json(&details)),
        ErrorKind::TransientState { object, current_state } => {
            put("resource", object.resource.into());
            put("resource_id", object.resource_id.into());
            put("current_state", current_state.into());
        }
        ErrorKind::NotFound(object) | ErrorKind::Locked(object) => {
            put("resource", object.resource.into());
            put("resource_id", object.resource_id.into());
        }
        ErrorKind::DeniedAuthentication { method, reason } => {
            put("method", method.into());
            put("reason", reason.into());
        }
        ErrorKind::PreconditionFailed {
            precondition,
            help_message,
        } => {
            put("precondition", precondition.into());
            put("help_message", help_message.into());
        }
        ErrorKind::ResourceExpired { object, expired_since } => {
            put("resource", object.resource.into());
            put("resource_id", object.resource_id.into());
            put("expired_since", expired_since.into());
        }
        ErrorKind::OutOfStock { resource } => put("resource", resource.into()),
        ErrorKind::Other(_) => {}
    }
}

fn object(fields: &mut Extra) -> Option<Object> {
    Some(Object {
        resource: take(fields, "resource")?,
        resource_id: take(fields, "resource_id")?,
    })
}

/// A field, or its default where it is absent or `null`.
fn take<T: Default + DeserializeOwned>(fields: &mut Extra, name: &str) -> Option<T> {
    match fields.remove(name) {
        None | Some(Value::Null) => Some(T::default()),
        Some(value) => serde_json::from_value(value).ok(),
    }
}

fn json<T: Serialize>(details: &T) -> Value {
    serde_json::to_value(details).unwrap_or_default()
}
