//! Keeps one token for many callers and renews it in time; knows no way of signing in.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::client::{Object, Settings};
use super::error::SignInFailure;
use super::retry::Jitter;
use super::sign_in::{Granted, SignIn, SignInError};
use super::transport::Transport;

/// The one token of a client, and the one place that asks for it.
#[derive(Debug)]
pub(crate) struct Tokens {
    sign_in: SignIn,
    /// Locked while a token is fetched: those who wait for the lock share what comes of it.
    held: Mutex<Held>,
}

/// A token, ready to be sent; the number tells it from its successors.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) authorization: HeaderValue,
    number: u64,
}

impl Tokens {
    pub(crate) fn new(settings: Arc<Settings>, transport: Arc<Transport>, jitter: Jitter) -> Self {
        Self { sign_in: SignIn::new(settings, transport, jitter), held: Mutex::default() }
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
            let error = refused.error.clone();
            return Err(held.tell(error));
        }
        match self.sign_in.token(held.challenge.as_ref()).await {
            Ok(granted) => Ok(held.accept(granted, now)),
            Err(error) => held.refuse(error),
        }
    }

    /// Gives up a token that Graph did not accept, unless it was renewed already. The claims that
    /// Graph demands, if it does, go into the next request for a token.
    ///
    /// Intune also answers 401 when a permission is missing, and then it refuses every token. A
    /// token that has just replaced a rejected one is therefore kept, unless Graph demands something
    /// that this token was not asked for with.
    pub(crate) async fn reject(&self, token: &Token, challenge: Option<&Object>) {
        let mut held = self.held.lock().await;
        let now = Instant::now();
        let is_current =
            held.current.as_ref().is_some_and(|current| current.token.number == token.number);
        let is_news = challenge.is_some() && challenge != held.answered.as_ref();
        let is_due = held.rejected_at.is_none_or(|last| now >= last + REMEMBERED);
        if is_current && (is_news || is_due) {
            held.current = None;
            held.rejected_at = Some(now);
            held.challenge = challenge.cloned();
        }
    }
}

/// What is known between two calls.
#[derive(Debug, Default)]
struct Held {
    current: Option<Current>,
    refused: Option<Refused>,
    rejected_at: Option<Instant>,
    fetched: u64,
    /// The claims that the next token has to be asked for with.
    challenge: Option<Object>,
    /// The claims that the current token was asked for with.
    answered: Option<Object>,
    /// The failure that a caller was given last.
    told: Option<SignInFailure>,
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
        self.told = None;
        self.answered = self.challenge.take();
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
        Err(self.tell(error))
    }

    /// The error, which says whether another caller was given it before, who may have told nobody.
    fn tell(&mut self, mut error: SignInError) -> SignInError {
        error.failure.repeated = self.told.as_ref() == Some(&*error.failure);
        if !error.failure.repeated {
            self.told = Some((*error.failure).clone());
        }
        error
    }
}

/// A token is renewed this long before it expires, so that none expires on its way.
const MARGIN: Duration = Duration::from_secs(5 * 60);
/// An old token is used for as long as this much of its life is left.
const LEAST_LEFT: Duration = Duration::from_secs(10);
const REMEMBERED: Duration = Duration::from_secs(30);
#[cfg(test)]
mod tests;
