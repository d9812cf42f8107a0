//! The one look at all enrollment program tokens, so that a person hears of one that is about to expire;
//! delays nobody for long and fails nobody.
//!
//! The look is begun by the first read or create of a process that was answered, as a request of its own.
//! Whoever has their answer afterwards takes the warning about their token along. So that somebody with a
//! single profile hears of it too, an answer waits for the look, but nobody waits longer than [`PATIENCE`]
//! from its beginning.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::{Provider, address};
use crate::diagnostics::Diagnostic;
use crate::entity::{Entity, is_same_id};
use crate::graph::{Client, Object};

/// How long after its beginning the look is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long the look may take when nobody waits for it any more: later reads take its warnings along.
const LIMIT: Duration = Duration::from_secs(60);

/// The look, once it was begun.
#[derive(Debug, Default)]
pub(super) struct Look(Mutex<Option<Begun>>);

#[derive(Clone, Debug)]
struct Begun {
    at: Instant,
    tokens: watch::Receiver<Option<Arc<Vec<Object>>>>,
}

impl Look {
    /// Forgets what was seen through another connection.
    pub(super) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn begun(&self) -> Option<Begun> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Provider {
    /// Begins the look, unless it was begun or nobody wants to hear of it.
    pub(super) fn look_at_tokens(&self, client: &Client) {
        if !self.expiry.is_on() {
            return;
        }
        let mut look = self.look.0.lock().unwrap_or_else(PoisonError::into_inner);
        if look.is_some() {
            return;
        }
        let (seen, tokens) = watch::channel(None);
        *look = Some(Begun { at: Instant::now(), tokens });
        let client = client.clone();
        tokio::spawn(async move {
            let tokens = client.list(&address::tokens(), Instant::now() + LIMIT).await;
            if let Err(error) = &tokens {
                tracing::debug!(%error, "could not look when the tokens expire");
            }
            seen.send_replace(Some(Arc::new(tokens.unwrap_or_default())));
        });
    }

    /// What there is to tell of this token, once the look has seen it.
    pub(super) async fn expiring(&self, token_id: &str) -> Option<Diagnostic> {
        let Begun { at, mut tokens } = self.look.begun()?;
        let seen = timeout_at(at + PATIENCE, tokens.wait_for(Option::is_some)).await;
        let tokens = seen.ok()?.ok()?.clone()?;
        let is_it = |id: &str| is_same_id(id, token_id);
        let token = tokens.iter().find(|token| Entity::id_of(token).is_some_and(is_it))?;
        self.expiry_warning(token)
    }
}
