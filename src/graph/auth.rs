//! Gets tokens with a client secret and keeps them; knows nothing of what they are used for.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};
use tracing::debug;

use super::address::{encode_segment, is_segment};
use super::answer::{Answer, BodyFailure};
use super::client::Settings;
use super::error::{Blame, SignInFailure, Source};
use super::fault::one_line;
use super::refusal;
use super::retry::{Decision, Jitter, Outcome, Policy, Repetition};
use super::retry_after::asked_wait;
use super::transport::{Request, Transport, Undelivered};

/// The one token of a client, and the one place that asks for it.
#[derive(Debug)]
pub(crate) struct Tokens {
    settings: Arc<Settings>,
    transport: Arc<Transport>,
    jitter: Jitter,
    /// Locked while a token is fetched: those who wait for the lock share what comes of it.
    held: Mutex<Held>,
}

/// A token, ready to be sent; the number tells it from its successors.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) authorization: HeaderValue,
    number: u64,
}

/// A sign-in that failed, for everybody who waited for it.
#[derive(Clone, Debug)]
pub(crate) struct SignInError {
    pub(crate) failure: SignInFailure,
    pub(crate) source: Option<Source>,
    /// Whether the inputs are to blame, so that asking again is of no use.
    lasting: bool,
}

impl Tokens {
    pub(crate) fn new(settings: Arc<Settings>, transport: Arc<Transport>, jitter: Jitter) -> Self {
        Self { settings, transport, jitter, held: Mutex::default() }
    }

    /// The token, fetched if there is none or it is about to expire.
    ///
    /// May be dropped at any time; the next who asks then starts again. Takes a minute at most,
    /// and the caller's deadline is for the caller to keep: others may wait for the same token.
    pub(crate) async fn token(&self) -> Result<Token, SignInError> {
        let mut held = self.held.lock().await;
        let now = Instant::now();
        if let Some(current) = &held.current
            && now < current.renew_at
        {
            return Ok(current.token.clone());
        }
        if let Some(refused) = &held.refused
            && refused.until.is_none_or(|until| now < until)
        {
            return Err(refused.error.clone());
        }
        match self.fetch(now).await {
            Ok(granted) => Ok(held.accept(granted, now)),
            Err(error) => held.refuse(error),
        }
    }

    /// Gives up a token that Graph did not accept, unless it was renewed already.
    ///
    /// Intune also answers 401 when a permission is missing, and then it refuses every token. A
    /// token that has just replaced a rejected one is therefore kept.
    pub(crate) async fn reject(&self, token: &Token) {
        let mut held = self.held.lock().await;
        let now = Instant::now();
        let is_current =
            held.current.as_ref().is_some_and(|current| current.token.number == token.number);
        if is_current && held.rejected_at.is_none_or(|last| now >= last + REMEMBERED) {
            held.current = None;
            held.rejected_at = Some(now);
        }
    }

    async fn fetch(&self, start: Instant) -> Result<Granted, SignInError> {
        let request = self.request()?;
        let deadline = start + SIGN_IN;
        let mut policy = Policy::new(Repetition::Harmless, deadline, self.jitter);
        loop {
            let id = uuid::Uuid::new_v4().to_string();
            let sent = self.transport.send(&request, None, &id, deadline).await;
            let now = Instant::now();
            debug!(
                method = "POST",
                path = request.url.path(),
                status = sent.as_ref().ok().map(|answer| answer.status),
                client_request_id = id,
                "asked the authority for a token"
            );
            let (outcome, error) = match self.judge(sent) {
                Ok(granted) => return Ok(granted),
                Err(setback) => setback,
            };
            match outcome.map(|outcome| policy.next(outcome, now)) {
                Some(Decision::Resend { wait }) => sleep(wait).await,
                _ => return Err(error),
            }
        }
    }

    /// RFC 6749, section 4.4.2, with the scope of Entra's client credentials flow.
    fn request(&self) -> Result<Request, SignInError> {
        let settings = &self.settings;
        if !is_segment(&settings.tenant_id) {
            return Err(SignInError::lasting(Blame::TenantId, "the tenant id is empty"));
        }
        let path = format!("/{}/oauth2/v2.0/token", encode_segment(&settings.tenant_id));
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &settings.client_id)
            .append_pair("client_secret", settings.client_secret.expose())
            .append_pair("scope", &format!("{}/.default", settings.graph))
            .finish();
        let url = settings.authority.join(&path);
        Ok(Request::new(Method::POST, &settings.authority, url, LARGEST_ANSWER)
            .with_body("application/x-www-form-urlencoded", form.into_bytes()))
    }

    /// A token, or the error with the outcome by which to decide on another attempt, if any.
    fn judge(
        &self,
        sent: Result<Answer, Undelivered>,
    ) -> Result<Granted, (Option<Outcome>, SignInError)> {
        let answer = sent.map_err(no_answer)?;
        match &answer.body {
            Err(BodyFailure::Interrupted { detail, source }) => {
                let error = SignInError::passing(detail, source.clone());
                return Err((Some(Outcome::Interrupted), error));
            }
            Err(BodyFailure::TooLarge { limit }) => {
                let detail = format!("the authority's answer is larger than {limit} bytes");
                return Err((None, SignInError::passing(&detail, None)));
            }
            Ok(_) => {}
        }
        if answer.is_success() {
            return self.granted(&answer);
        }
        let status = answer.status;
        let asked = asked_wait(&answer.headers, None);
        let outcome = Outcome::Status { status, asked };
        match answer.object().ok().and_then(|body| refusal::read(&body)) {
            Some(refused) if !refused.passing && matches!(status, 400..=407 | 409..=428) => {
                Err((None, self.refused(refused.failure)))
            }
            _ => {
                let looks = answer.looks();
                let detail = format!("the authority answered status {status}, {looks}");
                // Only 401 would mean a token to renew, and there is none here.
                let outcome = (status != 401).then_some(outcome);
                Err((outcome, SignInError::passing(&self.redact(&detail), None)))
            }
        }
    }

    fn granted(&self, answer: &Answer) -> Result<Granted, (Option<Outcome>, SignInError)> {
        let unreadable = |detail: &str| {
            let detail = format!("the authority did not answer a token: {}", self.redact(detail));
            (Some(Outcome::Unreadable), SignInError::passing(&detail, None))
        };
        let body = answer.object().map_err(|_| unreadable(&looks_without_token(answer)))?;
        let token = body.get("access_token").and_then(Value::as_str).unwrap_or_default();
        let lifetime = body.get("expires_in").and_then(lifetime);
        let Some(lifetime) = lifetime else {
            let error = SignInError::passing("the token's lifetime is missing or unusable", None);
            return Err((None, error));
        };
        let authorization = HeaderValue::from_str(&format!("Bearer {token}"));
        match authorization {
            Ok(mut authorization) if !token.is_empty() => {
                authorization.set_sensitive(true);
                Ok(Granted { authorization, lifetime })
            }
            _ => Err(unreadable("there is no usable access_token")),
        }
    }

    fn refused(&self, mut failure: SignInFailure) -> SignInError {
        failure.description = failure.description.map(|text| self.redact(&text));
        // A rule of the tenant may be lifted; a wrong secret stays wrong.
        let lasting = failure.blame != Blame::Policy;
        SignInError { failure, source: None, lasting }
    }

    fn redact(&self, text: &str) -> String {
        self.settings.client_secret.redact(text)
    }
}

