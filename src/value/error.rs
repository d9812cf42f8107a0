//! What can be wrong with a value on the wire; knows neither encoding in particular.

use super::{Path, Step};

/// Bytes, or a value, that are not of the type that was asked for.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}{reason}", location(.path))]
pub struct DecodeError {
    /// Where in the value; the root when the bytes could not be read at all.
    pub path: Path,
    /// What was found and what was wanted; never the value itself, which may be a secret.
    pub reason: String,
}

impl DecodeError {
    /// A problem at this place.
    pub fn new(path: &Path, reason: impl Into<String>) -> Self {
        Self { path: path.clone(), reason: reason.into() }
    }

    /// A problem with the value as a whole; callers on the way out say where that is.
    pub(super) fn here(reason: impl Into<String>) -> Self {
        Self::new(&Path::root(), reason)
    }

    /// The same problem, seen from one level further out.
    ///
    /// Paths are built on the way out only, so that reading a sound value costs nothing for them.
    pub(super) fn within(mut self, step: Step) -> Self {
        self.path = self.path.within(step);
        self
    }

    /// The same problem, seen from the set around it, whose elements have no address.
    pub(super) fn within_set(self) -> Self {
        Self { path: Path::root(), ..self }
    }
}

/// A value that cannot be written as bytes of the type that was asked for.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}{reason}", location(.path))]
pub struct EncodeError {
    /// Where in the value.
    pub path: Path,
    /// What stands in the way; never the value itself, which may be a secret.
    pub reason: String,
}

impl EncodeError {
    pub(super) fn here(reason: impl Into<String>) -> Self {
        Self { path: Path::root(), reason: reason.into() }
    }

    pub(super) fn within(mut self, step: Step) -> Self {
        self.path = self.path.within(step);
        self
    }

    pub(super) fn within_set(self) -> Self {
        Self { path: Path::root(), ..self }
    }
}

/// A value that does not conform to its type cannot be written as that type.
impl From<DecodeError> for EncodeError {
    fn from(error: DecodeError) -> Self {
        Self { path: error.path, reason: error.reason }
    }
}

fn location(path: &Path) -> String {
    if path.steps().is_empty() { String::new() } else { format!("{path}: ") }
}
