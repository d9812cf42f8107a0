//! Asks a token service until it answers or there is no more use in it; knows no service's answers.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::debug;

use super::SignInError;
use crate::graph::answer::{Answer, BodyFailure};
use crate::graph::error::Blame;
use crate::graph::retry::{Decision, Jitter, Outcome, Policy, Repetition};
use crate::graph::transport::{Request, Transport, Undelivered};

/// Carries requests to token services.
#[derive(Debug)]
pub(crate) struct Courier {
    transport: Arc<Transport>,
    jitter: Jitter,
}

/// A token service, as far as it matters for reaching it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Service {
    /// In a sentence: `the authority`.
    pub(crate) name: &'static str,
    pub(crate) blame: Blame,
    /// The most requests, where the common limits would allow for more.
    pub(crate) most: u32,
    /// How long one request may take.
    pub(crate) patience: Duration,
}

/// A failed attempt: by what to decide on another one, if any, and the error if there is none.
pub(crate) type Setback = (Option<Outcome>, SignInError);

/// The most bytes of a token service's answer.
pub(crate) const LARGEST_ANSWER: usize = 1024 * 1024;

impl Courier {
    pub(crate) fn new(transport: Arc<Transport>, jitter: Jitter) -> Self {
        Self { transport, jitter }
    }

    /// Sends the request until `read` makes something of an answer.
    pub(crate) async fn ask<T>(
        &self,
        service: &Service,
        request: &Request,
        deadline: Instant,
        read: impl Fn(&Answer) -> Result<T, Setback>,
    ) -> Result<T, SignInError> {
        let mut policy = Policy::new(Repetition::Harmless, deadline, self.jitter);
        let mut attempts = 0;
        loop {
            let id = uuid::Uuid::new_v4().to_string();
            let until = deadline.min(Instant::now() + service.patience);
            let sent = self.transport.send(request, None, &id, until).await;
            attempts += 1;
            debug!(
                method = request.method.as_str(),
                path = request.url.path(),
                status = sent.as_ref().ok().map(|answer| answer.status),
                attempt = attempts,
                client_request_id = id,
                "asked for a token"
            );
            let (outcome, error) = match service.received(sent).and_then(|answer| read(&answer)) {
                Ok(made) => return Ok(made),
                Err(setback) => setback,
            };
            match outcome.map(|outcome| policy.next(outcome, Instant::now())) {
                Some(Decision::Resend { wait }) if attempts < service.most => sleep(wait).await,
                _ => return Err(error),
            }
        }
    }
}

impl Service {
    /// The answer, if it is whole.
    fn received(&self, sent: Result<Answer, Undelivered>) -> Result<Answer, Setback> {
        let answer = sent.map_err(|undelivered| self.no_answer(undelivered))?;
        match &answer.body {
            Ok(_) => Ok(answer),
            Err(BodyFailure::Interrupted { detail, source }) => {
                let error = SignInError::passing(self.blame, detail, source.clone());
                Err((Some(Outcome::Interrupted), error))
            }
            Err(BodyFailure::TooLarge { limit }) => {
                let detail = format!("the answer of {} is larger than {limit} bytes", self.name);
                Err((None, SignInError::passing(self.blame, &detail, None)))
            }
        }
    }

    fn no_answer(&self, undelivered: Undelivered) -> Setback {
        match undelivered {
            Undelivered::NotSent { lasting, source } => {
                let detail = format!("{} cannot be reached", self.name);
                let error = SignInError::passing(self.blame, &detail, Some(source));
                (Some(Outcome::NotSent { lasting }), error)
            }
            Undelivered::Interrupted { detail, source } => {
                let detail = format!("{}: {detail}", self.name);
                (Some(Outcome::Interrupted), SignInError::passing(self.blame, &detail, source))
            }
        }
    }

    /// An answer that is neither a token nor a refusal that can be understood.
    pub(crate) fn strange(&self, answer: &Answer, outcome: Option<Outcome>) -> Setback {
        let looks = answer.looks();
        let detail = format!("{} answered status {}, {looks}", self.name, answer.status);
        (outcome, SignInError::passing(self.blame, &detail, None))
    }

    /// A success without a token in it. Of JSON nothing is shown: it may be the half of an answer
    /// with a token.
    pub(crate) fn without_token(&self, answer: &Answer, detail: Option<&str>) -> Setback {
        let looks = match detail {
            Some(detail) => detail.to_owned(),
            None if answer.bytes().trim_ascii_start().starts_with(b"{") => {
                "JSON that is cut off or not an object".to_owned()
            }
            None => answer.looks(),
        };
        let detail = format!("{} did not answer a token: {looks}", self.name);
        (Some(Outcome::Unreadable), SignInError::passing(self.blame, &detail, None))
    }
}
