//! Everything Graph refuses and in which words and status; must not know how an answer is sent.

use std::time::SystemTime;

use serde_json::{Value, json};
use uuid::Uuid;

use super::clock;

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("Resource not found for the segment '{0}'.")]
    UnknownSegment(String),
    #[error("The method {0} is not allowed on this resource.")]
    MethodNotAllowed(String),
    #[error("The body must be of the content type application/json.")]
    NotJson,
    #[error("The body is not readable JSON: {0}.")]
    Malformed(String),
    #[error("The body is larger than {0} bytes.")]
    TooLarge(usize),
    /// The body does not agree with the declared types.
    #[error("{0}")]
    Invalid(String),
    /// A query option that is unknown, malformed or not supported here.
    #[error("{0}")]
    Query(String),
    #[error("Access token is missing, malformed, expired or not issued for this service.")]
    Unauthenticated,
    #[error(
        "The application may not do this. It needs one of these application permissions: {needed}"
    )]
    Forbidden { needed: &'static str },
    #[error("The enrollment profile {0} does not exist")]
    ProfileMissing(String),
    #[error("The enrollment program token {0} does not exist")]
    TokenMissing(String),
    #[error("The device {0} does not exist")]
    DeviceMissing(String),
    #[error("The token has no default profile of this kind")]
    NoDefault,
    /// The types agree, but Intune's own rules do not.
    #[error("{0}")]
    Rule(String),
}

impl Problem {
    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::UnknownSegment(_)
            | Self::Malformed(_)
            | Self::Invalid(_)
            | Self::Query(_)
            | Self::Rule(_) => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden { .. } => 403,
            Self::ProfileMissing(_)
            | Self::TokenMissing(_)
            | Self::DeviceMissing(_)
            | Self::NoDefault => 404,
            Self::MethodNotAllowed(_) => 405,
            Self::TooLarge(_) => 413,
            Self::NotJson => 415,
        }
    }

    /// Graph's error body for a request to this path with these ids.
    pub(crate) fn body(&self, path: &str, ids: &RequestIds) -> Value {
        let message = self.to_string();
        let message = if self.is_from_intune() { nested(&message, path, ids) } else { message };
        error_body(code(self.status()), &message, ids)
    }

    /// Graph's gateway answers in plain words. What passed it and was refused by Intune's own service comes back
    /// with a JSON document inside the message.
    fn is_from_intune(&self) -> bool {
        matches!(
            self,
            Self::Forbidden { .. }
                | Self::ProfileMissing(_)
                | Self::TokenMissing(_)
                | Self::DeviceMissing(_)
                | Self::NoDefault
                | Self::Rule(_)
        )
    }
}

/// The two ids by which Microsoft's support finds a request again.
pub(crate) struct RequestIds {
    /// Chosen by the service.
    pub(crate) request: String,
    /// Chosen by the client, or the service's id again when the client sent none.
    pub(crate) client: String,
}

impl RequestIds {
    /// Fresh ids for a request that brought this `client-request-id`.
    pub(crate) fn of(client: Option<&str>) -> Self {
        let request = Uuid::new_v4().to_string();
        let client = client.map_or_else(|| request.clone(), str::to_owned);
        Self { request, client }
    }
}

/// A plain error body for any status, as faults use it.
pub(crate) fn body_for_status(status: u16, ids: &RequestIds) -> Value {
    error_body(code(status), "The service was told to answer this request so.", ids)
}

fn error_body(code: &str, message: &str, ids: &RequestIds) -> Value {
    json!({ "error": {
        "code": code,
        "message": message,
        "innerError": {
            "date": clock::timestamp(SystemTime::now()),
            "request-id": ids.request,
            "client-request-id": ids.client,
        },
    }})
}

fn nested(message: &str, path: &str, ids: &RequestIds) -> String {
    let text = format!(
        "{message} - Operation ID (for customer support): {} - Activity ID: {} - \
         Url: https://fef.emulator.invalid/DeviceEnrollmentFE/StatelessDeviceEnrollmentFEService{}?api-version=5026-01-01",
        Uuid::nil(),
        ids.client,
        path.strip_prefix("/beta").unwrap_or(path),
    );
    json!({
        "_version": 3,
        "Message": text,
        "CustomApiErrorPhrase": "",
        "RetryAfter": null,
        "ErrorSourceService": "",
        "HttpHeaders": "{}",
    })
    .to_string()
}

fn code(status: u16) -> &'static str {
    match status {
        401 => "InvalidAuthenticationToken",
        403 => "Forbidden",
        404 => "ResourceNotFound",
        405 => "MethodNotAllowed",
        409 => "Conflict",
        413 => "RequestEntityTooLarge",
        415 => "UnsupportedMediaType",
        429 => "TooManyRequests",
        500 => "InternalServerError",
        502 => "BadGateway",
        503 => "ServiceUnavailable",
        504 => "GatewayTimeout",
        400..=499 => "BadRequest",
        _ => "UnknownError",
    }
}
