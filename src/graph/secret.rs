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
    /// Base64 would spell it, whatever white space is in it by now. Where the text ends or was cut, so is
    /// the beginning of a secret.
    ///
    /// Secrets and beginnings shorter than six characters are left alone: they would blot out ordinary
    /// words.
    pub(crate) fn redact(&self, text: &str) -> String {
        if self.0.len() < SHORTEST_REDACTED {
            return text.to_owned();
        }
        let plain = blotted(&text.replace(self.0.as_str(), REDACTED), &self.0);
        self.spellings().iter().fold(plain, |text, spelling| blotted(&text, spelling))
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

/// The text without this spelling of a secret. What is told of an answer was brought onto one line and cut
/// to a length by now, so white space is not compared, and a beginning at a cut is enough.
fn blotted(text: &str, spelling: &str) -> String {
    let spelling: Zeroizing<Vec<char>> = Zeroizing::new(spelling.chars().filter(is_ink).collect());
    // What is left of a secret without its white space may be as short as an ordinary word.
    let ink: usize = spelling.iter().map(|c| c.len_utf8()).sum();
    if ink < SHORTEST_REDACTED {
        return text.to_owned();
    }
    let seen: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| is_ink(c)).collect();
    let (mut blotted, mut copied) = (String::with_capacity(text.len()), 0);
    let mut tail = seen.as_slice();
    while let Some(((start, _), after)) = tail.split_first() {
        let told = told_of(&spelling, tail);
        let Some((end, last)) = told.checked_sub(1).and_then(|place| tail.get(place)) else {
            tail = after;
            continue;
        };
        blotted.push_str(text.get(copied..*start).unwrap_or_default());
        blotted.push_str(REDACTED);
        copied = end + last.len_utf8();
        tail = tail.get(told..).unwrap_or_default();
    }
    blotted.push_str(text.get(copied..).unwrap_or_default());
    blotted
}

/// How many of these characters are the secret, or as much of it as a cut has left; 0 for none.
fn told_of(spelling: &[char], seen: &[(usize, char)]) -> usize {
    let same = seen.iter().zip(spelling).take_while(|((_, one), other)| one == *other).count();
    let is_cut = seen.get(same).is_none_or(|(_, next)| *next == CUT);
    let is_told = same == spelling.len() || is_cut && same >= SHORTEST_REDACTED;
    if is_told { same } else { 0 }
}

/// Whether a character stays where a text is brought onto one line.
fn is_ink(c: &char) -> bool {
    !c.is_whitespace() && !c.is_control() && *c != char::REPLACEMENT_CHARACTER
}

/// What stands where a text was cut.
pub(crate) const CUT: char = '…';
const REDACTED: &str = "[redacted]";
const SHORTEST_REDACTED: usize = 6;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::graph::fault::one_line;

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
    fn white_space_and_a_cut_hide_no_secret() {
        let secret = Secret::new("c4n4ry  of\nmine".to_owned());
        for (text, left) in [
            ("bad c4n4ry of mine!", "bad [redacted]!"),
            ("bad c4n4ry\u{a0}\tof mine", "bad [redacted]"),
            ("bad c4n4ryofmine twice: c4n4ryof mine", "bad [redacted] twice: [redacted]"),
            ("it starts with `c4n4ry of…`", "it starts with `[redacted]…`"),
            ("bad c4n4ry", "bad [redacted]"),
            ("bad c4n4r…", "bad c4n4r…"),
            ("a c4n4ry of gold", "a c4n4ry of gold"),
        ] {
            assert_eq!(secret.redact(text), left, "{text}");
        }
        let short = Secret::new("ää\"ö".to_owned());
        assert_eq!(short.redact("bad \"ää\\\"ö\"!"), "bad \"[redacted]\"!");
        let blank = Secret::new("a      ".to_owned());
        assert_eq!(blank.redact("a banana"), "a banana");
    }

    proptest! {
        /// Letters of a secret and of what stands around it are told apart, so that nothing is left by
        /// chance.
        #[test]
        fn no_secret_is_left_in_one_line_wherever_it_stood(
            secret in "[a-m]{1,3}([ \t\n\u{a0}\r]{0,3}[a-m\"\\\\]{2,4}){3,9}[ \n]?",
            before in prop_oneof!["[N-Z ]{0,40}", "[N-Z ]{1960,2000}"],
            after in "[N-Z ]{0,40}",
        ) {
            let ink = |text: &str| text.chars().filter(is_ink).collect::<String>();
            let line = one_line(&format!("{before}{secret}{after}")).unwrap_or_default();
            let left = ink(&Secret::new(secret).redact(&line));
            let left = left.replace(REDACTED, "");
            let longest = left.split(|c: char| c.is_ascii_uppercase() || c == '…').map(|rest| rest.chars().count());
            prop_assert!(longest.max().unwrap_or_default() < SHORTEST_REDACTED, "{left}");
        }
    }

    #[test]
    fn a_very_short_secret_does_not_eat_the_text() {
        assert_eq!(Secret::new("a".to_owned()).redact("a banana"), "a banana");
    }
}
