//! The scheme, host and port of a service; knows no paths.

use std::fmt;

use url::{Host, Url};

/// An origin that may be spoken to: `https`, or plain `http` on a literal loopback address.
///
/// ```
/// use terraform_provider_intune::graph::Origin;
///
/// let origin = Origin::parse("https://graph.microsoft.com/")?;
/// assert_eq!(origin.to_string(), "https://graph.microsoft.com");
/// # Ok::<(), terraform_provider_intune::graph::OriginError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin(Url);

/// Why a text is not an [`Origin`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OriginError {
    /// Not an absolute URL with a host.
    #[error("not a URL with a scheme and a host, such as https://graph.microsoft.com")]
    NotAUrl,
    /// Anything but https; http is for 127.0.0.0/8 and `[::1]` written as numbers.
    #[error("the scheme must be https; http is accepted for a literal loopback address only")]
    Insecure,
    /// A path, query, fragment, user name or password.
    #[error("only a scheme, a host and a port may be given, no {0}")]
    Surplus(&'static str),
}

impl Origin {
    /// Reads `https://host[:port]`; a single final slash is tolerated.
    ///
    /// # Errors
    ///
    /// When the text is no URL, is not secure, or holds more than an origin.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let url = Url::parse(text.trim()).map_err(|_| OriginError::NotAUrl)?;
        if url.host().is_none() {
            return Err(OriginError::NotAUrl);
        }
        if let Some(surplus) = surplus(&url) {
            return Err(OriginError::Surplus(surplus));
        }
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if is_literal_loopback(&url) => Ok(Self(url)),
            _ => Err(OriginError::Insecure),
        }
    }

    /// Whether the host is a loopback address written as numbers.
    ///
    /// `localhost` is not: what it resolves to is not ours to trust.
    pub(crate) fn is_literal_loopback(&self) -> bool {
        is_literal_loopback(&self.0)
    }

    /// The URL of a path, which starts with a slash and is percent-encoded already.
    pub(crate) fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }

    /// Whether the URL has this scheme, host and port, and neither user name nor password.
    pub(crate) fn is_origin_of(&self, url: &Url) -> bool {
        url.scheme() == self.0.scheme()
            && url.host() == self.0.host()
            && url.port_or_known_default() == self.0.port_or_known_default()
            && url.username().is_empty()
            && url.password().is_none()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

fn surplus(url: &Url) -> Option<&'static str> {
    if !url.username().is_empty() || url.password().is_some() {
        Some("user name or password")
    } else if url.path() != "/" && !url.path().is_empty() {
        Some("path")
    } else if url.query().is_some() {
        Some("query")
    } else if url.fragment().is_some() {
        Some("fragment")
    } else {
        None
    }
}

fn is_literal_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn https_hosts_and_literal_loopback_are_origins() {
        for (text, shown) in [
            ("https://graph.microsoft.com", "https://graph.microsoft.com"),
            ("https://graph.microsoft.us/", "https://graph.microsoft.us"),
            ("HTTPS://Graph.Example:8443", "https://graph.example:8443"),
            ("https://host:443", "https://host"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://127.9.9.9", "http://127.9.9.9"),
            ("http://[::1]:9", "http://[::1]:9"),
        ] {
            assert_eq!(Origin::parse(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        for (text, error) in [
            ("graph.microsoft.com", OriginError::NotAUrl),
            ("", OriginError::NotAUrl),
            ("https://", OriginError::NotAUrl),
            ("data:text", OriginError::NotAUrl),
            ("http://graph.microsoft.com", OriginError::Insecure),
            ("http://localhost:8080", OriginError::Insecure),
            ("http://127.0.0.1.example.com", OriginError::Insecure),
            ("ftp://127.0.0.1", OriginError::Insecure),
            ("https://user@host", OriginError::Surplus("user name or password")),
            ("https://:word@host", OriginError::Surplus("user name or password")),
            ("https://host/beta", OriginError::Surplus("path")),
            ("https://host?x=1", OriginError::Surplus("query")),
            ("https://host#x", OriginError::Surplus("fragment")),
        ] {
            assert_eq!(Origin::parse(text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn a_url_belongs_to_its_own_origin_only() {
        let origin = Origin::parse("https://graph.microsoft.com").unwrap();
        for (text, expected) in [
            ("https://graph.microsoft.com/beta/x", true),
            ("https://graph.microsoft.com:443/beta/x", true),
            ("https://graph.microsoft.com:444/beta/x", false),
            ("http://graph.microsoft.com/beta/x", false),
            ("https://graph.microsoft.com.evil.example/beta/x", false),
            ("https://graph.microsoft.com@evil.example/beta/x", false),
            ("https://someone@graph.microsoft.com/beta/x", false),
        ] {
            assert_eq!(origin.is_origin_of(&Url::parse(text).unwrap()), expected, "{text}");
        }
    }
}
