//! One request as it was received and one answer before it is sent; knows nothing of what they mean.

use http::HeaderMap;
use hyper::body::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A request, its body read to the end.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// As it came, still percent-encoded.
    pub(crate) path: String,
    /// As it came, without the question mark.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// A header's text, when it is there and readable.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The media type of the body, without parameters, in lower case.
    pub(crate) fn media_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// The decoded segments of the path.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .skip(1)
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect()
    }

    /// The decoded options of the query.
    pub(crate) fn query_options(&self) -> Vec<(String, String)> {
        form_fields(self.query.as_bytes())
    }

    /// The most elements that the client prefers on a page (OData, "Preference maxpagesize").
    pub(crate) fn preferred_page(&self) -> Option<usize> {
        let preferences = self.header("prefer")?.split(',').map(str::trim);
        let sizes =
            preferences.filter_map(|preference| preference.strip_prefix("odata.maxpagesize="));
        sizes.filter_map(|size| size.parse().ok()).find(|size| *size > 0)
    }

    /// Path and query as they came.
    pub(crate) fn target(&self) -> String {
        if self.query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, self.query)
        }
    }
}

/// The decoded fields of `application/x-www-form-urlencoded`, in order.
pub(crate) fn form_fields(encoded: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// An answer whose body, if there is one, is whole.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Answer {
    /// A JSON document.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), JSON.to_owned())],
            body: Bytes::from(body.to_string()),
        }
    }

    /// No body at all.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// With one header more, or instead of the one of that name.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(present, _)| !present.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The body as JSON, when it is JSON.
    pub(crate) fn document(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// Graph names the metadata level in the content type.
const JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";
