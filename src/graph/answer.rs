//! One answer of a service and what can be read from it; knows no retries.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::Object;
use super::error::Source;
use super::fault::without_mark;
use super::secret::CUT;
use super::strict;

/// A status, headers, and the body as far as it arrived.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Result<Vec<u8>, BodyFailure>,
}

/// Why a body did not arrive, while its status did.
#[derive(Clone, Debug)]
pub(crate) enum BodyFailure {
    /// It broke off or fell silent.
    Interrupted { detail: String, source: Option<Source> },
    /// It is larger than this many bytes.
    TooLarge { limit: usize },
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body, or nothing when it did not arrive.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default()
    }

    /// The body as a JSON object, or what it is instead.
    pub(crate) fn object(&self) -> Result<Object, String> {
        match strict::read(without_mark(self.bytes())) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err("JSON, but not an object".to_owned()),
            // The parser's own words tell a place and never quote the body.
            Err(_) => Err(self.looks()),
        }
    }

    /// What the body looks like to a person who wonders who answered: type and first characters.
    pub(crate) fn looks(&self) -> String {
        let kind = match self.header(CONTENT_TYPE.as_str()) {
            Some(kind) => kind.chars().filter(|c| !c.is_control()).take(LONGEST_TYPE).collect(),
            None => "no content type".to_owned(),
        };
        let text = String::from_utf8_lossy(without_mark(self.bytes()));
        let mut shown = text.chars().filter(is_printable);
        let mut start = shown.by_ref().take(EXCERPT).collect::<String>().trim().to_owned();
        if start.is_empty() {
            return format!("an empty answer ({kind})");
        }
        start.extend(shown.next().map(|_| CUT));
        format!("an answer ({kind}) that starts with `{start}`")
    }

    /// The header as text, if it is one.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The host that a redirect leads to; nothing else of the link, which may hold secrets.
    pub(crate) fn redirect_host(&self) -> Option<String> {
        let location = self.header("location")?;
        match url::Url::parse(location) {
            Ok(url) => url.host_str().map(str::to_owned),
            Err(_) => None,
        }
    }

    /// The path in the `Location` header, which after a create is the new object's. The host is left
    /// out: what is asked next is asked of the host that was configured.
    pub(crate) fn created_path(&self) -> Option<String> {
        let location = self.header("location").filter(|text| text.len() <= LONGEST_LOCATION)?;
        let base = url::Url::parse("https://host.invalid").ok()?;
        Some(base.join(location).ok()?.path().to_owned())
    }
}

const EXCERPT: usize = 80;
const LONGEST_LOCATION: usize = 2048;
const LONGEST_TYPE: usize = 60;

fn is_printable(c: &char) -> bool {
    !c.is_control() && *c != char::REPLACEMENT_CHARACTER
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn answer(kind: Option<&'static str>, body: &[u8]) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(kind) = kind {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        Answer { status: 200, headers, body: Ok(body.to_vec()) }
    }

    #[test]
    fn an_object_may_follow_a_byte_order_mark() {
        let object = answer(Some("application/json"), b"\xEF\xBB\xBF{\"id\": \"1\"}").object();
        assert_eq!(object.map(|object| object.len()), Ok(1));
    }

    #[test]
    fn every_other_body_is_named_for_what_it_is() {
        let html = format!("<html>\r\n{}</html>", "x".repeat(200));
        let shown = format!("an answer (text/html) that starts with `<html>{}…`", "x".repeat(74));
        for (kind, body, expected) in [
            (Some("text/html"), html.as_bytes(), shown.as_str()),
            (None, b"".as_slice(), "an empty answer (no content type)"),
            (Some("a/b"), b"\xFF\x00\x01".as_slice(), "an empty answer (a/b)"),
            (Some("a/b"), b"{\"id\"".as_slice(), "an answer (a/b) that starts with `{\"id\"`"),
            (Some("a/b"), b"[1]".as_slice(), "JSON, but not an object"),
        ] {
            assert_eq!(answer(kind, body).object(), Err(expected.to_owned()));
        }
    }

    #[test]
    fn depth_without_end_is_an_error_and_no_overflow() {
        let body = "{\"a\":".repeat(100_000);
        assert!(answer(None, body.as_bytes()).object().is_err());
    }

    #[test]
    fn of_a_redirect_only_the_host_is_told() {
        let mut answer = answer(None, b"");
        let link = HeaderValue::from_static("https://user:word@evil.example/path?code=1");
        answer.headers.insert("location", link);
        assert_eq!(answer.redirect_host().as_deref(), Some("evil.example"));
    }
}
