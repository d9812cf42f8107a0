//! What an examination found; knows no request.

use serde::Serialize;

/// Everything that was found, in the order in which it was looked at.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// The provider's version.
    pub(super) version: &'static str,
    /// Whether nothing failed.
    pub(super) ok: bool,
    /// As whom the provider signs in, as far as its access token tells.
    pub(super) identity: Option<Identity>,
    pub(super) checks: Vec<Finding>,
    pub(super) tokens: Vec<Token>,
}

/// The outcome of one check.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) name: &'static str,
    pub(super) verdict: Verdict,
    /// What was found, in sentences.
    pub(super) text: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

/// How a check ended, best first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    Passed,
    /// It could not be made, because of another that failed.
    Skipped,
    Warned,
    Failed,
}

/// The bearer of the access token.
#[derive(Debug, Serialize)]
pub(super) struct Identity {
    pub(super) tenant_id: Option<String>,
    pub(super) application_id: Option<String>,
    pub(super) application_name: Option<String>,
    pub(super) user: Option<String>,
    pub(super) permissions: Vec<String>,
}

/// An enrollment program token, as Graph shows it.
#[derive(Debug, Serialize)]
pub(super) struct Token {
    pub(super) id: String,
    pub(super) name: String,
    /// The Apple Account that it was downloaded with.
    pub(super) apple_identifier: Option<String>,
    pub(super) expires: Option<String>,
    /// Whole days until then; negative when it is over.
    pub(super) days_left: Option<i64>,
    pub(super) last_successful_sync: Option<String>,
    pub(super) last_sync_error: i64,
}

impl Report {
    /// The worst that was found.
    pub(super) fn worst(&self) -> Verdict {
        self.checks.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Passed)
    }

    /// The report for machines, as one document.
    pub(super) fn json(&self) -> String {
        let text = serde_json::to_string_pretty(self);
        // Texts, numbers and lists of them always have a JSON form.
        text.unwrap_or_default() + "\n"
    }
}

impl Finding {
    pub(super) fn passed(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Passed, text: text.into(), next: None }
    }

    pub(super) fn skipped(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Skipped, text: text.into(), next: None }
    }

    pub(super) fn warned(
        name: &'static str,
        (text, next): (impl Into<String>, impl Into<String>),
    ) -> Self {
        Self { verdict: Verdict::Warned, ..Self::failed(name, (text, next)) }
    }

    pub(super) fn failed(
        name: &'static str,
        (text, next): (impl Into<String>, impl Into<String>),
    ) -> Self {
        Self { name, verdict: Verdict::Failed, text: text.into(), next: Some(next.into()) }
    }
}
