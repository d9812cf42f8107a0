//! A granted token and how long it lives; knows not who granted it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;
use serde_json::Value;

use crate::graph::client::Object;

/// A token, as it goes into a header, and its life from the moment it was asked for.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) authorization: HeaderValue,
    pub(crate) lifetime: Duration,
}

/// Why an answer grants nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Useless {
    Token,
    Lifetime,
}

/// Entra's tokens live for up to 28 hours, under continuous access evaluation.
const LONGEST_LIFE: u64 = 28 * 60 * 60;

impl Granted {
    /// Reads `access_token` with `expires_in` or, as services on a machine have it, `expires_on`. The
    /// moment it names is compared with `now`: the service's clock where it is known.
    pub(crate) fn read(body: &Object, now: SystemTime) -> Result<Self, Useless> {
        let token = body.get("access_token").and_then(Value::as_str).unwrap_or_default();
        let lifetime = match body.get("expires_in") {
            Some(seconds) => number(seconds),
            None => body.get("expires_on").and_then(number).and_then(|moment| {
                let now = now.duration_since(UNIX_EPOCH).ok()?.as_secs();
                moment.checked_sub(now)
            }),
        };
        let lifetime = lifetime.filter(|seconds| (1..=LONGEST_LIFE).contains(seconds));
        let lifetime = lifetime.map(Duration::from_secs).ok_or(Useless::Lifetime)?;
        Self::new(token, lifetime).ok_or(Useless::Token)
    }

    pub(crate) fn new(token: &str, lifetime: Duration) -> Option<Self> {
        let mut authorization = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
        authorization.set_sensitive(true);
        (!token.is_empty()).then_some(Self { authorization, lifetime })
    }
}

/// A whole number, or a text that is one: some authorities write it so.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use serde_json::json;

    use super::*;

    fn life(body: Value) -> Result<u64, Useless> {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        let mut body = body.as_object().unwrap().clone();
        body.insert("access_token".into(), "t".into());
        Granted::read(&body, now).map(|granted| granted.lifetime.as_secs())
    }

    #[test]
    fn every_spelling_of_a_lifetime_is_read() {
        for body in [
            json!({"expires_in": 3599}),
            json!({"expires_in": "3599"}),
            json!({"expires_on": 1_003_599}),
            json!({"expires_on": "1003599"}),
            json!({"expires_in": 3599, "expires_on": "soon"}),
        ] {
            assert_eq!(life(body.clone()), Ok(3599), "{body}");
        }
    }

    #[test]
    fn a_lifetime_that_cannot_be_is_refused() {
        for body in [
            json!({}),
            json!({"expires_in": 0}),
            json!({"expires_in": -1}),
            json!({"expires_in": 100_801}),
            json!({"expires_in": "soon"}),
            json!({"expires_on": 999_999}),
            json!({"expires_on": "9999999999"}),
        ] {
            assert_eq!(life(body.clone()), Err(Useless::Lifetime), "{body}");
        }
    }

    #[test]
    fn a_token_is_not_shown_when_printed() {
        let granted = Granted::new("t0ken", Duration::from_secs(1)).unwrap();
        assert!(!format!("{granted:?}").contains("t0ken"));
        assert!(Granted::new("", Duration::from_secs(1)).is_none());
        assert!(Granted::new("a\nb", Duration::from_secs(1)).is_none());
    }
}
