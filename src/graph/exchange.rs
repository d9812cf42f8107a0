//! One request over all its attempts: token, send, judge, wait, again; knows no paging.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::Method;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{debug, info};

use super::auth::{Token, Tokens};
use super::creation::OBJECT;
use super::error::Details;
use super::judge::{Expected, Setback, Success, judge, undelivered};
use super::pace::{Class, Experience};
use super::retry::{Decision, Jitter, Outcome, Policy, Repetition};
use super::shared::Shared;
use super::stop::{Stop, StopWatch};
use super::transport::{Request, Transport};
use super::turn::{TooLong, Turn};
use super::{Address, Bearer, Error, Kind, Object, Origin, Settings};

/// What all clones of a client share.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) settings: Arc<Settings>,
    transport: Arc<Transport>,
    tokens: Tokens,
    jitter: Jitter,
    pub(crate) stop: Stop,
    pub(crate) shared: Arc<Shared>,
}

/// One call of a caller, which may be several requests.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) started: Instant,
    pub(crate) deadline: Instant,
    stop: StopWatch,
    /// Whether it goes past everybody else, and past a stop: it looks for what may be lost.
    urgent: bool,
}

/// A service that answered.
#[derive(Clone, Copy, Debug)]
pub struct Reached {
    /// What time it is there, to the second, if it said so.
    pub date: Option<SystemTime>,
    /// How long the answer took.
    pub took: Duration,
}

impl Exchange {
    pub(crate) fn new(settings: Settings, jitter: Jitter) -> Self {
        let settings = Arc::new(settings);
        let transport = Arc::new(Transport::new(&settings.user_agent));
        let tokens = Tokens::new(Arc::clone(&settings), Arc::clone(&transport), jitter);
        let shared = Shared::of(&settings);
        Self { settings, transport, tokens, jitter, stop: Stop::new(), shared }
    }

    /// A call that every stop from now on ends.
    pub(crate) fn call(&self, deadline: Instant) -> Call {
        Call::new(self.stop.watch(), deadline)
    }

    /// Reads one object.
    pub(crate) async fn read(&self, address: &Address, call: &Call) -> Result<Object, Error> {
        if !address.is_usable() {
            return Err(Error::unsent(Kind::UnusableAddress, "GET", address.path()));
        }
        let url = address.url(&self.settings.graph);
        let request = Request::new(Method::GET, &self.settings.graph, url, OBJECT);
        let success = self.run(&request, Repetition::Harmless, Expected::Object, call).await?;
        Ok(success.object)
    }

    /// Who the token was given to.
    pub(crate) async fn bearer(&self, call: &Call) -> Result<Option<Bearer>, Error> {
        match self.token(call).await {
            Ok(token) => Ok(Bearer::of(&token.authorization)),
            Err(setback) => {
                let request = Request::bare(&self.settings.graph, "/beta");
                Err(Progress::new(&request, call).end(setback))
            }
        }
    }

    /// The tenant that the token at hand is for, if it tells.
    pub(crate) fn tenant_of_token(&self) -> Option<Arc<str>> {
        self.tokens.tenant()
    }

    /// Sends one request without a token, to see whether anybody answers.
    pub(crate) async fn reach(
        &self,
        origin: &Origin,
        path: &str,
        deadline: Instant,
    ) -> Result<Reached, Error> {
        let request = Request::bare(origin, path);
        let call = self.call(deadline);
        let mut progress = Progress::new(&request, &call);
        let id = progress.begin();
        match self.transport.send(&request, None, &id, deadline).await {
            Ok(answer) => {
                let date = answer.header("date");
                let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
                Ok(Reached { date, took: call.started.elapsed() })
            }
            Err(nobody) => Err(progress.end(undelivered(nobody))),
        }
    }

