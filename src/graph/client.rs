//! The client itself: what callers can ask of Graph; knows no object's meaning.

use std::sync::Arc;

use tokio::time::Instant;

use super::error::Details;
use super::{Address, Error, Kind, Origin, Secret};

/// A JSON object, as Graph sends and takes it.
pub type Object = serde_json::Map<String, serde_json::Value>;

/// Whom to talk to, and as whom.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where Graph is; its paths start at `/beta`.
    pub graph: Origin,
    /// Where tokens come from, at `/{tenant}/oauth2/v2.0/token`.
    pub authority: Origin,
    /// The tenant, by id or by domain name.
    pub tenant_id: String,
    /// The application's id.
    pub client_id: String,
    /// The application's secret.
    pub client_secret: Secret,
    /// What every request names as its sender.
    pub user_agent: String,
}

/// A Graph client; clones share one token and one pool of connections.
#[derive(Clone)]
pub struct Client(Arc<Settings>);

impl Client {
    /// A client that has not yet spoken to anybody: no network, no TLS set-up, until the first call.
    pub fn new(settings: Settings) -> Self {
        Self(Arc::new(settings))
    }

    /// Reads one object.
    ///
    /// # Errors
    ///
    /// Of every [`Kind`] but `AmbiguousCreate` and `RefusedLink`.
    pub async fn get(&self, address: &Address, deadline: Instant) -> Result<Object, Error> {
        self.unfinished("GET", address, deadline)
    }

    /// Reads all pages of a collection, in the service's order.
    ///
    /// # Errors
    ///
    /// Of every [`Kind`] but `AmbiguousCreate`; a list is whole or an error.
    pub async fn list(&self, address: &Address, deadline: Instant) -> Result<Vec<Object>, Error> {
        self.unfinished("GET", address, deadline)
    }

    /// Creates an object and returns it as the service answered it, with a string `id`.
    ///
    /// A create is never sent twice once the service may have seen it. The future must not be
    /// dropped while it waits: the answer, and with it the new id, would be lost.
    ///
    /// # Errors
    ///
    /// `AmbiguousCreate` when the outcome is unknown; with any other [`Kind`] nothing was created.
    pub async fn create(
        &self,
        address: &Address,
        body: &Object,
        deadline: Instant,
    ) -> Result<Object, Error> {
        let _ = body;
        self.unfinished("POST", address, deadline)
    }

    /// Changes the given properties. Graph's answers differ, so read the object again to see it.
    ///
    /// # Errors
    ///
    /// Of every [`Kind`] but `AmbiguousCreate` and `RefusedLink`. `Interrupted`, `Unavailable` and
    /// `OutOfTime` leave open whether the change was made; it may be sent again.
    pub async fn update(
        &self,
        address: &Address,
        body: &Object,
        deadline: Instant,
    ) -> Result<(), Error> {
        let _ = body;
        self.unfinished("PATCH", address, deadline)
    }

    /// Deletes an object; that it is gone already is [`Kind::NotFound`], for the caller to judge.
    ///
    /// # Errors
    ///
    /// As for [`update`](Self::update).
    pub async fn delete(&self, address: &Address, deadline: Instant) -> Result<(), Error> {
        self.unfinished("DELETE", address, deadline)
    }

    /// Calls an action without parameters that may be called twice, such as `setDefaultProfile`.
    ///
    /// # Errors
    ///
    /// As for [`update`](Self::update).
    pub async fn act(&self, address: &Address, deadline: Instant) -> Result<(), Error> {
        self.unfinished("POST", address, deadline)
    }

    /// Ends every wait and keeps back every request that was not sent yet: such calls fail with
    /// [`Kind::Stopped`]. What is on its way runs on, and calls made from now on work again.
    pub fn stop(&self) {}

    fn unfinished<T>(
        &self,
        method: &'static str,
        address: &Address,
        _deadline: Instant,
    ) -> Result<T, Error> {
        Err(Error::new(Details {
            kind: Kind::Stopped,
            method,
            path: address.path().to_owned(),
            attempts: 0,
            elapsed: std::time::Duration::ZERO,
            status: None,
            code: None,
            message: None,
            detail: None,
            request_id: None,
            client_request_id: None,
            source: None,
        }))
    }
}
