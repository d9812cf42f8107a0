//! A text that must never be shown; knows nothing of what it opens.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// A password, client secret or token: it cannot be printed, and its memory is wiped when it goes.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over; the caller keeps no copy.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself, for the one request that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// This text with every occurrence of the secret blotted out: as it is, and as a form, JSON or
    /// Base64 would spell it.
    ///
    /// Secrets shorter than six characters are left alone: they would blot out ordinary words.
    pub(crate) fn redact(&self, text: &str) -> String {
        if self.0.len() < SHORTEST_REDACTED {
            return text.to_owned();
        }
        let mut text = text.replace(self.0.as_str(), REDACTED);
        for spelling in self.spellings() {
            text = text.replace(spelling.as_str(), REDACTED);
        }
        text
    }

    /// Base64 without its padding, which is found with it as well.
    fn spellings(&self) -> [Zeroizing<String>; 4] {
        let form = url::form_urlencoded::byte_serialize(self.0.as_bytes()).collect();
        let json = serde_json::Value::from(self.0.as_str()).to_string();
        let json = json.trim_matches('"').to_owned();
        let base64 = STANDARD_NO_PAD.encode(self.0.as_bytes());
        let base64_url = URL_SAFE_NO_PAD.encode(self.0.as_bytes());
        [form, json, base64, base64_url].map(Zeroizing::new)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

const REDACTED: &str = "[redacted]";
const SHORTEST_REDACTED: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_in_no_form() {
        let secret = Secret::new("c4n4ry~value".to_owned());
        assert_eq!(format!("{secret} {secret:?} {secret:#?}"), "[redacted] [redacted] [redacted]");
        assert_eq!(secret.expose(), "c4n4ry~value");
    }

    #[test]
    fn a_text_loses_the_secret_and_its_form_encoding() {
        let secret = Secret::new("c4n4ry~value".to_owned());
        assert_eq!(
            secret.redact("bad c4n4ry~value or c4n4ry%7Evalue!"),
            "bad [redacted] or [redacted]!"
        );
    }

    #[test]
    fn a_text_loses_the_secret_as_json_and_base64_spell_it() {
        let secret = Secret::new("c4n4ry\"~?>value".to_owned());
        assert_eq!(
            secret.redact(
                r#"{"a":"c4n4ry\"~?>value","b":"YzRuNHJ5In4/PnZhbHVl","c":"YzRuNHJ5In4_PnZhbHVl"}"#
            ),
            r#"{"a":"[redacted]","b":"[redacted]","c":"[redacted]"}"#
        );
    }

    #[test]
    fn a_very_short_secret_does_not_eat_the_text() {
        assert_eq!(Secret::new("a".to_owned()).redact("a banana"), "a banana");
    }
}