    /// Sends the request until it succeeds or there is no more use in it.
    pub(crate) async fn run(
        &self,
        request: &Request,
        repetition: Repetition,
        expected: Expected,
        call: &Call,
    ) -> Result<Success, Error> {
        let mut policy = Policy::new(repetition, call.deadline, self.jitter);
        let mut progress = Progress::new(request, call);
        loop {
            // Whoever cannot sign in need not queue.
            if let Err(setback) = self.token(call).await {
                return Err(progress.instead(setback));
            }
            let class = class_of(request);
            let turn = match self.turn(class, call).await {
                Ok(turn) => turn,
                Err(setback) => return Err(progress.instead(setback)),
            };
            if let Some(reads) = request.reads {
                self.shared.turns.charge(class, reads.saturating_sub(1));
            }
            // The wait may have been longer than the token's life.
            let token = match self.token(call).await {
                Ok(token) => token,
                Err(setback) => return Err(progress.instead(setback)),
            };
            if repetition == Repetition::Creates && !call.may_still_create() {
                return Err(progress.instead(Setback::of_ours(Kind::OutOfTime)));
            }
            let id = progress.begin();
            let sent =
                self.transport.send(request, Some(&token.authorization), &id, call.deadline).await;
            let setback = match judge(sent, expected) {
                Ok((status, success)) => {
                    self.shared.turns.learn(&turn, Experience::Answered);
                    progress.log(Some(status), None);
                    return Ok(Success { sent: turn.sent(), ..success });
                }
                Err(setback) => setback,
            };
            let is_write = repetition != Repetition::Harmless;
            progress.is_open |= is_write && setback.outcome.leaves_open();
            let now = Instant::now();
            let decision = policy.next(setback.outcome, now);
            if let Some(seen) = experience(setback.outcome, decision) {
                self.shared.turns.learn(&turn, seen);
            }
            drop(turn);
            if setback.status == Some(503) {
                self.transport.reconnect(request);
            }
            progress.log(setback.status, Some(decision));
            if decision == Decision::GiveUp && self.is_worth_waiting(&setback, call, now) {
                progress.last = Some(setback);
                continue;
            }
            match decision {
                Decision::Resend { wait } => {
                    progress.last = Some(setback);
                    if let Err(setback) = call.sleep(wait).await {
                        return Err(progress.instead(setback));
                    }
                }
                Decision::RenewToken => {
                    self.tokens.reject(&token, setback.challenge.as_ref());
                    progress.last = Some(setback);
                }
                decision => {
                    let in_time = now < call.deadline;
                    let setback = setback.concluded(decision, in_time, progress.sent);
                    return Err(progress.end(setback));
                }
            }
        }
    }

    /// The permission to send, unless the call is stopped or out of time first.
    async fn turn(&self, class: Class, call: &Call) -> Result<Turn<'_>, Box<Setback>> {
        let turn = self.shared.turns.take(class, call.urgent, call.deadline);
        tokio::select! {
            biased;
            () = call.stopped() => Err(Setback::of_ours(Kind::Stopped)),
            turn = timeout_at(call.deadline, turn) => match turn {
                Ok(Ok(turn)) => Ok(turn),
                Ok(Err(TooLong(wait))) => {
                    let left = call.deadline.saturating_duration_since(Instant::now());
                    Err(Setback::of_ours(Kind::Throttled { asked: Some(wait), left }))
                }
                Err(_) => Err(Setback::of_ours(Kind::OutOfTime).with_detail("while queueing")),
            },
        }
    }

    /// In an outage the queue lets one request at a time see whether it is over, and the others wait. What
    /// is urgent does not queue, so that nothing would hold it back.
    fn is_worth_waiting(&self, setback: &Setback, call: &Call, now: Instant) -> bool {
        let passing =
            matches!(setback.outcome, Outcome::NotSent { lasting: false } | Outcome::Interrupted);
        passing && !call.urgent && now < call.deadline && self.shared.turns.is_outage()
    }

    /// A token, unless the call is stopped or out of time first.
    async fn token(&self, call: &Call) -> Result<Token, Box<Setback>> {
        call.check()?;
        let token = async {
            match timeout_at(call.deadline, self.tokens.token()).await {
                Ok(Ok(token)) => Ok(token),
                Ok(Err(error)) => Err(Setback::from_sign_in(error)),
                Err(_) => {
                    Err(Setback::of_ours(Kind::OutOfTime).with_detail("while waiting for a token"))
                }
            }
        };
        tokio::select! {
            biased;
            () = call.stopped() => Err(Setback::of_ours(Kind::Stopped)),
            token = token => {
                let token = token?;
                // The wait for it may have taken all the time there was.
                call.check()?;
                Ok(token)
            }
        }
    }
}

impl Call {
    /// A call that is ended by the stops that the watch tells of.
    pub(crate) fn new(stop: StopWatch, deadline: Instant) -> Self {
        Self { started: Instant::now(), deadline, stop, urgent: false }
    }

    /// The same call, for a look that nothing may hold up, with a deadline of its own.
    pub(crate) fn urgent(&self, deadline: Instant) -> Self {
        Self { deadline, urgent: true, ..self.clone() }
    }

    /// Whether it is a look that nothing may hold up.
    pub(crate) const fn is_urgent(&self) -> bool {
        self.urgent
    }

    /// Returns once the call is stopped, which an urgent one never is.
    pub(crate) async fn stopped(&self) {
        if self.urgent {
            std::future::pending().await
        } else {
            self.stop.stopped().await;
        }
    }

    /// Waits; answers whether the time passed, and not a stop in between.
    pub(crate) async fn pause(&self, time: Duration) -> bool {
        self.sleep(time).await.is_ok()
    }

