//! A text that must never be shown; knows nothing of what it opens.

use std::fmt;

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

    /// This text with every occurrence of the secret, as it is and as a form field, blotted out.
    ///
    /// Secrets shorter than six characters are left alone: they would blot out ordinary words.
    pub(crate) fn redact(&self, text: &str) -> String {
        if self.0.len() < SHORTEST_REDACTED {
            return text.to_owned();
        }
        let encoded: String = url::form_urlencoded::byte_serialize(self.0.as_bytes()).collect();
        let encoded = Zeroizing::new(encoded);
        text.replace(self.0.as_str(), REDACTED).replace(encoded.as_str(), REDACTED)
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
    fn a_very_short_secret_does_not_eat_the_text() {
        assert_eq!(Secret::new("a".to_owned()).redact("a banana"), "a banana");
    }
}
