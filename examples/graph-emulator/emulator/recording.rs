//! What was asked of the service and what it said, without the secrets; decides nothing.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::message::{Request, form_fields};

/// One request and the status of its answer.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Recorded {
    pub(crate) method: String,
    /// Still percent-encoded.
    pub(crate) path: String,
    /// Still percent-encoded; empty when there was none.
    pub(crate) query: String,
    /// Names in lower case. Of `authorization` only the scheme is kept and whether the token was `valid`.
    pub(crate) headers: BTreeMap<String, String>,
    /// The JSON sent; a form as an object with its secrets struck out; null when there was no readable body.
    pub(crate) body: Value,
    /// None while the request waits and when the connection was closed instead of an answer.
    pub(crate) status: Option<u16>,
    /// Counts connections from 1, so that a test sees whether one was used again.
    pub(crate) connection: u64,
    /// Since the service was started.
    pub(crate) milliseconds: u64,
}

/// The requests since the start or the last clearing.
#[derive(Default)]
pub(crate) struct Recording {
    cleared: usize,
    entries: Vec<Recorded>,
}

impl Recording {
    /// Notes a request; answers the number under which its status is noted later.
    pub(crate) fn arrived(&mut self, recorded: Recorded) -> usize {
        self.entries.push(recorded);
        self.cleared + self.entries.len() - 1
    }

    pub(crate) fn answered(&mut self, number: usize, status: u16) {
        let place = number.checked_sub(self.cleared);
        if let Some(entry) = place.and_then(|place| self.entries.get_mut(place)) {
            entry.status = Some(status);
        }
    }

    pub(crate) fn entries(&self) -> &[Recorded] {
        &self.entries
    }

    pub(crate) fn clear(&mut self) {
        self.cleared += self.entries.len();
        self.entries.clear();
    }
}

impl Recorded {
    /// What is kept of a request whose token was found good or not.
    pub(crate) fn new(
        request: &Request,
        is_authorized: bool,
        connection: u64,
        milliseconds: u64,
    ) -> Self {
        let headers = request.headers.iter().map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes());
            let kept = if name == "x-identity-header" {
                "[redacted]".to_owned()
            } else if name == "authorization" {
                let scheme = text.split(' ').next().unwrap_or_default();
                format!("{scheme} {}", if is_authorized { "valid" } else { "invalid" })
            } else {
                text.into_owned()
            };
            (name.as_str().to_owned(), kept)
        });
        Self {
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            headers: headers.collect(),
            body: kept_body(request),
            status: None,
            connection,
            milliseconds,
        }
    }
}

/// Form fields that let their reader sign in.
const SECRET_FIELDS: [&str; 2] = ["client_secret", "client_assertion"];

fn kept_body(request: &Request) -> Value {
    if request.media_type().as_deref() != Some("application/x-www-form-urlencoded") {
        return serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    }
    let mut fields = Map::new();
    for (name, value) in form_fields(&request.body) {
        let kept =
            if SECRET_FIELDS.contains(&name.as_str()) { "[redacted]".to_owned() } else { value };
        fields.insert(name, kept.into());
    }
    Value::Object(fields)
}
