//! What properties demand of each other; knows values, but no resource in particular.

use crate::diagnostics::{Diagnostic, Severity};
use crate::value::{Path, Value};

/// A demand that one attribute makes on others.
///
/// An error stands for what the service or Apple is known to refuse, a warning for what only guidance
/// advises against. A rule must never fire because of a value that is not known yet: [`is_true`] and
/// [`is_false`] are both false then.
#[derive(Debug)]
pub struct Rule {
    /// Error or warning.
    pub severity: Severity,
    /// The attribute to point at.
    pub attribute: &'static str,
    /// A title for the finding.
    pub summary: &'static str,
    /// What is demanded, why, and what to do, in sentences.
    pub detail: &'static str,
    /// Who says so.
    pub origin: Origin,
    /// Whether this configuration breaks the rule.
    pub broken: fn(&Value) -> bool,
}

/// Who says that a rule is one.
#[derive(Clone, Copy, Debug)]
pub enum Origin {
    /// A document of Microsoft's or Apple's.
    Document {
        /// As the document calls itself.
        title: &'static str,
        /// Where it stands, as `https://…`.
        url: &'static str,
    },
    /// No document: what was observed, as the rest of a sentence.
    Observed(&'static str),
    /// Nobody else: it follows from how the provider works.
    Own,
}

impl Rule {
    /// What to tell a person whose configuration breaks the rule; nothing when it does not.
    pub(super) fn check(&self, config: &Value) -> Option<Diagnostic> {
        (self.broken)(config).then(|| {
            let finding = match self.severity {
                Severity::Error => Diagnostic::error(self.summary, self.detail),
                Severity::Warning => Diagnostic::warning(self.summary, self.detail),
            };
            finding.at(Path::attribute(self.attribute))
        })
    }
}

/// Whether the attribute is known to be on.
pub fn is_true(config: &Value, attribute: &str) -> bool {
    config.field(attribute).as_bool() == Some(true)
}

/// Whether the attribute is known to be off; a line left out is off.
pub fn is_false(config: &Value, attribute: &str) -> bool {
    let value = config.field(attribute);
    value.is_null() || value.as_bool() == Some(false)
}

/// Whether the attribute is known to have a value.
pub fn is_given(config: &Value, attribute: &str) -> bool {
    let value = config.field(attribute);
    !value.is_null() && !value.is_unknown()
}
