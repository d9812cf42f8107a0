//! Joins GETs that are ready at the same moment into one `$batch`; knows no collections.
//!
//! Graph takes up to 20 requests in one POST and answers each for itself, in any order (Graph's
//! documentation, "Combine multiple HTTP requests using JSON batching"). Only good news is taken from a
//! batch: whatever was refused in it is asked for again alone, where retries, waits and errors are.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep};
use url::Url;

use super::PATIENCE;
use crate::graph::address::BETA;
use crate::graph::exchange::{Call, Exchange};
use crate::graph::judge::Expected;
use crate::graph::pace::{Class, Experience};
use crate::graph::page::PAGE;
use crate::graph::retry::Repetition;
use crate::graph::retry_after::asked_wait;
use crate::graph::transport::Request;
use crate::graph::{Error, Object};

/// Graph's limit for one batch.
const MOST: usize = 20;

/// How long a request waits for company while others are on their way.
const LINGER: Duration = Duration::from_millis(10);

/// Sends GETs, joined where that saves requests.
#[derive(Debug)]
pub(super) struct Join {
    exchange: Arc<Exchange>,
    queue: Mutex<Queue>,
    /// Told when nothing is on its way any more.
    idle: Notify,
    /// The service offers no batches; it is not asked a second time.
    is_refused: AtomicBool,
}

#[derive(Debug, Default)]
struct Queue {
    flying: usize,
    waiting: Vec<Waiting>,
    is_collected: bool,
}

#[derive(Debug)]
struct Waiting {
    request: Request,
    sender: oneshot::Sender<Option<Object>>,
}

/// How a request goes out.
enum Way {
    Alone(Flight),
    Joined(oneshot::Receiver<Option<Object>>),
}

/// A request that is on its way.
struct Flight(Arc<Join>);

impl Join {
    pub(super) fn new(exchange: Arc<Exchange>) -> Arc<Self> {
        let (queue, idle, is_refused) = (Mutex::default(), Notify::new(), AtomicBool::new(false));
        Arc::new(Self { exchange, queue, idle, is_refused })
    }

    /// Gets one object or page. A request that finds nothing else on its way is sent at once.
    pub(super) async fn get(
        self: &Arc<Self>,
        request: &Request,
        call: &Call,
    ) -> Result<Object, Error> {
        let flight = match self.enter(request) {
            Way::Alone(flight) => flight,
            Way::Joined(receiver) => {
                tokio::select! {
                    biased;
                    () = call.stopped() => {}
                    () = tokio::time::sleep_until(call.deadline) => {}
                    object = receiver => if let Ok(Some(object)) = object {
                        return Ok(object);
                    }
                }
                self.take_off()
            }
        };
        let success =
            self.exchange.run(request, Repetition::Harmless, Expected::Object, call).await?;
        drop(flight);
        Ok(success.object)
    }

    /// Gets all of these in one batch; nothing for each that is not to be had so.
    pub(super) async fn together(
        self: &Arc<Self>,
        requests: impl IntoIterator<Item = Request>,
    ) -> Vec<Option<Object>> {
        let (together, receivers): (Vec<_>, Vec<_>) = requests
            .into_iter()
            .map(|request| {
                let (sender, receiver) = oneshot::channel();
                (Waiting { request, sender }, receiver)
            })
            .unzip();
        send(together, self.take_off()).await;
        receivers.into_iter().map(|mut receiver| receiver.try_recv().ok()?).collect()
    }

    fn enter(self: &Arc<Self>, request: &Request) -> Way {
        let mut queue = self.queue();
        if queue.flying == 0 && queue.waiting.is_empty() || self.is_refused.load(Ordering::Relaxed)
        {
            queue.flying += 1;
            return Way::Alone(Flight(Arc::clone(self)));
        }
        let (sender, receiver) = oneshot::channel();
        queue.waiting.push(Waiting { request: request.clone(), sender });
        if queue.waiting.len() >= MOST {
            let full = std::mem::take(&mut queue.waiting);
            // On its way from here on: a request that comes before the task runs has company to wait for.
            queue.flying += 1;
            tokio::spawn(send(full, Flight(Arc::clone(self))));
        } else if !queue.is_collected {
            queue.is_collected = true;
            tokio::spawn(Arc::clone(self).collect());
        }
        Way::Joined(receiver)
    }

    fn take_off(self: &Arc<Self>) -> Flight {
        self.queue().flying += 1;
        Flight(Arc::clone(self))
    }

    /// Sends what has come together, once it has waited long enough or nothing else is on its way.
    async fn collect(self: Arc<Self>) {
        tokio::select! {
            () = sleep(LINGER) => {}
            () = self.idle.notified() => {}
        }
        let together = {
            let mut queue = self.queue();
            queue.is_collected = false;
            queue.flying += 1;
            std::mem::take(&mut queue.waiting)
        };
        send(together, Flight(self)).await;
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        queue.flying -= 1;
        if queue.flying == 0 && queue.is_collected {
            self.0.idle.notify_one();
        }
    }
}

