//! What a person is told: severity, title, explanation and the attribute to blame; knows only values.

use crate::value::Path;

/// How bad it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// The operation failed.
    Error,
    /// The operation went on, but someone should know.
    Warning,
}

/// One thing to tell.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A title, without a full stop: `Enrollment profile not created`.
    pub summary: String,
    /// What happened, why, and what to do next, in sentences.
    pub detail: String,
    /// The attribute to blame, when it is one.
    pub path: Option<Path>,
}

impl Diagnostic {
    /// An error that no single attribute is to blame for.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Severity::Error, summary.into(), detail.into())
    }

    /// A warning that no single attribute is to blame for.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Severity::Warning, summary.into(), detail.into())
    }

    /// The same, pointing at an attribute.
    #[must_use]
    pub fn at(self, path: Path) -> Self {
        Self { path: Some(path), ..self }
    }

    /// Whether this is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    fn new(severity: Severity, summary: String, detail: String) -> Self {
        Self { severity, summary, detail, path: None }
    }
}

/// Whether any of them is an error.
pub fn has_error(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(Diagnostic::is_error)
}
