//! Reads a collection page by page; knows no retries.

use std::collections::HashSet;
use std::sync::Arc;

use http::Method;
use http::header::{HeaderName, HeaderValue};
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::address::BETA;
use super::error::Details;
use super::exchange::{Call, Exchange};
use super::judge::Expected;
use super::retry::Repetition;
use super::stop::StopWatch;
use super::transport::Request;
use super::{Error, Kind, Object, Origin};

/// Reads all pages that start at this URL. A list is whole or an error.
pub(crate) async fn all(
    exchange: &Exchange,
    first: Url,
    call: &Call,
) -> Result<Vec<Object>, Error> {
    let mut elements = Vec::new();
    each(exchange, first, call, Limit::LIST, |element| elements.push(element)).await?;
    Ok(elements)
}

/// How much of a collection is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pages: usize,
    bytes: usize,
}

impl Limit {
    /// For what is kept as a whole.
    const LIST: Self = Self { pages: PAGES, bytes: LIST };
    /// For what is looked at once: so many pages that no collection has more.
    pub(crate) const NONE: Self = Self { pages: 100 * PAGES, bytes: usize::MAX };
}

/// Reads all pages that start at this URL, and hands over one element after the other.
pub(crate) async fn each(
    exchange: &Exchange,
    first: Url,
    call: &Call,
    limit: Limit,
    mut take: impl FnMut(Object),
) -> Result<(), Error> {
    let mut cursor = Cursor::new(first, limit);
    while let Some(page) = cursor.advance(exchange, call).await? {
        page.into_iter().for_each(&mut take);
    }
    Ok(())
}

/// The pages of a collection, each read when it is asked for.
#[derive(Debug)]
pub struct Pages {
    exchange: Arc<Exchange>,
    stop: StopWatch,
    cursor: Cursor,
}

impl Pages {
    pub(crate) fn new(exchange: Arc<Exchange>, first: Url, stop: StopWatch) -> Self {
        Self { exchange, stop, cursor: Cursor::new(first, Limit::NONE) }
    }

    /// The elements of the next page, in the service's order; none after the last page or a failure.
    ///
    /// # Errors
    ///
    /// As for [`Client::list`](super::Client::list).
    pub async fn next(&mut self, deadline: Instant) -> Result<Option<Vec<Object>>, Error> {
        let call = Call::new(self.stop.clone(), deadline);
        self.cursor.advance(&self.exchange, &call).await
    }
}

/// How far a collection has been read.
#[derive(Debug)]
struct Cursor {
    next: Option<Url>,
    links: Links,
    limit: Limit,
    read: usize,
}

impl Cursor {
    fn new(first: Url, limit: Limit) -> Self {
        Self { next: Some(first), links: Links::up_to(limit.pages), limit, read: 0 }
    }

    async fn advance(
        &mut self,
        exchange: &Exchange,
        call: &Call,
    ) -> Result<Option<Vec<Object>>, Error> {
        let Some(url) = self.next.take() else { return Ok(None) };
        let graph = &exchange.settings.graph;
        let refuse = |kind, detail: &str| Err(failure(kind, detail, &url, call));
        if let Err(detail) = self.links.note(&url) {
            return refuse(Kind::RefusedLink, detail);
        }
        let request = request(graph, url.clone());
        let page = exchange.run(&request, Repetition::Harmless, Expected::Object, call).await?;
        self.read = self.read.saturating_add(page.size);
        if self.read > self.limit.bytes {
            return refuse(Kind::AnswerTooLarge, "all pages together are larger than 64 MiB");
        }
        match Page::read(page.object, graph) {
            Ok(page) => {
                self.next = page.next;
                Ok(Some(page.elements))
            }
            Err((kind, detail)) => refuse(kind, &detail),
        }
    }
}

/// What one page brings: its elements, and where the next page is.
pub(crate) struct Page {
    pub(crate) elements: Vec<Object>,
    pub(crate) next: Option<Url>,
}

impl Page {
    /// Takes a page apart; the error is a kind and what is wrong in words.
    pub(crate) fn read(mut page: Object, graph: &Origin) -> Result<Self, (Kind, String)> {
        let Some(Value::Array(values)) = page.remove("value") else {
            return Err((Kind::UnreadableAnswer, "a page without a `value` array".to_owned()));
        };
        let mut elements = Vec::with_capacity(values.len());
        for value in values {
            let Value::Object(element) = value else {
                return Err((Kind::UnreadableAnswer, "an element is not an object".to_owned()));
            };
            elements.push(element);
        }
        let next = match page.get("@odata.nextLink") {
            None | Some(Value::Null) => None,
            Some(Value::String(link)) => {
                Some(follow(link, graph).map_err(|detail| (Kind::RefusedLink, detail))?)
            }
            Some(_) => return Err((Kind::RefusedLink, "it is not a text".to_owned())),
        };
        Ok(Self { elements, next })
    }
}

