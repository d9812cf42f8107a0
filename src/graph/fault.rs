//! Reads Graph's error documents, and what Intune hides in them; judges nothing.

use serde_json::{Map, Value};

use super::secret::CUT;

/// What a service says about its refusal.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Fault {
    /// The innermost code, as that is the one that says something.
    pub(crate) code: Option<String>,
    /// The innermost message, in one line, without the ids of operations and back ends.
    pub(crate) message: Option<String>,
    /// Both ids as the body names them.
    pub(crate) request_id: Option<String>,
    pub(crate) client_request_id: Option<String>,
    /// A wait asked for inside the body, as it stands there.
    pub(crate) retry_after: Option<String>,
}

impl Fault {
    /// Reads `{"error": {"code", "message", "innerError"}}`; `None` for anything else.
    ///
    /// Graph's documents on errors make `code` a string; a body without it comes from elsewhere.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let document: Map<String, Value> = serde_json::from_slice(without_mark(body)).ok()?;
        let error = document.get("error")?.as_object()?;
        let code = error.get("code")?.as_str()?;
        let inner = INNER_ERROR.iter().find_map(|name| error.get(*name)?.as_object());
        let id = |name: &str| short_text(inner?.get(name)?);
        let mut fault = Self {
            code: one_line(code),
            request_id: id("request-id"),
            client_request_id: id("client-request-id"),
            ..Self::default()
        };
        fault.unwrap(error.get("message").and_then(Value::as_str).unwrap_or_default());
        Some(fault)
    }

    /// Intune answers a JSON document inside `message`, sometimes with another one inside that.
    fn unwrap(&mut self, message: &str) {
        let mut message = message.to_owned();
        for _ in 0..DEEPEST {
            let Some(inner) = nested(&message) else { break };
            if let Some(code) = inner.get("ErrorCode").and_then(Value::as_str).and_then(one_line) {
                self.code = Some(code);
            }
            if let Some(wait) = inner.get("RetryAfter").and_then(short_text) {
                self.retry_after = Some(wait);
            }
            let Some(text) = MESSAGE.iter().find_map(|name| inner.get(*name)?.as_str()) else {
                break;
            };
            message = text.to_owned();
        }
        let plain = message.split(OPERATION).next().unwrap_or_default();
        self.message = one_line(plain);
    }
}

/// The body without a byte order mark, which RFC 8259, section 8.1, lets a reader ignore.
pub(crate) fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)
}

/// The text on one line without control characters, cut to a readable length; `None` if empty.
pub(crate) fn one_line(text: &str) -> Option<String> {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if let Some((end, _)) = line.char_indices().nth(LONGEST_MESSAGE) {
        line.truncate(end);
        line.push(CUT);
    }
    (!line.is_empty()).then_some(line)
}

/// Both spellings occur; today's documents have the first, older ones the second.
const INNER_ERROR: [&str; 2] = ["innerError", "innererror"];
const MESSAGE: [&str; 2] = ["Message", "message"];
/// Where Intune's message ends and its talk to customer support begins.
const OPERATION: &str = " - Operation ID (for customer support)";
const DEEPEST: usize = 4;
const LARGEST_NESTED: usize = 64 * 1024;
const LONGEST_MESSAGE: usize = 2000;
const LONGEST_ID: usize = 128;

fn nested(message: &str) -> Option<Map<String, Value>> {
    let looks_so = message.len() <= LARGEST_NESTED && message.trim_start().starts_with('{');
    if looks_so { serde_json::from_str(message).ok() } else { None }
}