impl SignInError {
    fn lasting(blame: Blame, description: &str) -> Self {
        Self { lasting: true, ..Self::new(blame, description, None) }
    }

    fn passing(description: &str, source: Option<Source>) -> Self {
        Self::new(Blame::Authority, description, source)
    }

    fn new(blame: Blame, description: &str, source: Option<Source>) -> Self {
        let description = one_line(description);
        let failure = SignInFailure { blame, code: None, hint: None, description };
        Self { failure, source, lasting: false }
    }
}

/// What is known between two calls.
#[derive(Debug, Default)]
struct Held {
    current: Option<Current>,
    refused: Option<Refused>,
    rejected_at: Option<Instant>,
    fetched: u64,
}

#[derive(Debug)]
struct Current {
    token: Token,
    renew_at: Instant,
    expires_at: Instant,
}

#[derive(Debug)]
struct Refused {
    error: SignInError,
    /// `None`: for as long as the client lives.
    until: Option<Instant>,
}

#[derive(Debug)]
struct Granted {
    authorization: HeaderValue,
    lifetime: Duration,
}

impl Held {
    /// The lifetime counts from before the request was sent, on a clock that nobody sets.
    fn accept(&mut self, granted: Granted, asked_at: Instant) -> Token {
        self.fetched += 1;
        let token = Token { authorization: granted.authorization, number: self.fetched };
        let early = granted.lifetime.saturating_sub(MARGIN).max(granted.lifetime / 2);
        self.current = Some(Current {
            token: token.clone(),
            renew_at: asked_at + early,
            expires_at: asked_at + granted.lifetime,
        });
        self.refused = None;
        token
    }

    /// Remembers the failure, so that not everybody who waits fails after a minute of their own.
    fn refuse(&mut self, error: SignInError) -> Result<Token, SignInError> {
        let now = Instant::now();
        if let Some(current) = &mut self.current
            && now + LEAST_LEFT < current.expires_at
        {
            // The old token still works; the next renewal is tried a little later.
            current.renew_at = (now + REMEMBERED).min(current.expires_at - LEAST_LEFT);
            return Ok(current.token.clone());
        }
        self.current = None;
        let until = if error.lasting { None } else { Some(now + REMEMBERED) };
        self.refused = Some(Refused { error: error.clone(), until });
        Err(error)
    }
}

/// How long getting a token may take, waits included.
const SIGN_IN: Duration = Duration::from_secs(60);
/// A token is renewed this long before it expires, so that none expires on its way.
const MARGIN: Duration = Duration::from_secs(5 * 60);
/// An old token is used for as long as this much of its life is left.
const LEAST_LEFT: Duration = Duration::from_secs(10);
const REMEMBERED: Duration = Duration::from_secs(30);
/// Entra's tokens live for up to 28 hours, under continuous access evaluation.
const LONGEST_LIFE: u64 = 28 * 60 * 60;
const LARGEST_ANSWER: usize = 1024 * 1024;

fn no_answer(undelivered: Undelivered) -> (Option<Outcome>, SignInError) {
    match undelivered {
        Undelivered::NotSent { lasting, source } => {
            let error = SignInError::passing("the authority cannot be reached", Some(source));
            (Some(Outcome::NotSent { lasting }), error)
        }
        Undelivered::Interrupted { detail, source } => {
            (Some(Outcome::Interrupted), SignInError::passing(&detail, source))
        }
    }
}

/// What answered instead. Of JSON nothing is shown: it may be the half of an answer with a token.
fn looks_without_token(answer: &Answer) -> String {
    if answer.bytes().trim_ascii_start().starts_with(b"{") {
        "JSON that is cut off or not an object".to_owned()
    } else {
        answer.looks()
    }
}

/// Seconds as a number or, as some authorities have it, a text.
fn lifetime(value: &Value) -> Option<Duration> {
    let seconds: u64 = match value {
        Value::Number(number) => number.as_u64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    (1..=LONGEST_LIFE).contains(&seconds).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests;
