//! Keeps one token for many callers and renews it in time; knows no way of signing in.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use tokio::time::Instant;

use super::Bearer;
use super::client::{Object, Settings};
use super::error::SignInFailure;
use super::retry::Jitter;
use super::sign_in::{Granted, SIGN_IN, SignIn, SignInError};
use super::transport::Transport;

/// The one token of a client, and the one place that asks for it.
#[derive(Debug)]
pub(crate) struct Tokens {
    sign_in: SignIn,
    /// Locked while a token is fetched: those who need it share what comes of it.
    fetching: tokio::sync::Mutex<()>,
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
        let sign_in = SignIn::new(settings, transport, jitter);
        Self { sign_in, fetching: tokio::sync::Mutex::default(), held: Mutex::default() }
    }

    /// The token, fetched if there is none or it is about to expire.
    ///
    /// While one caller renews a token that still works, the others go on with it. May be dropped at any
    /// time; the next who asks then starts again. Takes little more than a minute at most, and the caller's
    /// deadline is for the caller to keep: others may wait for the same token.
    pub(crate) async fn token(&self) -> Result<Token, SignInError> {
        if let Some(current) = self.held().fresh(Instant::now()) {
            return Ok(current);
        }
        let _fetching = match self.fetching.try_lock() {
            Ok(fetching) => fetching,
            Err(_) => {
                if let Some(current) = self.held().working(Instant::now()) {
                    return Ok(current);
                }
                self.fetching.lock().await
            }
        };
        loop {
            let now = Instant::now();
            let (challenge, works) = {
                let mut held = self.held();
                if let Some(current) = held.fresh(now) {
                    return Ok(current);
                }
                if let Some(error) = held.refused(now) {
                    return Err(held.tell(error));
                }
                (held.challenge.clone(), held.working(now + RENEWAL).is_some())
            };
            // Whoever renews it is not held up for long either.
            let patience = if works { RENEWAL } else { SIGN_IN };
            let granted = self.sign_in.token(challenge.as_ref(), now + patience).await;
            let mut held = self.held();
            match granted {
                Ok(granted) => return Ok(held.accept(granted, now, challenge)),
                Err(error) if !works => return Err(held.refuse(error)),
                Err(_) => {
                    if let Some(current) = held.postpone() {
                        return Ok(current);
                    }
                    // It was given up meanwhile: now there is none, and all the time to get one.
                }
            }
        }
    }

    /// Gives up a token that Graph did not accept, unless it was renewed already. The claims that
    /// Graph demands, if it does, go into the next request for a token.
    ///
    /// Intune also answers 401 when a permission is missing, and then it refuses every token. A
    /// token that has just replaced a rejected one is therefore kept, unless Graph demands something
    /// that this token was not asked for with.
    pub(crate) fn reject(&self, token: &Token, challenge: Option<&Object>) {
        let mut held = self.held();
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

    /// The tenant that the last token was for, if it tells.
    pub(crate) fn tenant(&self) -> Option<Arc<str>> {
        self.held().tenant.clone()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known between two calls.
#[derive(Debug, Default)]
struct Held {
    current: Option<Current>,
    /// The tenant that the last token was for, also when it is given up.
    tenant: Option<Arc<str>>,
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
    /// The token, unless it is to be renewed.
    fn fresh(&self, now: Instant) -> Option<Token> {
        let current = self.current.as_ref().filter(|current| now < current.renew_at);
        current.map(|current| current.token.clone())
    }

    /// The token, unless it is about to end.
    fn working(&self, now: Instant) -> Option<Token> {
        let works = |current: &&Current| now + LEAST_LEFT < current.expires_at;
        self.current.as_ref().filter(works).map(|current| current.token.clone())
    }

    /// A failure that nobody need meet again yet.
    fn refused(&self, now: Instant) -> Option<SignInError> {
        let refused = self.refused.as_ref();
        let refused = refused.filter(|refused| refused.until.is_none_or(|until| now < until));
        refused.map(|refused| refused.error.clone())
    }

    /// The lifetime counts from before the request was sent, on a clock that nobody sets.
    fn accept(&mut self, granted: Granted, asked_at: Instant, asked_with: Option<Object>) -> Token {
        self.fetched += 1;
        let token = Token { authorization: granted.authorization, number: self.fetched };
        // Another challenge may have been made meanwhile, which this token does not answer.
        if self.challenge == asked_with {
            self.challenge = None;
        }
        self.answered = asked_with;
        let early = match &self.challenge {
            Some(_) => Duration::ZERO,
            None => granted.lifetime.saturating_sub(MARGIN).max(granted.lifetime / 2),
        };
        let tenant = Bearer::of(&token.authorization).and_then(|bearer| bearer.tenant_id);
        self.tenant = tenant.map(Arc::from);
        self.current = Some(Current {
            token: token.clone(),
            renew_at: asked_at + early,
            expires_at: asked_at + granted.lifetime,
        });
        self.refused = None;
        self.told = None;
        token
    }

    /// The token that could not be renewed, if it works yet; the next renewal is tried a little later.
    fn postpone(&mut self) -> Option<Token> {
        let now = Instant::now();
        let token = self.working(now)?;
        let current = self.current.as_mut()?;
        current.renew_at = (now + REMEMBERED).min(current.expires_at - LEAST_LEFT);
        Some(token)
    }

    /// Remembers the failure, so that not everybody who waits fails after a minute of their own.
    fn refuse(&mut self, error: SignInError) -> SignInError {
        self.current = None;
        let until = if error.lasting { None } else { Some(Instant::now() + REMEMBERED) };
        self.refused = Some(Refused { error: error.clone(), until });
        self.tell(error)
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
/// How long the renewal of a token that still works may take. Looks that nothing may hold up have ten seconds.
const RENEWAL: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
