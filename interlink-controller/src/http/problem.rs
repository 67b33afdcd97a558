//! From a refusal to the answer that says it: the one place that knows the API's codes and error JSON.

use hyper::StatusCode;
use interlink_api::error::{ArgumentError, Object, PermissionError, QuotaError};
use interlink_api::value::Extra;
use interlink_api::{ApiError, ErrorKind};

use crate::controller::Failure;
use crate::rules::{Fault, FaultKind, Refusal, Resource};

/// An answer that says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) error: Box<ApiError>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, kind: ErrorKind, message: &str) -> Self {
        Self {
            status,
            error: Box::new(ApiError::new(kind, message)),
        }
    }

    /// Nothing is at the path.
    pub(super) fn no_path(path: &str) -> Self {
        Refusal::not_found(Resource::Path, &path).into()
    }

    /// Something is there that takes other methods.
    pub(super) fn no_method() -> Self {
        let kind = ErrorKind::Other("invalid_request_error".to_owned());
        Self::new(StatusCode::METHOD_NOT_ALLOWED, kind, "this path takes other methods")
    }

    /// The token is missing or unknown.
    pub(super) fn no_token(reason: &str) -> Self {
        let kind = ErrorKind::DeniedAuthentication {
            method: "api_key".to_owned(),
            reason: reason.to_owned(),
        };
        Self::new(StatusCode::UNAUTHORIZED, kind, "authentication is denied")
    }

    /// The token is not good for this.
    pub(super) fn no_permission(resource: &str, action: &str) -> Self {
        let detail = PermissionError {
            resource: resource.to_owned(),
            action: action.to_owned(),
            extra: Extra::new(),
        };
        let kind = ErrorKind::PermissionsDenied { details: vec![detail] };
        Self::new(StatusCode::FORBIDDEN, kind, "insufficient permissions")
    }

    /// The body is longer than anybody needs.
    pub(super) fn too_large(limit: usize) -> Self {
        let fault = Fault::new(
            "body",
            FaultKind::Constraint,
            format!("a body has at most {limit} bytes"),
        );
        Self {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            ..Self::from(Refusal::Arguments(vec![fault]))
        }
    }

    /// The body does not come.
    pub(super) fn too_slow() -> Self {
        let fault = Fault::new("body", FaultKind::Required, "the body did not come in time");
        Self {
            status: StatusCode::REQUEST_TIMEOUT,
            ..Self::from(Refusal::Arguments(vec![fault]))
        }
    }

    /// The fault is here.
    pub(super) fn internal(message: &str) -> Self {
        let kind = ErrorKind::Other("internal_error".to_owned());
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, kind, message)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            failure @ (Failure::Store(_) | Failure::Random(_)) => {
                tracing::error!(
                    error = &failure as &dyn std::error::Error,
                    "a command failed, and changed nothing"
                );
                Self::internal(&failure.to_string())
            }
            Failure::Ending => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                ..Self::internal("the controller is ending: try again")
            },
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Arguments(faults) => Self::new(
                StatusCode::BAD_REQUEST,
                ErrorKind::InvalidArguments {
                    details: faults.into_iter().map(argument).collect(),
                },
                "invalid argument(s)",
            ),
            Refusal::NotFound { resource, id } => Self::new(
                StatusCode::NOT_FOUND,
                ErrorKind::NotFound(object(resource.as_str(), &id)),
                "resource is not found",
            ),
            Refusal::Locked(link) => Self::new(
                StatusCode::LOCKED,
                ErrorKind::Locked(object("link", &link.to_string())),
                "resource is locked",
            ),
            Refusal::Expired { link, since } => Self::new(
                StatusCode::GONE,
                ErrorKind::ResourceExpired {
                    object: object("link", &link.to_string()),
                    expired_since: since.to_string(),
                },
                "resource is expired: delete it, and order another",
            ),
            Refusal::Phase { status, help } => {
                precondition("unknown_precondition", &format!("the link is {status}: {help}"))
            }
            Refusal::Occupied { help } => precondition("resource_still_in_use", &help),
            Refusal::Vacant { help } => precondition("attribute_must_be_set", &help),
            Refusal::PolicyInUse { policy, links } => precondition(
                "resource_still_in_use",
                &format!("{links} link(s) use routing policy {policy}: detach it from them first"),
            ),
            Refusal::Connection { connection, status } => Self::new(
                StatusCode::CONFLICT,
                ErrorKind::TransientState {
                    object: object("dedicated_connection", &connection.to_string()),
                    current_state: status.as_str().to_owned(),
                },
                "resource is in a transient state",
            ),
            Refusal::Quota {
                resource,
                quota,
                current,
            } => Self::new(
                StatusCode::FORBIDDEN,
                ErrorKind::QuotasExceeded {
                    details: vec![QuotaError {
                        resource: resource.to_owned(),
                        quota,
                        current,
                        extra: Extra::new(),
                    }],
                },
                "quota(s) exceeded",
            ),
            Refusal::OutOfStock { resource } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                ErrorKind::OutOfStock {
                    resource: resource.to_owned(),
                },
                "resource is out of stock",
            ),
        }
    }
}

fn precondition(name: &str, help: &str) -> Problem {
    let kind = ErrorKind::PreconditionFailed {
        precondition: name.to_owned(),
        help_message: help.to_owned(),
    };
    Problem::new(StatusCode::PRECONDITION_FAILED, kind, "precondition failed")
}

fn argument(fault: Fault) -> ArgumentError {
    let Fault { argument, kind, help } = fault;
    let reason = match kind {
        FaultKind::Required => "required",
        FaultKind::Format => "format",
        FaultKind::Constraint => "constraint",
    };
    ArgumentError {
        argument_name: argument,
        reason: reason.to_owned(),
        help_message: help,
        extra: Extra::new(),
    }
}

fn object(resource: &str, id: &str) -> Object {
    Object {
        resource: resource.to_owned(),
        resource_id: id.to_owned(),
    }
}