    /// Whether a create may go out: it is not stopped, and there is time for its answer.
    pub(crate) fn may_still_create(&self) -> bool {
        let budget = self.deadline.saturating_duration_since(self.started);
        let left = self.deadline.saturating_duration_since(Instant::now());
        !self.is_stopped() && left >= LEAST_FOR_CREATE.min(budget / 2)
    }

    fn is_stopped(&self) -> bool {
        !self.urgent && self.stop.is_stopped()
    }

    fn check(&self) -> Result<(), Box<Setback>> {
        if self.is_stopped() {
            Err(Setback::of_ours(Kind::Stopped))
        } else if Instant::now() >= self.deadline {
            Err(Setback::of_ours(Kind::OutOfTime))
        } else {
            Ok(())
        }
    }

    async fn sleep(&self, wait: Duration) -> Result<(), Box<Setback>> {
        tokio::select! {
            biased;
            () = self.stopped() => Err(Setback::of_ours(Kind::Stopped)),
            () = sleep(wait) => Ok(()),
        }
    }
}

fn class_of(request: &Request) -> Class {
    let reads = request.method == Method::GET || request.reads.is_some();
    if reads { Class::Read } else { Class::Write }
}

/// What a failed attempt says of the service; nothing when it never got as far as the service.
fn experience(outcome: Outcome, decision: Decision) -> Option<Experience> {
    let decided = match decision {
        Decision::Resend { wait } => wait,
        _ => Duration::ZERO,
    };
    Some(match outcome {
        Outcome::Status { status: 429 | 509, asked } => {
            Experience::Throttled { wait: asked.unwrap_or(decided) }
        }
        Outcome::Status { status: 503, asked: Some(wait) } => Experience::Closed { wait },
        Outcome::Status { status: 408 | 500 | 502 | 503 | 504, .. } => Experience::Failed,
        Outcome::Status { .. } | Outcome::Unreadable | Outcome::TooLarge => Experience::Answered,
        Outcome::Interrupted => Experience::Silent,
        Outcome::NotSent { lasting: false } => Experience::Unreachable,
        Outcome::NotSent { lasting: true } => return None,
    })
}

/// A create that is sent with less time left could end in doubt for no other reason.
const LEAST_FOR_CREATE: Duration = Duration::from_secs(30);

/// How far a request has come.
struct Progress<'a> {
    request: &'a Request,
    started: Instant,
    attempts: u32,
    client_request_id: Option<String>,
    /// When the last attempt began, and the call before there was any.
    sent: SystemTime,
    /// Whether any attempt left open whether it was done.
    is_open: bool,
    /// The failure before the one at hand: it tells why we were waiting.
    last: Option<Box<Setback>>,
}

impl<'a> Progress<'a> {
    fn new(request: &'a Request, call: &Call) -> Self {
        Self {
            request,
            started: call.started,
            attempts: 0,
            client_request_id: None,
            sent: SystemTime::now(),
            is_open: false,
            last: None,
        }
    }

    fn begin(&mut self) -> String {
        self.attempts += 1;
        self.sent = SystemTime::now();
        let id = uuid::Uuid::new_v4().to_string();
        self.client_request_id = Some(id.clone());
        id
    }

    fn log(&self, status: Option<u16>, decision: Option<Decision>) {
        let method = self.request.method.as_str();
        let path = self.request.url.path();
        let client_request_id = self.client_request_id.as_deref();
        let attempt = self.attempts;
        let wait_ms = match decision {
            Some(Decision::Resend { wait }) => wait.as_millis(),
            _ => 0,
        };
        debug!(
            method,
            path, status, attempt, wait_ms, client_request_id, "sent a request to Graph"
        );
        if wait_ms > 0 && matches!(status, Some(429 | 503 | 509)) {
            info!(method, path, status, wait_ms, "Graph throttles; waiting");
        }
    }

    /// The error for a setback that kept the next attempt from being made.
    fn instead(mut self, setback: Box<Setback>) -> Error {
        let setback = match self.last.take() {
            Some(last) => last.followed_by(setback),
            None => setback,
        };
        self.end(setback)
    }

    fn end(self, setback: Box<Setback>) -> Error {
        Error::new(Details {
            kind: setback.kind,
            method: method_name(&self.request.method),
            path: self.request.url.path().to_owned(),
            attempts: self.attempts,
            is_open: self.is_open,
            elapsed: self.started.elapsed(),
            status: setback.status,
            code: setback.fault.code,
            message: setback.fault.message,
            detail: setback.detail,
            request_id: setback.fault.request_id,
            client_request_id: setback.fault.client_request_id.or(self.client_request_id),
            location: setback.location,
            source: setback.source,
        })
    }
}

/// The name of a method this client uses.
pub(crate) fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "POST",
    }
}

#[cfg(test)]
mod tests;