/// Sends a batch and hands out what it brings. Whoever hears nothing asks alone.
async fn send(mut together: Vec<Waiting>, flight: Flight) {
    let Flight(join) = &flight;
    together.retain(|waiting| !waiting.sender.is_closed());
    if together.len() < 2 || join.is_refused.load(Ordering::Relaxed) {
        return;
    }
    let exchange = &join.exchange;
    let graph = &exchange.settings.graph;
    let request = Request::new(Method::POST, graph, graph.join(BATCH), PAGE)
        .with_body("application/json", body(&together).into_bytes())
        .of_reads(together.len());
    let call = exchange.call(Instant::now() + PATIENCE);
    match exchange.run(&request, Repetition::Harmless, Expected::Object, &call).await {
        Ok(mut success) => {
            let Some(Value::Array(responses)) = success.object.remove("responses") else { return };
            // Before anybody goes on to ask alone.
            for seen in trouble(&responses) {
                exchange.shared.turns.learn_of(Class::Read, seen, success.sent);
            }
            hand_out(together, responses);
        }
        Err(error) if means_never(error.status()) => {
            join.is_refused.store(true, Ordering::Relaxed);
        }
        // Each of the requests meets the same trouble alone, and tells it to its own caller.
        Err(_) => {}
    }
}

const BATCH: &str = "/beta/$batch";

/// Whether an answer to a batch says that there is no such thing here, and not that it is a bad moment.
fn means_never(status: Option<u16>) -> bool {
    matches!(status, Some(400..=499 | 501)) && !matches!(status, Some(401 | 408 | 429))
}

fn body(together: &[Waiting]) -> String {
    let requests: Vec<Value> = (0_usize..)
        .zip(together)
        .map(|(number, Waiting { request, .. })| part(number, request))
        .collect();
    json!({ "requests": requests }).to_string()
}

fn part(number: usize, request: &Request) -> Value {
    let (id, url) = (number.to_string(), relative(&request.url));
    match request.header.as_ref().map(|(name, value)| (name.as_str(), value.to_str())) {
        Some((name, Ok(value))) => {
            json!({"id": id, "method": "GET", "url": url, "headers": {name: value}})
        }
        _ => json!({"id": id, "method": "GET", "url": url}),
    }
}

/// The URL as a batch wants it: from the version on, with its query.
fn relative(url: &Url) -> &str {
    let whole = &url[url::Position::BeforePath..url::Position::AfterQuery];
    whole.strip_prefix(BETA).unwrap_or(whole)
}

fn hand_out(together: Vec<Waiting>, responses: Vec<Value>) {
    let mut waiting: HashMap<String, Waiting> =
        (0_usize..).zip(together).map(|(number, one)| (number.to_string(), one)).collect();
    for mut response in responses {
        let id = response.get("id").and_then(Value::as_str).unwrap_or_default();
        if let Some(waiting) = waiting.remove(id) {
            // The receiver is gone when its read was cancelled.
            let _ = waiting.sender.send(found(&mut response));
        }
    }
}

fn found(response: &mut Value) -> Option<Object> {
    match response.get_mut("body").map(Value::take) {
        Some(Value::Object(object)) if status(response) == Some(200) => Some(object),
        _ => None,
    }
}

/// What the requests of a batch that were held off say of the service, once for all of them: the batch itself
/// succeeds all the same (Graph's documentation, "Throttling and batching").
fn trouble(responses: &[Value]) -> impl Iterator<Item = Experience> {
    let with = |wanted: fn(u64) -> bool| {
        responses.iter().filter(move |response| status(response).is_some_and(wanted))
    };
    let throttled = with(|status| matches!(status, 429 | 509));
    let throttled = throttled.map(|response| asked(response).unwrap_or_default()).max();
    let closed = with(|status| status == 503).filter_map(asked).max();
    let throttled = throttled.map(|wait| Experience::Throttled { wait });
    throttled.into_iter().chain(closed.map(|wait| Experience::Closed { wait }))
}

fn status(response: &Value) -> Option<u64> {
    response.get("status").and_then(Value::as_u64)
}

/// The wait that a request of a batch was asked for.
fn asked(response: &Value) -> Option<Duration> {
    let mut headers = response.get("headers")?.as_object()?.iter();
    let (_, asked) = headers.find(|(name, _)| name.eq_ignore_ascii_case(RETRY_AFTER.as_str()))?;
    let text = match asked {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let text = HeaderValue::from_str(&text).ok()?;
    asked_wait(&HeaderMap::from_iter([(RETRY_AFTER, text)]), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::scripted::Scripted;

    #[tokio::test(start_paused = true)]
    async fn a_batch_is_on_its_way_as_soon_as_it_is_full() {
        let server = Scripted::start([]).await;
        let join = Join::new(Arc::new(Exchange::new(server.settings(), || 0.0)));
        let graph = server.settings().graph;
        let enter = |number: usize| {
            let url = graph.join(&format!("/beta/a/{number}"));
            join.enter(&Request::new(Method::GET, &graph, url, PAGE))
        };
        let first = enter(0);
        assert!(matches!(first, Way::Alone(_)));
        let full: Vec<_> = (1..=MOST).map(enter).collect();
        // Its task has had no chance to run.
        drop(first);
        assert!(matches!(enter(MOST + 1), Way::Joined(_)));
        drop(full);
    }
}
