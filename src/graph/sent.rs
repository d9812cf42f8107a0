//! The body of a change: JSON that may be seen, and secrets beside it; sends nothing.

use std::fmt;

use serde_json::Value;
use zeroize::Zeroizing;

use super::{Error, Object, Secret};

/// What a change sends.
#[derive(Clone, Copy)]
pub struct Sent<'a> {
    /// What may be compared, kept and shown.
    pub(crate) open: &'a Object,
    /// Properties beside it that may not, by name.
    secrets: &'a [(&'static str, Secret)],
}

impl<'a> From<&'a Object> for Sent<'a> {
    fn from(open: &'a Object) -> Self {
        Self { open, secrets: &[] }
    }
}

impl<'a> Sent<'a> {
    /// The same, with these properties beside it.
    #[must_use]
    pub fn with_secrets(self, secrets: &'a [(&'static str, Secret)]) -> Self {
        Self { secrets, ..self }
    }

    /// The JSON document, whose memory is wiped when it goes.
    pub(crate) fn bytes(self) -> Zeroizing<Vec<u8>> {
        let open = Value::Object(self.open.clone()).to_string();
        // A buffer that grows leaves its old place unwiped. Escapes make a text six times as long at most.
        let hidden = |(name, secret): &(&str, Secret)| name.len() + 6 * secret.expose().len() + 8;
        let most = open.len() + self.secrets.iter().map(hidden).sum::<usize>();
        let mut bytes = Zeroizing::new(Vec::with_capacity(most));
        bytes.extend_from_slice(open.as_bytes());
        for (name, secret) in self.secrets {
            bytes.pop();
            if bytes.last() != Some(&b'{') {
                bytes.push(b',');
            }
            let value = Zeroizing::new(Value::from(secret.expose()).to_string());
            bytes.extend_from_slice(format!("\"{name}\":").as_bytes());
            bytes.extend_from_slice(value.as_bytes());
            bytes.push(b'}');
        }
        bytes
    }

    /// The failure without the secrets, which the service may repeat in what it says.
    pub(crate) fn redacted(self, error: Error) -> Error {
        self.secrets.iter().fold(error, |error, (_, secret)| error.redacted(secret))
    }
}

/// Bodies are never logged, so they are not printed either.
impl fmt::Debug for Sent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_a_property_like_any_other_once_it_is_sent() {
        let secrets = [("one", Secret::new("a\"b\n".into())), ("two", Secret::new(String::new()))];
        for open in [json!({}), json!({"name": "x"})] {
            let open = open.as_object().unwrap();
            let sent = Sent::from(open).with_secrets(&secrets);
            let bytes = sent.bytes();
            assert!(bytes.len() <= bytes.capacity());
            let document: Object = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(document["one"], "a\"b\n");
            assert_eq!(document["two"], "");
            assert_eq!(document.len(), open.len() + 2);
            assert_eq!(format!("{sent:?}"), "Sent { .. }");
        }
    }
}
