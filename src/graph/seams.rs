//! The readers of hostile text, for fuzzing from outside the crate; nothing in the program may use it.

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue};
use serde_json::Value;
use url::Url;

use super::fault::{self, Fault};
use super::page::Page;
use super::{Origin, Secret, refusal, retry_after, strict};

/// Every text that is taken from an error document of the service or of its authority.
pub fn error_texts(body: &[u8]) -> Vec<String> {
    let fault = Fault::read(body).unwrap_or_default();
    let mut texts = vec![
        fault.code,
        fault.message,
        fault.request_id,
        fault.client_request_id,
        fault.retry_after,
    ];
    if let Ok(Value::Object(body)) = strict::read(fault::without_mark(body)) {
        let refused = refusal::read(&body).map(|refusal| refusal.failure);
        texts.extend(
            refused.map(|failure| [failure.code, failure.description]).into_iter().flatten(),
        );
    }
    texts.into_iter().flatten().collect()
}

/// The wait that a `Retry-After` header asks for, or else a body.
pub fn asked_wait(header: &[u8], in_body: &str) -> Option<Duration> {
    let mut headers = HeaderMap::new();
    headers.extend(HeaderValue::from_bytes(header).map(|value| (RETRY_AFTER, value)));
    retry_after::asked_wait(&headers, Some(in_body))
}

/// Where a page of a listing leads, if this service may be followed there.
pub fn next_link(page: &[u8], graph: &Origin) -> Option<Url> {
    let Ok(Value::Object(page)) = strict::read(page) else { return None };
    Page::read(page, graph).ok()?.next
}

/// The text with a secret blotted out.
pub fn redacted(secret: &str, text: &str) -> String {
    Secret::new(secret.to_owned()).redact(text)
}
