//! A small HTTP server for tests: it answers from a queue and remembers what it was asked.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use http::{HeaderMap, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tracing::field::{Field, Visit};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

use super::{Client, Credential, Origin, Secret, Settings};

/// The secret that clients of this server sign in with; it must show up nowhere.
pub(crate) const CANARY: &str = "c4n4ry~s3cret/value";

/// Graph and authority on one origin. Token requests have a queue of their own, and are granted an
/// hour when it is empty.
pub(crate) struct Scripted {
    pub(crate) origin: Origin,
    script: Arc<Mutex<Script>>,
}

/// What the server does with one request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// Reads the request and closes the connection.
    Hangup,
    /// Reads the request and never answers.
    Silence,
    /// Sends the headers and these bytes, and then nothing any more.
    Stall(u16, String),
    /// Sends the headers and these bytes, and closes the connection before the end.
    Cut(u16, String),
    /// Does the other thing after a while.
    Late(Duration, Box<Self>),
}

/// What the server was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) at: Instant,
}

#[derive(Default)]
struct Script {
    graph: VecDeque<Reply>,
    tokens: VecDeque<Reply>,
    /// For Graph when the queue is empty.
    otherwise: Option<Reply>,
    asked: Vec<Asked>,
    granted: u32,
}

impl Scripted {
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let graph = replies.into_iter().collect();
        let script = Arc::new(Mutex::new(Script { graph, ..Script::default() }));
        tokio::spawn(serve(listener, Arc::clone(&script)));
        Self { origin: Origin::parse(&origin).unwrap(), script }
    }

    pub(crate) fn then(&self, reply: Reply) {
        self.script.lock().unwrap().graph.push_back(reply);
    }

    /// Answers this, from now on, to whatever nothing is queued for.
    pub(crate) fn otherwise(&self, reply: Reply) {
        self.script.lock().unwrap().otherwise = Some(reply);
    }

    pub(crate) fn then_token(&self, reply: Reply) {
        self.script.lock().unwrap().tokens.push_back(reply);
    }

    /// A client of this server, without chance in its waits.
    pub(crate) fn client(&self) -> Client {
        Client::with_jitter(self.settings(), || 0.0)
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            graph: self.origin.clone(),
            authority: self.origin.clone(),
            tenant_id: Some("contoso.example".into()),
            credential: Credential::ClientSecret {
                client_id: "an-application".into(),
                secret: Secret::new(CANARY.into()),
            },
            account: "by a secret of the test".into(),
            user_agent: "tests/1".into(),
        }
    }

    /// The requests to Graph, in their order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.requests(|asked| !is_for_token(&asked.target))
    }

    /// The requests for a token, in their order.
    pub(crate) fn asked_for_tokens(&self) -> Vec<Asked> {
        self.requests(|asked| is_for_token(&asked.target))
    }

    fn requests(&self, wanted: impl Fn(&Asked) -> bool) -> Vec<Asked> {
        let asked = &self.script.lock().unwrap().asked;
        asked.iter().filter(|asked| wanted(asked)).cloned().collect()
    }
}

impl Reply {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self::Answer { status, headers, body: body.to_string() }
    }

    pub(crate) fn html(status: u16) -> Self {
        let headers = vec![("content-type", "text/html".to_owned())];
        Self::Answer { status, headers, body: "<html>Welcome to the hotel</html>".into() }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self::Answer { status, headers: Vec::new(), body: String::new() }
    }

    /// An error as Graph words it.
    pub(crate) fn fault(status: u16, code: &str) -> Self {
        let inner = json!({"request-id": "r-1", "client-request-id": "c-1"});
        let message = format!("It is {code}.");
        Self::json(
            status,
            json!({"error": {"code": code, "message": message, "innerError": inner}}),
        )
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

fn is_for_token(target: &str) -> bool {
    target.ends_with("/oauth2/v2.0/token")
}

async fn serve(listener: TcpListener, script: Arc<Mutex<Script>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let script = Arc::clone(&script);
        let service = service_fn(move |request| answer(request, Arc::clone(&script)));
        let builder = hyper::server::conn::http1::Builder::new();
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async {
            // A connection that was cut on purpose ends in an error.
            let _ = connection.await;
        });
    }
}

/// Ends a connection in the midst of what it does.
#[derive(Debug, thiserror::Error)]
#[error("cut on purpose")]
struct OnPurpose;

type Body = BoxBody<Bytes, OnPurpose>;

async fn answer(
    request: http::Request<Incoming>,
    script: Arc<Mutex<Script>>,
) -> Result<Response<Body>, OnPurpose> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| OnPurpose)?.to_bytes();
    let target = parts.uri.to_string();
    let mut reply = {
        let mut script = script.lock().unwrap();
        script.asked.push(Asked {
            method: parts.method.to_string(),
            target: target.clone(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
            at: Instant::now(),
        });
        script.reply(&target)
    };
    while let Reply::Late(wait, then) = reply {
        tokio::time::sleep(wait).await;
        reply = *then;
    }
    let (status, headers, body) = match reply {
        Reply::Answer { status, headers, body } => (status, headers, whole(body)),
        Reply::Hangup => return Err(OnPurpose),
        Reply::Silence | Reply::Late(..) => std::future::pending().await,
        Reply::Stall(status, start) => (status, Vec::new(), started(start, false)),
        Reply::Cut(status, start) => (status, Vec::new(), started(start, true)),
    };
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    Ok(response.body(body).unwrap())
}

impl Script {
    fn reply(&mut self, target: &str) -> Reply {
        if !is_for_token(target) {
            let next = self.graph.pop_front().or_else(|| self.otherwise.clone());
            return next.unwrap_or_else(|| Reply::fault(418, "NothingScripted"));
        }
        self.granted += 1;
        let token = format!("token-{}", self.granted);
        let granted = || Reply::json(200, json!({"access_token": token, "expires_in": 3600}));
        self.tokens.pop_front().unwrap_or_else(granted)
    }
}

fn whole(body: String) -> Body {
    Full::new(Bytes::from(body)).map_err(|never: Infallible| match never {}).boxed()
}

fn started(start: String, cut: bool) -> Body {
    use futures_util::stream::{self, StreamExt};

    let first = stream::iter([Ok(Frame::data(Bytes::from(start)))]);
    let rest = stream::once(async move {
        if cut {
            // The bytes before the cut need a moment to leave.
            tokio::time::sleep(Duration::from_millis(10)).await;
            Err(OnPurpose)
        } else {
            std::future::pending().await
        }
    });
    BodyExt::boxed(StreamBody::new(Box::pin(first.chain(rest)).map(|frame| frame)))
}

/// Everything that is logged on this thread from now on, dependencies included.
///
/// The subscriber is the process's own and only the lines are the thread's: one that is a thread's
/// own would miss places that another thread's test logged from first.
pub(crate) fn record_log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Recorder))
            .unwrap();
    });
    LINES.set(Some(Vec::new()));
}

/// What was logged on this thread since [`record_log`].
pub(crate) fn recorded_log() -> Vec<String> {
    LINES.take().unwrap()
}

thread_local! {
    static LINES: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

struct Recorder;

impl<S: tracing::Subscriber> Layer<S> for Recorder {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut line = Line::default();
        event.record(&mut line);
        LINES
            .with_borrow_mut(|lines| lines.iter_mut().for_each(|lines| lines.push(line.0.clone())));
    }
}

#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, "{}={value:?} ", field.name()).unwrap();
    }
}
