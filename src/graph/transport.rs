//! Sends one request once and reads its answer within limits; knows no retries and no JSON.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, timeout_at};
use url::Url;
use zeroize::Zeroizing;

use super::answer::{Answer, BodyFailure};
use super::error::Source;
use super::trust::Trust;
use super::{Endpoint, Origin};

/// The connections, shared by everything that is sent.
#[derive(Debug)]
pub(crate) struct Transport {
    user_agent: HeaderValue,
    /// For literal loopback: a proxy would see the token in clear, and could not reach us anyway.
    direct: Pool,
    /// For everything else: by the proxy that the system names.
    by_proxy: Pool,
    /// For both of them, and for those that follow.
    trust: Trust,
}

/// A pool of connections, made when it is first needed.
type Pool = Mutex<Option<reqwest::Client>>;

/// One request, ready to be sent any number of times.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: http::Method,
    pub(crate) url: Url,
    /// Whether the URL is a literal loopback one.
    pub(crate) direct: bool,
    pub(crate) body: Option<Body>,
    /// One header of the service's own, which may be a secret.
    pub(crate) header: Option<(HeaderName, HeaderValue)>,
    /// The most bytes of an answer that are read.
    pub(crate) limit: usize,
    /// How many reads it carries in its body, each of which counts for itself; none of what is no batch.
    pub(crate) reads: Option<u16>,
}

/// What a request carries.
#[derive(Clone)]
pub(crate) struct Body {
    pub(crate) kind: &'static str,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(crate) enum Undelivered {
    /// The service cannot have seen the request.
    NotSent { lasting: bool, source: Source },
    /// The service may have seen it.
    Interrupted { detail: String, source: Option<Source> },
}

impl Transport {
    /// No connection, no TLS set-up: that costs milliseconds, and many processes never send.
    pub(crate) fn new(user_agent: &str) -> Self {
        let printable: String = user_agent.chars().filter(|c| matches!(c, ' '..='~')).collect();
        let user_agent = HeaderValue::from_str(&printable)
            .unwrap_or_else(|_| HeaderValue::from_static("intune"));
        let (direct, by_proxy, trust) = (Pool::default(), Pool::default(), Trust::default());
        Self { user_agent, direct, by_proxy, trust }
    }

    /// Sends the request once, as the bearer of the token if there is one.
    pub(crate) async fn send(
        &self,
        request: &Request,
        authorization: Option<&HeaderValue>,
        client_request_id: &str,
        deadline: Instant,
    ) -> Result<Answer, Undelivered> {
        let until = deadline.min(Instant::now() + ONE_ATTEMPT);
        let client = self.client(request.direct)?;
        let started = Arc::new(AtomicBool::new(false));
        let headers = self.headers(request, authorization, client_request_id);
        let built = build(&client, request, headers, &started)?;
        // No idle limit until the headers are here: a slow create is better than a lost one.
        let response = match timeout_at(until, client.execute(built)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(undelivered(error, request, &started)),
            Err(_) => return Err(silent("no answer came in time")),
        };
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = read(response, request.limit, until).await;
        Ok(Answer { status, headers, body })
    }

    /// Leaves the present connections to those who still use them: Microsoft Graph's best practices ask
    /// for a new one after a 503, which may lead to another server.
    pub(crate) fn reconnect(&self, request: &Request) {
        *self.pool(request.direct) = None;
    }

    fn client(&self, direct: bool) -> Result<reqwest::Client, Undelivered> {
        let mut pool = self.pool(direct);
        if let Some(client) = &*pool {
            return Ok(client.clone());
        }
        let tls = self.trust.config().map_err(never_sent)?;
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            // The one retry layer is ours; a second one would send what we do not count.
            .retry(reqwest::retry::never());
        if direct {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| never_sent(error.without_url()))?;
        Ok(pool.insert(client).clone())
    }

    fn pool(&self, direct: bool) -> MutexGuard<'_, Option<reqwest::Client>> {
        let pool = if direct { &self.direct } else { &self.by_proxy };
        pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn headers(
        &self,
        request: &Request,
        authorization: Option<&HeaderValue>,
        client_request_id: &str,
    ) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, self.user_agent.clone());
        headers.insert(http::header::ACCEPT, HeaderValue::from_static("application/json"));
        if let Ok(id) = HeaderValue::from_str(client_request_id) {
            headers.insert(CLIENT_REQUEST_ID, id);
        }
        if let Some((name, value)) = &request.header {
            headers.insert(name, value.clone());
        }
        if let Some(token) = authorization {
            headers.insert(AUTHORIZATION, token.clone());
        }
        if let Some(body) = &request.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(body.kind));
        } else if request.method == http::Method::POST {
            // RFC 9110, section 8.6: a POST without content says so; some front ends insist on it.
            headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        headers
    }
}

