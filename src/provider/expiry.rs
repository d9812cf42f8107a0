//! Tells of an enrollment program token that is about to expire, once for each token and process; asks
//! nobody.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use serde_json::Value as Json;

use super::Provider;
use crate::diagnostics::Diagnostic;
use crate::entity::{Entity, Moment};
use crate::graph::Object;

/// How early a person wants to be told, and of which tokens they were.
#[derive(Debug)]
pub(super) struct Expiry {
    /// Days before its end at which a token begins to be told of; 0 for never.
    days: AtomicU32,
    told: Mutex<BTreeSet<String>>,
}

/// How early a person is told who has not said anything.
pub(super) const DEFAULT_DAYS: u32 = 30;

impl Default for Expiry {
    fn default() -> Self {
        Self { days: DEFAULT_DAYS.into(), told: Mutex::default() }
    }
}

impl Expiry {
    /// Whether anything is to be told at all.
    pub(super) fn is_on(&self) -> bool {
        self.days.load(Ordering::Relaxed) > 0
    }

    /// Takes the setting of a provider block.
    pub(super) fn set_days(&self, days: u32) {
        self.days.store(days, Ordering::Relaxed);
    }
}

impl Provider {
    /// What to tell of a token (a whole `depOnboardingSetting`) that was just read: nothing unless it
    /// expires soon or has expired, and nothing a second time.
    pub fn expiry_warning(&self, token: &Object) -> Option<Diagnostic> {
        let id = Entity::id_of(token)?;
        let days = self.expiry.days.load(Ordering::Relaxed);
        let warning = warning(token, id, days, self.now())?;
        let mut told = self.expiry.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(id.to_owned()).then_some(warning)
    }
}

fn warning(token: &Object, id: &str, days: u32, now: SystemTime) -> Option<Diagnostic> {
    let text = |name: &str| token.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
    // Apple Configurator's has no Apple token behind it, whatever date it shows.
    if days == 0 || text("tokenType") == Some("none") {
        return None;
    }
    let written = text("tokenExpirationDateTime")?;
    let end = Moment::parse(written)?;
    if end.seconds_after(now) > i64::from(days) * 24 * 60 * 60 {
        return None;
    }
    let summary = match end.seconds_after(now) {
        0.. => "Enrollment program token expires soon",
        _ => "Enrollment program token has expired",
    };
    let name = text("tokenName").map_or_else(String::new, |name| format!("\"{name}\" "));
    let account = text("appleIdentifier")
        .map_or_else(|| "the same Apple Account".to_owned(), |account| format!("`{account}`"));
    Some(Diagnostic::warning(
        summary,
        format!(
            "The enrollment program token {name}(`{id}`) {} ({written}). Without a valid token, Intune \
             takes no devices and no profiles to Apple. Renew it in one go: download a new token in \
             Apple Business Manager or Apple School Manager as {account}, which makes the current one \
             invalid, and upload it in the Intune admin center under Devices, Enrollment, Apple, \
             Enrollment program tokens. How early this is told is the provider's \
             `token_expiry_warning_days`; 0 turns it off.",
            in_whole_days(end.days_after(now)),
        ),
    ))
}

/// When a token expires that many days from now, rounded down, in words that follow its name.
pub(crate) fn in_whole_days(days: i64) -> String {
    match days {
        0 => "expires in less than a day".to_owned(),
        1 => "expires in 1 day".to_owned(),
        days @ 2.. => format!("expires in {days} days"),
        -1 => "expired less than a day ago".to_owned(),
        // Rounded down, so that a whole day has passed when this is -2.
        -2 => "expired 1 day ago".to_owned(),
        days => format!("expired {} days ago", -1 - days),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use std::time::{Duration, UNIX_EPOCH};

    use serde_json::json;

    use super::*;
    use crate::provider::{Catalog, Environment};

    /// 2026-11-01T00:00:00Z.
    fn november() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_793_491_200)
    }

    fn provider() -> Provider {
        Provider::new(Catalog::ALL, Environment::default()).with_clock(november)
    }

    fn token(changed: Json) -> Object {
        let mut token = json!({
            "id": "t", "tokenName": "Contoso ABM", "tokenType": "dep",
            "appleIdentifier": "it@contoso.example",
            "tokenExpirationDateTime": "2026-11-13T08:00:00Z",
        });
        let object = token.as_object_mut().unwrap();
        object.extend(changed.as_object().unwrap().clone());
        object.clone()
    }

    fn until(end: &str) -> Option<Diagnostic> {
        provider().expiry_warning(&token(json!({ "tokenExpirationDateTime": end })))
    }

    #[test]
    fn a_token_is_told_of_once_and_another_by_itself() {
        let provider = provider();
        let warning = provider.expiry_warning(&token(json!({}))).unwrap();
        assert!(!warning.is_error());
        assert_eq!(warning.summary, "Enrollment program token expires soon");
        for part in ["\"Contoso ABM\" (`t`)", "in 12 days", "2026-11-13", "it@contoso.example"] {
            assert!(warning.detail.contains(part), "{part}: {}", warning.detail);
        }
        assert_eq!(provider.expiry_warning(&token(json!({}))), None);
        assert!(provider.expiry_warning(&token(json!({ "id": "other" }))).is_some());
    }

    #[test]
    fn the_time_that_is_left_is_told_in_whole_days() {
        for (end, part) in [
            ("2026-12-01T00:00:00Z", "expires in 30 days"),
            ("2026-11-02T00:00:00Z", "expires in 1 day ("),
            ("2026-11-01T23:59:59Z", "expires in less than a day"),
            ("2026-11-01T00:00:00Z", "expires in less than a day"),
            ("2026-10-31T23:59:59Z", "expired less than a day ago"),
            ("2026-10-30T23:59:59Z", "expired 1 day ago"),
            ("2026-10-20T23:59:59Z", "expired 11 days ago"),
        ] {
            let warning = until(end).unwrap();
            assert!(warning.detail.contains(part), "{end}: {}", warning.detail);
            assert_eq!(warning.summary.contains("has expired"), part.contains("expired "), "{end}");
        }
    }

    #[test]
    fn a_token_that_lasts_or_has_no_end_is_not_told_of() {
        for end in ["2026-12-01T00:00:01Z", "2099-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "soon"]
        {
            assert_eq!(until(end), None, "{end}");
        }
        for changed in [
            json!({ "tokenType": "none" }),
            json!({ "tokenExpirationDateTime": null }),
            json!({ "tokenExpirationDateTime": 7 }),
            json!({ "id": null }),
        ] {
            assert_eq!(provider().expiry_warning(&token(changed.clone())), None, "{changed}");
        }
    }

    #[test]
    fn the_provider_block_says_how_early() {
        let provider = provider();
        provider.expiry.set_days(0);
        assert_eq!(provider.expiry_warning(&token(json!({}))), None);
        provider.expiry.set_days(12);
        assert_eq!(provider.expiry_warning(&token(json!({}))), None);
        provider.expiry.set_days(13);
        assert!(provider.expiry_warning(&token(json!({}))).is_some());
    }
}
