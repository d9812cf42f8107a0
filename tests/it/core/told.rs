//! What a provider told the person; knows no call.

use std::fmt;

use terraform_provider_intune::diagnostics::{Diagnostic, has_error};

/// The diagnostics of one step of core's, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub(crate) struct Told(pub(crate) Vec<Diagnostic>);

impl Told {
    /// Whether core would stop here.
    pub(crate) fn failed(&self) -> bool {
        has_error(&self.0)
    }

    /// That nothing at all was said, not even a warning.
    #[track_caller]
    pub(crate) fn nothing(&self) {
        assert!(self.0.is_empty(), "{self}");
    }

    /// That there was no error; warnings may be there.
    #[track_caller]
    pub(crate) fn success(&self) -> &Self {
        assert!(!self.failed(), "{self}");
        self
    }

    /// That there was an error whose text holds all of these.
    #[track_caller]
    pub(crate) fn error(&self, parts: &[&str]) -> &Diagnostic {
        let holds = |found: &&Diagnostic| {
            let text = format!("{}: {}", found.summary, found.detail);
            found.is_error() && parts.iter().all(|part| text.contains(part))
        };
        let found = self.0.iter().find(holds);
        found.unwrap_or_else(|| panic!("no error with {parts:?} in {self}"))
    }

    /// That there was a warning whose text holds all of these.
    #[track_caller]
    pub(crate) fn warning(&self, parts: &[&str]) -> &Diagnostic {
        let holds = |found: &&Diagnostic| {
            let text = format!("{}: {}", found.summary, found.detail);
            !found.is_error() && parts.iter().all(|part| text.contains(part))
        };
        let found = self.0.iter().find(holds);
        found.unwrap_or_else(|| panic!("no warning with {parts:?} in {self}"))
    }

    pub(super) fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("(nothing was said)");
        }
        for diagnostic in &self.0 {
            let Diagnostic { severity, summary, detail, path } = diagnostic;
            let path = path.as_ref().map(|path| format!(" at {path}")).unwrap_or_default();
            writeln!(f, "{severity:?}: {summary}{path}\n  {detail}")?;
        }
        Ok(())
    }
}
