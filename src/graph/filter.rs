//! What a listing is to hold, in OData's language; knows no URL.

/// Conditions on the elements of a collection, for `$filter`.
///
/// Values are given unquoted: whatever they hold stays inside their quotes. Names of properties are
/// written by the programmer. A service refuses many conditions that the language knows, so use those
/// that are known to work.
///
/// ```
/// use terraform_provider_intune::graph::Filter;
///
/// let filter = Filter::equal("platform", "ios").and(Filter::contains("name", "O'Hara"));
/// assert_eq!(filter.to_string(), "platform eq 'ios' and contains(name,'O''Hara')");
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Filter(String);

impl Filter {
    /// The property is this text.
    pub fn equal(property: &'static str, text: &str) -> Self {
        Self(format!("{property} eq {}", quoted(text)))
    }

    /// The property holds this text.
    pub fn contains(property: &'static str, text: &str) -> Self {
        Self(format!("contains({property},{})", quoted(text)))
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(format!("{self} and {other}"))
    }
}

impl std::fmt::Display for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// OData's ABNF: a quote inside a string is written twice.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