fn short_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    if text.chars().count() <= LONGEST_ID { one_line(&text) } else { None }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const IDS: &str = " - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 \
        - Activity ID: 3b0c7a9e-6f7e-4d0a-9a53-6e7b0e4c2a11 - Url: https://fef.example/x?api-version=1";

    fn intune(message: &str, retry_after: Value) -> String {
        json!({
            "_version": 3,
            "Message": format!("{message}{IDS}"),
            "CustomApiErrorPhrase": "",
            "RetryAfter": retry_after,
            "ErrorSourceService": "",
            "HttpHeaders": "{}",
        })
        .to_string()
    }

    fn read(document: &Value) -> Fault {
        Fault::read(document.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_plain_error_is_read_with_its_ids() {
        for inner in ["innerError", "innererror"] {
            let fault = read(&json!({"error": {
                "code": "BadRequest",
                "message": "There is no\r\nsuch segment.",
                inner: {"request-id": "r-1", "client-request-id": "c-1", "date": "2019-12-09"},
            }}));
            assert_eq!(
                fault,
                Fault {
                    code: Some("BadRequest".into()),
                    message: Some("There is no such segment.".into()),
                    request_id: Some("r-1".into()),
                    client_request_id: Some("c-1".into()),
                    retry_after: None,
                },
                "{inner}"
            );
        }
    }

    #[test]
    fn a_document_inside_the_message_is_unwrapped() {
        let message = intune("The display name is too long", Value::Null);
        let fault = read(&json!({"error": {"code": "BadRequest", "message": message}}));
        assert_eq!(fault.message.as_deref(), Some("The display name is too long"));
        assert_eq!(fault.code.as_deref(), Some("BadRequest"));
        assert_eq!(fault.retry_after, None);
    }

    #[test]
    fn a_document_inside_a_document_gives_its_code_too() {
        let middle =
            json!({"ErrorCode": "Forbidden", "Message": intune("Not authorized", 7.into())});
        let error = json!({"code": "UnknownError", "message": middle.to_string()});
        let fault = read(&json!({ "error": error }));
        assert_eq!(fault.code.as_deref(), Some("Forbidden"));
        assert_eq!(fault.message.as_deref(), Some("Not authorized"));
        assert_eq!(fault.retry_after.as_deref(), Some("7"));
    }

    #[test]
    fn unwrapping_ends_after_four_levels() {
        let mut message = "deep".to_owned();
        for _ in 0..6 {
            message = json!({ "Message": message }).to_string();
        }
        let fault = read(&json!({"error": {"code": "x", "message": message}}));
        let expected = json!({"Message": json!({"Message": "deep"}).to_string()}).to_string();
        assert_eq!(fault.message, Some(expected));
    }

    #[test]
    fn what_only_looks_like_a_document_stays_a_message() {
        for text in ["{ not json", "{\"Message\": \"cut o", "{}", "{\"Message\": 3}"] {
            let fault = read(&json!({"error": {"code": "x", "message": text}}));
            assert_eq!(fault.message.as_deref(), Some(text));
        }
    }

    #[test]
    fn anything_but_an_odata_error_is_no_fault() {
        for body in [
            "",
            "<html>404</html>",
            "null",
            "[]",
            "{}",
            r#"{"error": "invalid_client"}"#,
            r#"{"error": {"message": "no code"}}"#,
            r#"{"error": {"code": 404, "message": "a number"}}"#,
            r#"{"error": {"code": "cut", "message": "o"#,
        ] {
            assert_eq!(Fault::read(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn long_messages_and_odd_ids_are_kept_in_bounds() {
        let fault = read(&json!({"error": {
            "code": "x",
            "message": "ä".repeat(5000),
            "innerError": {"request-id": "r".repeat(200), "client-request-id": ["c"]},
        }}));
        assert_eq!(fault.message.unwrap().chars().count(), 2001);
        assert_eq!((fault.request_id, fault.client_request_id), (None, None));
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let fault = Fault::read(&body);
            prop_assert!(fault.is_none_or(|fault| fault.code.is_none_or(|code| !code.is_empty())));
        }

        #[test]
        fn no_message_makes_it_panic(text in ".*") {
            let message = json!({ "Message": text }).to_string();
            let fault = read(&json!({"error": {"code": "x", "message": message}}));
            let message = fault.message.unwrap_or_default();
            prop_assert!(!message.chars().any(char::is_control));
        }
    }
}
