//! Where something is below Graph's `/beta`, and what is wanted of it; knows neither host nor token.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::{Filter, Origin};

/// The path of a collection, an entity or an action, with what is wanted of it when it is read.
///
/// Each segment is encoded as one segment, whatever it holds. A segment that no encoding can keep
/// in its place (`""`, `"."`, `".."`) makes the whole address unusable: no request is sent for it.
///
/// ```
/// use terraform_provider_intune::graph::Address;
///
/// let address = Address::new().segment("deviceManagement").segment("a/b");
/// assert_eq!(address.to_string(), "/beta/deviceManagement/a%2Fb");
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Address {
    path: String,
    /// What follows the question mark, encoded; empty for nothing.
    options: String,
    usable: bool,
}

impl Address {
    /// The root of the beta version, `/beta`.
    pub fn new() -> Self {
        Self { path: BETA.to_owned(), options: String::new(), usable: true }
    }

    /// This address and then one segment, given unencoded.
    #[must_use]
    pub fn segment(mut self, segment: &str) -> Self {
        self.usable &= is_segment(segment);
        self.path.push('/');
        self.path.push_str(&encode_segment(segment));
        self
    }

    /// Only those elements (`$filter`).
    #[must_use]
    pub fn filter(self, filter: &Filter) -> Self {
        self.option("$filter", &filter.to_string())
    }

    /// With what these navigation properties lead to (`$expand`).
    #[must_use]
    pub fn expand(self, properties: &[&'static str]) -> Self {
        if properties.is_empty() { self } else { self.option("$expand", &properties.join(",")) }
    }

    fn option(mut self, name: &str, value: &str) -> Self {
        if !self.options.is_empty() {
            self.options.push('&');
        }
        self.options.push_str(name);
        self.options.push('=');
        self.options.push_str(&encode_segment(value));
        self
    }

    /// The whole URL at this origin.
    pub(crate) fn url(&self, graph: &Origin) -> Url {
        let mut url = graph.join(&self.path);
        url.set_query(Some(self.options.as_str()).filter(|options| !options.is_empty()));
        url
    }

    /// Whether a request may be sent here: no segment is empty, `.` or `..`.
    pub(crate) fn is_usable(&self) -> bool {
        self.usable
    }

    /// The last segment as it was given, or nothing when encoding changed it.
    pub(crate) fn last(&self) -> Option<&str> {
        self.path.rsplit('/').next().filter(|segment| !segment.contains('%'))
    }

    /// Without what is wanted of it: what a write changes, whoever reads it with whatever options.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

impl Default for Address {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.options.as_str() {
            "" => f.write_str(&self.path),
            options => write!(f, "{}?{options}", self.path),
        }
    }
}

/// Everything the client reads or follows lies below this path.
pub(crate) const BETA: &str = "/beta";

/// Whether the text can be one path segment: URL parsers collapse dots even when encoded.
pub(crate) fn is_segment(text: &str) -> bool {
    !matches!(text, "" | "." | "..")
}

/// The text as one path segment: RFC 3986, section 2.3, leaves only unreserved characters bare.
pub(crate) fn encode_segment(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn a_segment_never_leaves_its_place() {
        for (segment, path) in [
            ("54fac284_b4cd", "/beta/x/54fac284_b4cd"),
            ("../../v1.0", "/beta/x/..%2F..%2Fv1.0"),
            ("a?b#c", "/beta/x/a%3Fb%23c"),
            ("%2e%2e", "/beta/x/%252e%252e"),
            ("Ü (1)", "/beta/x/%C3%9C%20%281%29"),
            ("a\\b\n", "/beta/x/a%5Cb%0A"),
        ] {
            let address = Address::new().segment("x").segment(segment);
            assert_eq!(address.to_string(), path);
            assert!(address.is_usable());
            let url = Url::parse(&format!("https://host{address}")).unwrap();
            assert_eq!(url.path(), path, "the URL parser keeps it too");
        }
    }

    #[test]
    fn an_option_never_leaves_its_place() {
        let graph = Origin::parse("https://host").unwrap();
        for text in ["a", "O'Hara", "' or 1 eq 1 or '", "a&$top=1", "a#b?c", "100%", "Ü +", "\\\n"]
        {
            let filter = Filter::equal("name", text).and(Filter::contains("serial", text));
            let address = Address::new().segment("x").filter(&filter).expand(&["a", "b"]);
            let url = address.url(&graph);
            let options: Vec<_> = url.query_pairs().into_owned().collect();
            let option = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            let expected = [option("$filter", &filter.to_string()), option("$expand", "a,b")];
            assert_eq!(options, expected, "{text}");
            assert_eq!(url.path(), address.path());
            let quotes = filter.to_string().replace("''", "").matches('\'').count();
            assert_eq!(quotes, 4, "{filter}: the text has not left its quotes");
        }
    }

    #[test]
    fn no_option_is_no_question() {
        let graph = Origin::parse("https://host").unwrap();
        let address = Address::new().segment("x").expand(&[]);
        assert_eq!(address.url(&graph).as_str(), "https://host/beta/x");
    }

    #[test]
    fn a_segment_that_would_vanish_makes_the_address_unusable() {
        for segment in ["", ".", ".."] {
            assert!(!Address::new().segment("x").segment(segment).segment("y").is_usable());
        }
    }
}