/// The pages read so far.
#[derive(Debug)]
pub(crate) struct Links {
    read: HashSet<Url>,
    most: usize,
}

impl Default for Links {
    fn default() -> Self {
        Self::up_to(PAGES)
    }
}

impl Links {
    fn up_to(most: usize) -> Self {
        Self { read: HashSet::new(), most }
    }

    /// Whether no page was read yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.read.is_empty()
    }

    /// Takes note of a page that is about to be read; the error says why it must not be.
    pub(crate) fn note(&mut self, url: &Url) -> Result<(), &'static str> {
        if self.read.len() >= self.most {
            Err("there are too many pages")
        } else if self.read.insert(url.clone()) {
            Ok(())
        } else {
            Err("it leads to a page that was read already")
        }
    }
}

/// The request for one page, which prefers a large one: pages follow one another, and each is a wait.
///
/// Graph documents no size for the pages of Intune's collections; its makers name 1,000. Who knows no such
/// preference ignores it (RFC 7240, section 2), and who does may show less (OData 4.01, "Preference
/// maxpagesize"). `$top` is no such request: an API that finds it too large may refuse it (Graph, "Paging").
pub(crate) fn request(graph: &Origin, url: Url) -> Request {
    Request::new(Method::GET, graph, url, PAGE).with_header(PREFER, PREFERRED_SIZE)
}

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERRED_SIZE: HeaderValue = HeaderValue::from_static("odata.maxpagesize=1000");

const PAGES: usize = 1000;
/// The most bytes of one page.
pub(crate) const PAGE: usize = 32 * 1024 * 1024;
/// The most bytes of all pages together.
pub(crate) const LIST: usize = 64 * 1024 * 1024;

/// The URL of a next link, if the token may go there.
///
/// Graph says to follow the link as it is. It comes from the outside all the same, and the token
/// goes with it, so that it has to lead to the origin that was configured, and below `/beta`.
fn follow(link: &str, graph: &Origin) -> Result<Url, String> {
    let Ok(url) = Url::parse(link) else { return Err("it is not an absolute URL".to_owned()) };
    if !graph.is_origin_of(&url) {
        let host = url.host_str().unwrap_or("no host");
        return Err(format!("it leads to {}://{host}, not to {graph}", url.scheme()));
    }
    let below = url.path().strip_prefix(BETA).is_some_and(|rest| rest.starts_with('/'));
    if !below {
        return Err(format!("it leads out of {BETA}"));
    }
    Ok(url)
}

fn failure(kind: Kind, detail: &str, url: &Url, call: &Call) -> Error {
    Error::new(Details {
        is_open: false,
        kind,
        method: "GET",
        path: url.path().to_owned(),
        attempts: 1,
        elapsed: call.started.elapsed(),
        status: None,
        code: None,
        message: None,
        detail: Some(detail.to_owned()),
        request_id: None,
        client_request_id: None,
        location: None,
        source: None,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn a_next_link_must_stay_below_beta_of_the_same_origin() {
        let graph = Origin::parse("https://graph.example").unwrap();
        for link in [
            "https://graph.example/beta/x?$skiptoken=a%2Fb",
            "https://graph.example:443/beta/x",
            "https://GRAPH.example/beta/a/../x",
        ] {
            assert!(follow(link, &graph).is_ok(), "{link}");
        }
        for link in [
            "https://evil.example/beta/x",
            "https://graph.example.evil.example/beta/x",
            "https://graph.example@evil.example/beta/x",
            "https://someone@graph.example/beta/x",
            "https://graph.example:8443/beta/x",
            "http://graph.example/beta/x",
            "https://graph.example/v1.0/x",
            "https://graph.example/betas/x",
            "https://graph.example/beta/../v1.0/x",
            "https://graph.example/beta/%2e%2e/v1.0/x",
            "https://graph.example/beta\\..\\..\\v1.0",
            "//evil.example/beta/x",
            "/beta/x",
            "",
            "file:///beta/x",
            "javascript:alert(1)",
        ] {
            assert!(follow(link, &graph).is_err(), "{link}");
        }
    }

    #[test]
    fn a_loop_and_an_endless_chain_of_pages_end() {
        let mut links = Links::default();
        let page = |number| Url::parse(&format!("https://graph.example/beta?{number}")).unwrap();
        assert_eq!(links.note(&page(0)), Ok(()));
        assert!(links.note(&page(0)).is_err());
        for number in 1..1000 {
            assert_eq!(links.note(&page(number)), Ok(()));
        }
        assert!(links.note(&page(1000)).is_err());
    }
}