fn build(
    client: &reqwest::Client,
    request: &Request,
    headers: HeaderMap,
    started: &Arc<AtomicBool>,
) -> Result<reqwest::Request, Undelivered> {
    let mut builder = client.request(request.method.clone(), request.url.clone());
    if let Some(body) = &request.body {
        let started = Arc::clone(started);
        let content = reqwest::Body::from(body.bytes.to_vec());
        builder = builder.body(reqwest::Body::wrap(Watched { content, started }));
    }
    builder.headers(headers).build().map_err(|error| never_sent(error.without_url()))
}

/// A body that remembers whether anybody asked for it. As long as nobody did, none of it was sent, and
/// nothing can have come of the request.
struct Watched {
    content: reqwest::Body,
    started: Arc<AtomicBool>,
}

impl http_body::Body for Watched {
    type Data = <reqwest::Body as http_body::Body>::Data;
    type Error = <reqwest::Body as http_body::Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.started.store(true, Ordering::Relaxed);
        Pin::new(&mut self.content).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }
}

impl Request {
    pub(crate) fn new(method: http::Method, origin: &Origin, url: Url, limit: usize) -> Self {
        let direct = origin.is_literal_loopback();
        Self { method, url, direct, body: None, header: None, limit, reads: None }
    }

    /// A GET of which only the headers matter.
    pub(crate) fn bare(origin: &Origin, path: &str) -> Self {
        Self::new(http::Method::GET, origin, origin.join(path), LONGEST_BARE)
    }

    /// A request to an endpoint of this machine, or of a service that is not Graph's or Entra's.
    pub(crate) fn to(method: http::Method, endpoint: &Endpoint, url: Url, limit: usize) -> Self {
        let direct = endpoint.is_of_this_machine_only();
        Self { method, url, direct, body: None, header: None, limit, reads: None }
    }

    #[must_use]
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }

    /// Says that it is a batch of so many reads.
    #[must_use]
    pub(crate) fn of_reads(mut self, reads: usize) -> Self {
        self.reads = u16::try_from(reads).ok();
        self
    }

    #[must_use]
    pub(crate) fn with_body(
        mut self,
        kind: &'static str,
        bytes: impl Into<Zeroizing<Vec<u8>>>,
    ) -> Self {
        self.body = Some(Body { kind, bytes: bytes.into() });
        self
    }
}

/// Bodies are never logged, so they are not printed either.
impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("kind", &self.kind).finish_non_exhaustive()
    }
}

const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");
const CONNECT: Duration = Duration::from_secs(10);
/// Whoever asks whether anybody answers does not read the answer.
const LONGEST_BARE: usize = 64 * 1024;
/// What Graph's own clients allow one request.
const ONE_ATTEMPT: Duration = Duration::from_secs(100);
/// A body that trickles must not hold a call for the whole of its time.
const IDLE: Duration = Duration::from_secs(30);

async fn read(
    mut response: reqwest::Response,
    limit: usize,
    until: Instant,
) -> Result<Vec<u8>, BodyFailure> {
    let mut body = Vec::new();
    loop {
        let chunk = match timeout_at(until.min(Instant::now() + IDLE), response.chunk()).await {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None)) => return Ok(body),
            Ok(Err(error)) => {
                let detail = format!("the answer broke off after {} bytes", body.len());
                let source: Source = Arc::new(error.without_url());
                return Err(BodyFailure::Interrupted { detail, source: Some(source) });
            }
            Err(_) => {
                let detail = format!("the answer stalled after {} bytes", body.len());
                return Err(BodyFailure::Interrupted { detail, source: None });
            }
        };
        if body.len() + chunk.len() > limit {
            return Err(BodyFailure::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
}

fn undelivered(error: reqwest::Error, request: &Request, started: &AtomicBool) -> Undelivered {
    let error = error.without_url();
    if error.is_builder() {
        return never_sent(error);
    }
    if error.is_connect() {
        let lasting = is_certificate_error(&error);
        return Undelivered::NotSent { lasting, source: Arc::new(error) };
    }
    if request.body.is_some() && !started.load(Ordering::Relaxed) {
        return Undelivered::NotSent { lasting: false, source: Arc::new(error) };
    }
    let detail = "the connection broke before an answer came".to_owned();
    Undelivered::Interrupted { detail, source: Some(Arc::new(error)) }
}

fn never_sent(error: impl StdError + Send + Sync + 'static) -> Undelivered {
    Undelivered::NotSent { lasting: true, source: Arc::new(error) }
}

fn silent(detail: &str) -> Undelivered {
    Undelivered::Interrupted { detail: detail.to_owned(), source: None }
}

/// Whether TLS refused the other side, which no repetition changes.
fn is_certificate_error(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
            return true;
        }
        // An I/O error leaves the error it wraps out of its chain of sources.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = match wrapped {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        };
    }
    false
}
