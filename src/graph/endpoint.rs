//! The URL of a service that hands out tokens on request; knows nothing of the tokens.

use std::fmt;

use url::{Host, Url};

use super::OriginError;

/// A URL that a secret may be sent to: `https`, or plain `http` where nobody listens in.
///
/// Prints without its query, which is the caller's business.
#[derive(Clone, Eq, PartialEq)]
pub struct Endpoint {
    url: Url,
    is_of_this_machine: bool,
}

impl Endpoint {
    /// Reads the URL of a service elsewhere; `http` is for literal loopback addresses only.
    ///
    /// # Errors
    ///
    /// When the text is no URL with a host, or is not secure.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let endpoint = Self::read(text)?;
        match endpoint.url.host() {
            Some(host) if endpoint.url.scheme() == "http" && !is_loopback(&host) => {
                Err(OriginError::Insecure)
            }
            _ => Ok(endpoint),
        }
    }

    /// Reads the URL of a service that this machine's platform runs for it. Plain `http` is accepted
    /// on `localhost` and on link-local addresses as well: there platforms offer their identities.
    ///
    /// # Errors
    ///
    /// As for [`parse`](Self::parse).
    pub fn of_this_machine(text: &str) -> Result<Self, OriginError> {
        let endpoint = Self::read(text)?;
        if endpoint.url.scheme() == "https" || endpoint.is_of_this_machine {
            Ok(endpoint)
        } else {
            Err(OriginError::Insecure)
        }
    }

    /// The URL with these options after those that it has.
    pub(crate) fn with(&self, options: &[(&str, &str)]) -> Url {
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs(options);
        url
    }

    /// Whether a proxy must not see the request: it could not reach the service, and would learn what
    /// is sent to it.
    pub(crate) fn is_of_this_machine_only(&self) -> bool {
        self.is_of_this_machine
    }

    fn read(text: &str) -> Result<Self, OriginError> {
        let mut url = Url::parse(text.trim()).map_err(|_| OriginError::NotAUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OriginError::Surplus("user name or password"));
        }
        let Some(host) = url.host() else { return Err(OriginError::NotAUrl) };
        let is_of_this_machine = is_loopback(&host) || is_local(&host);
        if !matches!(url.scheme(), "https" | "http") {
            return Err(OriginError::Insecure);
        }
        url.set_fragment(None);
        Ok(Self { url, is_of_this_machine })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.url.clone();
        url.set_query(None);
        f.write_str(url.as_str())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(_) => false,
    }
}

/// RFC 3927 addresses never leave the link, and `localhost` is loopback by RFC 6761.
fn is_local(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_link_local(),
        Host::Domain(name) => *name == "localhost",
        Host::Ipv6(_) => false,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn plain_http_is_for_places_that_no_network_reaches() {
        for (text, elsewhere, of_this_machine) in [
            ("https://pipelines.example/token?x=1", true, true),
            ("http://127.0.0.1:1/token", true, true),
            ("http://169.254.169.254/metadata/identity/oauth2/token", false, true),
            ("http://localhost:42356/msi/token", false, true),
            ("http://pipelines.example/token", false, false),
            ("http://localhost.example/token", false, false),
            ("ftp://127.0.0.1/token", false, false),
            ("https://user:word@pipelines.example/token", false, false),
            ("/token", false, false),
        ] {
            assert_eq!(Endpoint::parse(text).is_ok(), elsewhere, "{text}");
            assert_eq!(Endpoint::of_this_machine(text).is_ok(), of_this_machine, "{text}");
        }
    }

    #[test]
    fn options_are_added_and_not_shown() {
        let endpoint = Endpoint::parse("https://a.example/token?api-version=2.0").unwrap();
        let url = endpoint.with(&[("audience", "api://x y")]);
        assert_eq!(
            url.as_str(),
            "https://a.example/token?api-version=2.0&audience=api%3A%2F%2Fx+y"
        );
        assert_eq!(
            format!("{endpoint} {endpoint:?}"),
            "https://a.example/token https://a.example/token"
        );
    }

    #[test]
    fn only_this_machines_services_are_kept_from_proxies() {
        for (text, only) in [("https://a.example", false), ("http://169.254.169.254", true)] {
            let endpoint = Endpoint::of_this_machine(text).unwrap();
            assert_eq!(endpoint.is_of_this_machine_only(), only, "{text}");
        }
    }
}
