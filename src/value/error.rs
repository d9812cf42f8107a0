//! What can be wrong with a value on the wire; knows neither encoding in particular.

use super::Path;

/// Bytes that are not a value of the type that was asked for.
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
}

fn location(path: &Path) -> String {
    if path.steps().is_empty() { String::new() } else { format!("{path}: ") }
}
